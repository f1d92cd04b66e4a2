//! A question and its answer.

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The question, in a word.
    pub name: &'static str,
    /// Whether a login gets past it; `None` where that cannot be known beforehand, or not by
    /// whoever asks.
    pub ok: Option<bool>,
    /// The answer.
    pub detail: String,
    /// What mends it, or shows what is not known: SQL, or a command or line of configuration after
    /// `--`.
    pub fix: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: Some(true), detail: detail.into(), fix: None }
    }

    pub(super) fn wrong(
        name: &'static str,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { name, ok: Some(false), detail: detail.into(), fix: Some(fix.into()) }
    }

    pub(super) fn unknown(
        name: &'static str,
        detail: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { name, ok: None, detail: detail.into(), fix: Some(fix.into()) }
    }
}
