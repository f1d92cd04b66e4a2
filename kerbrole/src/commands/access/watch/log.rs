//! What a watcher says: a line for each change, and for what is wrong one when it begins and one
//! when it is over.

use std::collections::{HashMap, HashSet};
use std::env;

use chrono::{SecondsFormat, Utc};
use kerbrole_client::{AccessAction, AccessRow};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{Form, tell_line, tell_result};

/// What something is wrong with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum About {
    File,
    Directories,
    /// A server, as the file calls it.
    Server(Option<String>),
}

/// What was said, so that it is not said again as long as it is so.
#[derive(Debug, Default)]
struct Said {
    wrong: HashMap<About, String>,
    /// Of each server who is left as they are, and why.
    left: HashMap<Option<String>, HashSet<(String, String)>>,
    warnings: HashSet<String>,
}

/// Where it is said, and in which form.
pub(super) struct Log {
    is_json: bool,
    is_quiet: bool,
    /// Whether lines for people begin with the time: a journal has its own.
    is_stamped: bool,
    said: Said,
}

impl Log {
    pub(super) fn new(form: Form, is_quiet: bool) -> Self {
        let is_json = !form.is_for_people();
        // systemd.exec(5): set where standard output or standard error goes to the journal.
        let is_stamped = env::var_os("JOURNAL_STREAM").is_none();
        Self { is_json, is_quiet, is_stamped, said: Said::default() }
    }

    /// Says something that is neither a change nor wrong.
    pub(super) fn notice(&self, text: &str) {
        if !self.is_quiet {
            tell_line(&self.stamped(text), || json!({"time": now(), "notice": text}));
        }
    }

    /// Says what is wrong, unless that was said last.
    pub(super) fn wrong(&mut self, about: &About, failure: &Failure) {
        let text = one_line(&failure.to_string());
        if !self.said.is_new(about, &text) {
            return;
        }
        let server = about.server();
        let label = server.map(|server| format!("{server}: ")).unwrap_or_default();
        tell_line(
            &self.stamped(&format!("kerbrole: {label}{text}")),
            || json!({"time": now(), "server": server, "error": failure.data()}),
        );
    }

    /// Says that something is right again, where it was wrong.
    pub(super) fn right(&mut self, about: &About) {
        if !self.said.is_over(about) {
            return;
        }
        self.notice(&match about {
            About::File => "the access file can be read again".into(),
            About::Directories => "the directories can be read again".into(),
            About::Server(None) => "the server is gone on with again".into(),
            About::Server(Some(name)) => format!("{name}: gone on with again"),
        });
    }

    /// Says what the directories are worth saying, once.
    pub(super) fn warnings(&mut self, warnings: Vec<String>) {
        let warnings: HashSet<_> = warnings.into_iter().collect();
        for warning in warnings.difference(&self.said.warnings) {
            self.notice(&format!("WARNING:  {}", one_line(warning)));
        }
        self.said.warnings = warnings;
    }

    /// Says what was done on a server, and who was left as they are, where that is new.
    pub(super) fn changes(&mut self, server: Option<&str>, rows: &[AccessRow]) {
        let rows = self.said.news(server, rows);
        if self.is_json {
            rows.iter().for_each(|row| tell_result(&json_of(server, row).to_string()));
            return;
        }
        let mut lines: Vec<_> = rows.iter().map(|row| line_of(server, row)).collect();
        // Several statements about one role, for the same reason, are one line.
        lines.dedup();
        lines.iter().for_each(|line| tell_result(&self.stamped(line)));
    }

    /// Forgets servers that the file does not name any more.
    pub(super) fn keep(&mut self, is_there: impl Fn(&Option<String>) -> bool) {
        self.said.left.retain(|server, _| is_there(server));
        self.said.wrong.retain(|about, _| match about {
            About::Server(server) => is_there(server),
            _ => true,
        });
    }

    /// Whether nothing is wrong with the file and the directories.
    pub(super) fn is_read(&self) -> bool {
        ![About::File, About::Directories].iter().any(|one| self.said.wrong.contains_key(one))
    }

