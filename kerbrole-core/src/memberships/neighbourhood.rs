//! The part of a cluster's memberships that a question about a few roles can depend on.

use std::collections::{HashMap, HashSet};

use crate::memberships::graph::{Membership, MembershipGraph};
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;

/// A catalogue that can be asked for one role at a time.
pub trait MembershipCatalog {
    /// What keeps it from answering.
    type Error;

    /// The name of a role; `None` if there is no such role.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Self::Error>;

    /// The memberships of `member` in other roles.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Self::Error>;

    /// The memberships of others in `role`.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Self::Error>;
}

/// Around which roles memberships are to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Those whose members count, through any chain: what is found of these and of all below them
    /// is as in the whole catalogue.
    pub members_of: Vec<RoleOid>,
    /// Those of which it only counts what they are members of, through any chain.
    pub groups_of: Vec<RoleOid>,
}

/// The memberships around some roles: of all below [`members_of`](Around::members_of) and of
/// [`groups_of`](Around::groups_of), everything that they are members of.
///
/// For the roles in `down(members_of)` the graph gives the same conflicts and paths as the whole
/// catalogue would: each of them is there with all that it is a member of.
///
/// # Errors
/// As the catalogue has them.
pub fn neighbourhood<C: MembershipCatalog>(
    catalog: &mut C,
    around: &Around,
) -> Result<MembershipGraph, C::Error> {
    let (names, memberships) = walk(catalog, around)?;
    Ok(MembershipGraph::new(names, memberships))
}

/// Names and memberships of a neighbourhood.
type Found = (HashMap<RoleOid, RoleName>, Vec<Membership>);

fn walk<C: MembershipCatalog>(catalog: &mut C, around: &Around) -> Result<Found, C::Error> {
    let mut affected: HashSet<RoleOid> = HashSet::new();
    let mut to_visit: Vec<RoleOid> = around.members_of.clone();
    while let Some(role) = to_visit.pop() {
        if affected.insert(role) {
            to_visit.extend(catalog.members_of(role)?.into_iter().map(|m| m.member));
        }
    }

    let mut seen: HashSet<RoleOid> = HashSet::new();
    let mut memberships = Vec::new();
    to_visit.extend(affected);
    to_visit.extend(&around.groups_of);
    while let Some(member) = to_visit.pop() {
        if seen.insert(member) {
            let found = catalog.memberships_of(member)?;
            to_visit.extend(found.iter().map(|m| m.role));
            memberships.extend(found);
        }
    }

    // Grantors are needed by name only.
    seen.extend(memberships.iter().filter_map(|m| m.grantor));
    let mut names = HashMap::with_capacity(seen.len());
    for role in seen {
        if let Some(name) = catalog.name(role)? {
            names.insert(role, name);
        }
    }
    Ok((names, memberships))
}

/// `down(role)`, and the name of each in it; `None` when that are more than `at_most` roles, so
/// that asking for those in question one by one is the better way.
///
/// # Errors
/// As the catalogue has them.
pub fn few_below<C: MembershipCatalog>(
    catalog: &mut C,
    role: RoleOid,
    at_most: usize,
) -> Result<Option<HashMap<RoleName, RoleOid>>, C::Error> {
    let mut seen = HashSet::from([role]);
    let mut to_visit = vec![role];
    while let Some(role) = to_visit.pop() {
        for membership in catalog.members_of(role)? {
            if seen.insert(membership.member) {
                to_visit.push(membership.member);
            }
        }
        if seen.len() > at_most {
            return Ok(None);
        }
    }
    let mut names = HashMap::with_capacity(seen.len());
    for role in seen {
        if let Some(name) = catalog.name(role)? {
            names.insert(name, role);
        }
    }
    Ok(Some(names))
}

