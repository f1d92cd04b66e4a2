//! What was read of a cluster, for a question to be answered or a plan to be made.

use crate::memberships::graph::MembershipGraph;
use crate::roles::role_set::RoleSet;
use crate::rule::ConflictRule;

/// What is: the roles and memberships of a cluster, as far as they were read, and the rule that
/// holds in it.
///
/// What has to be read for a request is what its [`Reading`](crate::Reading) says; a plan says
/// where it needs less.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Roles, found by their names.
    pub roles: RoleSet,
    /// Who is a member of what.
    pub graph: MembershipGraph,
    /// The two roles that exclude each other.
    pub rule: ConflictRule,
    /// Whether a membership has a row for each of its grantors, so that a REVOKE has to name one:
    /// from PostgreSQL 16 on.
    pub names_grantors: bool,
}

impl Cluster {
    /// One of which nothing is read yet.
    pub fn new(rule: ConflictRule, names_grantors: bool) -> Self {
        Self { roles: RoleSet::default(), graph: MembershipGraph::default(), rule, names_grantors }
    }

    /// This cluster with other roles read.
    #[must_use]
    pub fn with_roles(self, roles: impl Into<RoleSet>) -> Self {
        Self { roles: roles.into(), ..self }
    }

    /// This cluster with other memberships read.
    #[must_use]
    pub fn with_graph(self, graph: MembershipGraph) -> Self {
        Self { graph, ..self }
    }
}
