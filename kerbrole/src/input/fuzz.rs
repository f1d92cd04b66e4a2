//! What holds whatever stands in a file of principals: what is in `corpus`, with something done to
//! it. `make fuzz` goes on for as long as one likes.

use kerbrole_client::Wanted;
use kerbrole_fuzz::{Corpus, fuzz, inputs};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{List, TOLD};

const WORDS: &[&str] = &[
    "principal",
    "groups",
    "principal,groups\n",
    "\"principal\";\"groups\"\n",
    "alice@A.B",
    "CORP\\bob",
    "alice@A.B,team;other\n",
    "\"",
    "\"\"",
    "\"a\nb\"",
    ",",
    ";",
    "#",
    " # ",
    "@",
    "@@",
    "\\",
    "\t",
    "\r\n",
    "\n",
    "\u{feff}",
    "\u{a0}",
    "é",
    "sAMAccountName",
    "\0",
];

type Named = Vec<(String, Vec<String>)>;

fn read(bytes: &[u8]) -> Result<Named, String> {
    let list = List { realm: Some("A.B"), columns: &["principal", "groups"] };
    let mut wanted: Vec<Wanted> = Vec::new();
    match list.read(bytes, "file", &mut wanted) {
        Ok(()) => Ok(wanted.into_iter().map(|one| (one.principal, one.groups)).collect()),
        Err(failure) => Err(failure.to_string()),
    }
}

/// The numbers of the lines that are told.
fn told(error: &str) -> Vec<usize> {
    let each = error.lines().filter_map(|line| line.strip_prefix("file, line "));
    each.map(|rest| rest.split_once(':').unwrap().0.parse().unwrap()).collect()
}

/// As Excel writes them: a quote doubled, and a field in quotes that needs them.
fn as_csv(named: &Named) -> String {
    let field = |text: &str| {
        let needs_quotes = text.contains([',', '"', '\n', '\r']);
        if needs_quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
    };
    let row = |(principal, groups): &(String, Vec<String>)| {
        format!("{},{}\r\n", field(principal), field(&groups.join(";")))
    };
    format!("principal,groups\r\n{}", named.iter().map(row).collect::<String>())
}

#[test]
fn names_are_told_again_and_mistakes_with_lines_that_are_there() {
    let corpus = Corpus::read(env!("CARGO_MANIFEST_DIR"), "list", WORDS);
    inputs(&corpus, "files", |bytes| {
        match read(bytes) {
            Ok(named) => {
                prop_assert!(std::str::from_utf8(bytes).is_ok());
                let lines = bytes.split(|&byte| byte == b'\n').count();
                // A line with a carriage return of its own is two rows.
                let rows = lines + bytes.iter().filter(|&&byte| byte == b'\r').count();
                prop_assert!(named.len() <= rows);
                for (principal, groups) in &named {
                    prop_assert!(!principal.is_empty());
                    prop_assert!(principal.contains(['@', '\\']), "{principal}");
                    prop_assert!(
                        groups.iter().all(|group| !group.is_empty() && group.trim() == group)
                    );
                }
                prop_assert_eq!(read(as_csv(&named).as_bytes()), Ok(named));
            }
            Err(error) => {
                let count = bytes.split(|&byte| byte == b'\n').count();
                let lines = told(&error);
                prop_assert!(lines.iter().all(|line| (1..=count).contains(line)), "{error}");
                prop_assert!(lines.is_sorted(), "{error}");
                prop_assert!(
                    error.lines().filter(|l| l.starts_with("file, line ")).count() <= TOLD
                );
            }
        }
        Ok(())
    });
}

/// A row that is fine, one over two lines, none, and one with a mistake.
const ROWS: &[(&str, bool)] = &[
    ("alice@A.B,team", false),
    ("bob,\"one;\ntwo\"", false),
    ("\"carol\",", false),
    ("", false),
    ("no one@x y,", true),
    ("dave@@,team", true),
    ("erin@A.B", true),
    ("frank@A.B,a,b", true),
    (",team", true),
];

fuzz! {
    "list";

    #[test]
    fn each_mistake_is_told_with_its_line(
        rows in vec(select(ROWS), 0..12),
        end in select(&["\n", "\r\n"][..]),
    ) {
        let (mut text, mut wrong) = (format!("principal,groups{end}"), Vec::new());
        for (row, is_wrong) in &rows {
            if *is_wrong {
                wrong.push(text.matches('\n').count() + 1);
            }
            text.push_str(row);
            text.push_str(end);
        }
        match read(text.as_bytes()) {
            Ok(named) => {
                prop_assert_eq!(&wrong, &[0; 0]);
                let count = rows.iter().filter(|(row, _)| !row.is_empty()).count();
                prop_assert_eq!(named.len(), count);
            }
            Err(error) => prop_assert_eq!(told(&error), wrong, "{}", error),
        }
    }

    #[test]
    fn each_line_is_somebody(
        lines in vec(
            (
                select(&["", "  ", "\t"][..]),
                select(&["alice@A.B", "bob", "C#1@A.B", "D\\dan", "", "no@@"][..]),
                select(&["", " ", "\t# left", " #", "#x"][..]),
            ),
            1..12,
        ),
        end in select(&["\n", "\r\n"][..]),
    ) {
        let (mut names, mut wrong, mut text) = (Vec::new(), Vec::new(), String::from("# a list\n"));
        for (number, (before, name, after)) in (2..).zip(&lines) {
            text.extend([*before, name, after, end]);
            // What touches a name is part of it, and a comment where there is none.
            let name = match *after {
                "#x" if !name.is_empty() => format!("{name}#x"),
                _ => name.to_string(),
            };
            match name.as_str() {
                "" => {}
                // Nothing of a realm is a number sign.
                name if name.contains("@@") || name.ends_with("@A.B#x") => wrong.push(number),
                name if name.contains(['@', '\\']) => names.push(name.to_string()),
                name => names.push(format!("{name}@A.B")),
            }
        }
        match read(text.as_bytes()) {
            Ok(named) => {
                prop_assert_eq!(&wrong, &[0; 0]);
                prop_assert_eq!(named.into_iter().map(|one| one.0).collect::<Vec<_>>(), names);
            }
            Err(error) => prop_assert_eq!(told(&error), wrong, "{}", error),
        }
    }
}
