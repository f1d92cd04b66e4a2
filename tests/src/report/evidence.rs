//! Logins that a test tries: each becomes a row, and fails the test where it is not as expected.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::outcome::{Expected, Key, try_login, try_login_to};
use super::{Report, Row};
use crate::postgres_server::Server;
use crate::sandbox::lock;

/// The rows of `kerb_check_principal` that keep somebody out, or may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Those that are not ok.
    pub not_ok: Vec<String>,
    /// Those of which it is not known.
    pub unknown: Vec<String>,
}

impl Said {
    fn in_words(&self) -> String {
        let list = |word: &str, rows: &[String]| {
            (!rows.is_empty()).then(|| format!("{word}: {}", rows.join(", ")))
        };
        let lists = [list("not ok", &self.not_ok), list("unknown", &self.unknown)];
        let lists: Vec<_> = lists.into_iter().flatten().collect();
        if lists.is_empty() { "every row ok".into() } else { lists.join("; ") }
    }
}

/// Logins on one server, in the order in which a test tries them.
#[derive(Debug)]
pub struct Evidence<'s> {
    pub(super) report: &'static Report,
    pub(super) section: usize,
    pub(super) server: &'s Server,
    pub(super) ignores_case: bool,
    pub(super) made_by: String,
    pub(super) number: AtomicUsize,
}

impl Evidence<'_> {
    /// Tries a login, and fails the test where it does not come to what was expected.
    ///
    /// # Panics
    /// When it does not, or psql cannot be run.
    pub fn login(&self, who: &str, key: Key<'_>, role: &str, expected: Expected) {
        let shown = match key {
            Key::Ticket(_, principal) => format!("`{principal}`"),
            Key::Password(_) => "none, a password".into(),
        };
        self.login_by(who, key, &shown, role, expected);
    }

    /// The same, with more to say about the ticket.
    ///
    /// # Panics
    /// As [`Self::login`].
    pub fn login_by(&self, who: &str, key: Key<'_>, ticket: &str, role: &str, expected: Expected) {
        let seen = try_login(self.server, key, role);
        self.record(who, ticket, role, expected.label(), &seen);
        assert_eq!(
            seen,
            expected.words(role, key.principal()),
            "{who}: ticket {ticket}, role {role}"
        );
    }

    /// Records something else that was seen, and fails the test where it is not what was expected.
    ///
    /// # Panics
    /// When it is not.
    pub fn note(&self, who: &str, ticket: &str, role: &str, expected: &str, seen: &str) {
        self.record(who, ticket, role, expected, seen);
        assert_eq!(seen, expected, "{who}: ticket {ticket}, role {role}");
    }

    /// Tries a login of which `kerb_check_principal` was asked before, and fails the test where its
    /// rows that were not ok, or not known, are not the expected ones, where the login does not
    /// come to what was expected, or where it disagrees with rows that are all known. Whether
    /// somebody got in.
    ///
    /// # Panics
    /// When one of that is so, or psql cannot be run.
    pub fn checked(
        &self,
        who: &str,
        key: Key<'_>,
        role: &str,
        database: &str,
        (said, should): (&Said, &Said),
        gets_in: bool,
    ) -> bool {
        let outcome = try_login_to(self.server, key, role, database);
        let got_in = outcome == "logs in";
        let result = if gets_in { "logs in" } else { "refused" };
        self.record(
            who,
            &format!("`{}`", key.principal()),
            role,
            &format!("{result}; {}", should.in_words()),
            &format!("{outcome}; {}", said.in_words()),
        );
        assert_eq!(said.in_words(), should.in_words(), "{who}");
        assert_eq!(got_in, gets_in, "{who}: {outcome}");
        match said {
            Said { not_ok, unknown } if not_ok.is_empty() && unknown.is_empty() => {
                assert!(got_in, "{who}: {outcome}")
            }
            Said { not_ok, .. } => {
                assert!(not_ok.is_empty() || !got_in, "{who}: {}", said.in_words())
            }
        }
        got_in
    }

    /// Tries a login, and fails the test where it does not come to what was expected, or where what
    /// was said of it, and should have been, are not the same.
    ///
    /// # Panics
    /// When one of that is so, or psql cannot be run.
    pub fn told(
        &self,
        who: &str,
        key: Key<'_>,
        role: &str,
        [said, should]: [&str; 2],
        expected: Expected,
    ) {
        let seen = try_login(self.server, key, role);
        let (wanted, got) = (format!("{}; {should}", expected.label()), format!("{seen}; {said}"));
        self.record(who, &format!("`{}`", key.principal()), role, &wanted, &got);
        assert_eq!(
            (seen.as_str(), said),
            (expected.words(role, key.principal()).as_str(), should),
            "{who}: {role}"
        );
    }

    fn record(&self, who: &str, ticket: &str, role: &str, expected: &str, seen: &str) {
        let row = Row {
            section: self.section,
            number: self.number.fetch_add(1, Ordering::SeqCst),
            who: who.into(),
            ticket: ticket.into(),
            role: role.into(),
            version: self.server.major(),
            ignores_case: self.ignores_case,
            made_by: self.made_by.clone(),
            expected: expected.into(),
            seen: seen.into(),
        };
        lock(&self.report.rows).push(row);
    }
}
