//! What is done, and still worth saying.

use std::time::Duration;

use crate::error::words::both_paths;
use crate::names::realm::Realm;
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
    /// A realm that nobody was of before, while there are principals of others.
    NewRealm {
        /// The realm.
        realm: Realm,
        /// The first new principal of it.
        principal: RoleName,
        /// A realm of principals that were there, if one is spelled nearly so.
        nearest: Option<Realm>,
    },
    /// Roles with the name of a principal that were there before they came into `rds_ad`.
    Adopted {
        /// The roles, at least one.
        roles: Vec<RoleName>,
        /// `rds_ad`
        ad_role: RoleName,
        /// Whether they have passwords; `None` where that is not for everybody to know.
        password: Option<bool>,
    },
    /// Somebody whose memberships make each login slow.
    SlowLogin {
        /// Who logs in.
        user: RoleName,
        /// How many roles it is in, or will be, directly or through others.
        roles: u32,
        /// The processor time that each login takes longer, estimated.
        estimate: Duration,
    },
}

/// Of how many roles a hint has a statement.
const STATEMENTS: usize = 10;

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
            Self::NewRealm { realm, principal, nearest } => Report::new(
                SqlState::SuccessfulCompletion,
                format!("\"{principal}\" is the first principal of realm \"{realm}\""),
            )
            .detail(match nearest {
                Some(nearest) => format!("There are principals of realm \"{nearest}\"."),
                None => "Those that there are are of other realms.".into(),
            })
            .hint(
                "Is the realm spelled right? If not, drop the principal and add it as it should \
                 be. Nothing is said of a realm that allowed_realms or default_realm names.",
            ),
            Self::Adopted { roles, ad_role, password } => {
                let one = roles.len() == 1;
                let pick = |of_one: &'static str, of_many: &'static str| {
                    if one { of_one } else { of_many }
                };
                let detail = match password {
                    Some(true) => pick(
                        "It has a password, which opens it wherever pg_hba.conf lets it. ",
                        "They have passwords, which open them wherever pg_hba.conf lets them. ",
                    ),
                    Some(false) => "",
                    None => pick(
                        "If it has a password, that opens it wherever pg_hba.conf lets it. ",
                        "If they have passwords, those open them wherever pg_hba.conf lets them. ",
                    ),
                };
                let stays = pick(
                    "What it owns and was granted stays.",
                    "What they own and were granted stays.",
                );
                let report = Report::new(
                    SqlState::SuccessfulCompletion,
                    format!(
                        "{} {} not in {ad_role}",
                        several(roles),
                        pick("was there before and was", "were there before and were")
                    ),
                )
                .detail(format!("{detail}{stays}"));
                if *password == Some(false) {
                    return report;
                }
                let ends = roles.iter().take(STATEMENTS);
                let ends = ends.map(|role| format!("ALTER ROLE {} PASSWORD NULL;", role.quoted()));
                report.hint(format!("To end that: {}", ends.collect::<Vec<_>>().join(" ")))
            }
            Self::SlowLogin { user, roles, estimate } => Report::new(
                SqlState::SuccessfulCompletion,
                format!("as a member of {roles} roles \"{user}\" logs in slowly"),
            )
            .detail(format!(
                "Where a line of pg_hba.conf is for the members of a role (+rds_ad), the server \
                 collects all of them with each login: about {} of its processor. Since \
                 PostgreSQL 16 whoever creates a role becomes a member of it, unless a superuser \
                 does.",
                seconds(*estimate)
            ))
            .hint(
                "Let a role that nobody logs in as create principals: it owns the functions in \
                 PL/pgSQL (kerbrole install-sql). Or use the extension. Memberships that \
                 come from creating roles only a superuser ends: plan_end_nesting() lists the \
                 statements.",
            ),
        }
    }
}

/// `role "a"`, or `role "a" and 2 more`.
fn several(roles: &[RoleName]) -> String {
    let first = roles.first().map(ToString::to_string).unwrap_or_default();
    match roles.len() {
        0 | 1 => format!("role \"{first}\""),
        all => format!("role \"{first}\" and {} more", all - 1),
    }
}

/// A time of which no more is known than its first figure or two.
fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let decimals = match seconds {
        ..0.1 => 3,
        ..1.0 => 2,
        ..10.0 => 1,
        _ => 0,
    };
    let text = format!("{seconds:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} seconds")
}

shown_by_its_report!(Warning);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_a_figure_or_two() {
        let said = |milliseconds| seconds(Duration::from_millis(milliseconds));
        assert_eq!(
            [16, 40, 200, 550, 1_000, 6_740, 30_000].map(said),
            ["0.016", "0.04", "0.2", "0.55", "1", "6.7", "30"]
                .map(|text| format!("{text} seconds"))
        );
    }
}
