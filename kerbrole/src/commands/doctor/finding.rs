//! What came of looking at one thing.

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Finding {
    pub(in crate::commands) what: String,
    /// `None` where it could not be looked at.
    pub(in crate::commands) ok: Option<bool>,
    pub(in crate::commands) result: String,
    pub(in crate::commands) fix: String,
}

/// It is as it should be.
pub(super) fn fine(what: impl Into<String>, result: impl Into<String>) -> Finding {
    Finding { what: what.into(), ok: Some(true), result: result.into(), fix: String::new() }
}

/// It keeps somebody from logging in, or makes a login slow, and `fix` mends it.
pub(super) fn wrong(
    what: impl Into<String>,
    result: impl Into<String>,
    fix: impl Into<String>,
) -> Finding {
    Finding { what: what.into(), ok: Some(false), result: result.into(), fix: fix.into() }
}

/// Nobody can tell from here.
pub(super) fn unknown(what: impl Into<String>, result: impl Into<String>) -> Finding {
    Finding { what: what.into(), ok: None, result: result.into(), fix: String::new() }
}
