//! How the command ends.

use std::error::Error as _;
use std::fmt;
use std::process::ExitCode;

use kerbrole_client::{Error, ErrorKind};

/// The exit codes, as the help and the man page say them.
pub(crate) const CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  findings: conflicts, case-audit, a check or doctor that is not ok, drift with sync --check
  2  usage: arguments, input files, names that can be no principal
  3  no connection
  4  refused: the rule, a privilege, a role that exists, is missing or in use
  5  partly done: an earlier portion of a long list was carried out, or
     principals are disabled and sessions of them go on";

/// Why the command ends before its work is done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked cannot be meant.
    Usage(String),
    /// There is no server to ask.
    Connection(String),
    /// The server, or the rules, said no.
    Refused(Error),
    /// Some of it was carried out before that.
    Partly { done: usize, total: usize, again: &'static str, error: Error },
    /// All are disabled, and whoever did it may not end sessions of these.
    SessionsLeft(Vec<Error>),
    /// Whoever reads the output has had enough.
    PipeClosed,
}

impl Failure {
    pub(crate) fn usage(message: String) -> Self {
        Self::Usage(message)
    }

    /// Findings are no failure, and have a code of their own.
    pub(crate) const FINDINGS: u8 = 1;

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Connection(_) => 3,
            Self::Refused(error) => match error.kind() {
                ErrorKind::Connection => 3,
                ErrorKind::ExtensionMissing => 4,
                // What was typed can be no principal.
                _ => match error.code().as_ref().map(|code| code.code()) {
                    Some("22023" | "42622" | "42939") => 2,
                    _ => 4,
                },
            },
            Self::Partly { .. } | Self::SessionsLeft(_) => 5,
            Self::PipeClosed => 0,
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for Failure {
    /// In psql's form: the message, then DETAIL and HINT on lines of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Connection(message) => f.write_str(message),
            Self::Refused(error) => write_error(f, error),
            Self::Partly { done, total, again, error } => {
                writeln!(f, "{done} of {total} are done, the rest is not; {again}")?;
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
            Self::PipeClosed => Ok(()),
        }
    }
}

fn write_error(f: &mut fmt::Formatter<'_>, error: &Error) -> fmt::Result {
    write!(f, "{error}")?;
    if error.kind() == ErrorKind::Connection {
        // The causes below the database's own error: which address, which certificate.
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
