//! Renaming principals: somebody married, or the whole domain moved.

use crate::error::Error;
use crate::lookup::{PrincipalRef, changeable};
use crate::memberships::cluster::Cluster;
use crate::names::case::equal_ignoring_case;
use crate::names::principal::Principal;
use crate::names::realm::Realm;
use crate::names::role_name::RoleName;
use crate::names::rules::Canonical;
use crate::roles::role::Role;
use crate::roles::role_set::RoleSet;
use crate::statement::Statement;

/// What has to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamePlan {
    /// The role, with the name that it has now.
    pub role: Role,
    /// The name that it is to have.
    pub to: RoleName,
    /// What is run; nothing where the name is the same.
    pub statement: Option<Statement>,
}

/// Works out how to give a principal's role another name. Its OID, and with it everything that it
/// owns and was granted, stays.
///
/// Of the cluster it takes every role whose name equals, case aside, the old or the new one, and no
/// memberships; `sessions` counts those of a role.
///
/// # Errors
/// 42704 and 42501 as [`PrincipalRef::find_changeable`] says; 42710 when the new name is taken, or
/// differs from another role's by case only; 55006 when the role has sessions.
pub fn plan_rename(
    meant: &PrincipalRef,
    new: &Canonical,
    cluster: &Cluster,
    sessions: impl FnOnce(&Role) -> u32,
) -> Result<RenamePlan, Error> {
    let role = meant.find_changeable(cluster)?;
    let to = new.role_name();
    if to == role.name {
        return Ok(RenamePlan { role: role.clone(), to, statement: None });
    }
    refuse(role, &to, &cluster.roles, sessions(role))?;
    let statement = Some(Statement::Rename { role: role.name.clone(), to: to.clone() });
    Ok(RenamePlan { role: role.clone(), to, statement })
}

/// Why a role cannot have this name, or cannot be renamed now.
fn refuse(role: &Role, to: &RoleName, roles: &RoleSet, sessions: u32) -> Result<(), Error> {
    if roles.get(to.as_str()).is_some() {
        return Err(Error::NameTaken { role: to.clone() });
    }
    if let Some(other) = roles.other_spellings(to.as_str()).find(|other| other.oid != role.oid) {
        return Err(Error::CaseCollision {
            role: to.clone(),
            other: other.name.clone(),
            both_new: false,
        });
    }
    if sessions > 0 {
        return Err(Error::InUse { role: role.name.clone(), sessions });
    }
    Ok(())
}

/// One principal of a domain that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealmRename {
    /// The role, with the name that it has now.
    pub role: Role,
    /// The name that it is to have; longer than a role's name can be where that is the problem.
    pub new_name: String,
    /// What is in the way.
    pub problem: Option<Error>,
}

impl RealmRename {
    /// What is in the way, as results show it: the message, and DETAIL where there is one.
    pub fn problem_in_words(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        Some(match problem.detail() {
            Some(detail) => format!("{problem}. {detail}"),
            None => problem.to_string(),
        })
    }

    /// What is run. Nothing where there is a problem.
    pub fn statement(&self) -> Option<Statement> {
        let to = RoleName::new(self.new_name.as_str()).ok()?;
        self.problem.is_none().then(|| Statement::Rename { role: self.role.name.clone(), to })
    }
}

/// Works out how every principal of one realm becomes one of another, in the order of names, with
/// what is in the way of each.
///
/// Of the cluster it takes all roles, and no memberships; `sessions` counts those of a role.
///
/// # Errors
/// 22023 when the two realms are one.
pub fn plan_rename_realm(
    old: &Realm,
    new: &Realm,
    cluster: &Cluster,
    mut sessions: impl FnMut(&Role) -> u32,
) -> Result<Vec<RealmRename>, Error> {
    if old == new {
        return Err(Error::SameRealm { realm: old.clone() });
    }
    let mut moves: Vec<_> = cluster
        .roles
        .iter()
        .filter_map(|role| {
            let principal = role.name.principal()?;
            (principal.realm() == old)
                .then(|| one_move(role, &principal, new, cluster, &mut sessions))
        })
        .collect();
    moves.sort_unstable_by(|a, b| a.role.name.cmp(&b.role.name));
    // Two of them that would differ by case only do so now: that is no reason not to move them. Any
    // other role is.
    Ok(moves)
}

fn one_move(
    role: &Role,
    principal: &Principal,
    new: &Realm,
    cluster: &Cluster,
    sessions: &mut impl FnMut(&Role) -> u32,
) -> RealmRename {
    let new_name = format!("{}@{new}", principal.username());
    let problem = changeable(role, &cluster.rule)
        .and_then(|()| Ok(Principal::new(principal.username().clone(), new.clone())?))
        .and_then(|to| refuse(role, &to.role_name(), &cluster.roles, sessions(role)))
        .err();
    debug_assert!(!equal_ignoring_case(&new_name, role.name.as_str()));
    RealmRename { role: role.clone(), new_name, problem }
}

