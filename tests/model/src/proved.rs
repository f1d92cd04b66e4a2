//! What each part of `make prove` found, for the one table that it prints at its end.
//!
//! The parts are programs of their own: each adds a line for what it has done to the file that
//! `KERBROLE_PROVED` names, and without that to none.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::{env, fs, io};

use crate::fault::Fault;
use crate::graphs::SEED;
use crate::properties;

/// Names the file.
const FILE: &str = "KERBROLE_PROVED";

/// The model held a property in so many states, and so many of the variants that break it were
/// noticed.
///
/// # Panics
/// When the file cannot be written.
pub fn note_property(property: &str, states: usize, caught: usize, variants: usize) {
    note(&["property", property, &states.to_string(), &caught.to_string(), &variants.to_string()]);
}

/// So many cases of something that a seed gives again came to the same.
///
/// # Panics
/// When the file cannot be written.
pub fn note_cases(what: &str, cases: u64) {
    note(&["cases", what, &cases.to_string()]);
}

/// What the checker found against a fault broke the same on a server of this version.
///
/// # Panics
/// When the file cannot be written.
pub fn note_replay(major: u32, fault: Fault) {
    note(&["replay", fault.name(), &major.to_string()]);
}

#[allow(clippy::expect_used, reason = "a test whose result is lost has failed")]
fn note(words: &[&str]) {
    let Ok(path) = env::var(FILE) else { return };
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| writeln!(file, "{}", words.join("\t")));
    written.expect("what was found can be noted");
}

/// The table of all that was noted; the faults whose replay is missing on one of these versions are
/// objections to it, and so are parts that said nothing.
///
/// # Errors
/// When there is no such file.
pub fn table(majors: &[u32]) -> io::Result<(String, Vec<String>)> {
    let path = env::var(FILE).map_err(io::Error::other)?;
    Ok(laid_out(&fs::read_to_string(path)?, majors))
}

fn laid_out(noted: &str, majors: &[u32]) -> (String, Vec<String>) {
    let lines: Vec<Vec<&str>> = noted.lines().map(|line| line.split('\t').collect()).collect();
    let is_replayed = |fault: Fault, major: &u32| {
        lines.iter().any(|line| line[..] == ["replay", fault.name(), &major.to_string()])
    };
    let mut objections = Vec::new();
    let mut out = row(["property", "states", "variants caught", "replayed", "cases", "seed"]);
    for (property, _) in properties::ALL {
        let variants: Vec<_> =
            Fault::ALL.into_iter().filter(|fault| fault.breaks() == property).collect();
        let replayed = variants.iter().filter(|&&fault| {
            let missing: Vec<_> =
                majors.iter().filter(|major| !is_replayed(fault, major)).collect();
            let each = missing.iter().map(|major| format!("{fault:?} has no replay on {major}"));
            objections.extend(each);
            missing.is_empty()
        });
        let replayed = format!("{} of {}", replayed.count(), variants.len());
        let found = lines.iter().find(|line| line.starts_with(&["property", property]));
        let Some(&[_, _, states, caught, of]) = found.map(Vec::as_slice) else {
            objections.push(format!("nothing is said of {property}"));
            continue;
        };
        out += &row([property, states, &format!("{caught} of {of}"), &replayed, "", ""]);
    }
    let mut cases: Vec<(&str, u64)> = Vec::new();
    for line in &lines {
        if let ["cases", what, count] = line[..] {
            cases.push((what, count.parse().unwrap_or(0)));
        }
    }
    for (what, count) in &cases {
        out += &row([what, "", "", "", &count.to_string(), &SEED.to_string()]);
    }
    if cases.is_empty() || cases.iter().any(|(_, count)| *count == 0) {
        objections.push("a comparison had no case".into());
    }
    let on: Vec<_> = majors.iter().map(u32::to_string).collect();
    let _written = writeln!(out, "\nReplays are those on PostgreSQL {}.", on.join(" and "));
    (out, objections)
}

fn row([name, states, variants, replayed, cases, seed]: [&str; 6]) -> String {
    let row = format!("{name:<46} {states:>9} {variants:>15} {replayed:>8} {cases:>8} {seed:>4}");
    format!("{}\n", row.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> String {
        let property = |(name, _): (&str, &str)| format!("property\t{name}\t9\t1\t1\n");
        let replay = |fault: Fault| format!("replay\t{0}\t15\nreplay\t{0}\t17\n", fault.name());
        let mut noted: String = properties::ALL.into_iter().map(property).collect();
        noted.extend(Fault::ALL.into_iter().map(replay));
        noted + "cases\trandom graphs\t100\n"
    }

    #[test]
    fn a_replay_that_is_missing_on_one_version_is_named() {
        let all = all();
        assert_eq!(laid_out(&all, &[15, 17]).1, [""; 0]);
        let missing = all.replace("replay\tno_lock\t17\n", "");
        assert_eq!(laid_out(&missing, &[15, 17]).1, ["NoLock has no replay on 17"]);
        assert_eq!(laid_out(&missing, &[15]).1, [""; 0]);
    }

    #[test]
    fn a_part_that_said_nothing_is_named() {
        let all = all();
        let (_, said) = laid_out(&all.replace("property\tnever-both\t9\t1\t1\n", ""), &[15]);
        assert_eq!(said, ["nothing is said of never-both"]);
        let (_, said) = laid_out(&all.replace("cases\trandom graphs\t100\n", ""), &[15]);
        assert_eq!(said, ["a comparison had no case"]);
    }
}