    /// How many servers something is wrong with.
    pub(super) fn failing(&self) -> usize {
        self.said.wrong.keys().filter(|about| matches!(about, About::Server(_))).count()
    }

    fn stamped(&self, text: &str) -> String {
        if self.is_stamped { format!("{} {text}", now()) } else { text.into() }
    }
}

impl About {
    fn server(&self) -> Option<&str> {
        match self {
            Self::Server(name) => name.as_deref(),
            Self::File | Self::Directories => None,
        }
    }
}

impl Said {
    /// Whether this was not what was said last about it.
    fn is_new(&mut self, about: &About, text: &str) -> bool {
        self.wrong.insert(about.clone(), text.into()).as_deref() != Some(text)
    }

    /// Whether something was wrong with it.
    fn is_over(&mut self, about: &About) -> bool {
        self.wrong.remove(about).is_some()
    }

    /// What was done, and who is left as they are that were not before, or for another reason.
    fn news<'r>(&mut self, server: Option<&str>, rows: &'r [AccessRow]) -> Vec<&'r AccessRow> {
        let key = |row: &AccessRow| (row.role_name.to_string(), row.reason.clone());
        let is_left = |row: &&AccessRow| row.action == AccessAction::Leave;
        let left: HashSet<_> = rows.iter().filter(is_left).map(key).collect();
        let before = self.left.insert(server.map(String::from), left).unwrap_or_default();
        rows.iter().filter(|row| !is_left(row) || !before.contains(&key(row))).collect()
    }
}

/// The time as RFC 3339 has it, in UTC.
fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("  ")
}

fn line_of(server: Option<&str>, row: &AccessRow) -> String {
    let server = server.map(|server| format!("{server}: ")).unwrap_or_default();
    one_line(&format!("{server}{} {}: {}", row.action.as_str(), row.role_name, row.reason))
}

fn json_of(server: Option<&str>, row: &AccessRow) -> Value {
    json!({
        "time": now(),
        "server": server,
        "action": row.action.as_str(),
        "role_name": row.role_name,
        "reason": row.reason,
        "statement": row.statement
    })
}

#[cfg(test)]
mod tests {
    use kerbrole_client::RoleName;

    use super::*;

    fn row(action: AccessAction, role: &str, reason: &str) -> AccessRow {
        AccessRow::new(action, RoleName::new(role).unwrap(), None, reason)
    }

    #[test]
    fn what_is_wrong_is_said_when_it_begins_when_it_changes_and_when_it_is_over() {
        let mut said = Said::default();
        let orders = About::Server(Some("orders".into()));
        assert!(!said.is_over(&orders));
        assert!(said.is_new(&orders, "it is down"));
        assert!(!said.is_new(&orders, "it is down"));
        assert!(said.is_new(&About::Directories, "it is down"));
        assert!(said.is_new(&orders, "it is starting"));
        assert!(said.is_new(&orders, "it is down"));
        assert!(said.is_over(&orders));
        assert!(!said.is_over(&orders));
        assert!(said.is_new(&orders, "it is down"));
    }

    #[test]
    fn a_change_is_said_each_time_and_who_is_left_once() {
        let mut said = Said::default();
        let rows =
            [row(AccessAction::Disable, "a@R", "gone"), row(AccessAction::Leave, "b@R", "another")];
        assert_eq!(said.news(None, &rows).len(), 2);
        assert_eq!(said.news(None, &rows), [&rows[0]]);
        assert_eq!(said.news(Some("orders"), &rows).len(), 2);
        let other = [row(AccessAction::Leave, "b@R", "something else")];
        assert_eq!(said.news(None, &other), [&other[0]]);
        // Who came right in between is news again.
        assert!(said.news(None, &[]).is_empty());
        assert_eq!(said.news(None, &other), [&other[0]]);
    }

    #[test]
    fn a_line_is_one_line() {
        let row = row(AccessAction::Disable, "a@R", "one\ntwo");
        assert_eq!(line_of(Some("orders"), &row), "orders: disable a@R: one  two");
        assert_eq!(line_of(None, &row), "disable a@R: one  two");
    }
}