/// The error that refuses the whole when something is in the way of one.
pub fn refuse_moves(moves: &[RealmRename]) -> Result<(), Error> {
    let mut problems = moves.iter().filter_map(|m| m.problem.as_ref());
    let Some(first) = problems.next() else { return Ok(()) };
    Err(Error::RenameRealm { first: Box::new(first.clone()), others: problems.count() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::rules::NameRules;
    use crate::roles::role::Elevated;
    use crate::rule::ConflictRule;

    fn role(oid: u32, name: &str) -> Role {
        Role {
            oid,
            name: RoleName::new(name).unwrap(),
            can_login: true,
            elevated: Elevated::default(),
        }
    }

    fn cluster(roles: impl Into<RoleSet>) -> Cluster {
        let name = |text: &str| RoleName::new(text).unwrap();
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        Cluster::new(rule, true).with_roles(roles)
    }

    fn rename(
        there: &[&str],
        from: &str,
        to: &str,
        sessions: u32,
    ) -> Result<Option<String>, &'static str> {
        let roles: RoleSet = there.iter().zip(1..).map(|(name, oid)| role(oid, name)).collect();
        let cluster = cluster(roles);
        let rules = NameRules::default();
        let meant = rules.meant(from, None).unwrap();
        let new = rules.canonicalize(to, None).unwrap();
        let plan = plan_rename(&meant, &new, &cluster, |_| sessions);
        let plan = plan.map_err(|e| e.sqlstate().code())?;
        Ok(plan.statement.map(|statement| statement.to_string()))
    }

    #[test]
    fn a_new_name_is_free_or_the_same_in_another_case() {
        assert_eq!(
            rename(&["bob@A.B"], "bob@a.b", "rob@a.b", 0),
            Ok(Some(r#"ALTER ROLE "bob@A.B" RENAME TO "rob@A.B""#.into()))
        );
        assert!(
            rename(&["Bob@A.B"], "Bob@a.b", "bob@a.b", 0).unwrap().is_some(),
            "its own name in another case"
        );
        assert_eq!(rename(&["bob@A.B"], "bob@a.b", "bob@a.b", 1), Ok(None));
        assert_eq!(rename(&["bob@A.B", "rob@A.B"], "bob@a.b", "rob@a.b", 0), Err("42710"));
        assert_eq!(rename(&["bob@A.B", "Rob@A.B"], "bob@a.b", "rob@a.b", 0), Err("42710"));
        assert_eq!(rename(&["bob@A.B"], "bob@a.b", "rob@a.b", 1), Err("55006"));
        assert_eq!(rename(&[], "bob@a.b", "rob@a.b", 0), Err("42704"));
    }

    #[test]
    fn a_realm_moves_with_all_its_principals_or_says_why_not() {
        let realm = |text: &str| Realm::parse(text).unwrap();
        let long = "x".repeat(20);
        let mut all: Vec<_> =
            ["bob@OLD.B", "ann@OLD.B", "cyd@OLD.B", "Cyd@NEW.C", "dan@OTHER.B", "bob@old.b", "app"]
                .iter()
                .zip(1..)
                .map(|(name, oid)| role(oid, name))
                .collect();
        let rows = |all: &[Role], new: &str| {
            let sessions = |role: &Role| u32::from(role.name.as_str() == "ann@OLD.B");
            let cluster = cluster(all.to_vec());
            let moves = plan_rename_realm(&realm("OLD.B"), &realm(new), &cluster, sessions);
            let moves = moves.unwrap();
            let code = |m: &RealmRename| m.problem.as_ref().map(|e| e.sqlstate().code());
            (
                moves
                    .iter()
                    .map(|m| (m.role.name.to_string(), m.new_name.clone(), code(m)))
                    .collect::<Vec<_>>(),
                moves,
            )
        };
        let (seen, moves) = rows(&all, "NEW.C");
        assert_eq!(
            seen,
            [
                ("ann@OLD.B".into(), "ann@NEW.C".into(), Some("55006")),
                ("bob@OLD.B".into(), "bob@NEW.C".into(), None),
                ("cyd@OLD.B".into(), "cyd@NEW.C".into(), Some("42710")),
            ]
        );
        let error = refuse_moves(&moves).unwrap_err();
        assert_eq!(error.sqlstate().code(), "55006");
        assert!(error.detail().unwrap().contains("1 principal more"), "{error:?}");
        all.push(role(99, &format!("{long}@OLD.B")));
        let (seen, _) = rows(&all, &format!("{}.C", "N".repeat(50)));
        assert_eq!(seen.last().unwrap().2, Some("42622"));
        let same = plan_rename_realm(&realm("A.B"), &realm("a.b"), &cluster(all), |_| 0);
        assert_eq!(same.unwrap_err().sqlstate().code(), "22023");
    }
}
