//! How the command ends.

use std::io;
use std::process::ExitCode;

use crate::failure::Failure;
use crate::output::{Shown, tell, tell_error};

/// The exit codes, as the help and the man page say them.
pub(crate) const CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  findings: conflicts, case-audit, a check, aws check or doctor that is not ok, drift with
     sync --check
  2  usage: arguments, input files, names that can be no principal
  3  no connection, or it was lost before anything was known to be done; a directory that could
     not be read, or not all of it; an aws command that cannot be used
  4  refused: the rule, a privilege, a role that exists, is missing or in use
  5  partly done: of several, or of a long list, some were carried out before it ended, or
     principals are disabled and sessions of them go on
  6  done, or nothing to do, but the result could not be written";

const FINDINGS: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const NO_CONNECTION: u8 = 3;
pub(crate) const REFUSED: u8 = 4;
pub(crate) const PARTLY_DONE: u8 = 5;
pub(crate) const NOT_WRITTEN: u8 = 6;

/// What came of the work, and what is to be shown of it.
///
/// The two are apart, so that printing decides nothing.
#[derive(Debug)]
pub(crate) struct Report {
    shown: Shown,
    ended: Result<Ending, Failure>,
    /// What it comes to, said below.
    summary: Option<String>,
}

/// How work ends that nothing kept from being carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All is done or in order.
    Done,
    /// Something was found that somebody has to look at.
    Findings,
    /// Nothing was asked for.
    NoWork,
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

    /// Nothing was asked for, which was said.
    pub(crate) fn missing_work() -> Self {
        Self::looked(Shown::Nothing, Ending::NoWork)
    }

    /// Something was looked at, and there are findings or none.
    pub(crate) fn looked(shown: Shown, ending: Ending) -> Self {
        Self { shown, ended: Ok(ending), summary: None }
    }

    /// It ended early, and there is something to show all the same.
    pub(crate) fn failed(shown: Shown, failure: Failure) -> Self {
        Self { shown, ended: Err(failure), summary: None }
    }

    /// The same, with this to say about what was done, unless something worse has ended it.
    pub(crate) fn but(self, failure: Failure) -> Self {
        Self { ended: self.ended.and(Err(failure)), ..self }
    }

    /// The same, with this to say below it, if there is something.
    pub(crate) fn summed_up(self, summary: Option<String>) -> Self {
        Self { summary, ..self }
    }

    /// Prints what there is to show, and gives back how the command ends.
    ///
    /// What happened decides that. A reader who has gone away changes nothing about it; a result
    /// that was to be kept and could not be written is an error where there is no other.
    pub(crate) fn end(self) -> ExitCode {
        let printed = self.shown.print();
        if let Some(summary) = &self.summary {
            tell(summary);
        }
        if let Err(failure) = &self.ended {
            failure.tell();
        }
        let not_written = printed.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        if let Some(error) = &not_written {
            let text = format!("the result could not be written: {error}");
            tell_error(&text, || {
                serde_json::json!({
                    "code": null, "message": text, "detail": null, "hint": null,
                    "conflict": null, "exit_code": NOT_WRITTEN
                })
            });
        }
        match self.ended {
            Err(failure) => ExitCode::from(failure.code()),
            Ok(Ending::Findings) => ExitCode::from(FINDINGS),
            Ok(Ending::NoWork) => ExitCode::from(USAGE),
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
