use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// Whether a connection is encrypted by GSSAPI: libpq's `gssencmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum GssEncMode {
    /// Never. A server may still ask for a ticket to log in with.
    Disable,
    /// Where there is a ticket and the server takes it, else without.
    #[default]
    Prefer,
    /// Or there is no connection.
    Require,
}

impl FromStr for GssEncMode {
    type Err = Error;

    /// By libpq's words: `disable`, `prefer`, `require`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for any other.
    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            _ => Err(Error::new(
                ErrorKind::Configuration,
                "gssencmode is none of disable, prefer and require",
            )),
        }
    }
}
