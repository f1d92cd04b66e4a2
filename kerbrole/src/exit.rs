//! How the command ends.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::process::ExitCode;

use kerbrole_client::{Error, ErrorKind};

use crate::output::{Shown, tell};

/// The exit codes, as the help and the man page say them.
pub(crate) const CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  findings: conflicts, case-audit, a check or doctor that is not ok, drift with sync --check
  2  usage: arguments, input files, names that can be no principal
  3  no connection, or it was lost before anything was known to be done
  4  refused: the rule, a privilege, a role that exists, is missing or in use
  5  partly done: of several, or of a long list, some were carried out before it ended, or
     principals are disabled and sessions of them go on
  6  done, or nothing to do, but the result could not be written";

const FINDINGS: u8 = 1;
const USAGE: u8 = 2;
const NO_CONNECTION: u8 = 3;
const REFUSED: u8 = 4;
const PARTLY_DONE: u8 = 5;
const NOT_WRITTEN: u8 = 6;

/// What came of the work, and what is to be shown of it.
///
/// The two are apart, so that printing decides nothing.
#[derive(Debug)]
pub(crate) struct Report {
    shown: Shown,
    ended: Result<Ending, Failure>,
}

/// How work ends that nothing kept from being carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All is done or in order.
    Done,
    /// Something was found that somebody has to look at.
    Findings,
}

impl Ending {
    /// With findings, where there are any.
    pub(crate) fn findings_if(there_are_any: bool) -> Self {
        if there_are_any { Self::Findings } else { Self::Done }
    }
}

/// What a command gives back; an error where there is nothing to show.
pub(crate) type Outcome = Result<Report, Failure>;

impl Report {
    /// All was done.
    pub(crate) fn done(shown: Shown) -> Self {
        Self::looked(shown, Ending::Done)
    }

    /// Something was looked at, and there are findings or none.
    pub(crate) fn looked(shown: Shown, ending: Ending) -> Self {
        Self { shown, ended: Ok(ending) }
    }

    /// It ended early, and there is something to show all the same.
    pub(crate) fn failed(shown: Shown, failure: Failure) -> Self {
        Self { shown, ended: Err(failure) }
    }

    /// The same, with this to say about what was done, unless something worse has ended it.
    pub(crate) fn but(self, failure: Failure) -> Self {
        Self { shown: self.shown, ended: self.ended.and(Err(failure)) }
    }

    /// Prints what there is to show, and gives back how the command ends.
    ///
    /// What happened decides that. A reader who has gone away changes nothing about it; a result
    /// that was to be kept and could not be written is an error where there is no other.
    pub(crate) fn end(self) -> ExitCode {
        let printed = self.shown.print();
        if let Err(failure) = &self.ended {
            tell(&format!("kerbrole: {failure}"));
        }
        let not_written = printed.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        if let Some(error) = &not_written {
            tell(&format!("kerbrole: the result could not be written: {error}"));
        }
        match self.ended {
            Err(failure) => ExitCode::from(failure.code()),
            Ok(Ending::Findings) => ExitCode::from(FINDINGS),
            Ok(Ending::Done) if not_written.is_some() => ExitCode::from(NOT_WRITTEN),
            Ok(Ending::Done) => ExitCode::SUCCESS,
        }
    }
}

impl From<Failure> for Report {
    fn from(failure: Failure) -> Self {
        Self::failed(Shown::Nothing, failure)
    }
}

/// Why the command ends before its work is done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked cannot be meant.
    Usage(String),
    /// There is no server to ask.
    Connection(String),
    /// The system does not give what any connection takes, so that no server was asked.
    Runtime(io::Error),
    /// The server, or the rules, said no.
    Refused(Error),
    /// Some of it was carried out before that, or may have been where the connection was lost.
    Partly {
        done: usize,
        total: usize,
        /// How to go on.
        again: &'static str,
        error: Error,
    },
    /// All are disabled, and whoever did it may not end sessions of these.
    SessionsLeft(Vec<Error>),
    /// The result is there, and could not be put where it was to go.
    NotWritten(String),
}

impl Failure {
    pub(crate) fn usage(message: String) -> Self {
        Self::Usage(message)
    }

    /// Why a change of several at once failed: it was refused, or the answer never came.
    pub(crate) fn of_change(total: usize, again: &'static str) -> impl FnOnce(Error) -> Self {
        move |error| match error.kind() {
            ErrorKind::Connection => Self::Partly { done: 0, total, again, error },
            _ => Self::Refused(error),
        }
    }

    /// The exit code, one of [`CODES`].
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Connection(_) | Self::Runtime(_) => NO_CONNECTION,
            Self::Refused(error) => match error.kind() {
                ErrorKind::Connection => NO_CONNECTION,
                ErrorKind::ExtensionMissing => REFUSED,
                // What was typed can be no principal.
                _ => match error.code().as_ref().map(|code| code.code()) {
                    Some("22023" | "42622" | "42939") => USAGE,
                    _ => REFUSED,
                },
            },
            Self::Partly { done: 0, .. } => NO_CONNECTION,
            Self::Partly { .. } | Self::SessionsLeft(_) => PARTLY_DONE,
            Self::NotWritten(_) => NOT_WRITTEN,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for Failure {
    /// Writes it in psql's form: the message, then DETAIL and HINT on lines of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Connection(message) | Self::NotWritten(message) => {
                f.write_str(message)
            }
            Self::Runtime(error) => error.fmt(f),
            Self::Refused(error) => write_error(f, error),
            Self::Partly { done, total, again, error } => {
                let rest = match error.kind() {
                    ErrorKind::Connection => {
                        "of what was under way it is not known, the rest is not"
                    }
                    _ => "the rest is not",
                };
                writeln!(f, "{done} of {total} are done, {rest}; {again}")?;
                write_error(f, error)
            }
            Self::SessionsLeft(errors) => {
                for (number, error) in errors.iter().enumerate() {
                    if number > 0 {
                        f.write_str("\nkerbrole: ")?;
                    }
                    write_error(f, error)?;
                }
                Ok(())
            }
        }
    }
}

fn write_error(f: &mut fmt::Formatter<'_>, error: &Error) -> fmt::Result {
    write!(f, "{error}")?;
    if error.kind() == ErrorKind::Connection {
        // The causes below the database's own error say which address, which certificate.
        let mut cause = error.source().and_then(|source| source.source());
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
    }
    for (label, text) in [("DETAIL", error.detail()), ("HINT", error.hint())] {
        if let Some(text) = text {
            write!(f, "\n{label}:  {text}")?;
        }
    }
    Ok(())
}
