//! What goes wrong, with everything that is known about it.

mod kind;
mod words;

pub use kind::ErrorKind;

use std::error::Error as StdError;

use kerbrole_core::{Error as Refusal, NameError, RoleName, Warning, array_elements};
use tokio_postgres::error::{DbError, SqlState};

use crate::builder::Backend;
use crate::plain::CONFLICT_SEEN;

/// Why something did not happen.
///
/// `Display` is the message; the database's own error is the [source](StdError::source).
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
    done: Option<Done>,
}

/// How much of a change in portions was committed before one of them failed.
#[derive(Debug, Clone, Copy)]
struct Done {
    statements: usize,
    of: usize,
}

#[derive(Debug)]
enum Inner {
    /// The rules of this crate refused before the server was asked, or after it was looked at.
    Refused {
        refusal: Refusal,
        undone: Undone,
        /// Whether the extension's settings decided.
        by_settings: bool,
    },
    BackendMissing(Backend),
    NoAnswer,
    PlanChanged,
    /// No server had a part in it.
    Made {
        kind: ErrorKind,
        message: String,
    },
    WouldNest {
        user: String,
        ad_role: String,
    },
    SessionsLeft(SessionsLeft),
    Database {
        error: tokio_postgres::Error,
        hint: Option<String>,
        /// Whether the hint names a right that the user lacks.
        is_lacking: bool,
    },
}

/// What is said of an error: its message, what lies behind it, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told {
    /// What happened.
    pub message: String,
    /// More about the matter.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A principal that is disabled, and its sessions that whoever did it may not end.
#[derive(Debug)]
pub(crate) struct SessionsLeft {
    pub(crate) role: RoleName,
    pub(crate) user: String,
    pub(crate) left: usize,
    /// Or the role is disabled in the caller's open transaction.
    pub(crate) is_committed: bool,
    pub(crate) hint: String,
}

/// What became of a change that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undone {
    /// Nothing was done, or the caller's transaction is there to roll back.
    Nothing,
    /// It was committed, and taken back.
    All,
    /// It was committed; what it added was taken back, and who it disabled or dropped stays so.
    Additions,
    /// It was committed, and could not be taken back, for this reason.
    Not(String),
}

impl Error {
    fn of(inner: Inner) -> Self {
        Self { inner: Box::new(inner), done: None }
    }

    /// This error after so many of all statements of a change were committed: what a program says
    /// that carries out a change in portions.
    #[must_use]
    pub fn after(self, statements: usize, of: usize) -> Self {
        Self { done: Some(Done { statements, of }), ..self }
    }

    /// Of a change that is larger than a transaction, and so is carried out in portions: how many
    /// of its statements were committed before this error, and how many there are. `None` where
    /// none was: it is all or nothing then, as everywhere else.
    pub fn partly_done(&self) -> Option<(usize, usize)> {
        self.done.map(|done| (done.statements, done.of))
    }

