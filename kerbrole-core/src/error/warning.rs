//! What is done, and still worth saying.

use crate::error::words::both_paths;
use crate::names::role_name::RoleName;
use crate::quote::literal;
use crate::report::{Report, shown_by_its_report};
use crate::roles::dependants::{Holding, holdings_in_words};
use crate::rule::Conflict;
use crate::sqlstate::SqlState;

/// What is no error: the change was made.
///
/// `Display` is the message; [`sqlstate`](Self::sqlstate), [`detail`](Self::detail) and
/// [`hint`](Self::hint) are the rest of what PostgreSQL shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A principal that no ticket opens.
    NotInAd {
        /// The role.
        role: RoleName,
        /// `rds_ad`
        ad_role: RoleName,
    },
    /// A principal that was to be dropped and could only be disabled.
    OnlyDisabled {
        /// The role.
        role: RoleName,
        /// What keeps it, in databases other than this one.
        holdings: Vec<Holding>,
    },
    /// A change was made, and a role is a member of both.
    ConflictMade {
        /// The first role concerned, in order of names.
        conflict: Box<Conflict>,
        /// How many more there are.
        others: usize,
        /// `rds_ad`
        ad_role: RoleName,
        /// `rds_iam`
        iam_role: RoleName,
    },
}

impl Warning {
    pub(crate) fn report(&self) -> Report {
        match self {
            Self::NotInAd { role, ad_role } => Report::new(
                SqlState::InvalidGrantOperation,
                format!("role \"{role}\" is not a member of {ad_role}: no ticket opens it"),
            )
            .hint(format!(
                "SELECT kerb_add_principal({}, if_not_exists => true); makes it one.",
                literal(role.as_str())
            )),
            Self::OnlyDisabled { role, holdings } => Report::new(
                SqlState::DependentObjectsStillExist,
                format!("role \"{role}\" is disabled (NOLOGIN) and not dropped yet"),
            )
            .detail(holdings_in_words(holdings))
            .hint(format!(
                "Call kerb_drop_principal({}) in each of these databases, with reassign_owned_to \
                 where it owns something: the last call drops the role.",
                literal(role.as_str())
            )),
            Self::ConflictMade { conflict, others, ad_role, iam_role } => {
                let fix: Vec<_> = conflict.fix.iter().map(ToString::to_string).collect();
                Report::new(
                    SqlState::InvalidGrantOperation,
                    format!(
                        "role \"{}\" is a member of both {ad_role} and {iam_role} now",
                        conflict.role
                    ),
                )
                .detail(both_paths(conflict, *others, ad_role, iam_role))
                .hint(format!("To end that: {}", fix.join(" ")))
            }
        }
    }
}

shown_by_its_report!(Warning);
