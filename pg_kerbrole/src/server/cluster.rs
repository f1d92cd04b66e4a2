//! What is read of this cluster for a question or a plan, with the rule as it is set now.

use kerbrole_core::{
    Around, Cluster, ConflictRule, MembershipGraph, Reading, RoleOid, RoleSet, neighbourhood,
};

use crate::server::catalog::{self, Memberships};
use crate::settings::{self, NAMES_GRANTORS};

/// The rule, and nothing read yet.
pub(crate) fn unread() -> Cluster {
    Cluster::new(settings::conflict_rule(), NAMES_GRANTORS)
}

/// What a request needs, `reading` being that by the rule.
pub(crate) fn read(reading: impl FnOnce(&ConflictRule) -> Reading) -> Cluster {
    read_beside(RoleSet::default(), reading)
}

/// What a request needs where some roles were read already, under a lock: those stay as they were
/// read.
pub(crate) fn read_beside(
    mut roles: RoleSet,
    reading: impl FnOnce(&ConflictRule) -> Reading,
) -> Cluster {
    let cluster = unread();
    let reading = reading(&cluster.rule);
    roles.extend_with(catalog::roles_spelled_like(reading.names().map(str::to_string)));
    let graph = graph_around(&reading.around(&roles));
    cluster.with_roles(roles).with_graph(graph)
}

/// The memberships around the roles of a change, and what the roles of the rule that there are are
/// members of.
pub(crate) fn around_change(changed: Vec<RoleOid>) -> Cluster {
    let cluster = unread();
    let groups_of = of_rule(&cluster.rule).into_iter().flatten().collect();
    let graph = graph_around(&Around { members_of: changed, groups_of });
    cluster.with_graph(graph)
}

/// Whether there are the two roles of the rule.
pub(crate) fn has_rule_roles() -> bool {
    of_rule(&settings::conflict_rule()).iter().all(Option::is_some)
}

/// The memberships that conflicts depend on, or all.
pub(crate) fn for_conflicts() -> Cluster {
    let cluster = unread();
    let few = match of_rule(&cluster.rule) {
        [Some(iam), Some(ad)] => catalog::around_conflicts([iam, ad]),
        _ => None,
    };
    let graph = few.unwrap_or_else(|| catalog::logins_and_memberships().1);
    cluster.with_graph(graph)
}

/// All roles and all memberships.
pub(crate) fn whole() -> Cluster {
    let (roles, graph) = catalog::roles_and_memberships();
    unread().with_roles(roles).with_graph(graph)
}

/// The OIDs of the two roles of the rule, `rds_iam` first: mostly it has fewer members.
fn of_rule(rule: &ConflictRule) -> [Option<RoleOid>; 2] {
    [rule.iam_role(), rule.ad_role()].map(|name| catalog::role_oid(name.as_str()))
}

fn graph_around(around: &Around) -> MembershipGraph {
    let Ok(graph) = neighbourhood(&mut Memberships::open(), around);
    graph
}
