//! What the caller is told that is no error.

use kerbrole_core::{AddOutcome, AddPlan, Canonical, RoleName, UnknownRealm, Warning};
use pgrx::PgSqlErrorCode;
use pgrx::prelude::*;

use crate::report::{report, sqlstate};
use crate::server::{catalog, password};

/// How many things of one kind are told one by one.
pub(crate) const TOLD: usize = 10;

/// Says to the caller what is worth knowing of a change that is made.
pub(crate) fn warn(warning: &Warning) {
    tell(PgLogLevel::WARNING, warning);
}

fn tell(level: PgLogLevel, warning: &Warning) {
    let (detail, hint) = (warning.detail(), warning.hint());
    report(level, sqlstate(warning.sqlstate()), warning.to_string(), detail, hint);
}

/// Tells the caller which realms nobody was of before, while there were principals of others.
pub(crate) fn notice_realms(realms: Vec<UnknownRealm>) {
    let more = realms.len().saturating_sub(TOLD);
    for realm in realms.into_iter().take(TOLD) {
        tell(PgLogLevel::NOTICE, &realm.into());
    }
    if more > 0 {
        pgrx::notice!("the same goes for {more} more realms");
    }
}

/// Tells the caller which roles were there before they came into `rds_ad`, and whether they have
/// passwords where the caller may know that.
pub(crate) fn notice_adopted(plan: &AddPlan, ad_role: &RoleName) {
    notice_roles_adopted(plan.roles_made_by_hand().collect(), ad_role);
}

/// The same of these roles.
pub(crate) fn notice_roles_adopted(roles: Vec<&RoleName>, ad_role: &RoleName) {
    let has_password =
        |role: &&RoleName| catalog::role_oid(role.as_str()).is_some_and(password::has_password);
    let adopted = |password, roles: Vec<&RoleName>| {
        if !roles.is_empty() {
            let roles = roles.into_iter().cloned().collect();
            let ad_role = ad_role.clone();
            tell(PgLogLevel::NOTICE, &Warning::Adopted { roles, ad_role, password });
        }
    };
    if password::caller_may_know() {
        let (with, without) = roles.into_iter().partition(has_password);
        adopted(Some(true), with);
        adopted(Some(false), without);
    } else {
        adopted(None, roles);
    }
}

/// Says to the caller what would be an error if it were no dry run.
pub(crate) fn warn_of(error: &kerbrole_core::Error) {
    report(
        PgLogLevel::WARNING,
        sqlstate(error.sqlstate()),
        error.to_string(),
        error.detail(),
        error.hint(),
    );
}

/// Says something to the caller that is no error.
pub(crate) fn notice(message: String, hint: &str) {
    report(
        PgLogLevel::NOTICE,
        PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
        message,
        None,
        Some(hint.into()),
    );
}

/// Tells the caller, once, that the case of some names matters.
pub(crate) fn notice_case<'a>(names: impl IntoIterator<Item = &'a Canonical>) {
    let names = names.into_iter().filter(|name| name.case_matters);
    notice_case_of(names.map(Canonical::role_name));
}

/// The same of roles of which that is known.
pub(crate) fn notice_case_of(roles: impl IntoIterator<Item = RoleName>) {
    let mut names = roles.into_iter();
    let Some(principal) = names.next() else { return };
    let message = match names.count() {
        0 => format!(
            "principal \"{principal}\" has upper-case letters: \
             only a ticket spelled exactly so will match"
        ),
        more => format!(
            "principal \"{principal}\" and {more} more have upper-case letters: \
             only tickets spelled exactly so will match"
        ),
    };
    notice(
        message,
        "The KDC spells the ticket as the user types it, \
         or as the directory stores it when asked for the canonical name. \
         The usual form is lower case; with krb_caseins_users on, case would not matter.",
    );
}

/// Tells the caller which of those that were added cannot log in.
pub(crate) fn notice_disabled(outcomes: &[AddOutcome]) {
    let disabled: Vec<_> = outcomes.iter().filter(|outcome| outcome.disabled).collect();
    let Some(first) = disabled.first() else { return };
    let message = match disabled.len() - 1 {
        0 => format!("role \"{}\" is disabled (NOLOGIN) and stays so", first.role),
        more => {
            format!("role \"{}\" and {more} more are disabled (NOLOGIN) and stay so", first.role)
        }
    };
    notice(message, "kerb_enable_principal() lets a principal log in again.");
}
