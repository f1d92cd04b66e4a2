//! Letting principals log in, or not.
//!
//! NOLOGIN is the only thing that ends a Kerberos login: the server looks at passwords and VALID
//! UNTIL on the password path only (src/backend/libpq/crypt.c).

use crate::error::{Error, Warning};
use crate::lookup::PrincipalRef;
use crate::memberships::cluster::Cluster;
use crate::memberships::reach::RuleReach;
use crate::names::rules::NameRules;
use crate::roles::role::Role;
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

/// Works out how to keep a principal from logging in. Of the cluster it takes the roles of the
/// principal's name, case aside, and no memberships.
///
/// # Errors
/// 42704 when there is no such principal; 42501 when its role may not be changed.
pub fn plan_disable(meant: &PrincipalRef, cluster: &Cluster) -> Result<LoginPlan, Error> {
    let role = meant.find_changeable(cluster)?;
    let forbid = role.can_login.then(|| Statement::ForbidLogin { role: role.name.clone() });
    let statements = forbid.into_iter().collect();
    Ok(LoginPlan { role: role.clone(), statements, warnings: Vec::new() })
}

/// Works out how to let a principal log in again. What has to be read is its
/// [`reading`](PrincipalRef::reading).
///
/// Memberships stay as they are: a principal that lost `rds_ad`, or came to be in `rds_iam` as
/// well, is enabled with a warning.
///
/// # Errors
/// 42704 and 42501 as for [`plan_disable`]; 22023 when principals may not be of its realm; 42710
/// when a role that differs by case only can log in: one ticket would open both with
/// `krb_caseins_users` on.
pub fn plan_enable(
    meant: &PrincipalRef,
    names: &NameRules,
    cluster: &Cluster,
) -> Result<LoginPlan, Error> {
    let Cluster { roles, graph, rule, .. } = cluster;
    let role = meant.find_changeable(cluster)?;
    let mut plan = LoginPlan { role: role.clone(), statements: Vec::new(), warnings: Vec::new() };
    if !role.can_login {
        names.allow(meant.canonical.realm())?;
        let mut others = roles.other_spellings(role.name.as_str());
        if let Some(other) = others.find(|other| other.can_login) {
            let (role, other) = (role.name.clone(), other.name.clone());
            return Err(Error::CaseCollisionOnEnable { role, other });
        }
        plan.statements.push(Statement::AllowLogin { role: role.name.clone() });
    }
    let both = RuleReach::find(cluster)?;
    let node = graph.node(role.oid);
    if !node.is_some_and(|node| both.is_in_ad(node)) {
        let (role, ad_role) = (role.name.clone(), rule.ad_role().clone());
        plan.warnings.push(Warning::NotInAd { role, ad_role });
    } else if let Some(conflict) = node.and_then(|node| both.conflict_of(node)) {
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
    use crate::memberships::graph::{Membership, MembershipGraph};
    use crate::names::role_name::RoleName;
    use crate::roles::role::Elevated;
    use crate::roles::role_set::RoleSet;
    use crate::rule::ConflictRule;

    /// Roles by name, those that begin with `-` with NOLOGIN; `(member, role)`.
    fn enable(
        roles: &[&str],
        edges: &[(&str, &str)],
        allowed: &str,
    ) -> Result<LoginPlan, &'static str> {
        let all: Vec<_> = ["-rds_ad", "-rds_iam"].iter().chain(roles).zip(1..).collect();
        let oid = |name: &str| {
            all.iter().find(|(role, _)| role.trim_start_matches('-') == name).unwrap().1
        };
        let set: RoleSet = all
            .iter()
            .map(|(role, oid)| Role {
                oid: *oid,
                name: RoleName::new(role.trim_start_matches('-')).unwrap(),
                can_login: !role.starts_with('-'),
                elevated: Elevated::default(),
            })
            .collect();
        let names = all
            .iter()
            .map(|(role, oid)| (*oid, RoleName::new(role.trim_start_matches('-')).unwrap()));
        let edges = edges.iter().map(|(member, role)| Membership::to_be(oid(member), oid(role)));
        let graph = MembershipGraph::new(names, edges);
        let rule =
            ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap())
                .unwrap();
        let rules = NameRules { allowed_realms: allowed.parse().unwrap(), ..NameRules::default() };
        let meant = rules.meant("bob@a.b", None).unwrap();
        let cluster = Cluster::new(rule, true).with_roles(set).with_graph(graph);
        plan_enable(&meant, &rules, &cluster).map_err(|e| e.sqlstate().code())
    }

    #[test]
    fn enabling_does_not_reopen_what_another_spelling_opens() {
        let bob = &[("bob@A.B", "rds_ad")];
        let plan = enable(&["-bob@A.B", "-Bob@A.B"], bob, "").unwrap();
        assert_eq!(plan.statements.len(), 1);
        assert_eq!(plan.warnings, []);
        assert_eq!(enable(&["-bob@A.B", "Bob@A.B"], bob, "").unwrap_err(), "42710");
        assert_eq!(
            enable(&["bob@A.B", "Bob@A.B"], bob, "").unwrap().statements,
            [],
            "it can log in already"
        );
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
