//! Keytabs: as MIT Kerberos reads them.

use std::fs;

use kerbrole_fuzz::{Corpus, Oracle, fuzz, inputs};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::diagnose::keytab::keytab_principals;

const WORDS: &[&str] = &["\0\0\0\0", "\0\0", "\0\u{1}", "\u{7f}", "A.B", "\u{5}\u{2}", "\u{1}"];

fn corpus() -> Corpus {
    Corpus::read(env!("CARGO_MANIFEST_DIR"), "keytab", WORDS)
}

/// What MIT finds, each once, and whether it came to the end of the file; nothing where it can
/// not be asked.
fn by_mit(oracle: &Oracle, path: &str) -> Option<(bool, Vec<String>)> {
    let answer = oracle.ask(path.as_bytes())?;
    let mut texts = answer.split(|&byte| byte == 0).map(String::from_utf8_lossy);
    let is_whole = texts.next()? == "yes";
    let mut found: Vec<String> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !found.iter().any(|other| *other == text) {
            found.push(text.into_owned());
        }
    }
    Some((is_whole, found))
}

#[test]
fn principals_are_those_that_mit_finds() {
    let oracle = Oracle::find("keytab");
    let file = std::env::temp_dir().join(format!("kerbrole-keytab-{}", std::process::id()));
    let path = file.display().to_string();
    inputs(&corpus(), "principals", |bytes| {
        let found = keytab_principals(bytes);
        if let Some(found) = &found {
            prop_assert!(bytes.starts_with(&[5, 2]));
            // Bytes that are no text become up to three.
            prop_assert!(found.iter().map(String::len).sum::<usize>() <= 3 * bytes.len());
            prop_assert!(found.iter().all(|principal| principal.contains('@')));
        }
        let Some(oracle) = &oracle else { return Ok(()) };
        fs::write(&file, bytes).unwrap();
        // A name with a zero is shown up to it.
        let Some((is_whole, by_mit)) = by_mit(oracle, &path) else { return Ok(()) };
        match found {
            Some(found) if !found.iter().any(|one| one.contains('\0')) => {
                prop_assert!(is_whole, "MIT fails after {by_mit:?}");
                prop_assert_eq!(found, by_mit);
            }
            Some(_) => {}
            // MIT takes whatever is broken for the end of the file, and says nothing of it.
            None => {}
        }
        Ok(())
    });
    let _was_there = fs::remove_file(file);
}

/// The file of these entries, each a principal, or a hole.
fn file(entries: &[Result<(Vec<String>, String), usize>]) -> Vec<u8> {
    let counted = |text: &str| {
        [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat()
    };
    let mut bytes = vec![5, 2];
    for entry in entries {
        let (sign, body) = match entry {
            Err(size) => (-1, vec![0xff; *size]),
            Ok((components, realm)) => {
                let mut body = u16::try_from(components.len()).unwrap().to_be_bytes().to_vec();
                body.extend(counted(realm));
                components.iter().for_each(|component| body.extend(counted(component)));
                // The kind of the name, the time, the version of the key, and a key of two bytes.
                body.extend([0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 18, 0, 2, 0xff, 0xff]);
                (1, body)
            }
        };
        bytes.extend((sign * i32::try_from(body.len()).unwrap()).to_be_bytes());
        bytes.extend(body);
    }
    bytes
}

fuzz! {
    "keytab";

    #[test]
    fn what_is_written_is_read(
        entries in vec(
            prop_oneof![
                4 => (vec("[a-zä$/]{1,5}", 1..4), "[A-Z.]{1,5}").prop_map(Ok),
                1 => (1..30_usize).prop_map(Err),
            ],
            0..8,
        ),
    ) {
        let mut principals: Vec<String> = Vec::new();
        for (components, realm) in entries.iter().flatten() {
            let principal = format!("{}@{realm}", components.join("/"));
            if !principals.contains(&principal) {
                principals.push(principal);
            }
        }
        prop_assert_eq!(keytab_principals(&file(&entries)), Some(principals));
    }
}
