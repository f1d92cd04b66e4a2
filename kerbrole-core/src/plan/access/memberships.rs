//! Which memberships of a role begin and which end, and whether that makes a conflict.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::error::{AccessError, Error};
use crate::memberships::cluster::Cluster;
use crate::memberships::graph::Edge;
use crate::memberships::node::Node;
use crate::memberships::reach::RuleReach;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::plan::access::parts::Parts;
use crate::plan::access::request::{AccessPerson, Terms};
use crate::plan::access::step::{AccessAction, AccessReason, AccessStep, step};
use crate::roles::path::PathStep;
use crate::roles::role::Role;
use crate::rule::Conflict;
use crate::statement::Statement;

/// The difference for one role.
#[derive(Default)]
pub(super) struct Change {
    /// Whether nothing else that stays makes it a member of `rds_ad`.
    pub(super) lacks_ad: bool,
    pub(super) lacking: Vec<Node>,
    /// Rows of memberships, those in one role beside each other.
    unwanted: Vec<Edge>,
}

/// The memberships of the cluster, with what has to be known of all of them.
pub(super) struct Memberships<'c> {
    cluster: &'c Cluster,
    terms: &'c Terms<'c>,
    both: &'c RuleReach<'c>,
    managed: HashMap<&'c str, Node>,
    /// Which managed roles were granted by whom, since PostgreSQL 16.
    grantors: HashSet<(Node, Node)>,
    /// For each role one below it, or itself, that is in `rds_iam` and not in `rds_ad`, and how far
    /// below.
    iam_only_below: Vec<Option<(Node, u32)>>,
}

impl<'c> Memberships<'c> {
    pub(super) fn of(cluster: &'c Cluster, terms: &'c Terms<'c>, both: &'c RuleReach<'c>) -> Self {
        let graph = &cluster.graph;
        let managed = terms.request.roles.iter().filter_map(|name| {
            let node = graph.node(cluster.roles.get(name)?.oid)?;
            terms.manages(node).then_some((name.as_str(), node))
        });
        let mut grantors = HashSet::new();
        if cluster.names_grantors {
            for member in graph.roles() {
                let rows = graph.memberships_of(member).iter();
                let of_others = rows.filter(|row| terms.manages(row.role));
                grantors.extend(of_others.filter_map(|row| Some((row.role, row.grantor?))));
            }
        }
        let managed = managed.collect();
        let iam_only_below = iam_only_below(both);
        Self { cluster, terms, both, managed, grantors, iam_only_below }
    }

    pub(super) fn name(&self, role: Node) -> RoleName {
        self.cluster.graph.role_name(role)
    }

    pub(super) fn is_in_ad(&self, role: RoleOid) -> bool {
        self.cluster.graph.node(role).is_some_and(|node| self.both.is_in_ad(node))
    }

    fn wanted(&self, person: &AccessPerson<'_>) -> Vec<Node> {
        let mut wanted = Vec::with_capacity(person.roles.len());
        let mut seen = HashSet::new();
        for name in &*person.roles {
            // rds_ad is not among them.
            let Some(&role) = self.managed.get(name.as_str()) else { continue };
            if seen.insert(role) {
                wanted.push(role);
            }
        }
        wanted
    }

    pub(super) fn of_new(&self, person: &AccessPerson<'_>) -> Change {
        Change { lacks_ad: true, lacking: self.wanted(person), unwanted: Vec::new() }
    }

    /// What a role lacks and has too much; of nobody's account it should have nothing.
    pub(super) fn change(&self, role: &Role, person: Option<&AccessPerson<'_>>) -> Change {
        let wanted = person.map(|person| self.wanted(person)).unwrap_or_default();
        let graph = &self.cluster.graph;
        let rows = graph.node(role.oid).map_or(&[][..], |node| graph.memberships_of(node));
        let is_wanted: HashSet<Node> = wanted.iter().copied().collect();
        let is_unwanted =
            |row: &&Edge| self.terms.manages(row.role) && !is_wanted.contains(&row.role);
        let unwanted = rows.iter().filter(is_unwanted).copied().collect();
        let has: HashSet<Node> = rows.iter().map(|row| row.role).collect();
        let stays = |row: &Edge| self.both.is_in_ad(row.role) && !is_unwanted(&row);
        Change {
            lacks_ad: !rows.iter().any(stays),
            lacking: wanted.into_iter().filter(|role| !has.contains(role)).collect(),
            unwanted,
        }
    }

