//! Words of pg_hba.conf and pg_ident.conf, and whether they stand for a database or role.
//!
//! Where it is not known, the answer is `None`.

use super::Login;

/// A word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// Its bytes, which need not be text.
    pub text: Vec<u8>,
    /// Whether it was in quotes, which take away what it would mean otherwise.
    pub quoted: Option<bool>,
}

/// What comes of a regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// It does not match.
    No,
    /// It does.
    Yes {
        /// What its first group matched, if there is one that did.
        group: Option<Vec<u8>>,
    },
    /// It cannot be evaluated.
    Unknown,
}

impl Match {
    fn matches(&self) -> Option<bool> {
        match self {
            Self::No => Some(false),
            Self::Yes { .. } => Some(true),
            Self::Unknown => None,
        }
    }
}

impl Word {
    /// The file that it stands for.
    pub fn file(&self) -> Option<&[u8]> {
        self.text.strip_prefix(b"@").filter(|name| !name.is_empty() && self.quoted == Some(false))
    }

    fn is_keyword(&self, keyword: &str) -> Option<bool> {
        if self.text == keyword.as_bytes() { self.quoted.map(|quoted| !quoted) } else { Some(false) }
    }

    pub(super) fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.text);
        if self.quoted == Some(true) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
    }
}

/// Whether one of them is true: known as soon as one is known to be.
pub(super) fn any(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all_known = true;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(false)
}

/// One of two things, by an answer that may not be known.
fn either(
    is: Option<bool>,
    then: impl FnOnce() -> Option<bool>,
    otherwise: impl FnOnce() -> Option<bool>,
) -> Option<bool> {
    match is {
        Some(true) => then(),
        Some(false) => otherwise(),
        None => {
            let (a, b) = (then(), otherwise());
            if a == b { a } else { None }
        }
    }
}

impl Login<'_> {
    /// `check_db` in src/backend/libpq/hba.c, for a connection that is none for replication.
    pub(super) fn is_database(&self, word: &Word) -> Option<bool> {
        let by_name = || self.by_pattern(word, self.database).unwrap_or(Some(word.text == self.database));
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
            let equal = || if ignoring_case { self.equal(&word.text, role) } else { Some(word.text == role) };
            self.by_pattern(word, role).unwrap_or_else(equal)
        };
        match word.text.strip_prefix(b"+") {
            Some(group) => either(word.quoted.map(|quoted| !quoted), || Some((self.is_member)(group)), by_name),
            None => either(word.is_keyword("all"), || Some(true), by_name),
        }
    }

    /// Nothing where the word is no pattern. Since 16 there are some in these places, quoted or not.
    fn by_pattern(&self, word: &Word, name: &[u8]) -> Option<Option<bool>> {
        let pattern = word.text.strip_prefix(b"/").filter(|_| self.major >= Self::PATTERNS_SINCE)?;
        Some((self.regex)(pattern, name).matches())
    }
}
