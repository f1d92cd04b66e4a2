//! What goes wrong, with everything that is known about it.

mod kind;

pub use kind::ErrorKind;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The most that is taken of a server's words.
const LONGEST: usize = 500;

/// Why a directory could not be read, or not all of it.
///
/// `Display` is the message; no error holds a password.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<Cow<'static, str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let hint = kind.hint().map(Cow::Borrowed);
        Self(Arc::new(Inner { kind, message: message.into(), hint, source: None }))
    }

    pub(crate) fn caused(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let hint = kind.hint().map(Cow::Borrowed);
        let (message, source) = (message.into(), Some(source.into()));
        Self(Arc::new(Inner { kind, message, hint, source }))
    }

    /// Says what to do about it, instead of what is said of all of its kind.
    pub(crate) fn with_hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        let hint = Some(hint.into());
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner { hint, ..inner })),
            Err(shared) => {
                let message = shared.message.clone();
                Self(Arc::new(Inner { kind: shared.kind, message, hint, source: None }))
            }
        }
    }

    /// The same, and where it happened.
    pub(crate) fn at(self, place: impl fmt::Display) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => {
                let message = format!("{place}: {}", inner.message);
                Self(Arc::new(Inner { message, ..inner }))
            }
            Err(shared) => Self(shared),
        }
    }

    /// The server sent what the protocol does not have at this place.
    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Protocol, message)
    }

    /// An answer came, and something in it is missing.
    pub(crate) fn incomplete(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Incomplete, message)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// Which kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("hint", &self.0.hint)
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

/// Somebody else's words, in one line and not without end.
pub(crate) fn words(text: &str) -> String {
    let shown = |c: char| if kerbrole_core::is_invisible(c) { ' ' } else { c };
    text.chars().take(LONGEST).map(shown).collect::<String>().trim().to_string()
}
