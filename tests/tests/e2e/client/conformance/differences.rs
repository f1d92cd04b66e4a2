//! Who calls, and where a backend comes to something else than the extension.

use super::*;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Caller {
    Superuser,
    /// The rds_superuser, by the server's stock rules.
    Master,
    /// The same with ADMIN on rds_ad and on the principals, which accepts to be nested.
    Admin,
    /// EXECUTE on the functions, where there are any.
    Delegate,
    /// A user of the directory with the rights of the rds_superuser and no password, over a
    /// connection that a ticket encrypts.
    Directory,
}

impl Caller {
    pub(super) fn user(self) -> &'static str {
        match self {
            Self::Superuser => "rdsadmin",
            Self::Master | Self::Admin => "rds_master",
            Self::Delegate => "delegate",
            Self::Directory => BOSS,
        }
    }
}

/// What a step comes to instead, and why: words of the table in the README of the crate.
pub(super) type Difference = (&'static str, &'static str);

/// Whoever has EXECUTE only may call functions, and here are none: the rights of others count.
pub(super) const NO_FUNCTIONS: Difference = ("42501", "EXECUTE on the functions | CREATEROLE;");

/// By stock rules CREATEROLE is not enough to grant rds_ad, or to change a role that somebody else
/// made.
pub(super) const NO_ADMIN: Difference = (
    "42501",
    "since PostgreSQL 16 also ADMIN on `rds_ad` to add, and ADMIN on the role to change one.",
);

pub(super) const NOT_THE_OWNER: Difference = (
    "ok disabled cyd@A.B",
    "privileges on objects of others only their owners can revoke, or a superuser;",
);

/// What a step comes to otherwise than it should. Everything else is the same.
pub(super) fn differences(
    backend: Backend,
    caller: Caller,
    major: u32,
    call: Call,
    expected: &str,
) -> Option<Difference> {
    let changes =
        !matches!(call, Canonicalize(..) | List | Check(..) | Conflicts | Preview(..) | Audit)
            && !matches!(call, RenameRealm(_, _, true) | Sync(_, _, true));
    if !changes || !expected.starts_with("ok") {
        return None;
    }
    match (backend, caller) {
        (Backend::PlainSql, Caller::Delegate) => Some(NO_FUNCTIONS),
        (Backend::PlainSql, Caller::Master | Caller::Directory) if major >= 16 => Some(NO_ADMIN),
        (
            Backend::PlainSql | Backend::SqlFunctions,
            Caller::Master | Caller::Directory | Caller::Admin,
        )
        | (Backend::SqlFunctions, Caller::Delegate)
            if expected == "ok gone cyd@A.B" =>
        {
            Some(NOT_THE_OWNER)
        }
        _ => None,
    }
}
