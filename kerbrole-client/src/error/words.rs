//! What is said of an error: its message, what lies behind it, and what to do.

use std::fmt;

use kerbrole_core::Language;

use super::{Done, Error, Inner, SessionsLeft, Told, Undone, has_no_grantor};
use crate::builder::Backend;

impl Error {
    /// More about the matter.
    pub fn detail(&self) -> Option<String> {
        self.told_in(self.rust()).detail
    }

    /// What to do about it, in the words of this crate.
    pub fn hint(&self) -> Option<String> {
        self.told_in(self.rust()).hint
    }

    /// All that is said of it in these words: a command that is built upon this crate has its own.
    pub fn told_in(&self, language: Language) -> Told {
        let say = |text: String| language.say(&text).into_owned();
        Told {
            message: say(self.message_in_sql()),
            detail: self.detail_in_sql().map(say),
            hint: self.hint_in_sql().map(say),
        }
    }

    /// The words of this crate. Where the server refused, what it names is there.
    fn rust(&self) -> Language {
        Language::Rust { has_settings: self.has_settings() }
    }

    fn detail_in_sql(&self) -> Option<String> {
        let done = self.done.map(|Done { statements, of }| {
            format!("Of {of} statements {statements} are committed, and stay so.")
        });
        let all: Vec<_> = self.detail_of_the_cause().into_iter().chain(done).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn detail_of_the_cause(&self) -> Option<String> {
        match &*self.inner {
            Inner::Refused { refusal, undone, .. } => {
                const OTHER: &str = "Somebody else granted the other half at the same time";
                let more = match undone {
                    Undone::Nothing => None,
                    Undone::All => Some(format!("{OTHER}; what this call did was taken back.")),
                    Undone::Additions => Some(format!(
                        "{OTHER}; what this call added was taken back, who it disabled or dropped \
                         stays so, and so do new names and memberships that ended."
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
            Inner::PlanChanged => Some(
                "Roles or memberships have changed since the plan was shown: nothing was done."
                    .into(),
            ),
            Inner::BackendMissing(_) | Inner::NoAnswer | Inner::Made { .. } => None,
        }
    }

    fn hint_in_sql(&self) -> Option<String> {
        let nothing = if self.done.is_some() { "Nothing more" } else { "Nothing" };
        match &*self.inner {
            Inner::Refused { refusal, .. } => refusal.hint(),
            Inner::WouldNest { user, ad_role } => Some(format!(
                "Keep another way in for \"{user}\" and accept it (accept_nesting), create \
                 principals as another role that nobody logs in as with a password, or use the \
                 extension where it can be installed. A superuser undoes it with REVOKE ... FROM \
                 \"{user}\" for each principal (plan_end_nesting() lists the statements). Members \
                 of {ad_role} already are not refused."
            )),
            Inner::SessionsLeft(left) => Some(left.hint.clone()),
            Inner::BackendMissing(Backend::SqlFunctions) => {
                Some("As an administrator: kerbrole install-sql".into())
            }
            Inner::BackendMissing(_) => Some("As a superuser: CREATE EXTENSION pg_kerbrole".into()),
            Inner::Database { .. } if self.saw_a_conflict() => Some(format!(
                "{nothing} was changed. Run it again; if it stays so, look at who is in both: a \
                 list of the conflicts shows them."
            )),
            Inner::Database { .. } if self.is_changed_meanwhile() => {
                Some(format!("{nothing} was changed. Run it again."))
            }
            Inner::Database { error, hint, .. } => {
                hint.clone().or_else(|| error.as_db_error()?.hint().map(Into::into))
            }
            Inner::PlanChanged => Some("Look at the plan again.".into()),
            Inner::NoAnswer | Inner::Made { .. } => None,
        }
    }

    fn message_in_sql(&self) -> String {
        match &*self.inner {
            Inner::Refused { refusal, .. } => refusal.to_string(),
            Inner::BackendMissing(Backend::SqlFunctions) => {
                "the functions of sql/kerbrole.sql are not installed in this database".into()
            }
            Inner::BackendMissing(_) => {
                "the extension pg_kerbrole is not installed in this database".into()
            }
            Inner::Made { message, .. } => message.clone(),
            Inner::PlanChanged => "what would be done is not what was planned".into(),
            Inner::NoAnswer => "the server answered with no row".into(),
            Inner::WouldNest { user, ad_role } => {
                format!("creating a principal would make \"{user}\" a member of {ad_role}")
            }
            Inner::SessionsLeft(SessionsLeft { role, user, left: 1, .. }) => {
                format!(
                    "role \"{role}\" is disabled (NOLOGIN), and 1 session of it goes on that \
                     \"{user}\" may not end"
                )
            }
            Inner::SessionsLeft(SessionsLeft { role, user, left, .. }) => {
                format!(
                    "role \"{role}\" is disabled (NOLOGIN), and {left} sessions of it go on that \
                     \"{user}\" may not end"
                )
            }
            Inner::Database { error, .. } if has_no_grantor(error) => {
                "permission denied to grant a role".into()
            }
            Inner::Database { .. } if self.is_changed_meanwhile() => {
                "a role or membership was changed by another transaction meanwhile".into()
            }
            Inner::Database { error, .. } => match error.as_db_error() {
                Some(refused) => refused.message().into(),
                None => error.to_string(),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rust().say(&self.message_in_sql()))
    }
}
