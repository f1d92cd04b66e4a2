//! A login as pg_hba.conf sees it, and whether words stand for its database and role.

use crate::diagnose::hba::line::IdentLine;
use crate::diagnose::hba::words::{Match, Word, either};

/// A login as pg_hba.conf sees it.
pub struct LoginAttempt<'l> {
    /// The server's version: 15, 16, 17, …
    pub major: u32,
    /// The database.
    pub database: &'l [u8],
    /// The role that is asked for, and the principal, which are called the same.
    pub role: &'l str,
    /// Whether the server ignores case when it compares them.
    pub caseins_users: bool,
    /// Whether it then folds other bytes than A-Z; not known where it is `None`.
    pub folds_high_bytes: Option<bool>,
    /// Whether the server can speak TLS.
    pub ssl: bool,
    /// The lines of pg_ident.conf; nothing where they are not those that are in force.
    pub ident: Option<&'l [IdentLine]>,
    /// Whether the role is a member of a role of that name, through any chain.
    pub is_member: &'l dyn Fn(&[u8]) -> bool,
    /// A regular expression on a name, as the server evaluates it.
    pub regex: &'l dyn Fn(&[u8], &[u8]) -> Match,
}

impl LoginAttempt<'_> {
    /// Since when patterns stand for databases and roles, and for the roles of a map there is more
    /// than names.
    pub(super) const PATTERNS_SINCE: u32 = 16;

    /// `check_db` in src/backend/libpq/hba.c, for a connection that is none for replication.
    pub(super) fn is_database(&self, word: &Word) -> Option<bool> {
        let by_name =
            || self.by_pattern(word, self.database).unwrap_or(Some(word.text == self.database));
        let means = |keyword, holds: bool, otherwise: &dyn Fn() -> Option<bool>| {
            either(word.is_keyword(keyword), || Some(holds), otherwise)
        };
        let is_member = (self.is_member)(self.database);
        means("all", true, &|| {
            means("sameuser", self.database == self.role.as_bytes(), &|| {
                means("samerole", is_member, &|| {
                    means("samegroup", is_member, &|| means("replication", false, &by_name))
                })
            })
        })
    }

    /// `check_role` in src/backend/libpq/hba.c.
    pub(super) fn is_role(&self, word: &Word, ignoring_case: bool) -> Option<bool> {
        let role = self.role.as_bytes();
        let by_name = || {
            let equal = || {
                if ignoring_case { self.equal(&word.text, role) } else { Some(word.text == role) }
            };
            self.by_pattern(word, role).unwrap_or_else(equal)
        };
        match word.text.strip_prefix(b"+") {
            Some(group) => {
                either(word.quoted.map(|quoted| !quoted), || Some((self.is_member)(group)), by_name)
            }
            None => either(word.is_keyword("all"), || Some(true), by_name),
        }
    }

    /// Nothing where the word is no pattern. Since 16 there are some in these places, quoted or
    /// not.
    fn by_pattern(&self, word: &Word, name: &[u8]) -> Option<Option<bool>> {
        let pattern =
            word.text.strip_prefix(b"/").filter(|_| self.major >= Self::PATTERNS_SINCE)?;
        Some((self.regex)(pattern, name).matches())
    }

    pub(super) fn equal(&self, a: &[u8], b: &[u8]) -> Option<bool> {
        if !self.caseins_users || a.len() != b.len() {
            return Some(a == b);
        }
        if a.eq_ignore_ascii_case(b) {
            return Some(true);
        }
        // Bytes that the locale may fold.
        let mut bytes = a.iter().zip(b);
        let may_be_folded =
            bytes.all(|(a, b)| a.eq_ignore_ascii_case(b) || !a.is_ascii() || !b.is_ascii());
        if may_be_folded && self.folds_high_bytes != Some(false) { None } else { Some(false) }
    }
}
