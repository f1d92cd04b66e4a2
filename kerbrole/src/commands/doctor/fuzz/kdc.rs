//! Answers of a KDC, by a reading that knows nothing but tags and lengths.

use chrono::{DateTime, Utc};
use kerbrole_fuzz::{Corpus, inputs};
use proptest::prelude::*;

use crate::commands::doctor::kdc::{Answer, User, understood};

const WORDS: &[&str] = &[
    "\u{2}\u{1}\u{6}",
    "\u{2}\u{1}\u{12}",
    "\u{2}\u{1}\u{44}",
    "20261128120000Z",
    "99991231235959Z",
    "00000101000000Z",
    "20260230250000Z",
    "20261128120000.5Z",
    "20261128120000+0100",
    "\0\0",
    "\u{30}\0",
    "~",
    "k",
    "$",
];

/// 2026-11-28, noon.
const NOW: i64 = 1_795_867_200;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

/// The tag and the content of what begins here, and what comes after it. The bit that says whether
/// there is more inside is taken as set: rasn does not look at it.
fn first(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, short], rest) = bytes.split_first_chunk::<2>()?;
    let tag = tag | 0x20;
    let count = if short < 0x80 { 0 } else { usize::from(short & 0x7f) };
    let (long, rest) = rest.split_at_checked(count)?;
    let length = match count {
        0 => usize::from(short),
        1..=4 => long.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The content of a field of a KRB-ERROR, the tag of its type taken off.
fn field(message: &[u8], number: u8) -> Option<&[u8]> {
    let (0x7e, sequence, _) = first(message)? else { return None };
    let (0x30, mut fields, _) = first(sequence)? else { return None };
    loop {
        let (tag, content, rest) = first(fields)?;
        if tag == 0xa0 | number {
            return Some(first(content)?.1);
        }
        fields = rest;
    }
}

/// Seconds since 1970 of `YYYYMMDDhhmmssZ`.
fn seconds(time: &[u8]) -> Option<i64> {
    let number = |from: usize, to: usize| std::str::from_utf8(&time[from..to]).ok()?.parse().ok();
    if time.len() != 15 || time[14] != b'Z' || !time[..14].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (year, month, day): (i64, i64, i64) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    // Years that begin in March, so that the odd day is their last.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = 365 * year + leap + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + number(8, 10)? * 3_600 + number(10, 12)? * 60 + number(12, 14)?)
}

#[test]
fn what_is_understood_is_what_the_bytes_say() {
    let corpus = Corpus::read(env!("CARGO_MANIFEST_DIR"), "kdc", WORDS);
    inputs(&corpus, "answers", |bytes| {
        let answer = match understood(bytes, now()) {
            Ok(answer) => answer,
            Err(text) => {
                prop_assert_eq!(text, "this is no answer of a KDC");
                prop_assert_ne!(bytes.first(), Some(&0x6b));
                return Ok(());
            }
        };
        let Some(ahead) = answer.seconds_ahead else {
            // A ticket, which is not looked into.
            let known = Answer { seconds_ahead: None, user: User::Known, is_other_realm: false };
            prop_assert_eq!(answer, known);
            prop_assert_eq!(bytes.first(), Some(&0x6b));
            return Ok(());
        };
        let code = field(bytes, 6).map(|bytes| {
            let sign = if bytes.first().is_some_and(|first| first & 0x80 > 0) { -1 } else { 0 };
            bytes.iter().fold(sign, |number, &byte| number << 8 | i64::from(byte))
        });
        let user = match code {
            Some(6) => User::Unknown,
            Some(18) => User::Revoked,
            _ => User::Known,
        };
        prop_assert!(code.is_some());
        prop_assert_eq!(&answer.user, &user);
        prop_assert_eq!(answer.is_other_realm, code == Some(68));
        if let Some(time) = field(bytes, 4).and_then(seconds) {
            prop_assert_eq!(ahead, time - NOW);
        }
        Ok(())
    });
}

/// The samples are answers, and of the kinds that they are called.
#[test]
fn every_answer_of_the_corpus_is_one() {
    for (name, bytes) in Corpus::read(env!("CARGO_MANIFEST_DIR"), "kdc", WORDS).samples {
        let answer = understood(&bytes, now()).unwrap();
        let (user, is_other_realm) = match name.as_str() {
            "unknown.hex" | "utf8.hex" => (User::Unknown, false),
            "revoked.hex" => (User::Revoked, false),
            "other-realm.hex" => (User::Known, true),
            _ => (User::Known, false),
        };
        assert_eq!((answer.user, answer.is_other_realm), (user, is_other_realm), "{name}");
    }
}

#[test]
fn no_answer_has_too_many_levels_for_the_stack() {
    for tag in [0x24, 0x30, 0x3b, 0xa0, 0x7e] {
        // Without an end, as BER has it, and with lengths.
        let mut levels: Vec<Vec<u8>> = vec![[tag, 0x80].repeat(30_000)];
        let mut deep = vec![tag, 0];
        while deep.len() < 60_000 {
            let length = u32::try_from(deep.len()).unwrap().to_be_bytes();
            deep = [&[tag, 0x84][..], &length, &deep].concat();
        }
        levels.push(deep);
        for deep in levels {
            for number in 0..=12 {
                let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_be_bytes();
                let field = [&[0xa0 | number, 0x84][..], &length(&deep), &deep].concat();
                let sequence = [&[0x30, 0x84][..], &length(&field), &field].concat();
                let message = [&[0x7e, 0x84][..], &length(&sequence), &sequence].concat();
                assert!(understood(&message, now()).is_err(), "{tag:#x} {number}");
            }
        }
    }
}
