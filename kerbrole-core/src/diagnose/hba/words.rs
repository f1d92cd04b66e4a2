//! Words of pg_hba.conf and pg_ident.conf, and whether they stand for a database or role.
//!
//! Where it is not known, the answer is `None`.

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
    pub(super) fn matches(&self) -> Option<bool> {
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

    pub(super) fn is_keyword(&self, keyword: &str) -> Option<bool> {
        if self.text == keyword.as_bytes() {
            self.quoted.map(|quoted| !quoted)
        } else {
            Some(false)
        }
    }

    pub(super) fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.text);
        if self.quoted == Some(true) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.into_owned()
        }
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
pub(super) fn either(
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
