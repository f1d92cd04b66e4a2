//! pg_ident.conf: a map is whole or none, and maps as its first line does.

use kerbrole_fuzz::{Corpus, inputs};
use proptest::prelude::*;

use crate::diagnose::config_lines::{config_lines, ident_lines};
use crate::diagnose::fuzz::written;
use crate::diagnose::hba::line::{HbaLine, IdentLine};
use crate::diagnose::hba::login::LoginAttempt;
use crate::diagnose::hba::verdict::HbaVerdict;
use crate::diagnose::hba::words::{Match, Word};

const WORDS: &[&str] = &[
    "m ",
    "people ",
    "alice@A.B ",
    "alice@CORP.EXAMPLE.COM ",
    "/^(.*)@A\\.B$ ",
    "\\1",
    "\\1@A.B",
    "+rds_ad",
    "all",
    "\"",
    "\"\"",
    "#",
    ",",
    " ",
    "\\\n",
    "\r\n",
    "@others ",
    "/",
    "include ",
    "\u{feff}",
    "\0",
];

fn corpus() -> Corpus {
    Corpus::read(env!("CARGO_MANIFEST_DIR"), "ident", WORDS)
}

#[test]
fn a_map_is_whole_or_none() {
    inputs(&corpus(), "maps", |bytes| {
        let lines = config_lines(bytes);
        // As the documentation has it: three fields, of one word each, none of them another file.
        let is_plain = lines.iter().all(|line| {
            line.fields.len() == 3
                && line.fields.iter().all(|field| match field.as_slice() {
                    [word] => {
                        word.quoted == Some(true) || word.text.len() < 2 || word.text[0] != b'@'
                    }
                    _ => false,
                })
        });
        let found = ident_lines(bytes);
        prop_assert_eq!(found.is_some(), is_plain);
        prop_assert_eq!(ident_lines(&written::lines(&lines)), found.clone());
        if let Some(found) = found {
            prop_assert_eq!(found.len(), lines.len());
        }
        Ok(())
    });
}

/// What becomes of a login as alice@A.B by the map m.
fn by_map(lines: Option<&[IdentLine]>, major: u32) -> HbaVerdict {
    let all = || vec![Word { text: b"all".into(), quoted: Some(false) }];
    let line = HbaLine {
        number: 1,
        kind: "host".into(),
        databases: all(),
        users: all(),
        address: Some("all".into()),
        method: "gss".into(),
        options: vec!["map=m".into(), "include_realm=true".into()],
        ..HbaLine::default()
    };
    let login = LoginAttempt {
        major,
        database: b"app",
        role: "alice@A.B",
        caseins_users: true,
        folds_high_bytes: None,
        ssl: false,
        ident: lines,
        is_member: &|group| group == b"rds_ad",
        // Any pattern with a group matches with any part of the name.
        regex: &|pattern, text| match pattern {
            [.., b'('] => Match::Unknown,
            [b'^', b'(', ..] => Match::Yes { group: Some(text[..text.len() / 2].into()) },
            [b'^', ..] => Match::Yes { group: None },
            _ => Match::No,
        },
    };
    login.verdict(&[line])
}

#[test]
fn a_first_line_that_maps_decides() {
    inputs(&corpus(), "mapped", |bytes| {
        let Some(lines) = ident_lines(bytes) else { return Ok(()) };
        let word = |text: &[u8]| Word { text: text.into(), quoted: Some(true) };
        let plain = |map: &[u8], user: &[u8]| IdentLine {
            map: map.into(),
            system_user: user.into(),
            role: word(b"alice@A.B"),
        };
        let with = |line: IdentLine| [&[line][..], &lines[..]].concat();
        for major in [15, 17] {
            let found = by_map(Some(&lines), major);
            let mapped = by_map(Some(&with(plain(b"m", b"alice@A.B"))), major);
            prop_assert!(matches!(mapped, HbaVerdict::Passes { .. }), "{mapped:?}");
            for other in [plain(b"n", b"alice@A.B"), plain(b"m", b"bob")] {
                prop_assert_eq!(&by_map(Some(&with(other)), major), &found);
            }
            prop_assert!(!matches!(found, HbaVerdict::NoLine));
            prop_assert!(matches!(by_map(None, major), HbaVerdict::Unknown { .. }), "");
        }
        Ok(())
    });
}
