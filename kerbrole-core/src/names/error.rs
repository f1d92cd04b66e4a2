//! What cannot be a name, and what to write instead.

use crate::report::{Report, shown_by_its_report};
use crate::sqlstate::SqlState;
use crate::text::visible;

/// Why something is no name.
///
/// `Display` is the message; [`sqlstate`](Self::sqlstate), [`detail`](Self::detail) and
/// [`hint`](Self::hint) are the rest of what PostgreSQL shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// No username at all.
    UsernameEmpty,
    /// A username that no directory has.
    Username {
        /// As it was typed.
        username: String,
        /// What is the matter with it.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// A realm that no directory has.
    Realm {
        /// As it was typed.
        realm: String,
        /// What is the matter with it.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// A username without a realm, and no default.
    RealmMissing {
        /// As it was typed.
        username: String,
    },
    /// The realm in the username and beside it.
    RealmTwice {
        /// The username, with a realm.
        spelling: String,
        /// The realm beside it.
        realm: String,
    },
    /// Two `@`, as in a user principal name whose suffix is not the realm.
    TwoAtSigns {
        /// As it was typed.
        spelling: String,
    },
    /// A realm of one label.
    RealmSingleLabel {
        /// The realm.
        realm: String,
        /// What the domain of that name stands for, where that is known.
        meant: Option<String>,
    },
    /// A realm that is not on the list.
    RealmNotAllowed {
        /// The realm.
        realm: String,
        /// Those that are.
        allowed: Vec<String>,
    },
    /// `DOMAIN\user` with a domain that has no realm.
    NetbiosUnknown {
        /// The domain.
        domain: String,
    },
    /// A malformed item of `kerbrole.netbios_domains`.
    NetbiosDomains {
        /// The item.
        item: String,
    },
    /// The two roles of the rule are one.
    SameRole {
        /// The role.
        role: String,
    },
    /// What is no SID.
    Sid {
        /// As it was given.
        text: String,
    },
    /// A role name that is empty or holds a NUL.
    RoleName {
        /// As it was given.
        name: String,
    },
    /// More than 63 bytes.
    TooLong {
        /// The name.
        role: String,
        /// How long it is.
        bytes: usize,
    },
    /// A name with a prefix that belongs to somebody else.
    Reserved {
        /// The name.
        role: String,
        /// `pg_` or `rds_`.
        prefix: &'static str,
    },
}

impl NameError {
    pub(crate) fn report(&self) -> Report {
        let invalid = |message: String| Report::new(SqlState::InvalidParameterValue, message);
        match self {
            Self::Sid { text } => invalid(format!("\"{}\" is no SID", visible(text)))
                .hint("Write it as the directory shows it: S-1-5-21-...-1104."),
            Self::UsernameEmpty => invalid("username must not be empty".into())
                .hint("Write the sAMAccountName of the directory user, for example 'alice'."),
            Self::Username { username, problem, hint } => {
                invalid(format!("invalid username \"{}\": {problem}", visible(username)))
                    .hint(*hint)
            }
            Self::Realm { realm, problem, hint } => {
                invalid(format!("invalid realm \"{}\": {problem}", visible(realm))).hint(*hint)
            }
            Self::RealmMissing { username } => {
                let username = visible(username);
                invalid(format!("no realm for username \"{username}\"")).hint(format!(
                    "Give the realm as well: '{username}@CORP.EXAMPLE.COM', or as an argument of \
                     its own. A superuser can set kerbrole.default_realm."
                ))
            }
            Self::RealmTwice { spelling, realm } => {
                let username =
                    spelling.rsplit_once('@').map_or(spelling.as_str(), |(username, _)| username);
                let (spelling, username, realm) =
                    (visible(spelling), visible(username), visible(realm));
                invalid(format!("the realm of \"{spelling}\" is given twice")).hint(format!(
                    "Write either '{spelling}' alone, or '{username}' and '{realm}'."
                ))
            }
            Self::TwoAtSigns { spelling } => invalid(format!(
                "\"{}\" holds more than one \"@\"",
                visible(spelling)
            ))
            .hint(
                "Write sAMAccountName@REALM. A user principal name (UPN) opens no role: a ticket \
                 that klist shows for one has to be asked for by the account's own name, or with \
                 kinit -C.",
            ),
            Self::RealmSingleLabel { realm, meant } => invalid(format!(
                "realm \"{realm}\" has no dot: it looks like a NetBIOS domain"
            ))
            .hint(match meant {
                Some(meant) => format!("Write the directory's DNS name: '{meant}'."),
                None => format!(
                    "Write the directory's DNS name, for example CORP.EXAMPLE.COM. If the realm \
                     really is called {realm}, a superuser can list it in kerbrole.allowed_realms."
                ),
            }),
            Self::RealmNotAllowed { realm, allowed } => invalid(format!(
                "realm \"{realm}\" is not allowed here"
            ))
            .detail(format!("kerbrole.allowed_realms lists {}.", allowed.join(", ")))
            .hint(
                "Check the realm's spelling: it is the directory's DNS name, which the suffix of a \
                 user principal name (UPN) need not be. A superuser can extend \
                 kerbrole.allowed_realms.",
            ),
            Self::NetbiosUnknown { domain } => {
                invalid(format!("no realm is known for the NetBIOS domain \"{}\"", visible(domain)))
                    .hint(
                        "Write the username and the realm, for example 'alice@CORP.EXAMPLE.COM'. A \
                         superuser can map the domain to its realm in kerbrole.netbios_domains.",
                    )
            }
            Self::NetbiosDomains { item } => invalid(format!(
                "invalid item \"{}\" in the list of NetBIOS domains",
                visible(item)
            ))
            .hint(
                "Write the list as DOMAIN=REALM, DOMAIN=REALM, each domain once: \
                 CORP=CORP.EXAMPLE.COM.",
            ),
            Self::SameRole { role } => {
                invalid(format!("kerbrole.ad_role and kerbrole.iam_role are both \"{role}\""))
                    .hint("Set them to two different roles; their defaults are rds_ad and rds_iam.")
            }
            Self::RoleName { name } => invalid(format!("invalid role name \"{}\"", visible(name)))
                .hint("A role name has at least one character and no NUL."),
            Self::TooLong { role, bytes } => Report::new(
                SqlState::NameTooLong,
                format!(
                    "role name \"{}\" is too long: {bytes} bytes, and PostgreSQL keeps 63",
                    visible(role)
                ),
            )
            .detail(
                "A login is looked up by the first 63 bytes of the name, but compared with the \
                 whole principal: this one could never log in.",
            )
            .hint(
                "Give the account a shorter sAMAccountName in the directory. Letters outside ASCII \
                 take two to four bytes each.",
            ),
            Self::Reserved { role, prefix } => Report::new(
                SqlState::ReservedName,
                format!("role name \"{role}\" is reserved: it begins with \"{prefix}\""),
            )
            .hint(match *prefix {
                "pg_" => {
                    "PostgreSQL keeps names that begin with \"pg_\" for itself: give the account \
                     another sAMAccountName."
                }
                _ => {
                    "Names that begin with \"rds_\" are the service's own: give the account \
                     another sAMAccountName."
                }
            }),
        }
    }
}

shown_by_its_report!(NameError);

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_carry_what_cannot_be_seen() {
        let error = NameError::RealmMissing { username: "a\u{202e}b\nc".into() };
        assert_eq!(error.to_string(), r#"no realm for username "a\u{202E}b\u{A}c""#);
        assert!(NameError::RealmMissing { username: "x".repeat(10_000) }.to_string().len() < 200);
    }

    #[test]
    fn a_hint_says_what_to_write_instead() {
        let error = NameError::RealmTwice {
            spelling: "alice@corp.example.com".into(),
            realm: "CORP.EXAMPLE.COM".into(),
        };
        assert_eq!(
            error.hint().unwrap(),
            "Write either 'alice@corp.example.com' alone, or 'alice' and 'CORP.EXAMPLE.COM'."
        );
    }
}
