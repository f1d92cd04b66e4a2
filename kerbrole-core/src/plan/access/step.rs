//! What is done to one role, and why.

use std::fmt;

use crate::error::Error;
use crate::names::role_name::RoleName;
use crate::names::sid::Sid;
use crate::statement::Statement;

/// What is done to one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccessAction {
    /// There is no such role yet.
    Create,
    /// The role is there and no member of `rds_ad`.
    Adopt,
    /// The account has another name now.
    Rename,
    /// The account may log in, and the role cannot.
    Enable,
    /// The role is kept from logging in.
    Disable,
    /// The role becomes a member of others.
    Grant,
    /// A membership ends.
    Revoke,
    /// The role is bound to its account.
    Bind,
    /// The account is gone.
    Drop,
    /// Nothing is done, for a reason.
    Leave,
}

impl AccessAction {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Adopt,
        Self::Rename,
        Self::Enable,
        Self::Disable,
        Self::Grant,
        Self::Revoke,
        Self::Bind,
        Self::Drop,
        Self::Leave,
    ];

    /// The word that results show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Rename => "rename",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Bind => "bind",
            Self::Drop => "drop",
            Self::Leave => "leave",
        }
    }
}

/// Why something is done, or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessReason {
    /// The account may log in and has no role.
    NoRole,
    /// The role is no member of `rds_ad`.
    NotInAd,
    /// The account has another name now.
    Renamed(Sid),
    /// The account may log in.
    Enabled,
    /// The account may not log in.
    Disabled,
    /// The account is in a group that gives the roles.
    InGroup,
    /// The account is in no group that gives the role.
    InNoGroup,
    /// The role is this account's.
    Account(Sid),
    /// The account is not there any more.
    Absent,
    /// The account is not there any more; the role is disabled and not dropped, for this reason.
    NotDropped(Box<Error>),
    /// The name of the role is this account's now.
    NameOf(Sid),
    /// It cannot be done.
    Refused(Box<Error>),
}

impl fmt::Display for AccessReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_detail = |error: &Error| match error.detail() {
            Some(detail) => format!("{error}: {detail}"),
            None => error.to_string(),
        };
        match self {
            Self::NoRole => f.write_str("in the directory, and there is no such role"),
            Self::NotInAd => f.write_str("in the directory, and the role has no rds_ad"),
            Self::Renamed(sid) => write!(f, "the directory has another name for {sid}"),
            Self::Enabled => f.write_str("enabled in the directory"),
            Self::Disabled => f.write_str("disabled in the directory"),
            Self::InGroup => f.write_str("in a group that gives it"),
            Self::InNoGroup => f.write_str("in no group that gives it"),
            Self::Account(sid) => write!(f, "the role of {sid}"),
            Self::Absent => f.write_str("not in the directory any more"),
            Self::NotDropped(error) => {
                write!(f, "not in the directory any more; {}", with_detail(error))
            }
            Self::NameOf(sid) => write!(f, "the name is that of {sid} now"),
            Self::Refused(error) => f.write_str(&with_detail(error)),
        }
    }
}

/// One statement of the difference, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessStep {
    /// What it is a part of.
    pub action: AccessAction,
    /// The role by the name that it has when its turn comes; in a rename the one from before.
    pub role: RoleName,
    /// The statement; `None` with [`AccessAction::Leave`].
    pub statement: Option<Statement>,
    /// Why.
    pub reason: AccessReason,
}

/// A step with a statement.
pub(super) fn step(
    action: AccessAction,
    role: RoleName,
    statement: Statement,
    reason: AccessReason,
) -> AccessStep {
    AccessStep { action, role, statement: Some(statement), reason }
}
