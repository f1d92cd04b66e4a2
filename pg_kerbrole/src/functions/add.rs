//! `kerb_add_principal` and `kerb_add_principals`.

use std::ffi::CStr;

use kerbrole_core::{AddAction, AddOutcome, AddRequest, Error, plan_add};
use pgrx::prelude::*;

use crate::interface::args::{Names, Text};
use crate::interface::notices::{notice_case, notice_disabled};
use crate::interface::principals::{canonical, names};
use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::cluster;
use crate::server::execute::{execute_as_caller, execute_as_manager};
use crate::server::lock::lock_memberships;
use crate::server::rule::check;
use crate::settings;

/// Creates the login role of a principal, a member of `rds_ad`, and returns its exact name.
///
/// Privileges: EXECUTE; for each of `groups` the caller's own right to grant it. Errors: 22023,
/// 42622, 42939, 42710, 42704, 0LP01, 42501.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
fn kerb_add_principal(
    username: Option<Text>,
    realm: default!(Option<Text>, "NULL"),
    groups: default!(Option<Names>, "'{}'"),
    if_not_exists: default!(Option<bool>, "false"),
) -> String {
    let canonical = canonical(username, realm);
    let name = canonical.principal.to_string();
    let request = AddRequest {
        principals: vec![(name.clone(), canonical)],
        groups: names(groups, "an element of groups"),
        if_not_exists: if_not_exists.unwrap_or(false),
    };
    for outcome in add(&request, c"kerb_add_principal()") {
        if outcome.action == AddAction::Unchanged && !outcome.disabled {
            pgrx::notice!("role \"{}\" already exists as wanted, nothing to do", outcome.role);
        }
    }
    name
}

/// Creates the login roles of many principals, all or none, and says of each what became of it.
///
/// Privileges and errors as for `kerb_add_principal`.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_add_principals(
    principals: Option<Names>,
    groups: default!(Option<Names>, "'{}'"),
    if_not_exists: default!(Option<bool>, "false"),
) -> TableIterator<
    'static,
    (name!(principal, String), name!(role_name, String), name!(action, String)),
> {
    let principals = principals.ok_or(Error::Null { argument: "principals" }).or_raise();
    let rules = settings::name_rules();
    let canonical = |typed: String| {
        let canonical = rules.canonicalize(&typed, None).or_raise();
        (typed, canonical)
    };
    let request = AddRequest {
        principals: names(Some(principals), "an element of principals")
            .into_iter()
            .map(canonical)
            .collect(),
        groups: names(groups, "an element of groups"),
        if_not_exists: if_not_exists.unwrap_or(false),
    };
    let rows = add(&request, c"kerb_add_principals()");
    TableIterator::new(
        rows.into_iter().map(|o| (o.principal, o.role.into(), o.action.as_str().to_string())),
    )
}

/// Locks, plans, carries out, checks.
fn add(request: &AddRequest, function: &CStr) -> Vec<AddOutcome> {
    lock_memberships(function);
    let cluster = cluster::read(|rule| request.reading(rule));
    let plan = plan_add(request, &cluster).or_raise();
    execute_as_manager(&plan.statements);
    execute_as_caller(&plan.grants);
    check(&plan);
    notice_case(request.principals.iter().map(|(_, canonical)| canonical));
    notice_disabled(&plan.outcomes);
    plan.outcomes
}
