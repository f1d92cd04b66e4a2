//! What was seen at logins: a report with a row for each, and whether it is what was expected.

mod evidence;
mod outcome;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use crate::postgres_server::Server;
use crate::sandbox::{Result, lock};
use crate::version::ALL;

pub use evidence::{Evidence, Said};
pub use outcome::{Expected, Key, try_login};

/// A part of a report, and what it shows.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What its rows are about.
    pub about: &'static str,
}

/// A report of logins.
#[derive(Debug)]
pub struct Report {
    rows: Mutex<Vec<Row>>,
}

/// A login that was tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    section: usize,
    /// The place in the test, so that rows come in the order of the story that they tell.
    number: usize,
    who: String,
    ticket: String,
    role: String,
    version: u32,
    ignores_case: bool,
    made_by: String,
    expected: String,
    seen: String,
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}

impl Report {
    /// One without rows.
    pub const fn new() -> Self {
        Self { rows: Mutex::new(Vec::new()) }
    }

    /// Begins the rows of a test. `section` is the place among the sections that [`Self::text`] is
    /// given, `made_by` says what made the roles.
    pub fn evidence<'s>(
        &'static self,
        section: usize,
        server: &'s Server,
        ignores_case: bool,
        made_by: &str,
    ) -> Evidence<'s> {
        Evidence {
            report: self,
            section,
            server,
            ignores_case,
            made_by: made_by.into(),
            number: AtomicUsize::new(0),
        }
    }

    /// Who has a row: the heading's place, and the words of its first column.
    pub fn subjects(&self) -> HashSet<(usize, String)> {
        lock(&self.rows).iter().map(|row| (row.section, row.who.clone())).collect()
    }

    /// All of it as Markdown, after an introduction.
    pub fn text(&self, introduction: &str, sections: &[Section]) -> String {
        let mut rows = lock(&self.rows).clone();
        rows.sort();
        let mut out = introduction.to_string();
        for (place, section) in sections.iter().enumerate() {
            if !rows.iter().any(|row| row.section == place) {
                continue;
            }
            let _written = write!(
                out,
                "\n## {}\n\n{}\n\n| PostgreSQL | `krb_caseins_users` | roles made by | who | \
                 ticket | role asked for | expected | seen |\n\
                 | --- | --- | --- | --- | --- | --- | --- | --- |\n",
                section.title, section.about
            );
            for line in lines(rows.iter().filter(|row| row.section == place)) {
                out.push_str(&line);
                out.push('\n');
            }
        }
        out
    }

    /// Compares the report with the one that is kept, or writes it there when
    /// `KERBROLE_WRITE_REPORT` is set. Of a run on some versions only, their rows are compared.
    ///
    /// # Errors
    /// With what differs.
    pub fn keep(&self, path: &Path, text: &str, versions: &[u32]) -> Result<()> {
        let all = ALL.iter().all(|version| versions.contains(version));
        if std::env::var_os("KERBROLE_WRITE_REPORT").is_some() {
            if !all {
                return Err("a report is of every version: make logins".into());
            }
            return fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()));
        }
        let kept = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let of_these = |text: &str| -> Vec<String> {
            let this = |line: &&str| {
                all || versions.iter().any(|version| line.starts_with(&format!("| {version} |")))
            };
            text.lines().filter(this).map(Into::into).collect()
        };
        let (kept, seen) = (of_these(&kept), of_these(text));
        if kept == seen {
            return Ok(());
        }
        let shown = |sign: char, of: &[String], others: &[String]| -> String {
            of.iter()
                .filter(|line| !others.contains(line))
                .take(10)
                .map(|line| format!("{sign} {line}\n"))
                .collect()
        };
        Err(format!(
            "{} is not what was seen (make logins writes it anew):\n{}{}",
            path.display(),
            shown('-', &kept, &seen),
            shown('+', &seen, &kept)
        ))
    }
}

/// One line for each row; rows that differ only by what made the roles are one.
fn lines<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
    let mut merged: Vec<Row> = Vec::new();
    for row in rows {
        match merged.last_mut() {
            Some(last) if Row { made_by: last.made_by.clone(), ..row.clone() } == *last => {
                let more = format!(" and {}", row.made_by);
                last.made_by.push_str(&more);
            }
            _ => merged.push(row.clone()),
        }
    }
    merged.iter().map(line).collect()
}

fn line(row: &Row) -> String {
    let setting = if row.ignores_case { "on" } else { "off" };
    format!(
        "| {} | {setting} | {} | {} | {} | `{}` | {} | {} |",
        row.version, row.made_by, row.who, row.ticket, row.role, row.expected, row.seen
    )
}
