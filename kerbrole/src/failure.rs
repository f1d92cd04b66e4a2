//! Why the command ends before its work is done, as people and programs are told.

use std::error::Error as _;
use std::fmt;
use std::io;

use kerbrole_client::{Error, ErrorKind, Language, Told, Warning};
use kerbrole_directory::ErrorKind as DirectoryErrorKind;
use serde_json::{Value, json};

use crate::exit::{NO_CONNECTION, NOT_WRITTEN, PARTLY_DONE, REFUSED, USAGE};
use crate::output::tell_error;

/// Why the command ends before its work is done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked cannot be meant.
    Usage(String),
    /// There is no server to ask.
    Connection(String),
    /// The system does not give what any connection takes, so that no server was asked.
    Runtime(io::Error),
    /// A directory could not be read, or not all of it, or says what must not be taken over.
    Directory(kerbrole_directory::Error),
    /// What was planned holds no more.
    Outdated(String),
    /// More people would lose something than may, with those who have lost something just before.
    TooManyAfterOthers { people: usize, before: usize, at_most: usize },
    /// The server, or the rules, said no.
    Refused(Error),
    /// Nobody is of the realm of a new principal, and such were to be refused.
    UnknownRealm(Box<Warning>),
    /// A principal is missing, and these are spelled nearly so.
    Missing { error: Error, near: Vec<String> },
    /// Some of it was carried out before that, or may have been where the connection was lost.
    Partly {
        done: usize,
        total: usize,
        /// How to go on.
        again: &'static str,
        error: Error,
    },
    /// Of several servers so many failed, the last of them for this reason.
    Server { name: String, failed: usize, all: usize, code: u8, failure: Box<Failure> },
    /// All are disabled, and whoever did it may not end sessions of these.
    SessionsLeft(Vec<Error>),
    /// The result is there, and could not be put where it was to go.
    NotWritten(String),
}

impl Failure {
    pub(crate) fn usage(message: String) -> Self {
        Self::Usage(message)
    }

    /// Why a change of several at once failed: it was refused, all of it or after a part of it, or
    /// the answer never came.
    pub(crate) fn of_change(total: usize, again: &'static str) -> impl FnOnce(Error) -> Self {
        move |error| match (error.partly_done(), error.kind()) {
            (Some((done, total)), _) => Self::Partly { done, total, again, error },
            (None, ErrorKind::Connection) => Self::Partly { done: 0, total, again, error },
            (None, _) => Self::Refused(error),
        }
    }

    /// Says it on standard error, to people or to programs.
    pub(crate) fn tell(&self) {
        if let Self::SessionsLeft(errors) = self {
            for error in errors {
                tell_error(&in_lines(error), || self.data_of(Some(error)));
            }
        } else {
            tell_error(&self.to_string(), || self.data());
        }
    }

    /// An error in the words of this command.
    fn told(&self, error: &Error) -> Told {
        let mut told = told(error);
        if let Self::Missing { near, .. } = self {
            told.hint = Some(format!("Did you mean {}?", near.join(" or ")));
        }
        told
    }

    /// What the server or the rules said.
    fn error(&self) -> Option<&Error> {
        match self {
            Self::Refused(error) | Self::Missing { error, .. } | Self::Partly { error, .. } => {
                Some(error)
            }
            Self::SessionsLeft(errors) => errors.first(),
            Self::Server { failure, .. } => failure.error(),
            Self::Usage(_)
            | Self::Connection(_)
            | Self::Runtime(_)
            | Self::Directory(_)
            | Self::Outdated(_)
            | Self::TooManyAfterOthers { .. }
            | Self::UnknownRealm(_)
            | Self::NotWritten(_) => None,
        }
    }

    /// The same as an object.
    pub(crate) fn data(&self) -> Value {
        self.data_of(self.error())
    }

    fn data_of(&self, error: Option<&Error>) -> Value {
        let Some(error) = error else {
            let said = self.to_string();
            let (message, hint) = match said.split_once("\nHINT:  ") {
                Some((message, hint)) => (message, Some(hint)),
                None => (said.as_str(), None),
            };
            return json!({
                "code": null, "message": message, "detail": null, "hint": hint,
                "conflict": null, "exit_code": self.code()
            });
        };
        let conflict = error.conflict_paths().map(|(ad_path, iam_path)| {
            json!({"role_name": ad_path.first(), "ad_path": ad_path, "iam_path": iam_path})
        });
        let told = self.told(error);
        let mut data = json!({
            "code": error.code().as_ref().map(|code| code.code()),
            "message": message(error),
            "detail": told.detail,
            "hint": told.hint,
            "conflict": conflict,
            "exit_code": self.code()
        });
        if let (Self::Partly { done, total, again, .. }, Some(data)) = (self, data.as_object_mut())
        {
            data.insert("done".into(), json!({"done": done, "of": total, "go_on": again}));
        }
        data
    }

    /// The exit code, one of [`CODES`](crate::exit::CODES).
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Connection(_) | Self::Runtime(_) => NO_CONNECTION,
            Self::Directory(error) => match error.kind() {
                DirectoryErrorKind::Configuration => USAGE,
                // It was read whole, and what it says would be wrong to take over.
                DirectoryErrorKind::NoSuchGroup
                | DirectoryErrorKind::EmptyGroup
                | DirectoryErrorKind::HiddenMembers
                | DirectoryErrorKind::Everybody => REFUSED,
                _ => NO_CONNECTION,
            },
            Self::Refused(error) => match error.kind() {
                ErrorKind::Connection => NO_CONNECTION,
                ErrorKind::BackendMissing => REFUSED,
                // What was typed can be no principal.
                _ => match error.code().as_ref().map(|code| code.code()) {
                    Some("22023" | "42622" | "42939") => USAGE,
                    _ => REFUSED,
                },
            },
            Self::Server { code, .. } => *code,
            Self::Missing { .. }
            | Self::Outdated(_)
            | Self::TooManyAfterOthers { .. }
            | Self::UnknownRealm(_) => REFUSED,
            Self::Partly { done: 0, .. } => NO_CONNECTION,
            Self::Partly { .. } | Self::SessionsLeft(_) => PARTLY_DONE,
            Self::NotWritten(_) => NOT_WRITTEN,
        }
    }
}

