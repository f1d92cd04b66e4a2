//! What goes wrong, with everything the server said.

use std::error::Error as StdError;
use std::fmt;

use tokio_postgres::error::{DbError, SqlState};

/// Why something did not happen.
///
/// `Display` is the message; the database's own error is the [source](StdError::source).
#[derive(Debug)]
pub struct Error(Inner);

#[derive(Debug)]
enum Inner {
    ExtensionMissing,
    Database(tokio_postgres::Error),
}

/// What kind of matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The database has no extension `pg_kerbrole`.
    ExtensionMissing,
    /// The server refused: see [`Error::code`].
    Refused,
    /// The connection or the protocol failed.
    Connection,
}

impl Error {
    pub(crate) fn extension_missing() -> Self {
        Self(Inner::ExtensionMissing)
    }

    /// What kind of matter it is.
    pub fn kind(&self) -> ErrorKind {
        match &self.0 {
            Inner::ExtensionMissing => ErrorKind::ExtensionMissing,
            Inner::Database(error) if error.as_db_error().is_some() => ErrorKind::Refused,
            Inner::Database(_) => ErrorKind::Connection,
        }
    }

    /// The SQLSTATE that the server gave.
    pub fn code(&self) -> Option<&SqlState> {
        self.database().map(DbError::code)
    }

    /// The server's DETAIL: for a conflict the paths to both roles.
    pub fn detail(&self) -> Option<&str> {
        self.database().and_then(DbError::detail)
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match &self.0 {
            Inner::ExtensionMissing => Some("As a superuser: CREATE EXTENSION pg_kerbrole"),
            Inner::Database(_) => self.database().and_then(DbError::hint),
        }
    }

    fn database(&self) -> Option<&DbError> {
        match &self.0 {
            Inner::Database(error) => error.as_db_error(),
            Inner::ExtensionMissing => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0, self.database()) {
            (Inner::ExtensionMissing, _) => f.write_str("the extension pg_kerbrole is not installed in this database"),
            (_, Some(refused)) => f.write_str(refused.message()),
            (Inner::Database(error), None) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Inner::Database(error) => Some(error),
            Inner::ExtensionMissing => None,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self(Inner::Database(error))
    }
}
