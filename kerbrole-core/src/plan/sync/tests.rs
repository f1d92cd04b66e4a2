//! What a list comes to: the difference, whom it is about, how many it may remove.

use std::collections::HashMap;

use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::names::realm::Realm;
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::oid::RoleOid;
use crate::plan::sync::{AbsentPolicy, SyncPlan, SyncRequest, SyncStep, plan_sync};
use crate::roles::dependants::{Dependants, Holding};
use crate::roles::role::{Elevated, Role};
use crate::rule::ConflictRule;

/// Members of rds_ad that can log in; `-` before a name for NOLOGIN, `!` for no member, `*` for
/// a superuser.
fn cluster(names: &[&str]) -> Cluster {
    let mut roles = Vec::new();
    let mut memberships = Vec::new();
    for (oid, text) in (1..).zip(["-!rds_ad", "-!rds_iam"].iter().chain(names)) {
        let elevated = Elevated { superuser: text.contains('*'), ..Elevated::default() };
        let name = RoleName::new(text.trim_start_matches(['-', '!', '*'])).unwrap();
        roles.push(Role { oid, name, can_login: !text.contains('-'), elevated });
        if !text.contains('!') {
            memberships.push(Membership::to_be(oid, 1));
        }
    }
    let graph =
        MembershipGraph::new(roles.iter().map(|role| (role.oid, role.name.clone())), memberships);
    let name = |text: &str| RoleName::new(text).unwrap();
    let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
    Cluster::new(rule, true).with_roles(roles).with_graph(graph)
}

fn plan(
    there: &[&str],
    wanted: &[&str],
    absent: AbsentPolicy,
    at_most: Option<usize>,
    holders: &[&str],
) -> Result<SyncPlan, Error> {
    plan_about(there, wanted, absent, Some(&["A.B"]), at_most, holders)
}

fn plan_about(
    there: &[&str],
    wanted: &[&str],
    absent: AbsentPolicy,
    realms: Option<&[&str]>,
    at_most: Option<usize>,
    holders: &[&str],
) -> Result<SyncPlan, Error> {
    let realms =
        realms.map(|realms| realms.iter().map(|realm| Realm::parse(realm).unwrap()).collect());
    let cluster = cluster(there);
    let rules = NameRules::default();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|name| (name.to_string(), rules.canonicalize(name, None).unwrap()))
        .collect();
    let owner = |oid: &RoleOid| {
        let name = cluster.roles.iter().find(|role| role.oid == *oid).unwrap().name.as_str();
        let holding = Holding { database: Some("x".into()), here: true, owned: 1, privileges: 0 };
        Dependants {
            holdings: holders.contains(&name).then_some(holding).into_iter().collect(),
            ..Dependants::default()
        }
    };
    let dependants = |oids: &[RoleOid]| oids.iter().map(|oid| (*oid, owner(oid))).collect();
    let request = SyncRequest { wanted, absent, realms, groups: None, at_most };
    plan_sync(&request, &cluster, |_| Ok(()), dependants)
}

fn rows(plan: &SyncPlan) -> Vec<(&'static str, &str)> {
    plan.steps.iter().map(|step| (step.action.as_str(), step.role.as_str())).collect()
}

#[test]
fn the_difference_and_nothing_else() {
    let there =
        ["ann@A.B", "bob@A.B", "-cyd@A.B", "!dan@A.B", "!app", "app2", "!eve@A.B", "-fay@A.B"];
    let wanted = ["ann@a.b", "cyd@a.b", "dan@a.b", "new@a.b"];
    assert_eq!(
        rows(&plan(&there, &wanted, AbsentPolicy::Keep, None, &[]).unwrap()),
        [("adopt", "dan@A.B"), ("create", "new@A.B")]
    );
    assert_eq!(
        rows(&plan(&there, &wanted, AbsentPolicy::Disable, None, &[]).unwrap()),
        [
            ("adopt", "dan@A.B"),
            ("create", "new@A.B"),
            ("enable", "cyd@A.B"),
            ("disable", "bob@A.B")
        ]
    );
    let dropped = plan(&there, &wanted, AbsentPolicy::Drop, None, &["bob@A.B"]).unwrap();
    assert_eq!(
        rows(&dropped),
        [("adopt", "dan@A.B"), ("create", "new@A.B"), ("disable", "bob@A.B"), ("drop", "fay@A.B")]
    );
    assert_eq!(dropped.left.iter().map(|e| e.sqlstate().code()).collect::<Vec<_>>(), ["2BP01"]);
    assert_eq!(rows(&plan(&there, &there[..1], AbsentPolicy::Keep, None, &[]).unwrap()), []);
}

#[test]
fn roles_with_powers_are_left_alone_and_told() {
    let plan = plan(
        &["*root@A.B", "ann@A.B", "bob@A.B"],
        &["ann@a.b", "bob@a.b"],
        AbsentPolicy::Drop,
        None,
        &[],
    )
    .unwrap();
    assert_eq!(rows(&plan), []);
    assert_eq!(plan.left.len(), 1);
    assert_eq!(plan.left[0].sqlstate().code(), "42501");
}

