//! `kerb_add_principal` and `kerb_add_principals`.

use std::ffi::CStr;

use kerbrole_core::{AddAction, AddOutcome, AddRequest, Error, MembershipGraph, plan_add};
use pgrx::prelude::*;

use crate::fault::{self, Fault, Step};
use crate::interface::args::{NameOrNames, Names, Text};
use crate::interface::notices::{notice_adopted, notice_case, notice_disabled, notice_realms};
use crate::interface::principals::{canonical, canonical_each, names, unknown_realms};
use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::cluster;
use crate::server::execute::{execute_as_caller, execute_as_manager};
use crate::server::lock::lock_memberships;
use crate::server::rule::check;

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
    add_one(username, realm, groups, if_not_exists)
}

/// `kerb_add_principal` with the groups as a text: the name of one, or an array literal.
#[pg_extern(name = "kerb_add_principal")]
#[search_path(pg_catalog, pg_temp)]
fn kerb_add_principal_in_group(
    username: Option<Text>,
    realm: Option<Text>,
    groups: Option<NameOrNames>,
    if_not_exists: default!(Option<bool>, "false"),
) -> String {
    add_one(username, realm, groups.map(Names::from), if_not_exists)
}

/// The same where no realm stands beside the username: `groups => 'analysts'`.
///
/// Only who names the argument means this variant. Its domain keeps it from being meant by
/// ('alice', 'corp.example.com'): of two variants that a text fits, one with the type itself goes
/// before one with a domain over it.
#[pg_extern(
    requires = ["kerb_groups"],
    sql = r#"
CREATE FUNCTION "kerb_add_principal"(
	"username" text,
	"groups" kerb_groups,
	"if_not_exists" bool DEFAULT false
) RETURNS TEXT
SET search_path TO pg_catalog, pg_temp
LANGUAGE c
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#
)]
fn kerb_add_principal_in_named_group(
    username: Option<Text>,
    groups: Option<NameOrNames>,
    if_not_exists: Option<bool>,
) -> String {
    add_one(username, None, groups.map(Names::from), if_not_exists)
}

extension_sql!("CREATE DOMAIN kerb_groups AS text;", name = "kerb_groups", bootstrap);

fn add_one(
    username: Option<Text>,
    realm: Option<Text>,
    groups: Option<Names>,
    if_not_exists: Option<bool>,
) -> String {
    let canonical = canonical(username, realm);
    let name = canonical.principal.to_string();
    let request = AddRequest {
        principals: vec![(name.clone(), canonical)],
        groups: names(groups, "groups"),
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
    TableIterator::new(add_many(principals, groups, if_not_exists))
}

/// `kerb_add_principals` with the groups as a text: the name of one, or an array literal.
#[pg_extern(name = "kerb_add_principals")]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_add_principals_in_group(
    principals: Option<Names>,
    groups: Option<NameOrNames>,
    if_not_exists: default!(Option<bool>, "false"),
) -> TableIterator<
    'static,
    (name!(principal, String), name!(role_name, String), name!(action, String)),
> {
    TableIterator::new(add_many(principals, groups.map(Names::from), if_not_exists))
}

fn add_many(
    principals: Option<Names>,
    groups: Option<Names>,
    if_not_exists: Option<bool>,
) -> impl Iterator<Item = (String, String, String)> {
    let principals = principals.ok_or(Error::Null { argument: "principals" }).or_raise();
    let request = AddRequest {
        principals: canonical_each(principals),
        groups: names(groups, "groups"),
        if_not_exists: if_not_exists.unwrap_or(false),
    };
    let rows = add(&request, c"kerb_add_principals()");
    rows.into_iter().map(|o| (o.principal, o.role.into(), o.action.as_str().to_string()))
}

/// Locks, plans, carries out, checks.
fn add(request: &AddRequest, function: &CStr) -> Vec<AddOutcome> {
    lock_memberships(function);
    let mut cluster = cluster::read(|rule| request.reading(rule));
    if fault::is(Fault::asleep_inside) {
        let names = cluster.roles.iter().map(|role| (role.oid, role.name.as_str()));
        cluster.graph = MembershipGraph::new(names, []);
    }
    let plan = plan_add(request, &cluster).or_raise();
    let realms = unknown_realms(&request.principals);
    fault::gate(Step::Write);
    execute_as_manager(&plan.statements);
    execute_as_caller(&plan.grants);
    check(&plan);
    notice_case(request.principals.iter().map(|(_, canonical)| canonical));
    notice_realms(realms);
    notice_adopted(&plan, cluster.rule.ad_role());
    notice_disabled(&plan.outcomes);
    plan.outcomes
}
