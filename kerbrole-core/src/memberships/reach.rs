//! Who reaches the two roles of the rule, and by which ways.

use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::graph::{MembershipGraph, Reach};
use crate::memberships::node::Node;
use crate::names::role_name::{RoleName, shown};
use crate::roles::path::PathStep;
use crate::rule::{Conflict, ConflictRule};

/// The two closures in a graph.
pub(crate) struct RuleReach<'g> {
    pub(crate) graph: &'g MembershipGraph,
    /// See [`Cluster::names_grantors`].
    pub(crate) names_grantors: bool,
    pub(crate) ad: Node,
    pub(crate) iam: Node,
    pub(crate) ad_reach: Reach,
    pub(crate) iam_reach: Reach,
}

impl<'g> RuleReach<'g> {
    pub(crate) fn find(cluster: &'g Cluster) -> Result<Self, Error> {
        Self::find_in(&cluster.graph, &cluster.rule, cluster.names_grantors)
    }

    /// Looks in another graph than the cluster's: as it would be after a change.
    pub(crate) fn find_in(
        graph: &'g MembershipGraph,
        rule: &ConflictRule,
        names_grantors: bool,
    ) -> Result<Self, Error> {
        let node = |role: &RoleName, setting| {
            let missing = || Error::RuleRoleMissing { role: role.clone(), setting };
            graph.find(role).ok_or_else(missing)
        };
        let ad = node(rule.ad_role(), "kerbrole.ad_role")?;
        let iam = node(rule.iam_role(), "kerbrole.iam_role")?;
        let (ad_reach, iam_reach) = (graph.reach(ad), graph.reach(iam));
        Ok(Self { graph, names_grantors, ad, iam, ad_reach, iam_reach })
    }

    pub(crate) fn contains(&self, role: Node) -> bool {
        self.ad_reach.contains(role) && self.iam_reach.contains(role)
    }

    /// The roles in both, in the order of names.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Node> + '_ {
        self.graph.roles().filter(|&role| self.contains(role))
    }

    pub(crate) fn is_in_ad(&self, role: Node) -> bool {
        self.ad_reach.contains(role)
    }

    pub(crate) fn ad_path(&self, role: Node) -> Option<impl Iterator<Item = PathStep<&str>>> {
        self.is_in_ad(role).then(|| self.graph.path(&self.ad_reach, role))
    }

    pub(crate) fn iam_path(&self, role: Node) -> Option<impl Iterator<Item = PathStep<&str>>> {
        self.is_in_iam(role).then(|| self.graph.path(&self.iam_reach, role))
    }

    /// The roles that a role is a direct member of, `rds_ad` excepted, in the order of names.
    pub(crate) fn groups(&self, role: Node) -> impl Iterator<Item = &str> {
        // One membership may stand in several rows, one for each grantor.
        let once = self
            .graph
            .memberships_of(role)
            .chunk_by(|a, b| a.role == b.role)
            .map(|same| same[0].role);
        once.filter(|&group| group != self.ad).map(|group| shown(self.graph.name(group)))
    }

    pub(crate) fn is_in_iam(&self, role: Node) -> bool {
        self.iam_reach.contains(role)
    }

    /// The names on a shortest way from `role` up to `rds_iam`.
    pub(crate) fn paths_of_iam(&self, role: Node) -> Vec<PathStep> {
        self.graph.path(&self.iam_reach, role).map(owned).collect()
    }

    /// The conflict without what ends it.
    pub(crate) fn paths_of(&self, role: Node) -> Conflict {
        Conflict {
            role: self.graph.role_name(role),
            ad_path: self.graph.path(&self.ad_reach, role).map(owned).collect(),
            iam_path: self.graph.path(&self.iam_reach, role).map(owned).collect(),
            fix: Vec::new(),
        }
    }
}

fn owned(step: PathStep<&str>) -> PathStep {
    match step {
        PathStep::Role(name) => PathStep::Role(RoleName::of_catalogue(name)),
        PathStep::LeftOut(count) => PathStep::LeftOut(count),
    }
}
