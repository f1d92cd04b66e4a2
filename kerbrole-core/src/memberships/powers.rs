//! What a principal's groups make of it, for those who could give its role to somebody else.
//!
//! Whoever renames a role decides whose ticket opens it, and whoever enables one opens it again.
//! That must not amount to more than the caller could grant: a member of a superuser's role becomes
//! it by SET ROLE.

use std::collections::{HashMap, VecDeque};

use crate::error::Error;
use crate::memberships::neighbourhood::MembershipCatalog;
use crate::oid::RoleOid;
use crate::roles::path::{HEAD, PathStep, TAIL};
use crate::roles::power::Power;
use crate::roles::role::{Elevated, Role};
use crate::rule::ConflictRule;

/// A server that can be asked about groups, for one caller.
pub trait Groups: MembershipCatalog {
    /// The attributes of a role.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn attributes(&mut self, role: RoleOid) -> Result<Elevated, Self::Error>;

    /// Whether the caller may grant a role to others: ADMIN on it through any chain, up to
    /// PostgreSQL 15 also CREATEROLE.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn may_grant(&mut self, role: RoleOid) -> Result<bool, Self::Error>;
}

/// Looks for what a principal could do through its groups and the caller, who is no superuser,
/// could not give it.
///
/// `rds_ad` does not count, nor what is above it: whoever may add principals gives that to all of
/// them. `rds_iam` by itself is a way to log in and no power. What is above a group that the caller
/// may grant counts for its attributes only, since the caller could grant the rest with it.
///
/// The inner result is 42501, with the chain of memberships in its DETAIL.
///
/// # Errors
/// As the catalogue has them.
pub fn refuse_powers<G: Groups>(
    role: &Role,
    rule: &ConflictRule,
    groups: &mut G,
) -> Result<Result<(), Error>, G::Error> {
    // Each role at most twice: reached through a group that the caller may grant, and otherwise.
    type Step = (RoleOid, bool);
    let start: Step = (role.oid, false);
    let mut came_from: HashMap<Step, Step> = HashMap::from([(start, start)]);
    let mut to_visit = VecDeque::from([start]);
    while let Some(here @ (member, covered)) = to_visit.pop_front() {
        for membership in groups.memberships_of(member)? {
            let group = membership.role;
            let mut there = (group, covered);
            if came_from.contains_key(&(group, false)) || came_from.contains_key(&there) {
                continue;
            }
            let Some(name) = groups.name(group)? else { continue };
            if name == *rule.ad_role() {
                continue;
            }
            let may_grant = covered || groups.may_grant(group)?;
            let attributes = groups.attributes(group)?;
            let power = if attributes.any() {
                Some(Power::Attributes(attributes))
            } else if name.as_str().starts_with("pg_") {
                Some(Power::Predefined)
            } else if !may_grant && name != *rule.iam_role() {
                Some(Power::NotGrantable)
            } else {
                None
            };
            there.1 = may_grant;
            came_from.entry(there).or_insert(here);
            let Some(power) = power else {
                to_visit.push_back(there);
                continue;
            };
            let mut way = Vec::new();
            let mut at = there;
            while at != start {
                way.push(at.0);
                at = came_from[&at];
            }
            let path = shown(role, way, groups)?;
            return Ok(Err(Error::Powers { role: role.name.clone(), group: name, path, power }));
        }
    }
    Ok(Ok(()))
}

