//! Whether pg_ident.conf maps a principal to the role.

use crate::diagnose::hba::line::IdentLine;
use crate::diagnose::hba::login::LoginAttempt;
use crate::diagnose::hba::words::{Match, Word};

/// What comes of a line.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Maps,
    Passes,
    /// The server gives up, whatever the lines after it say.
    Fails,
    Unknown,
}

impl From<Option<bool>> for Outcome {
    fn from(answer: Option<bool>) -> Self {
        match answer {
            Some(true) => Self::Maps,
            Some(false) => Self::Passes,
            None => Self::Unknown,
        }
    }
}

impl LoginAttempt<'_> {
    /// `check_usermap` in src/backend/libpq/hba.c: the first line that maps decides, or the first
    /// one that fails.
    pub(super) fn is_mapped(&self, map: &str, system_user: &str) -> Option<bool> {
        let lines = self.ident?;
        let mut all_known = true;
        for line in lines.iter().filter(|line| line.map == map.as_bytes()) {
            match self.by_line(line, system_user.as_bytes()) {
                Outcome::Maps if all_known => return Some(true),
                Outcome::Fails if all_known => return Some(false),
                // Whether it comes so far is not known.
                Outcome::Maps | Outcome::Fails => return None,
                Outcome::Passes => {}
                Outcome::Unknown => all_known = false,
            }
        }
        all_known.then_some(false)
    }

    /// `check_ident_usermap`.
    fn by_line(&self, line: &IdentLine, system_user: &[u8]) -> Outcome {
        let Some(pattern) = line.system_user.strip_prefix(b"/") else {
            return match self.equal(&line.system_user, system_user) {
                Some(true) => self.is_meant(&line.role).into(),
                Some(false) => Outcome::Passes,
                None => Outcome::Unknown,
            };
        };
        let group = match (self.regex)(pattern, system_user) {
            Match::No => return Outcome::Passes,
            Match::Unknown => return Outcome::Unknown,
            Match::Yes { group } => group,
        };
        let text = &line.role.text;
        let Some(at) = text.windows(2).position(|two| two == b"\\1") else {
            return self.is_meant(&line.role).into();
        };
        let is_special = match (self.major >= Self::PATTERNS_SINCE, text.first()) {
            (true, Some(b'/')) => Some(true),
            (true, Some(b'+')) => line.role.quoted.map(|quoted| !quoted),
            _ => Some(false),
        };
        match (is_special, group) {
            (Some(true), _) => self.is_meant(&line.role).into(),
            (Some(false), None) => Outcome::Fails,
            (Some(false), Some(group)) => self
                .equal(&[&text[..at], &group, &text[at + 2..]].concat(), self.role.as_bytes())
                .into(),
            (None, _) => Outcome::Unknown,
        }
    }

    /// Up to 15 the role of a line is a name and nothing else.
    fn is_meant(&self, role: &Word) -> Option<bool> {
        if self.major >= Self::PATTERNS_SINCE {
            self.is_role(role, self.caseins_users)
        } else {
            self.equal(&role.text, self.role.as_bytes())
        }
    }
}