    /// The REVOKEs of what is not wanted. Since 16 each grantor's row ends by itself, and a role
    /// that others have by its ADMIN option cannot be revoked without taking it from them.
    pub(super) fn revokes(
        &self,
        role: &Role,
        name: &RoleName,
        change: &Change,
        reason: &AccessReason,
        parts: &mut Parts,
    ) -> Vec<AccessStep> {
        let mut steps = Vec::new();
        for rows in change.unwanted.chunk_by(|a, b| a.role == b.role) {
            let (member, group) = (rows[0].member, self.name(rows[0].role));
            let has_admin = rows.iter().any(|row| row.admin);
            if has_admin && self.grantors.contains(&(rows[0].role, member)) {
                let error = AccessError::GrantedOn { role: name.clone(), group };
                parts.leave(name.clone(), error);
                continue;
            }
            let names_grantors = self.cluster.names_grantors;
            let each = if names_grantors { rows } else { &rows[..1] };
            steps.extend(each.iter().map(|row| {
                let grantor = row.grantor.filter(|_| names_grantors);
                let statement = Statement::RevokeGrant {
                    role: grantor.map_or_else(|| group.clone(), |grantor| self.name(grantor)),
                    granted: group.clone(),
                    member: name.clone(),
                    name_grantor: grantor.is_some(),
                };
                step(AccessAction::Revoke, name.clone(), statement, reason.clone())
            }));
        }
        if !steps.is_empty() {
            parts.change(role);
            parts.losers.insert(role.oid);
        }
        steps
    }

    /// The conflict that a change would add, for a role that is there or for one that is created.
    /// What ends at the same time does not count.
    ///
    /// Whatever is granted here is granted to roles that are in `rds_ad` afterwards, and no
    /// principal's role is granted: so each can be looked at by itself.
    pub(super) fn conflict(
        &self,
        role: Option<&Role>,
        name: &RoleName,
        change: &Change,
    ) -> Option<Error> {
        let node = role.and_then(|role| self.cluster.graph.node(role.oid));
        let (in_ad, in_iam) = node
            .map_or((false, false), |node| (self.both.is_in_ad(node), self.both.is_in_iam(node)));
        if in_ad && in_iam {
            return None;
        }
        let rule = &self.cluster.rule;
        let itself = || PathStep::Role(name.clone());
        let new_ad = || vec![itself(), PathStep::Role(rule.ad_role().clone())];
        let by_group = change.lacking.iter().find(|&&group| self.both.is_in_iam(group));
        let mut conflict =
            Conflict { role: name.clone(), ad_path: new_ad(), iam_path: Vec::new(), fix: vec![] };
        let below = node.filter(|_| !in_ad).and_then(|node| self.iam_only_below[node.index()]);
        let group = if let Some(&group) = by_group {
            if let Some(node) = node.filter(|_| in_ad) {
                conflict.ad_path = self.both.paths_of(node).ad_path;
            }
            let above = self.both.paths_of_iam(group);
            conflict.iam_path = std::iter::once(itself()).chain(above).collect();
            Some(self.name(group))
        } else if let Some((iam_only, depth)) = below {
            if depth > 0 {
                conflict.role = self.name(iam_only);
                let between = (depth > 1).then(|| PathStep::LeftOut(depth - 1));
                let head = std::iter::once(PathStep::Role(conflict.role.clone())).chain(between);
                conflict.ad_path = head.chain(new_ad()).collect();
            }
            conflict.iam_path = self.both.paths_of_iam(iam_only);
            None
        } else {
            return None;
        };
        Some(Error::Conflict {
            conflict: Box::new(conflict),
            others: 0,
            ad_role: rule.ad_role().clone(),
            iam_role: rule.iam_role().clone(),
            fix: Vec::new(),
            group,
        })
    }
}

/// Goes up from every role that is in `rds_iam` only, each role once.
fn iam_only_below(both: &RuleReach<'_>) -> Vec<Option<(Node, u32)>> {
    let graph = both.graph;
    let mut below = vec![None; graph.len()];
    let is_start = |role: &Node| both.is_in_iam(*role) && !both.is_in_ad(*role);
    let mut to_visit: VecDeque<Node> = graph.roles().filter(is_start).collect();
    for &start in &to_visit {
        below[start.index()] = Some((start, 0));
    }
    while let Some(role) = to_visit.pop_front() {
        let Some((start, depth)) = below[role.index()] else { continue };
        for row in graph.memberships_of(role) {
            if below[row.role.index()].is_none() {
                below[row.role.index()] = Some((start, depth + 1));
                to_visit.push_back(row.role);
            }
        }
    }
    below
}
