//! Letting principals log in, or not.
//!
//! NOLOGIN is the only thing that ends a Kerberos login: the server looks at passwords and VALID UNTIL on the password path only
//! (src/backend/libpq/crypt.c).

use crate::error::{Error, Warning};
use crate::lookup::PrincipalRef;
use crate::memberships::graph::MembershipGraph;
use crate::memberships::reach::RuleReach;
use crate::names::rules::NameRules;
use crate::roles::role::{Role, RoleSet};
use crate::rule::ConflictRule;
use crate::statement::Statement;

/// What has to be run, and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginPlan {
    /// The role.
    pub role: Role,
    /// What is run; empty where the role is as wanted already.
    pub statements: Vec<Statement>,
    /// What is no error, and still keeps a ticket from opening the role.
    pub warnings: Vec<Warning>,
}

/// Works out how to keep a principal from logging in.
///
/// # Errors
/// 42704 when there is no such principal; 42501 when its role may not be changed.
pub fn plan_disable(meant: &PrincipalRef, roles: &RoleSet, rule: &ConflictRule) -> Result<LoginPlan, Error> {
    let role = meant.find_changeable(roles, rule)?;
    let statements = if role.can_login { vec![Statement::ForbidLogin { role: role.name.clone() }] } else { Vec::new() };
    Ok(LoginPlan { role: role.clone(), statements, warnings: Vec::new() })
}

/// Works out how to let a principal log in again. `graph` has the role, all that it is a member of, and the roles of the rule.
///
/// Memberships stay as they are: a principal that lost `rds_ad`, or came to be in `rds_iam` as well, is enabled with a warning.
///
/// # Errors
/// 42704 and 42501 as for [`plan_disable`]; 22023 when principals may not be of its realm; 42710 when a role that differs by case only can log
/// in: one ticket would open both with `krb_caseins_users` on.
pub fn plan_enable(
    meant: &PrincipalRef,
    roles: &RoleSet,
    graph: &MembershipGraph,
    names: &NameRules,
    rule: &ConflictRule,
    name_grantors: bool,
) -> Result<LoginPlan, Error> {
    let role = meant.find_changeable(roles, rule)?;
    let mut plan = LoginPlan { role: role.clone(), statements: Vec::new(), warnings: Vec::new() };
    if !role.can_login {
        names.allow(meant.canonical.realm())?;
        if let Some(other) = roles.other_spellings(role.name.as_str()).find(|other| other.can_login) {
            return Err(Error::CaseCollisionOnEnable { role: role.name.clone(), other: other.name.clone() });
        }
        plan.statements.push(Statement::AllowLogin { role: role.name.clone() });
    }
    let both = RuleReach::find(graph, rule)?;
    let place = graph.place(role.oid);
    if !place.is_some_and(|place| both.is_in_ad(place)) {
        plan.warnings.push(Warning::NotInAd { role: role.name.clone(), ad_role: rule.ad_role().clone() });
    } else if let Some(conflict) = place.and_then(|place| both.conflict_of(place, name_grantors)) {
        plan.warnings.push(Warning::ConflictMade {
            conflict: Box::new(conflict),
            others: 0,
            ad_role: rule.ad_role().clone(),
            iam_role: rule.iam_role().clone(),
        });
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memberships::graph::Membership;
    use crate::names::role_name::RoleName;
    use crate::roles::role::Elevated;

    /// Roles by name, those that begin with `-` with NOLOGIN; `(member, role)`.
    fn enable(roles: &[&str], edges: &[(&str, &str)], allowed: &str) -> Result<LoginPlan, &'static str> {
        let all: Vec<_> = ["-rds_ad", "-rds_iam"].iter().chain(roles).zip(1..).collect();
        let oid = |name: &str| all.iter().find(|(role, _)| role.trim_start_matches('-') == name).unwrap().1;
        let set: RoleSet = all
            .iter()
            .map(|(role, oid)| Role {
                oid: *oid,
                name: RoleName::new(role.trim_start_matches('-')).unwrap(),
                can_login: !role.starts_with('-'),
                elevated: Elevated::default(),
            })
            .collect();
        let names = all.iter().map(|(role, oid)| (*oid, RoleName::new(role.trim_start_matches('-')).unwrap()));
        let edges = edges.iter().map(|(member, role)| Membership {
            role: oid(role),
            member: oid(member),
            grantor: 0,
            admin: false,
            from_creation: false,
        });
        let graph = MembershipGraph::new(names, edges);
        let rule = ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap()).unwrap();
        let rules = NameRules { allowed_realms: allowed.parse().unwrap(), ..NameRules::default() };
        let meant = rules.meant("bob@a.b", None).unwrap();
        plan_enable(&meant, &set, &graph, &rules, &rule, true).map_err(|e| e.sqlstate().code())
    }

    #[test]
    fn enabling_does_not_reopen_what_another_spelling_opens() {
        let bob = &[("bob@A.B", "rds_ad")];
        let plan = enable(&["-bob@A.B", "-Bob@A.B"], bob, "").unwrap();
        assert_eq!(plan.statements.len(), 1);
        assert_eq!(plan.warnings, []);
        assert_eq!(enable(&["-bob@A.B", "Bob@A.B"], bob, "").unwrap_err(), "42710");
        assert_eq!(enable(&["bob@A.B", "Bob@A.B"], bob, "").unwrap().statements, [], "it can log in already");
        assert_eq!(enable(&["-bob@A.B"], bob, "C.D").unwrap_err(), "22023");
        assert_eq!(enable(&["bert@A.B"], &[], "").unwrap_err(), "42704");
    }

    #[test]
    fn enabling_says_what_still_keeps_a_ticket_out() {
        let codes = |edges: &[(&str, &str)]| -> Vec<_> {
            let plan = enable(&["-bob@A.B"], edges, "").unwrap();
            plan.warnings.iter().map(ToString::to_string).collect()
        };
        assert_eq!(codes(&[]), [r#"role "bob@A.B" is not a member of rds_ad: no ticket opens it"#]);
        assert_eq!(
            codes(&[("bob@A.B", "rds_ad"), ("bob@A.B", "rds_iam")]),
            [r#"role "bob@A.B" is a member of both rds_ad and rds_iam now"#]
        );
    }
}
