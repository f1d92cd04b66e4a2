//! `kerb_sync_principals`: from a list of who is wanted to the difference.

use kerbrole_core::{
    AbsentPolicy, Error, Realm, Role, Statement, SyncPlan, SyncRequest, plan_sync,
};
use pgrx::prelude::*;

use crate::fault::{self, Step};
use crate::interface::args::{Names, Text};
use crate::interface::notices::{
    TOLD, notice_adopted, notice_case, notice_disabled, notice_realms, warn_of,
};
use crate::interface::principals::{canonical_each, names, unknown_realms};
use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::cluster;
use crate::server::dependants;
use crate::server::execute::execute_as_manager;
use crate::server::lock::lock_memberships;
use crate::server::outcome::{locked_plan, verify_all};
use crate::server::powers;
use crate::server::rule::check;
use crate::settings;

/// Brings the principals in line with a list, all or nothing, and returns the statements of the
/// difference. Only shows them unless `dry_run` is false. `absent` says what becomes of principals
/// that are not on the list:
///
/// - `keep`: nothing;
/// - `disable`: NOLOGIN, and principals on the list that are disabled are enabled;
/// - `drop`: dropped; those that have sessions, own something or have privileges in other databases
///   are disabled, which a NOTICE says.
///
/// `realms` says which realms the list is about: nobody of another realm is disabled or dropped. By
/// default it is about the realms that it names, so that an empty list removes nobody.
///
/// `groups` says of whose members: nobody who is a member of none of these roles, directly or
/// through others, is disabled or dropped. By default it is about everybody. `reason` says why
/// something is done.
///
/// A principal, here, is a role with the name of one that is a member of `rds_ad`. Other roles, and
/// those with SUPERUSER and the like, are never touched.
///
/// Privileges: EXECUTE. Errors: those of `kerb_add_principals`; 22023 for `absent`; 42704 for a
/// group that is missing; 53400 when more principals would be disabled or dropped than
/// `kerbrole.sync_max_removals` allows (by default half of them), which a dry run says as a
/// WARNING.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_sync_principals(
    principals: Option<Names>,
    absent: default!(Option<Text>, "'keep'"),
    dry_run: default!(Option<bool>, "true"),
    realms: default!(Option<Names>, "NULL"),
    groups: default!(Option<Names>, "NULL"),
) -> TableIterator<
    'static,
    (
        name!(action, String),
        name!(role_name, String),
        name!(statement, String),
        name!(reason, String),
    ),
> {
    let principals = principals.ok_or(Error::Null { argument: "principals" }).or_raise();
    let absent: String = absent.ok_or(Error::Null { argument: "absent" }).or_raise().into();
    let absent: AbsentPolicy = absent.parse().or_raise();
    let request = SyncRequest {
        wanted: canonical_each(principals),
        absent,
        realms: realms.map(realms_of),
        groups: groups.map(|groups| names(Some(groups), "groups")),
        at_most: settings::sync_max_removals(),
    };

    let realms = unknown_realms(&request.wanted);
    let plan = if dry_run.unwrap_or(true) {
        let plan = plan(&request);
        plan.refuse_too_many().err().iter().for_each(warn_of);
        plan
    } else {
        lock_memberships(c"kerb_sync_principals()");
        let plan = locked_plan(request.absent, || plan(&request));
        plan.refuse_too_many().or_raise();
        carry_out(&plan);
        plan
    };
    notice_case(request.wanted.iter().map(|(_, canonical)| canonical));
    notice_realms(realms);
    notice_adopted(&plan.add, settings::conflict_rule().ad_role());
    notice_disabled(&plan.add.outcomes);
    tell(&plan.left);
    TableIterator::new(plan.steps.into_iter().map(|step| {
        let statement = step.with_reason(step.statement.script());
        (step.action.as_str().to_string(), step.role.to_string(), statement, step.why())
    }))
}

fn realms_of(realms: Names) -> Vec<Realm> {
    let texts = names(Some(realms), "realms");
    let of = texts.len();
    let realm = |(at, text): (usize, String)| {
        let error = |error| Error::from(error).of_element("realms", of, at, Some(&text));
        Realm::parse(&text).map_err(error).or_raise()
    };
    texts.into_iter().enumerate().map(realm).collect()
}

fn plan(request: &SyncRequest) -> SyncPlan {
    let cluster = cluster::whole();
    let may_enable = |role: &Role| powers::refuse(role, &cluster.rule);
    plan_sync(request, &cluster, may_enable, dependants::of_roles).or_raise()
}

fn carry_out(plan: &SyncPlan) {
    let statements: Vec<Statement> = plan.steps.iter().map(|step| step.statement.clone()).collect();
    fault::gate(Step::Write);
    execute_as_manager(&statements);
    check(&plan.add);
    verify_all(plan);
}

fn tell(left: &[Error]) {
    for reason in left.iter().take(TOLD) {
        let detail = reason.detail().map(|detail| format!(" {detail}")).unwrap_or_default();
        pgrx::notice!("{reason}.{detail}");
    }
    if left.len() > TOLD {
        pgrx::notice!("the same goes for {} more", left.len() - TOLD);
    }
}