/// The names on a way from a role up, of which the first group comes last; the middle of a long one
/// is left out, as that of every path is.
fn shown<G: Groups>(
    role: &Role,
    mut way: Vec<RoleOid>,
    groups: &mut G,
) -> Result<Vec<PathStep>, G::Error> {
    way.reverse();
    let tail = TAIL as usize + 1;
    let is_long = way.len() + 1 > HEAD + 1 + tail;
    let (head, rest) = way.split_at(if is_long { HEAD - 1 } else { way.len() });
    let (left_out, tail) = rest.split_at(if is_long { rest.len() - tail } else { 0 });
    let mut path = vec![PathStep::Role(role.name.clone())];
    for &group in head {
        path.extend(groups.name(group)?.map(PathStep::Role));
    }
    if is_long {
        path.push(PathStep::LeftOut(u32::try_from(left_out.len()).unwrap_or(u32::MAX)));
    }
    for &group in tail {
        path.extend(groups.name(group)?.map(PathStep::Role));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::memberships::graph::Membership;
    use crate::names::role_name::RoleName;

    struct Cluster {
        memberships: Vec<(u32, u32)>,
        grantable: Vec<u32>,
    }

    const ADMINS: RoleOid = 5;

    const NAMES: [&str; 9] = [
        "",
        "dba@A.B",
        "rds_ad",
        "rds_iam",
        "team",
        "admins",
        "pg_read_all_data",
        "office",
        "company",
    ];

    impl MembershipCatalog for Cluster {
        type Error = Infallible;

        fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
            Ok(match NAMES.get(role as usize) {
                Some(name) => RoleName::new(name).ok(),
                None => RoleName::new(format!("g{role}")).ok(),
            })
        }

        fn memberships_of(&mut self, of: RoleOid) -> Result<Vec<Membership>, Infallible> {
            let membership = |&(member, role): &(u32, u32)| Membership::to_be(member, role);
            Ok(self.memberships.iter().map(membership).filter(|m| m.member == of).collect())
        }

        fn members_of(&mut self, _: RoleOid) -> Result<Vec<Membership>, Infallible> {
            Ok(Vec::new())
        }
    }

    impl Groups for Cluster {
        fn attributes(&mut self, role: RoleOid) -> Result<Elevated, Infallible> {
            Ok(Elevated { superuser: role == ADMINS, ..Elevated::default() })
        }

        fn may_grant(&mut self, role: RoleOid) -> Result<bool, Infallible> {
            Ok(self.grantable.contains(&role))
        }
    }

    fn refused(memberships: &[(u32, u32)], grantable: &[u32]) -> Option<(Power, Vec<String>)> {
        let name = |text: &str| RoleName::new(text).unwrap();
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        let role =
            Role { oid: 1, name: name("dba@A.B"), can_login: true, elevated: Elevated::default() };
        let mut cluster =
            Cluster { memberships: memberships.to_vec(), grantable: grantable.to_vec() };
        let Ok(result) = refuse_powers(&role, &rule, &mut cluster);
        match result {
            Ok(()) => None,
            Err(Error::Powers { path, power, .. }) => {
                Some((power, path.iter().map(ToString::to_string).collect()))
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_the_caller_could_not_give_is_refused_with_its_chain() {
        let superuser = Power::Attributes(Elevated { superuser: true, ..Elevated::default() });
        assert_eq!(refused(&[(1, 2)], &[]), None, "rds_ad is for everybody");
        assert_eq!(refused(&[(1, 2), (2, 5)], &[]), None, "and what is above it");
        assert_eq!(refused(&[(1, 3)], &[]), None, "rds_iam is no power");
        assert_eq!(refused(&[(1, 4)], &[4]), None);
        assert_eq!(
            refused(&[(1, 4)], &[]).unwrap(),
            (Power::NotGrantable, vec!["dba@A.B".into(), "team".into()])
        );
        assert_eq!(
            refused(&[(1, 4), (4, 5)], &[4]).unwrap(),
            (superuser, vec!["dba@A.B".into(), "team".into(), "admins".into()])
        );
        assert_eq!(refused(&[(1, 3), (3, 6)], &[]).unwrap().0, Power::Predefined);
        assert_eq!(
            refused(&[(1, 4), (4, 7)], &[4]),
            None,
            "whoever may grant team may give office with it"
        );
        assert_eq!(
            refused(&[(1, 4), (4, 8), (1, 3), (3, 7), (7, 8)], &[4, 7]),
            None,
            "reached both ways, and each time through a group that may be granted"
        );
        assert_eq!(
            refused(&[(1, 4), (4, 8), (1, 3), (3, 8)], &[4]).unwrap().0,
            Power::NotGrantable
        );
        assert_eq!(refused(&[(1, 4), (4, 7), (7, 4)], &[4]), None, "a circle ends");
    }

    #[test]
    fn of_a_long_chain_the_middle_is_counted() {
        // dba@A.B, g100, g101 ... admins: so many roles, all of which the caller may grant.
        let chain = |roles: u32| {
            let between: Vec<u32> = (100..100 + roles - 2).collect();
            let ways: Vec<u32> = [&[1], between.as_slice(), &[ADMINS]].concat();
            let memberships: Vec<_> = ways.windows(2).map(|step| (step[0], step[1])).collect();
            refused(&memberships, &between).unwrap().1
        };
        let names = |numbers: std::ops::Range<u32>| numbers.map(|number| format!("g{number}"));
        for roles in [3, 49, 50] {
            let whole: Vec<_> = std::iter::once("dba@A.B".into())
                .chain(names(100..100 + roles - 2))
                .chain(["admins".into()])
                .collect();
            assert_eq!(chain(roles), whole, "{roles} are shown whole");
        }
        for (roles, left_out) in [(51, 2), (80, 31)] {
            let shown = chain(roles);
            assert_eq!(shown.len(), 50, "25, what stands for the rest, and 24");
            assert_eq!((&*shown[0], &*shown[1], &*shown[24]), ("dba@A.B", "g100", "g123"));
            assert_eq!(shown[25], format!("... {left_out} more ..."));
            // 25 roles and those left out stand before the next; the first is no group.
            assert_eq!(shown[26], format!("g{}", 100 + 25 + left_out - 1));
            assert_eq!(shown[49], "admins");
        }
    }
}
