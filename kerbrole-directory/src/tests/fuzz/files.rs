//! Files that somebody wrote: the access file, and that with the password.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::corpus::ACCESS_FILES;
use crate::access_file::AccessFile;
use crate::secret::Secret;

/// What files of this kind hold, and what breaks them.
const PIECES: &[&str] = &[
    "",
    "\n",
    "\"",
    "'",
    "[",
    "]",
    "[[",
    "]]",
    "=",
    "#",
    "{",
    "}",
    ",",
    ".",
    "\\",
    "\0",
    "\u{feff}",
    "é",
    "true",
    "0",
    "-1",
    "1e9",
    "99999999999999999999",
    "\"10%\"",
    "\"-1%\"",
    "\"60s\"",
    "1979-05-27",
    "nan",
    "'''",
    "\"\"\"",
    "version",
    "roles = []",
    "[limits]",
    "[[access]]",
    "absent = \"drop\"",
    "\r\n",
    "\t",
];

/// A line that people write, and that is refused without a word of what it says.
const PASSWORD: &str = "password = \"s3cret\"";

/// A text with lines swapped and repeated, and pieces taken out and put in.
fn an_access_file() -> impl Strategy<Value = String> {
    let change = (any::<usize>(), 0..12_usize, select(PIECES), any::<bool>());
    (any::<usize>(), vec(change, 0..5)).prop_map(|(which, changes)| {
        let text = ACCESS_FILES[which % ACCESS_FILES.len()].clone();
        changes.into_iter().fold(text, |text, (at, count, piece, of_lines)| {
            if of_lines {
                let mut lines: Vec<_> = text.lines().collect();
                let at = at % lines.len().max(1);
                match count % 4 {
                    0 if at < lines.len() => drop(lines.remove(at)),
                    1 if at < lines.len() => lines.insert(at, lines[at]),
                    2 => lines.insert(at, PASSWORD),
                    _ => lines.insert(at, piece),
                }
                return lines.join("\n");
            }
            let all: Vec<char> = text.chars().collect();
            let at = at % (all.len() + 1);
            let rest = &all[(at + count).min(all.len())..];
            all[..at].iter().copied().chain(piece.chars()).chain(rest.iter().copied()).collect()
        })
    })
}

fn parse(text: &str) -> Result<AccessFile, crate::AccessFileError> {
    AccessFile::parse(text, Path::new("/etc/kerbrole"))
}

#[test]
fn every_access_file_of_the_corpus_is_one() {
    for text in ACCESS_FILES.iter() {
        parse(text).unwrap();
    }
}

#[test]
fn no_file_has_too_many_levels_for_the_stack() {
    for (open, close) in [("[", "]"), ("{a=", "}"), ("[[", "]]"), ("a.", "")] {
        let count = (1 << 20) / (open.len() + close.len());
        let levels = [open.repeat(count), close.repeat(count)].concat();
        for text in [format!("version = {levels}"), format!("[people]\nexcept = {levels}"), levels]
        {
            let error = parse(&text).unwrap_err();
            assert!(error.to_string().len() < 2_000, "{open}");
        }
    }
}

/// By the words of the documentation: one line, with or without its end.
fn is_password(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let line = match text.split_once('\n') {
        None => text,
        Some((line, "")) => line,
        Some(_) => return None,
    };
    let line = line.strip_suffix('\r').unwrap_or(line);
    (!line.is_empty() && !line.contains('\0') && bytes.len() <= 4_096).then_some(line)
}

kerbrole_fuzz::fuzz! {
    "ldap";

    #[test]
    fn no_access_file_is_too_odd(text in an_access_file()) {
        match parse(&text) {
            Ok(file) => {
                prop_assert!(!file.directories.is_empty() && !file.access.is_empty());
                prop_assert!(file.directories.iter().all(|one| !one.servers.is_empty()));
                // Nothing that was said is left out.
                let said = |word: &str| text.lines().filter(|line| line.starts_with(word)).count();
                if !text.contains("'''") && !text.contains("\"\"\"") {
                    prop_assert_eq!(file.access.len(), said("[[access]]"));
                    prop_assert_eq!(file.servers.len(), said("[[servers]]"));
                }
            }
            Err(error) => {
                let is_plain = !text.contains("'''") && !text.contains("\"\"\"");
                let lines = text.split('\n').count();
                prop_assert!(error.line().is_none_or(|line| (1..=lines).contains(&line)));
                prop_assert!(!is_plain || !error.to_string().contains("s3cret"), "{error}");
            }
        }
    }

    #[test]
    fn a_password_file_is_one_line(
        bytes in prop_oneof![
            "[a-z \r\n\0é]{0,12}".prop_map(String::into_bytes),
            vec(any::<u8>(), 0..12),
            (4_090..4_100_usize).prop_map(|count| vec![b'x'; count]),
        ],
    ) {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), &bytes)?;
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600))?;
        let read = Secret::from_file(file.path());
        if let Err(error) = &read {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
        prop_assert_eq!(read.as_ref().ok().map(Secret::text), is_password(&bytes));
    }
}
