//! Which methods of authentication a server may ask for.

use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// A method of authentication, by the names of libpq's `require_auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    None,
    Password,
    Md5,
    Gss,
    Sspi,
    ScramSha256,
}

impl Method {
    const NAMES: [(&'static str, Self); 6] = [
        ("none", Self::None),
        ("password", Self::Password),
        ("md5", Self::Md5),
        ("gss", Self::Gss),
        ("sspi", Self::Sspi),
        ("scram-sha-256", Self::ScramSha256),
    ];

    fn bit(self) -> u8 {
        1 << self as u8
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

/// The methods of authentication that a server may ask for: libpq's `require_auth`.
///
/// ```
/// use tokio_postgres_gssapi::RequireAuth;
///
/// let tickets_only: RequireAuth = "gss,sspi".parse()?;
/// let no_clear_text: RequireAuth = "!password,!none".parse()?;
/// # Ok::<(), tokio_postgres_gssapi::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequireAuth {
    allowed: u8,
    /// Whether what has no name here may be asked for.
    allows_others: bool,
}

impl Default for RequireAuth {
    /// Any, and none.
    fn default() -> Self {
        Self { allowed: u8::MAX, allows_others: true }
    }
}

impl RequireAuth {
    pub(crate) fn allows(self, method: Method) -> bool {
        self.allowed & method.bit() != 0
    }

    /// Whether a method may be asked for that none of the names is of.
    pub(crate) fn allows_others(self) -> bool {
        self.allows_others
    }

    /// Whether all that a server may ask for is allowed.
    pub(crate) fn allows_all(self) -> bool {
        self == Self::default()
    }
}

impl FromStr for RequireAuth {
    type Err = Error;

    /// By libpq's words: a list with commas and no spaces, of `gss`, `sspi`, `password`, `md5`,
    /// `scram-sha-256` and `none`, or of the same with `!` before each. The empty list allows all.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where a method is not known, stands there twice, or only some
    /// of them have a `!` (`PQconnectOptions2`, src/interfaces/libpq/fe-connect.c).
    fn from_str(list: &str) -> Result<Self, Error> {
        let wrong = |what: &'static str| {
            Error::new(ErrorKind::Configuration, format!("require_auth {what}"))
        };
        if list.is_empty() {
            return Ok(Self::default());
        }
        let are_negative = list.starts_with('!');
        let mut named = 0;
        for word in list.split(',') {
            let name = match (word.strip_prefix('!'), are_negative) {
                (Some(name), true) => name,
                (None, false) => word,
                _ => return Err(wrong("has methods with ! and without")),
            };
            let (_, method) = Method::NAMES
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| wrong("has a method that is not known"))?;
            if named & method.bit() != 0 {
                return Err(wrong("has a method twice"));
            }
            named |= method.bit();
        }
        let allowed = if are_negative { !named } else { named };
        Ok(Self { allowed, allows_others: are_negative })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_allowed_and_nothing_else() {
        let auth: RequireAuth = "gss,scram-sha-256".parse().unwrap();
        assert!(auth.allows(Method::Gss) && auth.allows(Method::ScramSha256));
        assert!(!auth.allows(Method::None) && !auth.allows(Method::Password));
        assert!(!auth.allows_others());
    }

    #[test]
    fn what_is_named_with_a_mark_is_not_allowed_and_all_else_is() {
        let auth: RequireAuth = "!password,!none".parse().unwrap();
        assert!(auth.allows(Method::Gss) && auth.allows_others());
        assert!(!auth.allows(Method::None) && !auth.allows(Method::Password));
    }

    #[test]
    fn the_empty_list_allows_all() {
        assert!("".parse::<RequireAuth>().unwrap().allows_all());
    }

    #[test]
    fn what_libpq_refuses_is_refused() {
        for list in [
            "gss, md5",
            " ",
            "gss,!md5",
            "!gss,md5",
            "gss,gss",
            "!none,!none",
            "kerberos",
            "gss,",
            "!",
        ] {
            let error = list.parse::<RequireAuth>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{list}");
        }
    }
}
