//! `kerb_apply_access`: from what a directory says to the difference.

use std::collections::{HashMap, HashSet};

use kerbrole_core::{
    AbsentPolicy, AccessPerson, AccessPlan, AccessRequest, AccessStep, Error, RemovalLimit, Role,
    RoleName, RoleOid, Sid, Statement, plan_access,
};
use pgrx::prelude::*;

use crate::interface::args::{Names, Text};
use crate::interface::notices::{notice_case_of, notice_roles_adopted, warn_of};
use crate::interface::people::People;
use crate::interface::principals::names;
use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::execute::execute_as_manager;
use crate::server::lock::lock_memberships;
use crate::server::outcome::{locked_plan, verify_all};
use crate::server::{cluster, comments, dependants, powers, rule, sessions};
use crate::settings;

/// Brings principals in line with the accounts and groups of a directory, all or nothing, and
/// returns the statements of the difference. Only shows them unless `dry_run` is false.
///
/// `people` is a JSON array with an object for each account: `principal`, `sid`, whether it is
/// `enabled` (true where that is left out), and the `roles` that its groups give it (none). Other
/// keys are refused. An account is found by its SID, which stands at the end of the comment on its
/// role, `[kerbrole:S-1-5-21-…-1104]`: one that has another name now keeps its role, and one that
/// was made again under an old name does not get the old one's.
///
/// `roles` are granted and revoked by what `people` says, and no other role is. `domains` are the
/// SIDs of the domains that were read whole: who is bound to an account of one of them that is not
/// among `people` is absent. `absent` says what becomes of them: `keep`, `disable` (NOLOGIN and
/// out of `roles`) or `drop`. Nothing is done to the roles in `kept`. `max_removals`, a number or
/// a percentage of those who are bound, is how many may lose something. With `terminate` the
/// sessions of those who are shut out end when the transaction commits.
///
/// Rows come in the order in which the statements are run. A row with the action `leave` has no
/// statement: its `reason` says what keeps somebody from what they should have.
///
/// Privileges: EXECUTE; for each role that is granted or revoked the caller's own right to grant
/// it. Errors: 22023 for the arguments; 42704 for a role that is missing; 42501; 53400 when more
/// people would lose something than may, which a dry run says as a WARNING; 25006, 55P03, 40001.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
#[allow(clippy::too_many_arguments, reason = "each is an argument of SQL, called by its name")]
fn kerb_apply_access(
    people: Option<People>,
    roles: Option<Names>,
    domains: default!(Option<Names>, "'{}'"),
    absent: default!(Option<Text>, "'keep'"),
    dry_run: default!(Option<bool>, "true"),
    kept: default!(Option<Names>, "'{}'"),
    max_removals: default!(Option<Text>, "'10%'"),
    terminate: default!(Option<bool>, "false"),
) -> TableIterator<
    'static,
    (
        name!(action, String),
        name!(role_name, String),
        name!(statement, Option<String>),
        name!(reason, String),
    ),
> {
    let null = |argument| Error::Null { argument };
    let people = people.ok_or_else(|| null("people")).or_raise();
    let roles = roles.ok_or_else(|| null("roles")).or_raise();
    let absent: String = absent.ok_or_else(|| null("absent")).or_raise().into();
    let limit: String = max_removals.ok_or_else(|| null("max_removals")).or_raise().into();
    let request = AccessRequest {
        people: persons(people),
        roles: names(Some(roles), "roles"),
        domains: sids(names(domains, "domains")),
        absent: absent.parse::<AbsentPolicy>().or_raise(),
        except: settings::name_rules().exceptions(names(kept, "kept")).or_raise(),
        limit: limit.parse::<RemovalLimit>().or_raise(),
        at_most: settings::sync_max_removals(),
    };
    let plan = if dry_run.unwrap_or(true) {
        let plan = plan(&request);
        plan.refuse_too_many().err().iter().for_each(warn_of);
        plan
    } else {
        lock_memberships(c"kerb_apply_access()");
        let plan = locked_plan(request.absent, || plan(&request));
        plan.refuse_too_many().or_raise();
        carry_out(&plan);
        if terminate.unwrap_or(false) {
            plan.shut_out.iter().for_each(|role| sessions::end_at_commit(role.oid));
        }
        plan
    };
    tell(&request, &plan);
    TableIterator::new(plan.steps.into_iter().map(|step| {
        let AccessStep { action, role, statement, reason } = step;
        let statement = statement.map(|statement| statement.script());
        (action.as_str().to_string(), role.to_string(), statement, reason.to_string())
    }))
}

