//! How a fix is written.

/// How a fix is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixWith {
    /// Calls of the extension's functions, where they may change the role.
    Functions,
    /// Plain statements.
    Statements,
}
