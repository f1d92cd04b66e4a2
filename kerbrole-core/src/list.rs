//! Who has access, and by which way.

use crate::conflict::{Both, ConflictRule};
use crate::error::Error;
use crate::graph::{MembershipGraph, RoleOid};
use crate::names::{KnownRealms, Principal, RoleName};
use crate::role::Role;

/// A role whose name is that of a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPrincipal {
    /// The role's OID.
    pub oid: RoleOid,
    /// The principal; its role is called the same.
    pub principal: Principal,
    /// LOGIN
    pub can_login: bool,
    /// The roles that it is a direct member of, `rds_ad` excepted, in the order of names.
    pub groups: Vec<RoleName>,
    /// A shortest chain of memberships to `rds_ad`, both ends included; `None` where there is none, so that no ticket opens the role.
    pub ad_path: Option<Vec<RoleName>>,
    /// A shortest chain of memberships to `rds_iam`; anything but `None` is a conflict where there is an `ad_path` too.
    pub iam_path: Option<Vec<RoleName>>,
}

/// Every role among `roles` whose name is a principal's, in the order of names. `graph` has all of them, and all that they are members of.
///
/// # Errors
/// 42704 when one of the two roles of the rule is not in the graph.
pub fn list_principals(
    roles: impl IntoIterator<Item = Role>,
    graph: &MembershipGraph,
    rule: &ConflictRule,
) -> Result<Vec<ListedPrincipal>, Error> {
    let both = Both::find(graph, rule)?;
    let mut roles: Vec<_> = roles.into_iter().filter_map(|role| Some((graph.place(role.oid)?, role))).collect();
    // Places are in the order of names.
    roles.sort_unstable_by_key(|(place, _)| *place);
    let mut realms = KnownRealms::new();
    let listed = roles.iter().filter_map(|(place, role)| {
        let (place, principal) = (*place, role.name.principal_of(&mut realms)?);
        let mut groups: Vec<u32> = graph.memberships_of(place).iter().map(|edge| edge.role).collect();
        // One membership may stand in several rows, one for each grantor.
        groups.dedup();
        Some(ListedPrincipal {
            oid: role.oid,
            principal,
            can_login: role.can_login,
            groups: groups
                .into_iter()
                .map(|group| graph.name(group).clone())
                .filter(|name| name != rule.ad_role())
                .collect(),
            ad_path: both.ad_path(place),
            iam_path: both.iam_path(place),
        })
    });
    Ok(listed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Membership;
    use crate::role::Elevated;

    #[test]
    fn principals_are_listed_with_their_ways_and_nobody_else() {
        let names = ["rds_ad", "rds_iam", "team", "bob@X.Y", "app", "alice@X.Y", "bad@x.y", "cloud"];
        let role = |(oid, name): (u32, &str)| Role {
            oid,
            name: RoleName::new(name).unwrap(),
            can_login: name != "bob@X.Y",
            elevated: Elevated::default(),
        };
        let roles: Vec<_> = (1..).zip(names).map(role).collect();
        let oid = |name: &str| roles.iter().find(|r| r.name.as_str() == name).unwrap().oid;
        let edge = |member, role, grantor| Membership {
            role: oid(role),
            member: oid(member),
            grantor,
            admin: false,
            from_creation: false,
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
        let rule = ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap()).unwrap();
        let text = |path: &[RoleName]| path.iter().map(RoleName::as_str).collect::<Vec<_>>().join(">");
        let listed = list_principals(roles.clone(), &graph, &rule).unwrap();
        let rows: Vec<_> = listed
            .iter()
            .map(|p| {
                let [ad, iam] = [&p.ad_path, &p.iam_path].map(|path| path.as_deref().map(text).unwrap_or_default());
                (p.principal.to_string(), p.can_login, text(&p.groups), ad, iam)
            })
            .collect();
        assert_eq!(
            rows,
            [
                (
                    "alice@X.Y".into(),
                    true,
                    "cloud>team".into(),
                    "alice@X.Y>team>rds_ad".into(),
                    "alice@X.Y>cloud>rds_iam".into()
                ),
                ("bob@X.Y".into(), false, String::new(), String::new(), String::new()),
            ]
        );
    }
}
