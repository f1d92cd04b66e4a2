//! Who reaches the two roles of the rule, and by which ways.

use crate::error::Error;
use crate::memberships::graph::{MembershipGraph, Reach};
use crate::names::role_name::{RoleName, shown};
use crate::roles::path::PathStep;
use crate::rule::{Conflict, ConflictRule};

/// The two closures in a graph.
pub(crate) struct RuleReach<'g> {
    pub(crate) graph: &'g MembershipGraph,
    pub(crate) ad: u32,
    pub(crate) iam: u32,
    pub(crate) ad_reach: Reach,
    pub(crate) iam_reach: Reach,
}

impl<'g> RuleReach<'g> {
    pub(crate) fn find(graph: &'g MembershipGraph, rule: &ConflictRule) -> Result<Self, Error> {
        let place = |role: &RoleName, setting| {
            graph.find(role).ok_or_else(|| Error::RuleRoleMissing { role: role.clone(), setting })
        };
        let ad = place(rule.ad_role(), "kerbrole.ad_role")?;
        let iam = place(rule.iam_role(), "kerbrole.iam_role")?;
        Ok(Self { graph, ad, iam, ad_reach: graph.reach(ad), iam_reach: graph.reach(iam) })
    }

    pub(crate) fn contains(&self, role: u32) -> bool {
        self.ad_reach.contains(role) && self.iam_reach.contains(role)
    }

    /// The roles in both, in the order of names.
    pub(crate) fn roles(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.graph.len()).filter(|&role| self.contains(role))
    }

    pub(crate) fn is_in_ad(&self, role: u32) -> bool {
        self.ad_reach.contains(role)
    }

    pub(crate) fn ad_path(&self, role: u32) -> Option<impl Iterator<Item = PathStep<&str>>> {
        self.is_in_ad(role).then(|| self.graph.path(&self.ad_reach, role))
    }

    pub(crate) fn iam_path(&self, role: u32) -> Option<impl Iterator<Item = PathStep<&str>>> {
        self.is_in_iam(role).then(|| self.graph.path(&self.iam_reach, role))
    }

    /// The roles that a role is a direct member of, `rds_ad` excepted, in the order of names.
    pub(crate) fn groups(&self, role: u32) -> impl Iterator<Item = &str> {
        // One membership may stand in several rows, one for each grantor.
        let once = self.graph.memberships_of(role).chunk_by(|a, b| a.role == b.role).map(|same| same[0].role);
        once.filter(|&group| group != self.ad).map(|group| shown(self.graph.name(group)))
    }

    pub(crate) fn is_in_iam(&self, role: u32) -> bool {
        self.iam_reach.contains(role)
    }

    /// The conflict without what ends it.
    pub(crate) fn paths_of(&self, role: u32) -> Conflict {
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