fn persons(people: People) -> Vec<AccessPerson<'static>> {
    let rules = settings::name_rules();
    let of = people.0.len();
    let mut persons = Vec::with_capacity(of);
    for (at, person) in people.0.into_iter().enumerate() {
        pgrx::check_for_interrupts!();
        let wrong = |error| Error::from(error).of_element("people", of, at, Some(&person.sid));
        let sid: Sid = person.sid.parse().map_err(wrong).or_raise();
        let mut one = AccessPerson::new(person.principal, sid, &rules);
        (one.enabled, one.roles) = (person.enabled, person.roles.into());
        persons.push(one);
    }
    persons
}

fn sids(domains: Vec<String>) -> Vec<Sid> {
    let of = domains.len();
    let sid = |(at, text): (usize, &String)| {
        let wrong = |error| Error::from(error).of_element("domains", of, at, Some(text));
        text.parse().map_err(wrong).or_raise()
    };
    domains.iter().enumerate().map(sid).collect()
}

fn plan(request: &AccessRequest<'_>) -> AccessPlan {
    let cluster = cluster::whole();
    let sessions: HashMap<RoleOid, u32> = sessions::count_all();
    let count = |role: &Role| sessions.get(&role.oid).copied().unwrap_or(0);
    let may_change = |role: &Role| powers::refuse(role, &cluster.rule);
    let comments = comments::of_roles();
    plan_access(request, &cluster, &comments, count, may_change, dependants::of_roles).or_raise()
}

fn carry_out(plan: &AccessPlan) {
    let statements: Vec<Statement> = plan.statements().cloned().collect();
    powers::refuse_granting(&granted(&statements));
    execute_as_manager(&statements);
    check(plan);
    verify_all(plan);
}

/// The roles that are granted or revoked, but for `rds_ad`, which everybody gets.
fn granted(statements: &[Statement]) -> Vec<RoleName> {
    let rule = settings::conflict_rule();
    let mut all: Vec<RoleName> = statements
        .iter()
        .flat_map(|statement| match statement {
            Statement::Grant { roles, .. } => roles.as_slice(),
            Statement::RevokeGrant { granted, .. } => std::slice::from_ref(granted),
            _ => &[],
        })
        .filter(|role| *role != rule.ad_role())
        .collect::<HashSet<_>>()
        .into_iter()
        .cloned()
        .collect();
    all.sort_unstable();
    all
}

/// The rule once more, on the catalogue as it is now, around whoever became a member of something.
fn check(plan: &AccessPlan) {
    let created: Vec<_> = plan.created().collect();
    let are_new: HashSet<_> = created.iter().copied().collect();
    let members = plan.statements().flat_map(|statement| match statement {
        Statement::Grant { members, .. } => members.as_slice(),
        _ => &[],
    });
    let changed = members.filter(|member| !are_new.contains(member));
    if let Some(cluster) = rule::around(&created, changed) {
        plan.check_after(&cluster).or_raise();
    }
}

fn tell(request: &AccessRequest<'_>, plan: &AccessPlan) {
    let renamed = plan.statements().filter_map(|statement| match statement {
        Statement::Rename { to, .. } => Some(to),
        _ => None,
    });
    let called: HashSet<_> = plan.created().chain(renamed).map(RoleName::as_str).collect();
    let told = request.people.iter().filter(|person| person.case_matters);
    let meant = told.filter_map(|person| person.meant.as_ref().ok());
    notice_case_of(meant.filter(|name| called.contains(name.as_str())).cloned());
    let rule = settings::conflict_rule();
    let adopted = plan.statements().filter_map(|statement| match statement {
        Statement::Grant { roles, members } if roles[..] == [rule.ad_role().clone()] => {
            members.first()
        }
        _ => None,
    });
    notice_roles_adopted(adopted.collect(), rule.ad_role());
}
