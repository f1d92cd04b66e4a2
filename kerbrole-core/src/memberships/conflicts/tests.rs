//! What is found, and what ends it.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use crate::error::{Error, Warning};
use crate::memberships::cluster::Cluster;
use crate::memberships::fix::Added;
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::memberships::reach::RuleReach;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::roles::path::PathStep;
use crate::rule::ConflictRule;

/// Builds a graph from `member -> role` lines; every edge granted by `root`.
fn graph(edges: &[(&str, &str)]) -> MembershipGraph {
    let mut names: BTreeSet<&str> = ["rds_ad", "rds_iam", "root"].into();
    names.extend(edges.iter().flat_map(|&(a, b)| [a, b]));
    let names: Vec<_> = names.into_iter().collect();
    let oid = |name: &str| u32::try_from(names.binary_search(&name).unwrap()).unwrap() + 10;
    MembershipGraph::new(
        names.iter().map(|name| (oid(name), RoleName::new(*name).unwrap())),
        edges.iter().map(|&(m, r)| Membership {
            grantor: Some(oid("root")),
            ..Membership::to_be(oid(m), oid(r))
        }),
    )
}

fn rule() -> ConflictRule {
    ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap()).unwrap()
}

/// A cluster of these memberships, up to PostgreSQL 15 or from 16 on.
fn cluster(graph: MembershipGraph, names_grantors: bool) -> Cluster {
    Cluster::new(rule(), names_grantors).with_graph(graph)
}

/// The role of a name.
fn oid_of(graph: &MembershipGraph, name: &str) -> RoleOid {
    graph.oid(graph.find(&RoleName::new(name).unwrap()).unwrap())
}

fn found(edges: &[(&str, &str)]) -> Vec<(String, String, String, String)> {
    let text =
        |path: &[PathStep]| path.iter().map(ToString::to_string).collect::<Vec<_>>().join(">");
    let conflicts = cluster(graph(edges), false).conflicts().unwrap();
    conflicts
        .iter()
        .map(|c| {
            let fix: Vec<_> = c.fix.iter().map(|r| format!("{}-{}", r.member, r.role)).collect();
            (c.role.to_string(), text(&c.ad_path), text(&c.iam_path), fix.join(" "))
        })
        .collect()
}

fn row(role: &str, ad: &str, iam: &str, fix: &str) -> (String, String, String, String) {
    (role.into(), ad.into(), iam.into(), fix.into())
}