#[test]
fn an_empty_list_locks_nobody_out() {
    let there = ["ann@A.B", "bob@A.B", "cyd@A.B", "dan@A.B"];
    let refused = |wanted: &[&str], at_most| {
        plan(&there, wanted, AbsentPolicy::Disable, at_most, &[])
            .unwrap()
            .refuse_too_many()
            .err()
            .map(|e| e.sqlstate().code())
    };
    assert_eq!(refused(&[], None), Some("53400"));
    assert_eq!(refused(&["ann@a.b"], None), Some("53400"));
    assert_eq!(refused(&["ann@a.b", "bob@a.b"], None), None, "half of them");
    assert_eq!(refused(&[], Some(4)), None);
    assert_eq!(refused(&["ann@a.b", "bob@a.b", "cyd@a.b"], Some(0)), Some("53400"));
}

#[test]
fn a_list_is_about_its_realms() {
    let there = ["ann@A.B", "bob@A.B", "cyd@C.D", "dan@E.F"];
    let removed = |wanted: &[&str], realms| {
        let plan = plan_about(&there, wanted, AbsentPolicy::Disable, realms, Some(9), &[]).unwrap();
        plan.steps.iter().map(|step| step.role.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(removed(&["ann@a.b"], None), ["bob@A.B"]);
    assert_eq!(removed(&["ann@a.b", "cyd@c.d"], None), ["bob@A.B"]);
    assert_eq!(removed(&[], None), [""; 0]);
    assert_eq!(removed(&[], Some(&["C.D", "E.F"])), ["cyd@C.D", "dan@E.F"]);
    assert_eq!(removed(&["ann@a.b"], Some(&["C.D"])), ["cyd@C.D"]);
}

#[test]
fn a_list_is_about_its_groups() {
    let there = ["ann@A.B", "bob@A.B", "cyd@A.B", "!team", "!below"];
    // bob is in team, cyd is through below.
    let mut roles: Vec<_> = cluster(&there).roles.iter().cloned().collect();
    roles.sort_by_key(|role| role.oid);
    let oid = |name: &str| roles.iter().find(|role| role.name.as_str() == name).unwrap().oid;
    let ad = there[..3].iter().map(|name| Membership::to_be(oid(name), oid("rds_ad")));
    let more = [("bob@A.B", "team"), ("below", "team"), ("cyd@A.B", "below")];
    let more = more.map(|(member, role)| Membership::to_be(oid(member), oid(role)));
    let graph = MembershipGraph::new(
        roles.iter().map(|role| (role.oid, role.name.clone())),
        ad.chain(more).collect::<Vec<_>>(),
    );
    let cluster = cluster(&there).with_graph(graph);
    let removed = |groups: &[&str]| {
        let request = SyncRequest {
            wanted: Vec::new(),
            absent: AbsentPolicy::Disable,
            realms: Some(vec![Realm::parse("a.b").unwrap()]),
            groups: Some(groups.iter().map(ToString::to_string).collect()),
            at_most: Some(9),
        };
        plan_sync(&request, &cluster, |_| Ok(()), |_| HashMap::new())
            .map(|plan| plan.steps.iter().map(|step| step.role.to_string()).collect::<Vec<_>>())
            .map_err(|error| error.sqlstate().code())
    };
    assert_eq!(removed(&["team"]), Ok(vec!["bob@A.B".into(), "cyd@A.B".into()]));
    assert_eq!(removed(&["below"]), Ok(vec!["cyd@A.B".into()]));
    assert_eq!(removed(&[]), Ok(vec![]));
    assert_eq!(removed(&["team", "teem"]), Err("42704"));
}

#[test]
fn each_step_says_why() {
    let there = ["ann@A.B", "-bob@A.B", "!cyd@A.B", "dan@A.B"];
    let plan =
        plan(&there, &["bob@a.b", "cyd@a.b", "new@a.b"], AbsentPolicy::Disable, Some(9), &[]);
    let plan = plan.unwrap();
    let why = |name: &str| {
        plan.steps.iter().find(|step| step.role.as_str() == name).map(SyncStep::why).unwrap()
    };
    assert_eq!(why("new@A.B"), "on the list, and there is no such role");
    assert_eq!(why("bob@A.B"), "on the list, and disabled");
    assert_eq!(why("cyd@A.B"), "on the list, and no member of rds_ad");
    assert_eq!(why("ann@A.B"), "not on the list of realm A.B");
}

#[test]
fn the_words_are_checked() {
    assert_eq!("keep".parse(), Ok(AbsentPolicy::Keep));
    assert_eq!("Drop".parse::<AbsentPolicy>().unwrap_err().sqlstate().code(), "22023");
}
