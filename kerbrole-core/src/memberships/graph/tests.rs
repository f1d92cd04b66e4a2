//! What a graph is built of, and the ways in it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::memberships::graph::{Membership, MembershipGraph};
use crate::memberships::node::Node;
use crate::names::role_name::RoleName;
use crate::oid::{NEW_ROLE, RoleOid};

/// Roles whose OIDs are their places in `names`, from 1 on; `(member, role)`.
fn graph(names: &[&str], edges: &[(&str, &str)]) -> MembershipGraph {
    let oid = |name: &str| names.iter().position(|n| *n == name).unwrap() as RoleOid + 1;
    MembershipGraph::new(
        (1..).zip(names),
        edges.iter().map(|(member, role)| Membership::to_be(oid(member), oid(role))),
    )
}

fn node(graph: &MembershipGraph, name: &str) -> Node {
    graph.find(&RoleName::new(name).unwrap()).unwrap()
}

/// The roles from which one is reached, each with the way there.
fn ways(graph: &MembershipGraph, target: &str) -> BTreeMap<String, Vec<String>> {
    let reach = graph.reach(node(graph, target));
    let reached = graph.roles().filter(|role| reach.contains(*role));
    let way = |role| graph.path(&reach, role).map(|step| step.to_string()).collect();
    reached.map(|role| (graph.name(role).to_string(), way(role))).collect()
}

#[test]
fn roles_are_found_by_name_and_by_oid() {
    let graph = graph(&["b", "a", "c"], &[]);
    for (oid, name) in [(1, "b"), (2, "a"), (3, "c")] {
        let role = node(&graph, name);
        assert_eq!(graph.node(oid), Some(role));
        assert_eq!((graph.oid(role), graph.name(role)), (oid, name));
    }
    assert_eq!(graph.node(4), None);
    assert_eq!(graph.find(&RoleName::new("d").unwrap()), None);
    let in_order: Vec<_> = graph.roles().map(|role| graph.name(role)).collect();
    assert_eq!(in_order, ["a", "b", "c"]);
}

#[test]
fn what_names_nobody_who_is_there_is_left_out() {
    let row = |member, role, grantor| Membership { grantor, ..Membership::to_be(member, role) };
    let graph = MembershipGraph::new(
        [(1, "a"), (2, "g"), (3, "")],
        [row(1, 2, Some(9)), row(1, 3, None), row(3, 2, None), row(7, 2, None), row(1, 8, None)],
    );
    assert_eq!(graph.len(), 2, "the empty name is no role's");
    let (member, group) = (node(&graph, "a"), node(&graph, "g"));
    let edges = graph.memberships_of(member);
    assert_eq!((edges.len(), edges[0].role, edges[0].grantor), (1, group, None));
    assert_eq!(graph.memberships_of(group), []);
}

#[test]
fn a_membership_by_several_grantors_is_one_way_and_each_grantor_is_known() {
    let row =
        |grantor, admin| Membership { grantor: Some(grantor), admin, ..Membership::to_be(1, 2) };
    let names = [(1, "a"), (2, "g"), (3, "x"), (4, "y"), (5, "z")];
    let graph = MembershipGraph::new(names, [row(4, false), row(3, true)]);
    let [member, group, x, y, z] = ["a", "g", "x", "y", "z"].map(|name| node(&graph, name));
    let grantors: Vec<_> =
        graph.memberships_of(member).iter().map(|edge| (edge.grantor, edge.admin)).collect();
    assert_eq!(grantors, [(Some(x), true), (Some(y), false)]);
    assert!(graph.granted_by(group, x) && graph.granted_by(group, y));
    assert!(!graph.granted_by(group, z) && !graph.granted_by(member, x));
    assert_eq!(ways(&graph, "g").len(), 2);
}

