//! What is said of an error: its message, what lies behind it, and what to do.

use std::fmt;

use kerbrole_core::Error as Refusal;

use super::{Error, Inner, SessionsLeft, Undone, has_no_grantor};

impl Error {
    /// More about the matter.
    pub fn detail(&self) -> Option<String> {
        match &*self.0 {
            Inner::Refused { refusal, undone } => {
                const OTHER: &str = "Somebody else granted the other half at the same time";
                let more = match undone {
                    Undone::Nothing => None,
                    Undone::All => Some(format!("{OTHER}; what this call did was taken back.")),
                    Undone::Additions => Some(format!(
                        "{OTHER}; what this call added was taken back, who it disabled or dropped \
                         stays so."
                    )),
                    Undone::Not(reason) => Some(format!(
                        "{OTHER}; what this call did stays, since it could not be taken back: \
                         {reason}."
                    )),
                };
                let all: Vec<_> = refusal.detail().into_iter().chain(more).collect();
                (!all.is_empty()).then(|| all.join(" "))
            }
            Inner::WouldNest { user, ad_role } => Some(format!(
                "Since PostgreSQL 16 whoever creates a role becomes a member of it: \"{user}\" \
                 would be nested under {ad_role}, and where pg_hba.conf sends members of \
                 {ad_role} to GSSAPI, no password would let it in any more. Only a superuser can \
                 end such a membership."
            )),
            Inner::SessionsLeft(SessionsLeft { is_committed: true, .. }) => {
                Some("NOLOGIN is committed: nobody logs in to the role any more.".into())
            }
            Inner::SessionsLeft(_) => Some(
                "NOLOGIN is a part of the open transaction: it holds when that is committed, and \
                 not before."
                    .into(),
            ),
            Inner::Database { error, .. } if has_no_grantor(error) => {
                Some("The ADMIN option is there through a membership that is not inherited.".into())
            }
            Inner::Database { .. } if self.saw_a_conflict() => Some(
                "It was not so when the statements were planned: somebody else changed \
                 memberships at the same time, or whoever runs them becomes a member of what it \
                 creates, and is in the other role already."
                    .into(),
            ),
            Inner::Database { error, .. } => error.as_db_error()?.detail().map(Into::into),
            Inner::ExtensionMissing | Inner::NoAnswer => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match &*self.0 {
            Inner::Refused { refusal, .. } => match refusal {
                Refusal::InUse { .. } => {
                    Some("End them first: disable the principal, with its sessions.".into())
                }
                Refusal::PrincipalMissing { other: None, .. } => {
                    Some("A list of the principals shows those that there are.".into())
                }
                Refusal::TooManyRemovals { .. } => Some(
                    "Is the list complete? If it is, say how many may be removed at once.".into(),
                ),
                Refusal::Owner { .. } => Some(
                    "Give the objects in this database to somebody else (reassign_owned_to), or \
                     disable the principal instead."
                        .into(),
                ),
                other => other.hint(),
            },
            Inner::WouldNest { user, ad_role } => Some(format!(
                "Keep another way in for \"{user}\" and accept it (accept_nesting), create \
                 principals as another role that nobody logs in as with a password, or use the \
                 extension where it can be installed. A superuser undoes it with REVOKE ... FROM \
                 \"{user}\" for each principal (nesting_of_user() lists the statements). Members \
                 of {ad_role} already are not refused."
            )),
            Inner::SessionsLeft(left) => Some(left.hint.clone()),
            Inner::ExtensionMissing => Some("As a superuser: CREATE EXTENSION pg_kerbrole".into()),
            Inner::Database { .. } if self.saw_a_conflict() => Some(
                "Nothing was changed. Run it again; if it stays so, look at who is in both: a \
                 list of the conflicts shows them."
                    .into(),
            ),
            Inner::Database { .. } if self.is_changed_meanwhile() => {
                Some("Nothing was changed. Run it again.".into())
            }
            Inner::Database { error, hint, .. } => {
                hint.clone().or_else(|| error.as_db_error()?.hint().map(Into::into))
            }
            Inner::NoAnswer => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::Refused { refusal, .. } => refusal.fmt(f),
            Inner::ExtensionMissing => {
                f.write_str("the extension pg_kerbrole is not installed in this database")
            }
            Inner::NoAnswer => f.write_str("the server answered with no row"),
            Inner::WouldNest { user, ad_role } => {
                write!(f, "creating a principal would make \"{user}\" a member of {ad_role}")
            }
            Inner::SessionsLeft(SessionsLeft { role, user, left: 1, .. }) => {
                write!(
                    f,
                    "role \"{role}\" is disabled (NOLOGIN), and 1 session of it goes on that \
                     \"{user}\" may not end"
                )
            }
            Inner::SessionsLeft(SessionsLeft { role, user, left, .. }) => {
                write!(
                    f,
                    "role \"{role}\" is disabled (NOLOGIN), and {left} sessions of it go on that \
                     \"{user}\" may not end"
                )
            }
            Inner::Database { error, .. } if has_no_grantor(error) => {
                f.write_str("permission denied to grant a role")
            }
            Inner::Database { .. } if self.is_changed_meanwhile() => {
                f.write_str("a role or membership was changed by another transaction meanwhile")
            }
            Inner::Database { error, .. } => match error.as_db_error() {
                Some(refused) => f.write_str(refused.message()),
                None => error.fmt(f),
            },
        }
    }
}
