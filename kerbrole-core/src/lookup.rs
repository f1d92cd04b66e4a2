//! Which role somebody means who names a principal that is there already, and whether it may be
//! changed.

use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::reading::Reading;
use crate::names::error::NameError;
use crate::names::principal::Principal;
use crate::names::role_name::RoleName;
use crate::names::rules::{Canonical, NameRules, UsernameCase};
use crate::roles::role::Role;
use crate::roles::role_set::RoleSet;
use crate::rule::ConflictRule;

/// What somebody typed who names a principal that is there already.
///
/// The exact spelling wins, so that of two roles that differ by case only each can be named; then
/// the spelling by the rule for case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalRef {
    pub(crate) typed: Principal,
    pub(crate) canonical: Principal,
}

impl PrincipalRef {
    /// The name by the rule for case. Every role that can be meant differs from it by case at most.
    pub fn role_name(&self) -> RoleName {
        self.canonical.role_name()
    }

    /// The role that is meant. `roles` holds every role whose name equals, case aside, that of the
    /// principal.
    ///
    /// # Errors
    /// 42704 when there is none.
    pub fn find<'r>(&self, roles: &'r RoleSet) -> Result<&'r Role, Error> {
        let role = self.canonical.role_name();
        let typed = roles.get(self.typed.role_name().as_str());
        typed.or_else(|| roles.get(role.as_str())).ok_or_else(|| Error::PrincipalMissing {
            other: roles.other_spelling(role.as_str()).map(|role| role.name.clone()),
            role,
        })
    }

    /// What has to be read for the roles that can be meant, what they are members of, and the roles
    /// of the rule.
    pub fn reading(&self, rule: &ConflictRule) -> Reading {
        Reading::of_rule(rule).and_groups_of([self.typed.role_name(), self.canonical.role_name()])
    }

    /// The role that is meant, provided that it may be changed. Of the cluster it takes every role
    /// whose name equals, case aside, that of the principal.
    ///
    /// # Errors
    /// 42704 when there is none; 42501 as [`changeable`] says.
    pub fn find_changeable<'r>(&self, cluster: &'r Cluster) -> Result<&'r Role, Error> {
        let role = self.find(&cluster.roles)?;
        changeable(role, &cluster.rule)?;
        Ok(role)
    }
}

impl NameRules {
    /// The principal that somebody means who names one that is there already. Spellings are those
    /// of [`canonicalize`](Self::canonicalize); a realm that new principals may not be of is no
    /// hindrance.
    ///
    /// # Errors
    /// 22023, 42622 and 42939 as for `canonicalize`.
    pub fn meant(&self, username: &str, realm: Option<&str>) -> Result<PrincipalRef, NameError> {
        let (username, realm) = self.split(username, realm)?;
        let folds = self.username_case == UsernameCase::Lower
            || (self.username_case == UsernameCase::Auto && self.caseins_users);
        let spelled = if folds { username.to_lower_case() } else { username.clone() };
        let canonical = Principal::new(spelled, realm.clone())?;
        // A spelling that is reserved in this case and not in the other is none that can be meant.
        let typed = Principal::new(username, realm).unwrap_or_else(|_| canonical.clone());
        Ok(PrincipalRef { typed, canonical })
    }

    /// What each of a list of new principals means.
    ///
    /// # Errors
    /// Those of [`canonicalize`](Self::canonicalize); DETAIL says which element it was.
    pub fn canonicalize_each(
        &self,
        principals: Vec<String>,
    ) -> Result<Vec<(String, Canonical)>, Error> {
        let of = principals.len();
        let one = |(at, typed): (usize, String)| match self.canonicalize(&typed, None) {
            Ok(canonical) => Ok((typed, canonical)),
            Err(error) => Err(Error::from(error).of_element("principals", of, at, Some(&typed))),
        };
        principals.into_iter().enumerate().map(one).collect()
    }