#[test]
fn of_two_ways_the_shorter_then_the_first_by_name() {
    let edges =
        [("a", "m"), ("a", "k"), ("k", "t"), ("m", "t"), ("a", "n"), ("n", "o"), ("o", "t")];
    let graph = graph(&["t", "o", "n", "m", "k", "a", "alone"], &edges);
    let ways = ways(&graph, "t");
    assert_eq!(ways["a"], ["a", "k", "t"]);
    assert_eq!(ways["n"], ["n", "o", "t"]);
    assert_eq!(ways["t"], ["t"], "who is it itself is there already");
    assert!(!ways.contains_key("alone"));
}

#[test]
fn of_a_long_way_the_middle_is_counted() {
    let long = |roles: u32| {
        let names = (1..=roles).map(|oid| (oid, format!("r{oid:03}")));
        let steps = (1..roles).map(|oid| Membership::to_be(oid, oid + 1));
        let graph = MembershipGraph::new(names, steps);
        let target = format!("r{roles:03}");
        ways(&graph, &target)["r001"].clone()
    };
    assert_eq!((long(50).len(), &*long(50)[25]), (50, "r026"), "fifty are shown whole");
    let way = long(51);
    assert_eq!(
        (way.len(), &*way[24], &*way[25], &*way[26]),
        (50, "r025", "... 2 more ...", "r028")
    );
    let way = long(100);
    assert_eq!((way.len(), &*way[25], &*way[49]), (50, "... 51 more ...", "r100"));
}

#[test]
fn a_role_that_is_to_be_created_stands_beside_the_others() {
    let before = graph(&["a", "c"], &[("a", "c")]);
    let name = RoleName::new("b").unwrap();
    let after = before.with(Some(name), [Membership::to_be(NEW_ROLE, 2)]);
    assert_eq!(after.oid(node(&after, "b")), NEW_ROLE);
    let below: Vec<_> = ways(&after, "c").into_keys().collect();
    assert_eq!(below, ["a", "b", "c"]);
    assert_eq!(ways(&before, "c").len(), 2, "what was there is as it was");
}

proptest! {
    #[test]
    fn ways_are_the_shortest_there_are(
        edges in proptest::collection::vec((0u32..10, 0u32..10), 0..30),
    ) {
        let edges: BTreeSet<_> = edges.into_iter().filter(|(member, role)| member > role).collect();
        let memberships = edges.iter().map(|&(m, r)| Membership::to_be(m, r));
        let graph = MembershipGraph::new((0..10).map(|oid| (oid, format!("r{oid}"))), memberships);
        // Steps to r0 by the definition, edge by edge until nothing gets shorter.
        let mut steps: BTreeMap<u32, usize> = BTreeMap::from([(0, 0)]);
        for _ in 0..10 {
            for (member, role) in &edges {
                if let Some(&above) = steps.get(role) {
                    let here = steps.entry(*member).or_insert(above + 1);
                    *here = (*here).min(above + 1);
                }
            }
        }
        let found: BTreeMap<u32, usize> = ways(&graph, "r0")
            .into_iter()
            .map(|(name, way)| (name[1..].parse().unwrap(), way.len() - 1))
            .collect();
        prop_assert_eq!(found, steps);
    }
    #[test]
    fn who_is_below_any_is_below_one(
        edges in proptest::collection::vec((0u32..10, 0u32..10), 0..30),
        targets in proptest::collection::vec(0u32..10, 0..6),
    ) {
        let edges: BTreeSet<_> = edges.into_iter().filter(|(member, role)| member > role).collect();
        let memberships = edges.iter().map(|&(m, r)| Membership::to_be(m, r));
        let graph = MembershipGraph::new((0..10).map(|oid| (oid, format!("r{oid}"))), memberships);
        let mut below: BTreeSet<u32> = targets.iter().copied().collect();
        for _ in 0..10 {
            let more = edges.iter().filter(|(_, role)| below.contains(role));
            let more: Vec<_> = more.map(|(member, _)| *member).collect();
            below.extend(more);
        }
        let found = graph.below_any(targets.iter().filter_map(|&oid| graph.node(oid)));
        let is_found = |oid: &u32| graph.node(*oid).is_some_and(|node| found.contains(node));
        let found: BTreeSet<u32> = (0..10).filter(is_found).collect();
        prop_assert_eq!(found, below);
    }
}
