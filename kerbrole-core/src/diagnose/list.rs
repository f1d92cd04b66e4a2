//! Who has access, and by which way.

use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::node::Node;
use crate::memberships::reach::RuleReach;
use crate::names::principal::{KnownRealms, principal_parts, unwritable_principal_parts};
use crate::names::role_name::shown;
use crate::oid::RoleOid;
use crate::roles::path::PathStep;

/// A role whose name is that of a principal.
pub struct ListedPrincipal<'l> {
    /// The role's OID.
    pub oid: RoleOid,
    /// The role's name; what can be shown of it, where it cannot be written.
    pub role_name: &'l str,
    /// The part before the `@`.
    pub username: &'l str,
    /// The part after it.
    pub realm: &'l str,
    /// LOGIN
    pub can_login: bool,
    both: &'l RuleReach<'l>,
    node: Node,
}

impl<'l> ListedPrincipal<'l> {
    /// The roles that it is a direct member of, `rds_ad` excepted, in the order of names.
    pub fn groups(&self) -> impl Iterator<Item = &'l str> + use<'l> {
        self.both.groups(self.node)
    }

    /// A shortest chain of memberships to `rds_ad`, both ends included; `None` where there is none,
    /// so that no ticket opens the role.
    pub fn ad_path(&self) -> Option<impl Iterator<Item = PathStep<&'l str>> + use<'l>> {
        self.both.ad_path(self.node)
    }

    /// A shortest chain of memberships to `rds_iam`; anything but `None` is a conflict where there
    /// is an `ad_path` too.
    pub fn iam_path(&self) -> Option<impl Iterator<Item = PathStep<&'l str>> + use<'l>> {
        self.both.iam_path(self.node)
    }
}

/// Calls `each` with every role among `roles` whose name is a principal's, by realm, and within one
/// by username, in the order of their bytes.
///
/// `roles` are OIDs, and whether they may log in. Of the cluster it takes the memberships: those of
/// all of them, and of all that they are members of.
///
/// # Errors
/// 42704 when one of the two roles of the rule was not read.
pub fn list_principals(
    roles: impl IntoIterator<Item = (RoleOid, bool)>,
    cluster: &Cluster,
    each: impl FnMut(&ListedPrincipal<'_>),
) -> Result<(), Error> {
    let graph = &cluster.graph;
    let both = &RuleReach::find(cluster)?;
    let mut logins = vec![None; graph.len()];
    for (oid, can_login) in roles {
        if let Some(node) = graph.node(oid) {
            logins[node.index()] = Some(can_login);
        }
    }
    let mut realms = KnownRealms::default();
    let mut found = Vec::new();
    for (node, can_login) in graph.roles().zip(logins) {
        let (Some(can_login), name) = (can_login, graph.name(node)) else { continue };
        let parts = principal_parts(name, &mut realms).or_else(|| unwritable_principal_parts(name));
        if let Some((username, realm)) = parts {
            let (oid, role_name) = (graph.oid(node), shown(name));
            found.push(ListedPrincipal { oid, role_name, username, realm, can_login, both, node });
        }
    }
    // Those of one realm are in order already, as the graph has them: little is left to do.
    found.sort_by_key(|principal| (principal.realm, principal.username));
    found.iter().for_each(each);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memberships::graph::{Membership, MembershipGraph};
    use crate::names::role_name::RoleName;
    use crate::roles::role::{Elevated, Role};
    use crate::rule::ConflictRule;

    #[test]
    fn they_are_in_the_order_of_realms_then_of_usernames_by_their_bytes() {
        let names = ["rds_ad", "rds_iam", "b@Z.Z", "a-c@A.A", "a@Z.Z", "a@A.A", "B@A.A", "é@A.A"];
        let name = |text: &str| RoleName::new(text).unwrap();
        let graph = MembershipGraph::new((1..).zip(names.map(name)), []);
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        let mut listed = Vec::new();
        let cluster = Cluster::new(rule, false).with_graph(graph);
        list_principals((1..=8).map(|oid| (oid, true)), &cluster, |p| {
            listed.push(p.role_name.to_string());
        })
        .unwrap();
        assert_eq!(listed, ["B@A.A", "a@A.A", "a-c@A.A", "é@A.A", "a@Z.Z", "b@Z.Z"]);
    }

    #[test]
    fn principals_are_listed_with_their_ways_and_nobody_else() {
        let names =
            ["rds_ad", "rds_iam", "team", "bob@X.Y", "app", "alice@X.Y", "bad@x.y", "cloud"];
        let role = |(oid, name): (u32, &str)| Role {
            oid,
            name: RoleName::new(name).unwrap(),
            can_login: name != "bob@X.Y",
            elevated: Elevated::default(),
        };
        let roles: Vec<_> = (1..).zip(names).map(role).collect();
        let oid = |name: &str| roles.iter().find(|r| r.name.as_str() == name).unwrap().oid;
        let edge = |member, role, grantor| Membership {
            grantor: Some(grantor),
            ..Membership::to_be(oid(member), oid(role))
        };
        let graph = MembershipGraph::new(
            roles.iter().map(|r| (r.oid, r.name.clone())),
            [
                edge("alice@X.Y", "team", 1),
                edge("alice@X.Y", "team", 2),
                edge("team", "rds_ad", 1),
                edge("alice@X.Y", "cloud", 1),
                edge("cloud", "rds_iam", 1),
                edge("app", "rds_ad", 1),
            ],
        );
        let rule =
            ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap())
                .unwrap();
        fn text<'p>(path: impl Iterator<Item = PathStep<&'p str>>) -> String {
            path.map(|step| step.to_string()).collect::<Vec<_>>().join(">")
        }
        let mut rows = Vec::new();
        let cluster = Cluster::new(rule, false).with_graph(graph);
        list_principals(roles.iter().map(|r| (r.oid, r.can_login)), &cluster, |p| {
            let (ad, iam) = (
                p.ad_path().map(text).unwrap_or_default(),
                p.iam_path().map(text).unwrap_or_default(),
            );
            let name = (p.role_name.to_string(), p.username.to_string(), p.realm.to_string());
            rows.push((name, p.can_login, p.groups().collect::<Vec<_>>().join(">"), ad, iam));
        })
        .unwrap();
        let name =
            |username: &str| (format!("{username}@X.Y"), username.to_string(), "X.Y".to_string());
        assert_eq!(
            rows,
            [
                (
                    name("alice"),
                    true,
                    "cloud>team".into(),
                    "alice@X.Y>team>rds_ad".into(),
                    "alice@X.Y>cloud>rds_iam".into()
                ),
                (name("bob"), false, String::new(), String::new(), String::new()),
            ]
        );
    }
}
