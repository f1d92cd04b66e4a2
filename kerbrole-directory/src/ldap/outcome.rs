//! What a server's result means.

use rasn_ldap::{Referral, ResultCode};

use crate::error::{Error, ErrorKind, words};

/// The result of an operation that did not succeed.
pub(crate) struct Refusal<'r> {
    pub(crate) code: ResultCode,
    /// The server's words.
    pub(crate) said: &'r str,
    pub(crate) referral: Option<&'r Referral>,
}

/// What the reasons of a refused login are, which Active Directory gives as `data 52e` (Microsoft,
/// "LDAP Wiki: Common Active Directory Bind Errors"; winerror.h in hexadecimal).
const LOGINS: [(&str, &str); 7] = [
    ("data 525", "there is no such user"),
    ("data 52e", "user or password is wrong"),
    ("data 530", "the user may not log in at this time"),
    ("data 532", "the user's password has expired"),
    ("data 533", "the user is disabled"),
    ("data 701", "the user's account has expired"),
    ("data 775", "the user is locked out"),
];

impl Refusal<'_> {
    /// An error that says during what it came.
    pub(crate) fn error(&self, doing: &str) -> Error {
        let said = words(self.said);
        let said = if said.is_empty() { said } else { format!(" ({said})") };
        let error = |kind, what: &str| Error::new(kind, format!("{doing}: {what}{said}"));
        let code = format!("the server answers {:?}", self.code);
        match self.code {
            ResultCode::Busy | ResultCode::Unavailable => {
                error(ErrorKind::Busy, &format!("{code}: it has no time now"))
            }
            ResultCode::TimeLimitExceeded
            | ResultCode::SizeLimitExceeded
            | ResultCode::AdminLimitExceeded => error(ErrorKind::Limit, &code),
            ResultCode::Referral => referred(doing, self.referral.into_iter().flatten()),
            ResultCode::InvalidCredentials => {
                let reason = LOGINS.iter().find(|(data, _)| self.said.contains(data));
                error(ErrorKind::Credentials, reason.map_or("it is refused", |(_, why)| why))
            }
            ResultCode::InappropriateAuthentication | ResultCode::AuthMethodNotSupported => {
                error(ErrorKind::Credentials, &code)
            }
            ResultCode::StrongerAuthRequired | ResultCode::ConfidentialityRequired => {
                error(ErrorKind::Refused, &code).with_hint(
                    "Connect by ldaps://, or by ldap:// with a ticket, which seals the connection.",
                )
            }
            ResultCode::InsufficientAccessRights => error(ErrorKind::Refused, &code)
                .with_hint("Give the user the rights to read that Domain Users have."),
            // What is not known might have been all that there is.
            ResultCode::UnavailableCriticalExtension | ResultCode::NoSuchObject => {
                error(ErrorKind::Incomplete, &code)
            }
            ResultCode::ProtocolError => error(ErrorKind::Protocol, &code),
            _ => error(ErrorKind::Refused, &code),
        }
    }
}

/// A part of what was asked for is somewhere else.
pub(crate) fn referred<'r>(
    doing: &str,
    places: impl IntoIterator<Item = &'r rasn_ldap::Uri>,
) -> Error {
    let place = places.into_iter().next().map_or("another server".into(), |uri| words(uri));
    Error::new(ErrorKind::Referral, format!("{doing}: the server refers to {place}"))
}