    /// For a test that has no server: an error of this kind, without a code, a detail and a hint.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::of(Inner::Made { kind, message: message.into() })
    }

    /// For [`ErrorKind::SessionsLeft`]: the exact name of the role, and how many sessions of it go
    /// on.
    pub fn sessions_left_of(&self) -> Option<(&str, usize)> {
        match &*self.inner {
            Inner::SessionsLeft(SessionsLeft { role, left, .. }) => Some((role.as_str(), *left)),
            _ => None,
        }
    }

    /// What was asked for is not installed.
    pub(crate) fn missing(backend: Backend) -> Self {
        Self::of(Inner::BackendMissing(backend))
    }

    pub(crate) fn no_answer() -> Self {
        Self::of(Inner::NoAnswer)
    }

    /// What a program says that has looked at a plan of its own, and finds another one.
    pub fn plan_changed() -> Self {
        Self::of(Inner::PlanChanged)
    }

    pub(crate) fn would_nest(user: &str, ad_role: &RoleName) -> Self {
        Self::of(Inner::WouldNest { user: user.into(), ad_role: ad_role.to_string() })
    }

    /// A conflict that was seen after the commit, when the change was undone.
    pub(crate) fn taken_back(refusal: Refusal, undone: Undone) -> Self {
        Self::of(Inner::Refused { refusal, undone, by_settings: false })
    }

    pub(crate) fn sessions_left(left: SessionsLeft) -> Self {
        Self::of(Inner::SessionsLeft(left))
    }

    /// Whether the server refused something for want of a right.
    pub(crate) fn is_want_of_a_right(&self) -> bool {
        matches!(&*self.inner, Inner::Database { .. })
            && self.code() == Some(SqlState::INSUFFICIENT_PRIVILEGE)
    }

    /// Whether that was the right to an object (`aclcheck_error`, src/backend/catalog/aclchk.c),
    /// and not one over a role.
    pub(crate) fn is_about_an_object(&self) -> bool {
        self.refused_by().and_then(DbError::routine) == Some("aclcheck_error")
    }

    /// Whether somebody else changed the same row of the catalogue, which the server refuses with
    /// an internal error, untranslated (`simple_heap_update`, src/backend/access/heap/heapam.c).
    pub(crate) fn is_changed_meanwhile(&self) -> bool {
        const WORDS: [&str; 2] = ["tuple concurrently updated", "tuple concurrently deleted"];
        self.refused_by()
            .is_some_and(|e| *e.code() == SqlState::INTERNAL_ERROR && WORDS.contains(&e.message()))
    }

    /// A refusal by this crate where the extension's settings decide.
    pub(crate) fn by_settings(refusal: Refusal) -> Self {
        Self::of(Inner::Refused { refusal, undone: Undone::Nothing, by_settings: true })
    }

    /// Whether the extension's settings (`kerbrole.*`) are there, where it was refused.
    pub fn has_settings(&self) -> bool {
        matches!(&*self.inner, Inner::Refused { by_settings: true, .. })
            || self.refused_by().is_some()
    }

    fn refused_by(&self) -> Option<&DbError> {
        match &*self.inner {
            Inner::Database { error, .. } => error.as_db_error(),
            _ => None,
        }
    }

    /// This error with what to do about it, where that is known.
    pub(crate) fn with_hint(mut self, what: Option<String>) -> Self {
        if let Inner::Database { hint, .. } = &mut *self.inner
            && what.is_some()
        {
            *hint = what;
        }
        self
    }

    /// This error with the rights that the user lacks.
    pub(crate) fn lacking(mut self, what: String) -> Self {
        if let Inner::Database { hint, is_lacking, .. } = &mut *self.inner {
            (*hint, *is_lacking) = (Some(what), true);
        }
        self
    }

    /// Whether it is known which right the user lacks.
    pub(crate) fn is_lacking(&self) -> bool {
        matches!(&*self.inner, Inner::Database { is_lacking: true, .. })
    }

    /// Whether the check inside a batch of plain statements found a conflict that had not been
    /// there when the batch was planned.
    pub(crate) fn saw_a_conflict(&self) -> bool {
        match &*self.inner {
            Inner::Database { error, .. } => {
                error.as_db_error().is_some_and(|e| e.constraint() == Some(CONFLICT_SEEN))
            }
            _ => false,
        }
    }

    /// What kind of matter it is.
    pub fn kind(&self) -> ErrorKind {
        match &*self.inner {
            Inner::BackendMissing(_) => ErrorKind::BackendMissing,
            Inner::WouldNest { .. } => ErrorKind::WouldNest,
            Inner::SessionsLeft(_) => ErrorKind::SessionsLeft,
            Inner::PlanChanged => ErrorKind::PlanChanged,
            Inner::NoAnswer => ErrorKind::Connection,
            Inner::Made { kind, .. } => *kind,
            Inner::Database { error, .. } if error.as_db_error().is_none() => ErrorKind::Connection,
            _ => {
                self.code().as_ref().map_or(ErrorKind::Other, |code| kind::of_sqlstate(code.code()))
            }
        }
    }

    /// Whether the same call may succeed when it is repeated, with nothing changed by hand.
    ///
    /// True for [`ErrorKind::Concurrent`] alone. The server has rolled back the statement or
    /// transaction that it refused, so that repeating the call does nothing twice; inside a
    /// transaction of the caller's it is that whole transaction that has to be repeated. Nothing
    /// promises that another attempt succeeds: limit how many there are.
    ///
    /// False where [`Error::partly_done`] says that some of it was committed: what is left is
    /// another change.
    ///
    /// False for [`ErrorKind::Connection`]: whether the change was made is not known there, not
    /// even of a connection that is found closed, since the message may have gone out before.
    pub fn is_retryable(&self) -> bool {
        self.kind() == ErrorKind::Concurrent && self.done.is_none()
    }

    /// The SQLSTATE, whoever refused.
    pub fn code(&self) -> Option<SqlState> {
        match &*self.inner {
            Inner::Refused { refusal, .. } => Some(SqlState::from_code(refusal.sqlstate().code())),
            Inner::WouldNest { .. } | Inner::SessionsLeft(_) => {
                Some(SqlState::INSUFFICIENT_PRIVILEGE)
            }
            Inner::Database { error, .. } if has_no_grantor(error) => {
                Some(SqlState::INSUFFICIENT_PRIVILEGE)
            }
            Inner::Database { .. } if self.is_changed_meanwhile() => {
                Some(SqlState::T_R_SERIALIZATION_FAILURE)
            }
            Inner::Database { error, .. } => error.code().cloned(),
            Inner::PlanChanged => Some(SqlState::T_R_SERIALIZATION_FAILURE),
            Inner::BackendMissing(_) | Inner::NoAnswer | Inner::Made { .. } => None,
        }
    }

    /// For a conflict: the chain of memberships to `rds_ad` and the one to `rds_iam`, from the role
    /// to either, both ends included.
    pub fn conflict_paths(&self) -> Option<(Vec<String>, Vec<String>)> {
        let names =
            |path: &[kerbrole_core::PathStep]| path.iter().map(ToString::to_string).collect();
        match &*self.inner {
            Inner::Refused { refusal, .. } => {
                let conflict = match refusal {
                    Refusal::Conflict { conflict, .. } => conflict,
                    Refusal::Told(warning) => match &**warning {
                        Warning::ConflictMade { conflict, .. } => conflict,
                        _ => return None,
                    },
                    _ => return None,
                };
                Some((names(&conflict.ad_path), names(&conflict.iam_path)))
            }
            Inner::Database { error, .. }
                if error.code().is_some_and(|code| code.code() == "0LP01") =>
            {
                // The extension's DETAIL: Path to rds_ad: {...}. Path to rds_iam: {...}.
                let detail = error.as_db_error()?.detail()?;
                let (ad, rest) = array_elements(&detail[detail.find('{')?..])?;
                let (iam, _) = array_elements(&rest[rest.find('{')?..])?;
                Some((ad, iam))
            }
            _ => None,
        }
    }
}

/// The server's internal error where somebody has ADMIN on a role and inherits it from nobody
/// (`check_role_grantor`, src/backend/commands/user.c): never translated.
fn has_no_grantor(error: &tokio_postgres::Error) -> bool {
    let is_it = |e: &DbError| {
        *e.code() == SqlState::INTERNAL_ERROR && e.message() == "no possible grantors"
    };
    error.as_db_error().is_some_and(is_it)
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.inner {
            Inner::Database { error, .. } => Some(error),
            Inner::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::of(Inner::Database { error, hint: None, is_lacking: false })
    }
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::of(Inner::Refused { refusal, undone: Undone::Nothing, by_settings: false })
    }
}