    /// The new name of a principal that is there: as [`canonicalize`](Self::canonicalize), and in
    /// the same realm where none is given.
    ///
    /// # Errors
    /// Those of `canonicalize`.
    pub fn canonicalize_beside(
        &self,
        meant: &PrincipalRef,
        new_username: &str,
        new_realm: Option<&str>,
    ) -> Result<Canonical, NameError> {
        let carries_realm = new_username.contains(['@', '\\']);
        let same_realm = (!carries_realm).then(|| meant.canonical.realm().as_str());
        self.canonicalize(new_username, new_realm.or(same_realm))
    }
}

/// The role of exactly this name, which somebody typed. `roles` holds every role whose name equals
/// it, case aside.
///
/// # Errors
/// 42704 when there is none; the HINT names one that differs by case only.
pub fn existing_role<'r>(roles: &'r RoleSet, name: &str) -> Result<&'r Role, Error> {
    let other = || roles.other_spelling(name).map(|role| role.name.clone());
    roles.get(name).ok_or_else(|| Error::RoleMissing { role: name.into(), other: other() })
}

/// Whether a principal's role may be changed.
///
/// # Errors
/// 42501 when it has an attribute that makes it more than a login, or is itself a role of the rule.
pub fn changeable(role: &Role, rule: &ConflictRule) -> Result<(), Error> {
    let of_rule = [(rule.ad_role(), "kerbrole.ad_role"), (rule.iam_role(), "kerbrole.iam_role")];
    if let Some((_, setting)) = of_rule.into_iter().find(|(name, _)| **name == role.name) {
        return Err(Error::RuleRole { role: role.name.clone(), setting });
    }
    if role.elevated.any() {
        return Err(Error::Elevated { role: role.name.clone(), attributes: role.elevated });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::role::Elevated;

    fn role(name: &str) -> Role {
        Role {
            oid: 1,
            name: RoleName::new(name).unwrap(),
            can_login: true,
            elevated: Elevated::default(),
        }
    }

    #[test]
    fn the_exact_spelling_wins_then_the_rule() {
        let rules = NameRules { caseins_users: true, ..NameRules::default() };
        let find = |typed: &str, there: &[&str]| {
            let roles: RoleSet =
                there.iter().zip(1..).map(|(name, oid)| Role { oid, ..role(name) }).collect();
            let meant = rules.meant(typed, None).unwrap();
            meant
                .find(&roles)
                .map(|role| role.name.to_string())
                .map_err(|e| (e.sqlstate().code(), e.hint().unwrap()))
        };
        assert_eq!(find("Bob@a.b", &["bob@A.B", "Bob@A.B"]), Ok("Bob@A.B".into()));
        assert_eq!(find("Bob@a.b", &["bob@A.B"]), Ok("bob@A.B".into()));
        assert_eq!(find("bob@a.b", &["Bob@A.B"]), Err(("42704", "Did you mean 'Bob@A.B'?".into())));
        let (code, hint) = find("bob@a.b", &["bob@a.b"]).unwrap_err();
        assert_eq!(code, "42704");
        assert!(hint.ends_with(r#"ALTER ROLE "bob@a.b" RENAME TO "bob@A.B";"#), "{hint}");
        assert_eq!(find("bob@a.b", &["bert@A.B"]).unwrap_err().0, "42704");
    }

    #[test]
    fn roles_with_powers_and_roles_of_the_rule_are_left_alone() {
        let name = |text: &str| RoleName::new(text).unwrap();
        let rule = ConflictRule::new(name("ad@A.B"), name("rds_iam")).unwrap();
        assert_eq!(changeable(&role("bob@A.B"), &rule), Ok(()));
        let code = |role: &Role| changeable(role, &rule).unwrap_err().sqlstate().code();
        assert_eq!(code(&role("ad@A.B")), "42501");
        assert_eq!(
            code(&Role {
                elevated: Elevated { createdb: true, ..Elevated::default() },
                ..role("bob@A.B")
            }),
            "42501"
        );
    }
}
