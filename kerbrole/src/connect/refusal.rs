//! Why there is no connection, and what libpq does after it.

use tokio_postgres::error::SqlState;

use crate::connect::conninfo::chain;

/// Why there is no connection.
pub(super) struct Refusal {
    pub(super) text: String,
    /// What to do about it, where more is known than the text says.
    pub(super) hint: Option<String>,
    pub(super) then: Then,
}

/// What libpq does after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Then {
    /// Nobody answered, or nobody is let in yet: the next address may do.
    NextAddress,
    /// The server is not of the kind that is looked for: the next host may be.
    NextHost,
    /// The server or the handshake said no: protected in another way, it may say yes.
    OtherWay,
    /// The server has no TLS or no encryption by GSSAPI, or there is no ticket for that: without it
    /// may say yes.
    Lacking,
    /// The server asked for a password, and there was none.
    Password,
    Stop,
}

const NO_PASSWORD: &str =
    "the server asks for a password, and there is none: PGPASSWORD, ~/.pgpass or -W has one";

impl Refusal {
    pub(super) fn new(text: impl Into<String>, then: Then) -> Self {
        Self { text: text.into(), hint: None, then }
    }

    /// The text, and the hint on a line of its own.
    pub(super) fn in_lines(self) -> String {
        match self.hint {
            None => self.text,
            Some(hint) => format!("{}\nHINT:  {hint}", self.text),
        }
    }

    /// Why there is no connection, without the password. tokio-postgres tells kinds of errors apart
    /// by their words only. `mismatch` is what is wrong with the server's certificate.
    pub(super) fn of(error: &tokio_postgres::Error, mismatch: Option<String>) -> Self {
        if let Some(refused) = error.as_db_error() {
            let starts_or_stops = *refused.code() == SqlState::CANNOT_CONNECT_NOW;
            let then = if starts_or_stops { Then::NextAddress } else { Then::OtherWay };
            return Self::new(refused.message(), then);
        }
        let text = chain(error);
        let (then, clearer) = match error.to_string() {
            kind if kind.starts_with("error connecting to server") => (Then::NextAddress, None),
            kind if kind.contains("server does not support TLS") => (Then::Lacking, None),
            kind if kind.starts_with("error performing TLS handshake") => {
                (Then::OtherWay, mismatch)
            }
            _ if text.contains("password missing") => (Then::Password, Some(NO_PASSWORD.into())),
            _ => (Then::Stop, None),
        };
        Self::new(clearer.unwrap_or(text), then)
    }
}

/// What keeps TLS from being tried at all: there is nothing to verify the server by.
impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self::new(text, Then::Stop)
    }
}
