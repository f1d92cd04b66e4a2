//! What an audit of names finds.

use crate::names::role_name::RoleName;

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CaseProblem {
    /// Roles that can log in and differ by case only.
    Collision,
    /// The realm is not in upper case, and the server tells upper and lower case apart: no ticket
    /// opens the role.
    UnreachableRealmCase,
    /// The name was cut at 63 bytes when the role was made: no ticket opens it.
    UnreachableLength,
    /// With `krb_caseins_users` on, tickets would open the role that do not now.
    OpenedByCaseins,
    /// With `krb_caseins_users` off, tickets would not open the role any more that do now.
    ClosedByCaseins,
    /// With `krb_caseins_users` on, the server folds bytes of other letters than A-Z, by the
    /// `LC_CTYPE` that it was started with: one ticket opens roles of several people.
    FoldedByLocale,
}

impl CaseProblem {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Collision,
        Self::UnreachableRealmCase,
        Self::UnreachableLength,
        Self::OpenedByCaseins,
        Self::ClosedByCaseins,
        Self::FoldedByLocale,
    ];

    /// The word that results show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collision => "case_collision",
            Self::UnreachableRealmCase => "unreachable_realm_case",
            Self::UnreachableLength => "unreachable_length",
            Self::OpenedByCaseins => "opened_by_caseins",
            Self::ClosedByCaseins => "closed_by_caseins",
            Self::FoldedByLocale => "folded_by_locale",
        }
    }
}

/// Something that should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFinding {
    /// What it is.
    pub problem: CaseProblem,
    /// The roles concerned, in the order of names.
    pub roles: Vec<RoleName>,
    /// What it means.
    pub detail: String,
    /// SQL that ends it, or what has to be done, after `--`.
    pub fix: String,
}
