//! pg_hba.conf: its lines, and which of them decides.

use kerbrole_fuzz::{Corpus, inputs};
use proptest::prelude::*;

use crate::diagnose::config_lines::{ConfigLine, config_lines};
use crate::diagnose::fuzz::written;
use crate::diagnose::hba::line::HbaLine;
use crate::diagnose::hba::login::LoginAttempt;
use crate::diagnose::hba::verdict::HbaVerdict;
use crate::diagnose::hba::words::{Match, Word};

const WORDS: &[&str] = &[
    "local ",
    "host ",
    "hostssl ",
    "hostgssenc ",
    "hostnogssenc ",
    "all",
    "sameuser",
    "samerole",
    "replication",
    "+rds_ad",
    "alice@A.B",
    "app",
    "\"\"",
    "\"",
    "#",
    ",",
    " ",
    "\\\n",
    "\\\r\n",
    "@file",
    "/^a",
    "0.0.0.0/0 ",
    "10.1.0.0 255.255.0.0 ",
    "::/0 ",
    "samenet ",
    "gss ",
    "reject ",
    "trust ",
    "include_realm=0 ",
    "include_realm=1 ",
    "krb_realm=A.B ",
    "map=m ",
    "host all all all gss\n",
    "\u{feff}",
    "\0",
];

fn corpus() -> Corpus {
    Corpus::read(env!("CARGO_MANIFEST_DIR"), "hba", WORDS)
}

/// As the view shows a line: kind, databases, users, an address with or without a mask, a method.
fn rule(line: &ConfigLine) -> Option<HbaLine> {
    let field = |at: usize| Some(String::from_utf8_lossy(&line.fields.get(at)?.first()?.text));
    let address = field(3)?.into_owned();
    let (address, netmask) = match address.split_once('/') {
        Some((address, mask)) => (address.into(), Some(mask.into())),
        None => (address, None),
    };
    Some(HbaLine {
        number: line.number,
        kind: field(0)?.into_owned(),
        databases: line.fields[1].clone(),
        users: line.fields[2].clone(),
        address: Some(address),
        netmask,
        method: field(4)?.into_owned(),
        options: (5..line.fields.len()).filter_map(field).map(Into::into).collect(),
        error: None,
    })
}

fn verdict(lines: &[HbaLine], major: u32) -> HbaVerdict {
    let login = LoginAttempt {
        major,
        database: b"app",
        role: "alice@A.B",
        caseins_users: false,
        folds_high_bytes: Some(false),
        ssl: true,
        ident: Some(&[]),
        is_member: &|group| group == b"rds_ad",
        // By the beginning, where nothing else is asked.
        regex: &|pattern, text| match pattern {
            [b'^', rest @ ..] if text.starts_with(rest) => Match::Yes { group: None },
            [b'^', ..] => Match::No,
            _ => Match::Unknown,
        },
    };
    login.verdict(lines)
}

fn every(kind: &str, method: &str) -> HbaLine {
    let all = || vec![Word { text: b"all".into(), quoted: Some(false) }];
    HbaLine {
        number: 1,
        kind: kind.into(),
        databases: all(),
        users: all(),
        address: Some("all".into()),
        method: method.into(),
        options: vec!["include_realm=true".into()],
        ..HbaLine::default()
    }
}

#[test]
fn lines_are_where_they_say_and_the_same_when_written_anew() {
    inputs(&corpus(), "lines", |bytes| {
        let lines = config_lines(bytes);
        let count = bytes.split(|&byte| byte == b'\n').count();
        let numbers: Vec<_> = lines.iter().map(|line| line.number as usize).collect();
        prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        prop_assert!(numbers.iter().all(|number| (1..=count).contains(number)), "{numbers:?}");
        // Nothing is made up, and nothing taken twice.
        let words = lines.iter().flat_map(|line| &line.fields).flatten();
        prop_assert!(words.map(|word| word.text.len()).sum::<usize>() <= bytes.len());
        let again = config_lines(&written::lines(&lines));
        let fields = |lines: &[ConfigLine]| -> Vec<_> {
            lines.iter().map(|line| line.fields.clone()).collect()
        };
        prop_assert_eq!(fields(&again), fields(&lines));
        Ok(())
    });
}

/// What a server keeps in its file is what its lines come to one by one: a comment or an empty line
/// between them changes nothing but the numbers.
#[test]
fn comments_between_lines_change_nothing() {
    inputs(&corpus(), "comments", |bytes| {
        let lines = config_lines(bytes);
        let ends = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        prop_assume!(!ends.ends_with(b"\\") && !ends.ends_with(b"\\\r"));
        let more = [b"# \"one\n\n", bytes, b"\n \t# more, \"\n"].concat();
        let found = config_lines(&more);
        let moved: Vec<_> =
            lines.into_iter().map(|line| ConfigLine { number: line.number + 2, ..line }).collect();
        prop_assert_eq!(found, moved);
        Ok(())
    });
}

#[test]
fn the_line_that_decides_is_there_and_those_after_it_do_not_matter() {
    inputs(&corpus(), "verdicts", |bytes| {
        let lines: Vec<_> = config_lines(bytes).iter().filter_map(rule).collect();
        for major in [15, 17] {
            let found = verdict(&lines, major);
            match &found {
                HbaVerdict::Passes { line, .. } => {
                    let at = lines.iter().position(|other| other == line);
                    let at = at.ok_or_else(|| TestCaseError::fail("a line that is not there"))?;
                    prop_assert_eq!(&line.method, "gss");
                    prop_assert_eq!(&verdict(&lines[..=at], major), &found);
                }
                HbaVerdict::Stopped { line, .. } | HbaVerdict::Unknown { line, .. } => {
                    prop_assert!(lines.contains(line));
                }
                HbaVerdict::NoLine => {}
            }
            let first = |line: HbaLine| [&[line][..], &lines[..]].concat();
            let refused = verdict(&first(every("host", "reject")), major);
            prop_assert!(
                matches!(refused, HbaVerdict::Stopped { line, .. } if line.number == 1),
                ""
            );
            let let_in = verdict(&first(every("host", "gss")), major);
            prop_assert!(matches!(let_in, HbaVerdict::Passes { line, .. } if line.number == 1), "");
            // No login comes over the network by such a line.
            prop_assert_eq!(&verdict(&first(every("local", "reject")), major), &found);
        }
        Ok(())
    });
}