/// What the conflicts of a cluster depend on, where few roles are below one of the two of the rule;
/// `None` when that are more than `at_most` of either, so that reading everything is the better
/// way. The graph gives the same conflicts as the whole catalogue would, with the same paths and
/// fixes.
///
/// # Errors
/// As the catalogue has them.
pub fn neighbourhood_of_conflicts<C: MembershipCatalog>(
    catalog: &mut C,
    of_rule: [RoleOid; 2],
    at_most: usize,
) -> Result<Option<MembershipGraph>, C::Error> {
    for below in of_rule {
        if few_below(catalog, below, at_most)?.is_some() {
            let around = Around { members_of: vec![below], groups_of: of_rule.to_vec() };
            let (mut names, mut memberships) = walk(catalog, &around)?;
            // Whether a REVOKE needs CASCADE depends on what was granted on the strength of the
            // membership that it ends.
            for m in memberships.clone().iter().filter(|m| m.admin) {
                let by_member = |other: &Membership| other.grantor == Some(m.member);
                let granted = catalog.members_of(m.role)?.into_iter().filter(by_member);
                for granted in granted.collect::<Vec<_>>() {
                    if let Some(name) = catalog.name(granted.member)? {
                        names.insert(granted.member, name);
                        memberships.push(granted);
                    }
                }
            }
            memberships.sort_unstable_by_key(|m| (m.member, m.role, m.grantor));
            memberships.dedup();
            return Ok(Some(MembershipGraph::new(names, memberships)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memberships::cluster::Cluster;
    use crate::rule::ConflictRule;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// A cluster whose rule is about `r1` and `r2`.
    fn cluster(graph: &MembershipGraph, names_grantors: bool) -> Cluster {
        let name = |text: &str| RoleName::new(text).unwrap();
        let rule = ConflictRule::new(name("r1"), name("r2")).unwrap();
        Cluster::new(rule, names_grantors).with_graph(graph.clone())
    }

    /// Memberships as `(member, role)`; role 0 does not exist.
    struct Edges(Vec<(RoleOid, RoleOid)>);

    impl Edges {
        fn matching(&self, wanted: impl Fn(&(RoleOid, RoleOid)) -> bool) -> Vec<Membership> {
            let row = |&(member, role): &_| Membership::to_be(member, role);
            self.0.iter().filter(|edge| wanted(edge)).map(row).collect()
        }
    }

    impl MembershipCatalog for Edges {
        type Error = Infallible;

        fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
            Ok(if role == 0 { None } else { RoleName::new(format!("r{role}")).ok() })
        }

        fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Infallible> {
            Ok(self.matching(|edge| edge.0 == member))
        }

        fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Infallible> {
            Ok(self.matching(|edge| edge.1 == role))
        }
    }

    proptest! {
        #[test]
        fn a_neighbourhood_answers_as_the_whole_does(
            edges in proptest::collection::vec((1u32..15, 1u32..15), 0..40),
            about in 1u32..15,
        ) {
            let edges: Vec<_> = edges.into_iter().filter(|(member, role)| member > role).collect();
            let all = (1..15).map(|oid| (oid, format!("r{oid}")));
            let whole = MembershipGraph::new(all, Edges(edges.clone()).matching(|_| true));
            let Ok(part) = neighbourhood(
                &mut Edges(edges.clone()),
                &Around { members_of: vec![about], groups_of: vec![1, 2] },
            );
            let node = |oid: RoleOid| whole.node(oid).unwrap();
            let below = whole.reach(node(about));
            let conflicts_below = |graph: &MembershipGraph| -> Vec<_> {
                let conflicts = cluster(graph, false).conflicts().unwrap().into_iter();
                conflicts.filter(|c| below.contains(whole.find(&c.role).unwrap())).collect()
            };
            prop_assert_eq!(conflicts_below(&part), conflicts_below(&whole));

            let expected: HashSet<_> = (1..15).filter(|&oid| below.contains(node(oid))).collect();
            let Ok(found) = few_below(&mut Edges(edges.clone()), about, expected.len());
            let found = found.unwrap();
            for (name, oid) in &found {
                prop_assert_eq!(name.to_string(), format!("r{oid}"));
            }
            prop_assert_eq!(found.into_values().collect::<HashSet<_>>(), expected.clone());
            let Ok(given_up) = few_below(&mut Edges(edges), about, expected.len() - 1);
            prop_assert_eq!(given_up, None);
        }

        #[test]
        fn conflicts_are_those_of_the_whole(
            edges in proptest::collection::vec((1u32..15, 1u32..15), 0..40),
            grantors in proptest::collection::vec((1u32..15, any::<bool>()), 40),
            principals in 3u32..15,
        ) {
            let rows = edges.iter().filter(|(member, role)| member > role).zip(grantors);
            let mut catalog = Granted(Vec::new(), principals);
            for (&(member, role), (grantor, admin)) in rows {
                catalog.0.push(Membership {
                    grantor: Some(grantor),
                    admin,
                    ..Membership::to_be(member, role)
                });
            }
            catalog.0.sort_unstable_by_key(|m| (m.member, m.role, m.grantor));
            catalog.0.dedup_by_key(|m| (m.member, m.role, m.grantor));
            let named = |oid| Some((oid, catalog.clone().name(oid).unwrap()?));
            let names: Vec<_> = (1..15).filter_map(named).collect();
            let whole = MembershipGraph::new(names, catalog.0.iter().copied());
            for of_rule in [[1, 2], [2, 1]] {
                let Ok(part) = neighbourhood_of_conflicts(&mut catalog.clone(), of_rule, 15);
                let part = part.unwrap();
                for name_grantors in [false, true] {
                    let of = |graph| cluster(graph, name_grantors).conflicts().unwrap();
                    prop_assert_eq!(of(&part), of(&whole));
                }
            }
        }
    }

    /// Memberships with grantors; roles from some number on are principals.
    #[derive(Clone)]
    struct Granted(Vec<Membership>, u32);

    impl MembershipCatalog for Granted {
        type Error = Infallible;

        fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
            let suffix = if role >= self.1 { "@A.B" } else { "" };
            Ok(RoleName::new(format!("r{role}{suffix}")).ok())
        }

        fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Infallible> {
            Ok(self.0.iter().filter(|m| m.member == member).copied().collect())
        }

        fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Infallible> {
            Ok(self.0.iter().filter(|m| m.role == role).copied().collect())
        }
    }
}
