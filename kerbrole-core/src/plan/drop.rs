//! Dropping principals: what goes with a role, what keeps it, and what has to be run.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::lookup::changeable;
use crate::memberships::cluster::Cluster;
use crate::names::role_name::RoleName;
use crate::roles::dependants::{Dependants, GrantMade, Holding};
use crate::roles::role::Role;
use crate::statement::{MembershipOptions, Statement};

/// What becomes of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DropOutcome {
    /// It is gone.
    Dropped,
    /// It cannot log in any more; this is what keeps it, in other databases.
    Disabled(Vec<Holding>),
}

/// What has to be run, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropPlan {
    /// The role.
    pub role: Role,
    /// What is run, in this order.
    pub statements: Vec<Statement>,
    /// What comes of it.
    pub outcome: DropOutcome,
}

impl Dependants {
    fn own(&self, here: bool) -> bool {
        self.holdings.iter().any(|holding| holding.here == here && holding.owned > 0)
    }

    fn anything_here(&self) -> bool {
        self.holdings.iter().any(|holding| holding.here)
    }

    /// Why a role cannot be dropped without asking anybody: it has sessions, or owns something.
    ///
    /// # Errors
    /// 55006, 2BP01.
    pub fn refuse_drop(&self, role: &RoleName) -> Result<(), Error> {
        if self.sessions > 0 {
            return Err(Error::InUse { role: role.clone(), sessions: self.sessions });
        }
        if self.own(true) || self.own(false) {
            let holdings =
                self.holdings.iter().filter(|holding| holding.owned > 0).cloned().collect();
            return Err(Error::Owner { role: role.clone(), holdings });
        }
        Ok(())
    }
}

/// Works out how to drop `role`.
///
/// Nothing that it owns is ever dropped: without an heir owning anything is an error, with one the
/// objects in this database become the heir's. Its privileges end here; what hangs on it in other
/// databases can only be dealt with from there, and until then the role is disabled. Memberships
/// that it granted to others stay, as the bootstrap superuser's: somebody's leaving takes nothing
/// away from those who stay.
///
/// Of the cluster it takes no roles and no memberships: what hangs on the role is in `dependants`.
///
/// # Errors
/// 42501 as [`changeable`] says; 55006 when the role has sessions; 2BP01 when it owns something and
/// there is no heir; 22023 when it is the heir itself.
pub fn plan_drop(
    role: &Role,
    dependants: &Dependants,
    heir: Option<&RoleName>,
    cluster: &Cluster,
) -> Result<DropPlan, Error> {
    changeable(role, &cluster.rule)?;
    if heir == Some(&role.name) {
        return Err(Error::HeirIsTheRole { role: role.name.clone() });
    }
    if dependants.sessions > 0 || heir.is_none() {
        dependants.refuse_drop(&role.name)?;
    }
    let name = || role.name.clone();
    let left: Vec<_> =
        dependants.holdings.iter().filter(|holding| !holding.here).cloned().collect();

    let mut statements = Vec::new();
    if !left.is_empty() && role.can_login {
        statements.push(Statement::ForbidLogin { role: name() });
    }
    if let Some(heir) = heir
        && dependants.own(true)
    {
        statements.push(Statement::ReassignOwned { role: name(), to: heir.clone() });
    }
    for grant in &dependants.foreign_grants {
        statements.push(Statement::RevokeAs {
            grantor: grant.grantor.clone(),
            privileges: grant.privileges.clone(),
            object: grant.object.clone(),
            role: name(),
        });
    }
    if !left.is_empty() {
        if dependants.anything_here() {
            statements.push(Statement::DropOwned { role: name() });
        }
        return Ok(DropPlan {
            role: role.clone(),
            statements,
            outcome: DropOutcome::Disabled(left),
        });
    }
    // Before DROP OWNED, which would end the memberships as well (since 16).
    statements.extend(hand_over(role, &dependants.grants_made, cluster.names_grantors));
    if dependants.anything_here() {
        statements.push(Statement::DropOwned { role: name() });
    }
    statements.push(Statement::DropRole { role: name() });
    Ok(DropPlan { role: role.clone(), statements, outcome: DropOutcome::Dropped })
}

