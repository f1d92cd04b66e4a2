//! The graph of kerbrole-core beside the definition.

use std::collections::{BTreeMap, HashSet};

use kerbrole_core::{
    Cluster, Conflict, ConflictRule, Membership, MembershipGraph, PathStep, Revoke, RoleName,
    RoleOid,
};

use super::naive::{self, Edge};
use super::{GRAPHS, Graph};

/// What a part of the graphs came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compared {
    /// How many graphs.
    pub graphs: u64,
    /// How many roles in both they have together.
    pub in_both: u64,
    /// How many paths were gone along.
    pub paths: u64,
    /// How many GRANTs were tried beforehand.
    pub previews: u64,
    /// How many fixes were carried out.
    pub fixes: u64,
}

/// Compares the first `graphs`.
///
/// # Errors
/// The number of a graph of which the two disagree, and in what.
pub fn compare(graphs: u64) -> Result<Compared, String> {
    let mut all = Compared { graphs, ..Compared::default() };
    for number in 0..graphs.min(GRAPHS) {
        one(&Graph::numbered(number), &mut all)
            .map_err(|what| format!("graph {number}: {what}"))?;
    }
    Ok(all)
}

fn oid(role: usize) -> RoleOid {
    // No graph has as many roles as an OID has values.
    role as RoleOid + 16_384
}

fn cluster(graph: &Graph, edges: &[Edge], names_grantors: bool) -> Result<Cluster, String> {
    let name = |text: &str| RoleName::new(text).map_err(|error| error.to_string());
    let rule = ConflictRule::new(name("rds_ad")?, name("rds_iam")?).map_err(|e| e.to_string())?;
    let memberships = edges.iter().map(|&(member, role)| Membership {
        role: oid(role),
        member: oid(member),
        grantor: Some(oid(0)),
        admin: false,
        from_creation: false,
    });
    let names = graph.names.iter().enumerate().map(|(role, name)| (oid(role), name));
    let graph = MembershipGraph::new(names, memberships);
    Ok(Cluster::new(rule, names_grantors).with_graph(graph))
}

fn one(graph: &Graph, all: &mut Compared) -> Result<(), String> {
    let roles = graph.names.len();
    let cluster = cluster(graph, &graph.edges, all.previews.is_multiple_of(2))?;
    let conflicts = cluster.conflicts().map_err(|error| error.to_string())?;
    let should = naive::in_both(roles, &graph.edges);
    same("conflicts", &lengths(graph, &graph.edges, &conflicts)?, &should)?;
    let oids: HashSet<_> = should.keys().map(|&role| oid(role)).collect();
    let found = cluster.conflicting_roles().map_err(|error| error.to_string())?;
    same("roles in both", &found, &oids)?;
    for conflict in &conflicts {
        all.paths += 2;
        all.fixes += 1;
        let left = without(graph, &conflict.fix)?;
        let role = graph.role(conflict.role.as_str()).unwrap_or_default();
        if naive::in_both(roles, &left).contains_key(&role) {
            return Err(format!("{:?} does not end {conflict:?}", conflict.fix));
        }
        // Somebody with a realm in the name logs in with a ticket, and goes on to, unless the only
        // way into rds_ad leads through rds_iam.
        let no_iam: Vec<Edge> = graph.edges.iter().copied().filter(|edge| edge.0 != 1).collect();
        let could = naive::below(roles, &no_iam, 0)[role].is_some();
        let keeps = naive::below(roles, &left, 0)[role].is_some();
        if conflict.role.as_str().contains('@') && could && !keeps {
            return Err(format!("{:?} shuts {} out", conflict.fix, conflict.role));
        }
    }
    for &(member, role) in &graph.previews {
        all.previews += 1;
        let previewed = cluster.preview_grant(oid(role), oid(member)).map_err(|e| e.to_string())?;
        let edges = [&graph.edges[..], &[(member, role)]].concat();
        let should = naive::added(roles, &graph.edges, (member, role));
        same("preview", &lengths(graph, &edges, &previewed)?, &should)?;
        let refused = cluster.refuse_grant(oid(role), oid(member)).is_err();
        same("refusal", &refused, &!should.is_empty())?;
    }
    all.in_both += should.len() as u64;
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, should: &T) -> Result<(), String> {
    if found == should {
        return Ok(());
    }
    Err(format!("{what}: {found:?}, and not {should:?}"))
}

/// How far it is for each, along paths of which every step is a membership.
fn lengths(
    graph: &Graph,
    edges: &[Edge],
    conflicts: &[Conflict],
) -> Result<BTreeMap<usize, (usize, usize)>, String> {
    let length = |conflict: &Conflict, path: &[PathStep], end: usize| {
        let roles: Option<Vec<usize>> =
            path.iter().map(|step| graph.role(step.role()?.as_str())).collect();
        let roles = roles.ok_or_else(|| format!("{path:?} names a role that is not there"))?;
        let begins = graph.role(conflict.role.as_str());
        let steps = roles.windows(2).all(|step| edges.contains(&(step[0], step[1])));
        if !steps || roles.first().copied() != begins || roles.last() != Some(&end) {
            return Err(format!("{path:?} is no way"));
        }
        Ok(roles.len() - 1)
    };
    let each = conflicts.iter().map(|conflict| {
        let role = graph.role(conflict.role.as_str()).ok_or("a role that is not there")?;
        let ad = length(conflict, &conflict.ad_path, 0)?;
        Ok((role, (ad, length(conflict, &conflict.iam_path, 1)?)))
    });
    each.collect()
}

/// What is left when a fix has been carried out, each of which revokes what is there.
fn without(graph: &Graph, fix: &[Revoke]) -> Result<Vec<Edge>, String> {
    let mut left = graph.edges.clone();
    for revoke in fix {
        let ends = [&revoke.member, &revoke.role].map(|name| graph.role(name.as_str()));
        let at = left.iter().position(|&(member, role)| ends == [Some(member), Some(role)]);
        left.remove(at.ok_or_else(|| format!("{revoke:?} revokes what is not there"))?);
    }
    Ok(left)
}