#[test]
fn direct_and_nested_conflicts_are_found_with_the_least_that_ends_them() {
    assert_eq!(found(&[("a@X.Y", "rds_ad"), ("b", "rds_iam")]), []);
    assert_eq!(
        found(&[("a@X.Y", "rds_ad"), ("a@X.Y", "rds_iam")]),
        [row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>rds_iam", "a@X.Y-rds_iam")]
    );
    assert_eq!(
        found(&[("a@X.Y", "rds_ad"), ("a@X.Y", "g1"), ("g1", "g2"), ("g2", "rds_iam")]),
        [row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>g1>g2>rds_iam", "a@X.Y-g1")]
    );
}

#[test]
fn of_two_ways_the_shorter_is_shown_and_all_are_cut() {
    assert_eq!(
        found(&[
            ("a@X.Y", "rds_ad"),
            ("a@X.Y", "g1"),
            ("a@X.Y", "g2"),
            ("g1", "g3"),
            ("g3", "rds_iam"),
            ("g2", "rds_iam")
        ]),
        [row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>g2>rds_iam", "a@X.Y-g1 a@X.Y-g2")]
    );
}

#[test]
fn a_group_in_both_is_mended_once_for_all_below() {
    assert_eq!(
        found(&[("a@X.Y", "g"), ("g", "rds_ad"), ("g", "h"), ("h", "rds_iam")]),
        [
            row("a@X.Y", "a@X.Y>g>rds_ad", "a@X.Y>g>h>rds_iam", "g-h"),
            row("g", "g>rds_ad", "g>h>rds_iam", "g-h"),
        ]
    );
}

#[test]
fn a_login_without_a_realm_keeps_iam() {
    assert_eq!(
        found(&[("bob", "rds_ad"), ("bob", "rds_iam")]),
        [row("bob", "bob>rds_ad", "bob>rds_iam", "bob-rds_ad")]
    );
}

#[test]
fn the_two_roles_themselves_count() {
    assert_eq!(
        found(&[("rds_ad", "rds_iam"), ("a@X.Y", "rds_ad")]),
        [
            row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>rds_ad>rds_iam", "rds_ad-rds_iam"),
            row("rds_ad", "rds_ad", "rds_ad>rds_iam", "rds_ad-rds_iam"),
        ]
    );
    assert_eq!(
        found(&[("rds_iam", "rds_ad")]),
        [row("rds_iam", "rds_iam>rds_ad", "rds_iam", "rds_iam-rds_ad")]
    );
}

#[test]
fn each_grantors_membership_is_revoked_by_name_where_there_are_several() {
    let names = ["a@X.Y", "boss", "rds_ad", "rds_iam", "root"];
    let oids: Vec<_> = (1..).zip(names.map(|n| RoleName::new(n).unwrap())).collect();
    let edge = |member, role, grantor, admin| Membership {
        grantor: Some(grantor),
        admin,
        ..Membership::to_be(member, role)
    };
    let graph = MembershipGraph::new(
        oids,
        [edge(1, 3, 5, false), edge(1, 4, 5, true), edge(1, 4, 2, false), edge(2, 4, 1, false)],
    );
    let fix = |grantors| {
        let first = cluster(graph.clone(), grantors).conflicts().unwrap().remove(0);
        first.fix.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        fix(true),
        [
            r#"REVOKE "rds_iam" FROM "a@X.Y" GRANTED BY "boss";"#,
            r#"REVOKE "rds_iam" FROM "a@X.Y" GRANTED BY "root" CASCADE;"#,
        ]
    );
    assert_eq!(fix(false), [r#"REVOKE "rds_iam" FROM "a@X.Y";"#]);
}

#[test]
fn a_fix_does_not_end_what_others_were_granted() {
    let names = ["a@X.Y", "boss", "rds_ad", "rds_iam", "root", "team"];
    let oids: Vec<_> = (1..).zip(names.map(|n| RoleName::new(n).unwrap())).collect();
    let edge = |member, role, grantor, admin| Membership {
        grantor: Some(grantor),
        admin,
        ..Membership::to_be(member, role)
    };
    // The administrator has ADMIN on rds_ad, and by that made a principal; REVOKE ... CASCADE would
    // lock it out.
    let edges =
        [edge(2, 3, 5, true), edge(1, 3, 2, false), edge(2, 6, 5, true), edge(6, 4, 5, false)];
    let fixes = |edges: &[Membership]| -> Vec<String> {
        let graph = MembershipGraph::new(oids.clone(), edges.iter().copied());
        let conflicts = cluster(graph, true).conflicts().unwrap();
        conflicts.iter().map(|c| c.fix[0].to_string()).collect()
    };
    assert_eq!(fixes(&edges), [r#"REVOKE "team" FROM "boss" GRANTED BY "root";"#]);
    // Where nothing hangs on it, who has no realm leaves rds_ad.
    assert_eq!(
        fixes(&[edges[0], edges[2], edges[3]]),
        [r#"REVOKE "rds_ad" FROM "boss" GRANTED BY "root";"#]
    );
}

#[test]
fn a_grant_can_be_tried_beforehand() {
    let graph = graph(&[
        ("a@X.Y", "rds_ad"),
        ("a@X.Y", "g"),
        ("both", "rds_ad"),
        ("both", "rds_iam"),
        ("both", "g"),
        ("h", "rds_iam"),
    ]);
    let cluster = cluster(graph, false);
    let oid = |name| oid_of(&cluster.graph, name);
    let preview = |granted, member| cluster.preview_grant(oid(granted), oid(member)).unwrap();
    assert_eq!(preview("h", "rds_iam").len(), 0);
    let found = preview("h", "g");
    assert_eq!(
        found.iter().map(|c| c.role.as_str()).collect::<Vec<_>>(),
        ["a@X.Y"],
        "the one from before is not new"
    );
    assert_eq!(
        found[0].iam_path.iter().map(PathStep::text).collect::<Vec<_>>(),
        ["a@X.Y", "g", "h", "rds_iam"]
    );
}

#[test]
fn what_a_change_adds_is_told_from_what_was_there() {
    let after = graph(&[
        ("a@X.Y", "rds_ad"),
        ("a@X.Y", "g"),
        ("g", "rds_iam"),
        ("b", "rds_ad"),
        ("b", "rds_iam"),
    ]);
    let after = cluster(after, false);
    let oid = |name| oid_of(&after.graph, name);
    let before = HashSet::from([oid("b")]);
    let added = Added::from_iter([(oid("a@X.Y"), oid("g"))]);
    let new = after.new_conflict(&before, &added).unwrap().unwrap();
    assert_eq!(new.roles.iter().map(RoleName::as_str).collect::<Vec<_>>(), ["a@X.Y"]);
    assert_eq!(
        new.conflict.fix.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [r#"REVOKE "rds_iam" FROM "g";"#]
    );
    let all = HashSet::from([oid("a@X.Y"), oid("b")]);
    assert_eq!(after.new_conflict(&all, &Added::default()).unwrap(), None);
}

#[test]
fn a_refusal_and_a_warning_say_how_many_more_there_are() {
    let after = graph(&[
        ("a@X.Y", "g"),
        ("b@X.Y", "g"),
        ("c@X.Y", "g"),
        ("a@X.Y", "rds_ad"),
        ("b@X.Y", "rds_ad"),
        ("c@X.Y", "rds_ad"),
        ("g", "rds_iam"),
    ]);
    let after = cluster(after, false);
    let new = || after.new_conflict(&HashSet::new(), &Added::default()).unwrap().unwrap();
    assert_eq!(new().roles.len(), 3);
    let Error::Conflict { conflict, others, fix, .. } = new().refusal(&rule()) else {
        panic!("another error")
    };
    assert_eq!((conflict.role.as_str(), others, fix.len()), ("a@X.Y", 2, 1));
    let Warning::ConflictMade { conflict, others, .. } = new().warning(&rule()) else {
        panic!("another warning")
    };
    assert_eq!((conflict.role.as_str(), others, conflict.fix.len()), ("a@X.Y", 2, 1));
}

#[test]
fn a_grant_is_refused_for_what_it_adds_and_not_for_what_was_there() {
    let cluster = cluster(
        graph(&[
            ("a@X.Y", "rds_ad"),
            ("b", "g"),
            ("both", "rds_ad"),
            ("both", "rds_iam"),
            ("h", "rds_iam"),
        ]),
        false,
    );
    let oid = |name| oid_of(&cluster.graph, name);
    let error = cluster.refuse_grant(oid("h"), oid("a@X.Y")).unwrap_err();
    assert_eq!(error.sqlstate().code(), "0LP01");
    let there = HashSet::from([oid("both")]);
    assert_eq!(cluster.refuse_grant(oid("h"), oid("g")).unwrap(), there);
    let both = RuleReach::find(&cluster).unwrap();
    let conflict_of =
        |name: &str| both.conflict_of(cluster.graph.find(&RoleName::new(name).unwrap()).unwrap());
    assert_eq!(conflict_of("a@X.Y"), None);
    assert_eq!(conflict_of("both").unwrap().role.as_str(), "both");
}

#[test]
fn a_group_that_several_granted_is_one_group() {
    let names = ["a", "g", "h", "rds_ad", "rds_iam", "x", "y"];
    let oids: Vec<_> = (1..).zip(names.map(|n| RoleName::new(n).unwrap())).collect();
    let edge = |role, grantor| Membership { grantor: Some(grantor), ..Membership::to_be(1, role) };
    let rows = [edge(2, 6), edge(2, 7), edge(3, 6), edge(4, 6)];
    let cluster = cluster(MembershipGraph::new(oids, rows), true);
    let both = RuleReach::find(&cluster).unwrap();
    let member = cluster.graph.find(&RoleName::new("a").unwrap()).unwrap();
    assert_eq!(both.groups(member).collect::<Vec<_>>(), ["g", "h"], "and rds_ad is none");
}

#[test]
fn a_missing_role_is_an_error_not_an_empty_answer() {
    let graph = MembershipGraph::new([(1, RoleName::new("rds_ad").unwrap())], []);
    let error = cluster(graph, false).conflicts().unwrap_err();
    assert_eq!((error.sqlstate().code(), error.to_string().contains("rds_iam")), ("42704", true));
}

/// Memberships without cycles: the server refuses those.
fn acyclic() -> impl Strategy<Value = Vec<(u32, u32)>> {
    proptest::collection::vec((0u32..12, 0u32..12), 0..30)
        .prop_map(|edges| edges.into_iter().filter(|(a, b)| a > b).collect())
}

/// Members of `role` by the definition, edge by edge until nothing changes.
fn closure(edges: &[(u32, u32)], role: u32) -> BTreeSet<u32> {
    let mut all = BTreeSet::from([role]);
    loop {
        let more: Vec<_> = edges
            .iter()
            .filter(|(m, r)| all.contains(r) && !all.contains(m))
            .map(|e| e.0)
            .collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

proptest! {
    #[test]
    fn conflicts_are_the_intersection_paths_are_real_and_the_fix_ends_them(
        edges in acyclic(),
        ad in 0u32..12,
        iam in 0u32..12,
    ) {
        prop_assume!(ad != iam);
        let name = |i: u32| RoleName::new(match i {
            _ if i == ad => "rds_ad".into(),
            _ if i == iam => "rds_iam".into(),
            _ if i.is_multiple_of(2) => format!("u{i}@X.Y"),
            _ => format!("g{i}"),
        }).unwrap();
        let build = |edges: &[(u32, u32)]| {
            let edge = |&(m, r): &(u32, u32)| Membership {
                grantor: Some(1),
                ..Membership::to_be(m + 1, r + 1)
            };
            let names = (0..12).map(|i| (i + 1, name(i)));
            cluster(MembershipGraph::new(names, edges.iter().map(edge)), false)
        };
        let expected: BTreeSet<_> =
            closure(&edges, ad).intersection(&closure(&edges, iam)).map(|&i| name(i)).collect();
        let conflicts = build(&edges).conflicts().unwrap();
        let found: BTreeSet<_> = conflicts.iter().map(|c| c.role.clone()).collect();
        prop_assert_eq!(found, expected);
        for conflict in &conflicts {
            for (path, end) in [(&conflict.ad_path, ad), (&conflict.iam_path, iam)] {
                prop_assert_eq!(path[0].role(), Some(&conflict.role));
                prop_assert_eq!(path.last().unwrap().role(), Some(&name(end)));
                for step in path.windows(2) {
                    let is_it = |&(m, r): &(u32, u32)| {
                        Some(&name(m)) == step[0].role() && Some(&name(r)) == step[1].role()
                    };
                    prop_assert!(edges.iter().any(is_it));
                }
            }
            let is_left = |&(m, r): &(u32, u32)| {
                !conflict.fix.iter().any(|f| f.member == name(m) && f.role == name(r))
            };
            let left: Vec<_> = edges.iter().copied().filter(is_left).collect();
            let still = build(&left).conflicts().unwrap();
            prop_assert!(
                still.iter().all(|c| c.role != conflict.role),
                "{:?} does not end {:?}",
                conflict.fix,
                conflict.role
            );
        }
    }
}