impl From<kerbrole_directory::Error> for Failure {
    fn from(error: kerbrole_directory::Error) -> Self {
        Self::Directory(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What to do about a realm that nobody is of.
const UNKNOWN_REALM: &str = "HINT:  Is the realm spelled right? Where it is a new one, add its \
                             first principal without --known-realms-only.";

impl fmt::Display for Failure {
    /// Writes it in psql's form: the message, then DETAIL and HINT on lines of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message)
            | Self::Connection(message)
            | Self::Outdated(message)
            | Self::NotWritten(message) => f.write_str(message),
            Self::Runtime(error) => error.fmt(f),
            Self::Directory(error) => f.write_str(&directory_in_lines(error)),
            Self::UnknownRealm(warning) => {
                writeln!(f, "{warning}, and is refused")?;
                if let Some(detail) = warning.detail() {
                    writeln!(f, "DETAIL:  {detail}")?;
                }
                f.write_str(UNKNOWN_REALM)
            }
            Self::TooManyAfterOthers { people, before, at_most } => write!(
                f,
                "{people} would lose something and {before} have within the interval, and at most \
                 {at_most} may: it is done when the interval is over"
            ),
            Self::Refused(error) => f.write_str(&in_lines(error)),
            Self::Missing { error, .. } => f.write_str(&lines_of(message(error), self.told(error))),
            Self::Partly { done, total, again, error } => {
                let rest = match error.kind() {
                    ErrorKind::Connection => {
                        "of what was under way it is not known, the rest is not"
                    }
                    _ => "the rest is not",
                };
                writeln!(f, "{done} of {total} are done, {rest}; {again}")?;
                f.write_str(&in_lines(error))
            }
            Self::Server { name, failed, all, failure, .. } => {
                write!(f, "{name}: {failure}")?;
                if all > failed { write!(f, "\n{failed} of {all} servers failed") } else { Ok(()) }
            }
            Self::SessionsLeft(errors) => {
                let all: Vec<_> = errors.iter().map(in_lines).collect();
                f.write_str(&all.join("\nkerbrole: "))
            }
        }
    }
}

/// A directory's error with its causes, and what to do about it.
fn directory_in_lines(error: &kerbrole_directory::Error) -> String {
    let mut lines = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some messages have their cause in them already.
        if !lines.contains(&said) {
            lines.push_str(&format!(": {said}"));
        }
        cause = error.source();
    }
    if let Some(hint) = error.hint() {
        lines.push_str(&format!("\nHINT:  {hint}"));
    }
    lines
}

/// What happened; of a connection with the causes below the database's own error, which say which
/// address, which certificate.
fn message(error: &Error) -> String {
    let mut message = told(error).message;
    if error.kind() == ErrorKind::Connection {
        let mut cause = error.source().and_then(|source| source.source());
        while let Some(error) = cause {
            message.push_str(&format!(": {error}"));
            cause = error.source();
        }
    }
    message
}

/// An error in the words of this command.
fn told(error: &Error) -> Told {
    error.told_in(Language::Command { has_settings: error.has_settings() })
}

/// An error as psql writes it.
fn in_lines(error: &Error) -> String {
    lines_of(message(error), told(error))
}

/// The same of a warning.
pub(crate) fn warning_in_lines(warning: &Warning, has_settings: bool) -> String {
    let language = Language::Command { has_settings };
    let say = |text: String| language.say(&text).into_owned();
    let mut lines = say(warning.to_string());
    for (label, text) in [("DETAIL", warning.detail()), ("HINT", warning.hint())] {
        if let Some(text) = text {
            lines.push_str(&format!("\n{label}:  {}", say(text)));
        }
    }
    lines
}

fn lines_of(mut lines: String, told: Told) -> String {
    for (label, text) in [("DETAIL", told.detail), ("HINT", told.hint)] {
        if let Some(text) = text {
            lines.push_str(&format!("\n{label}:  {text}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGAIN: &str = "run it again";

    #[test]
    fn what_was_done_before_an_error_is_partly_done_whatever_the_error() {
        for kind in [ErrorKind::Concurrent, ErrorKind::Privilege, ErrorKind::Connection] {
            let failure = Failure::of_change(9, AGAIN)(Error::new(kind, "too late").after(2, 5));
            assert_eq!(failure.code(), PARTLY_DONE, "{kind:?}");
            assert!(failure.to_string().starts_with("2 of 5 are done, "), "{failure}");
            let done = json!({"done": 2, "of": 5, "go_on": AGAIN});
            assert_eq!(failure.data()["done"], done, "{kind:?}");
        }
        let refused = Failure::of_change(9, AGAIN)(Error::new(ErrorKind::Privilege, "no"));
        assert_eq!(refused.code(), REFUSED);
        let lost = Failure::of_change(9, AGAIN)(Error::new(ErrorKind::Connection, "gone"));
        assert_eq!(lost.code(), NO_CONNECTION);
    }
}
