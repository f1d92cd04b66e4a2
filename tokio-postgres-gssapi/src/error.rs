//! What goes wrong, with everything that is known about it.

mod kind;
mod status;

pub use kind::ErrorKind;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a login with a ticket, or its encryption, did not come about.
///
/// `Display` is the message, with the words of the GSSAPI library where it has any. An error of
/// tokio-postgres hides one of these among its causes: [`Error::find`] brings it out.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    major: u32,
    minor: u32,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let hint = kind.hint().map(Cow::Borrowed);
        let message = message.into();
        Self(Arc::new(Inner { kind, message, hint, major: 0, minor: 0, source: None }))
    }

    /// The server sent what the protocol does not have at this place.
    pub(crate) fn protocol(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Protocol, message)
    }

    /// The server hung up in the middle of something.
    pub(crate) fn closed(during: &'static str) -> Self {
        Self::new(ErrorKind::Closed, format!("the server closed the connection during {during}"))
    }

    pub(crate) fn timed_out() -> Self {
        Self::new(ErrorKind::TimedOut, "the login took longer than connect_timeout")
    }

    /// Reading or writing failed, or the server hung up.
    pub(crate) fn io(error: io::Error, during: &'static str) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::closed(during);
        }
        Self::caused(ErrorKind::Io, format!("the connection failed during {during}"), error)
    }

    pub(crate) fn caused(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let hint = kind.hint().map(Cow::Borrowed);
        let (message, source) = (message.into(), Some(source.into()));
        Self(Arc::new(Inner { kind, message, hint, major: 0, minor: 0, source }))
    }

    /// A GSSAPI call failed. It has to be made on the thread where that happened: MIT's library
    /// keeps the text of a minor status for the thread that got it, with the principal's name.
    pub(crate) fn gssapi(error: libgssapi::error::Error, doing: &str) -> Self {
        let (major, minor) = (error.major.bits(), error.minor);
        let kind = status::kind_of(major, minor);
        let hint = kind.hint().map(Cow::Borrowed);
        let message = Cow::Owned(format!("{doing}: {}", status::words(&error)));
        Self(Arc::new(Inner { kind, message, hint, major, minor, source: None }))
    }

    /// Which kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The major status of the GSSAPI call that failed (RFC 2744, section 3.9.1), 0 where none did.
    pub fn major_status(&self) -> u32 {
        self.0.major
    }

    /// The mechanism's own status, for Kerberos one of the codes of krb5.h, 0 where no call failed.
    pub fn minor_status(&self) -> i32 {
        // The codes of com_err are negative; GSSAPI carries them as 32 bits without a sign.
        self.0.minor.cast_signed()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The error of this crate that is among the causes of another one, such as
    /// `tokio_postgres::Error`.
    ///
    /// ```
    /// use tokio_postgres_gssapi::{Error, ErrorKind};
    ///
    /// fn should_run_kinit(error: &tokio_postgres::Error) -> bool {
    ///     Error::find(error).is_some_and(|e| e.kind() == ErrorKind::NoCredentials)
    /// }
    /// ```
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found);
            }
            // The source of an io::Error is that of the error inside of it, and not that error.
            next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        None
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("major", &self.0.major)
            .field("minor", &self.minor_status())
            .field("source", &self.0.source)
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Closed => io::ErrorKind::UnexpectedEof,
            ErrorKind::TimedOut => io::ErrorKind::TimedOut,
            ErrorKind::Protocol => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_inside_of_others() {
        #[derive(Debug)]
        struct Outer(io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("outer")
            }
        }
        impl StdError for Outer {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }
        let outer = Outer(io::Error::from(Error::timed_out()));
        assert_eq!(Error::find(&outer).map(Error::kind), Some(ErrorKind::TimedOut));
        let none = Outer(io::Error::other("something else"));
        assert!(Error::find(&none).is_none());
    }
}