/// Makes the memberships that `role` granted the bootstrap superuser's, who is to run this.
fn hand_over(role: &Role, grants: &[GrantMade], names_grantors: bool) -> Vec<Statement> {
    let mut pairs: BTreeMap<(&RoleName, &RoleName), MembershipOptions> = BTreeMap::new();
    // Where the bootstrap superuser granted the same, its membership takes on the more permissive
    // of each option.
    for grant in grants {
        let options = pairs.entry((&grant.granted, &grant.member)).or_insert(grant.options);
        options.admin |= grant.options.admin;
        options.inherit_and_set = options
            .inherit_and_set
            .zip(grant.options.inherit_and_set)
            .map(|(mine, other)| (mine.0 | other.0, mine.1 | other.1));
    }
    let made_by_role = |granted: &RoleName, member: &RoleName| {
        let is_it = |grant: &GrantMade| grant.granted == *granted && grant.member == *member;
        grants.iter().any(|grant| grant.grantor == role.oid && is_it(grant))
    };
    // What the role itself is a member of, or others of it, goes with it.
    let stays = |&((granted, member), _): &((&RoleName, &RoleName), MembershipOptions)| {
        *granted != role.name && *member != role.name && made_by_role(granted, member)
    };
    pairs
        .into_iter()
        .filter(stays)
        .flat_map(|((granted, member), options)| {
            let grant =
                Statement::GrantWith { granted: granted.clone(), member: member.clone(), options };
            let revoke = Statement::RevokeGrant {
                role: role.name.clone(),
                granted: granted.clone(),
                member: member.clone(),
                name_grantor: names_grantors,
            };
            // Since 16 whoever granted further on the strength of ADMIN must have it from somebody
            // all the time; before, there is one row to replace.
            if names_grantors { [grant, revoke] } else { [revoke, grant] }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::role::Elevated;
    use crate::rule::ConflictRule;

    fn name(text: &str) -> RoleName {
        RoleName::new(text).unwrap()
    }

    fn plan(
        dependants: &Dependants,
        heir: Option<&str>,
        names_grantors: bool,
    ) -> Result<(Vec<String>, DropOutcome), Error> {
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        let role =
            Role { oid: 7, name: name("a@B.C"), can_login: true, elevated: Elevated::default() };
        let heir = heir.map(name);
        let cluster = Cluster::new(rule, names_grantors);
        let plan = plan_drop(&role, dependants, heir.as_ref(), &cluster)?;
        Ok((plan.statements.iter().map(Statement::script).collect(), plan.outcome))
    }

    fn holding(database: &str, here: bool, owned: u32, privileges: u32) -> Holding {
        Holding { database: Some(database.into()), here, owned, privileges }
    }

    fn with(holdings: Vec<Holding>) -> Dependants {
        Dependants { holdings, ..Dependants::default() }
    }

    #[test]
    fn what_is_owned_is_never_dropped() {
        let code = |dependants: &Dependants, heir| {
            plan(dependants, heir, true).unwrap_err().sqlstate().code()
        };
        let owner = with(vec![holding("app", true, 2, 0)]);
        assert_eq!(code(&owner, None), "2BP01");
        assert_eq!(code(&with(vec![holding("other", false, 1, 0)]), None), "2BP01");
        assert_eq!(code(&owner, Some("a@B.C")), "22023");
        assert_eq!(code(&Dependants { sessions: 1, ..Dependants::default() }, Some("x")), "55006");
        assert_eq!(
            plan(&owner, Some("x"), true),
            Ok((
                vec![
                    r#"REASSIGN OWNED BY "a@B.C" TO "x";"#.into(),
                    r#"DROP OWNED BY "a@B.C";"#.into(),
                    r#"DROP ROLE "a@B.C";"#.into()
                ],
                DropOutcome::Dropped
            ))
        );
    }

    #[test]
    fn what_other_databases_hold_leaves_the_role_disabled() {
        let elsewhere = holding("other", false, 0, 1);
        let dependants = with(vec![holding("app", true, 0, 1), elsewhere.clone()]);
        assert_eq!(
            plan(&dependants, None, true),
            Ok((
                vec![r#"ALTER ROLE "a@B.C" NOLOGIN;"#.into(), r#"DROP OWNED BY "a@B.C";"#.into()],
                DropOutcome::Disabled(vec![elsewhere])
            ))
        );
        assert_eq!(plan(&Dependants::default(), None, true).unwrap().0, [r#"DROP ROLE "a@B.C";"#]);
    }

    #[test]
    fn memberships_granted_to_others_stay() {
        let made = |granted: &str, member: &str, grantor, admin, inherit| GrantMade {
            granted: name(granted),
            member: name(member),
            grantor,
            options: MembershipOptions { admin, inherit_and_set: Some((inherit, true)) },
        };
        let grants_made = vec![
            made("g", "bob", 7, true, false),
            made("g", "bob", 10, false, true),
            made("g", "carol", 10, false, true),
            made("a@B.C", "bob", 7, false, true),
        ];
        let dependants = Dependants { grants_made, ..Dependants::default() };
        assert_eq!(
            plan(&dependants, None, true).unwrap().0,
            [
                r#"GRANT "g" TO "bob" WITH ADMIN true, INHERIT true, SET true;"#,
                r#"REVOKE "g" FROM "bob" GRANTED BY "a@B.C";"#,
                r#"DROP ROLE "a@B.C";"#
            ]
        );
        let options = MembershipOptions { admin: true, inherit_and_set: None };
        let grants_made = vec![GrantMade { options, ..made("g", "bob", 7, true, true) }];
        assert_eq!(
            plan(&Dependants { grants_made, ..Dependants::default() }, None, false).unwrap().0[..2],
            [r#"REVOKE "g" FROM "bob";"#, r#"GRANT "g" TO "bob" WITH ADMIN OPTION;"#]
        );
    }
}
