//! What is to be done, in order, and what it may cost.

use std::collections::{HashMap, HashSet};

use crate::error::{AccessError, Error};
use crate::memberships::cluster::Cluster;
use crate::memberships::fix::Added;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::plan::access::step::AccessStep;
use crate::plan::add::MEMBERS_PER_GRANT;
use crate::roles::role::Role;
use crate::rule::ConflictRule;
use crate::statement::Statement;

/// The difference.
#[derive(Debug, Clone, Default)]
pub struct AccessPlan {
    /// What is run, in this order, and then why some are left as they are.
    pub steps: Vec<AccessStep>,
    /// The roles that exist and are changed, with the names that they have before.
    pub changed: Vec<Role>,
    /// The roles that cannot log in and should not, whether this plan disables them or not: of
    /// these sessions may be ended. With the names that they have afterwards.
    pub shut_out: Vec<Role>,
    /// How many people lose something.
    pub losses: usize,
    /// How many principals are bound to accounts of the domains that were read.
    pub principals: usize,
    /// How many may lose something at once.
    pub at_most: usize,
    /// The roles that were in conflict before: they do not count against the change.
    pub conflicts_before: HashSet<RoleOid>,
}

impl AccessPlan {
    /// Why the whole is not to be carried out: too many would lose something.
    ///
    /// # Errors
    /// 53400, where they would.
    pub fn refuse_too_many(&self) -> Result<(), Error> {
        let Self { losses: people, principals, at_most, .. } = *self;
        if people > at_most {
            return Err(AccessError::TooManyLosses { people, principals, at_most }.into());
        }
        Ok(())
    }

    /// Whether nothing is done.
    pub fn is_empty(&self) -> bool {
        self.statements().next().is_none()
    }

    /// What is run, in this order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.steps.iter().filter_map(|step| step.statement.as_ref())
    }

    /// The roles that are created.
    pub fn created(&self) -> impl Iterator<Item = &RoleName> {
        self.statements().filter_map(|statement| match statement {
            Statement::CreateLogin { role, .. } => Some(role),
            _ => None,
        })
    }

    /// What somebody runs who is no superuser: N × CREATE USER, then as few GRANTs as can be. On 16
    /// and later each GRANT walks all that its grantor created.
    pub fn plain_statements(&self, rule: &ConflictRule) -> Vec<Statement> {
        let mut statements = Vec::new();
        // Grants that stand beside each other, by what is granted, in the order of the first.
        let mut at_once: Vec<(Vec<RoleName>, Vec<RoleName>)> = Vec::new();
        let mut place: HashMap<Vec<RoleName>, usize> = HashMap::new();
        let mut grant = |roles: &[RoleName], members: &[RoleName]| {
            let at = *place.entry(roles.to_vec()).or_insert(at_once.len());
            if at == at_once.len() {
                at_once.push((roles.to_vec(), Vec::new()));
            }
            at_once[at].1.extend_from_slice(members);
        };
        for statement in self.statements() {
            match statement {
                Statement::CreateLogin { role, .. } => {
                    statements.push(Statement::CreateUser { role: role.clone() });
                    grant(std::slice::from_ref(rule.ad_role()), std::slice::from_ref(role));
                }
                Statement::Grant { roles, members } => grant(roles, members),
                _ => {}
            }
        }
        let is_rename = |statement: &&Statement| matches!(statement, Statement::Rename { .. });
        let mut all: Vec<_> = self.statements().filter(is_rename).cloned().collect();
        all.append(&mut statements);
        for (roles, members) in at_once {
            all.extend(members.chunks(MEMBERS_PER_GRANT).map(|members| Statement::Grant {
                roles: roles.clone(),
                members: members.to_vec(),
            }));
        }
        let is_of_another_part = |statement: &&Statement| {
            matches!(
                statement,
                Statement::Rename { .. } | Statement::CreateLogin { .. } | Statement::Grant { .. }
            )
        };
        all.extend(self.statements().filter(|one| !is_of_another_part(one)).cloned());
        all
    }

    /// Looks at the memberships as they are after the plan was carried out: those around the roles
    /// that it changed, with their members.
    ///
    /// # Errors
    /// 0LP01 when there is a conflict that was not there before; 42704 when a role of the rule was
    /// not read.
    pub fn check_after(&self, cluster: &Cluster) -> Result<(), Error> {
        match cluster.new_conflict(&self.conflicts_before, &Added::default())? {
            Some(new) => Err(new.refusal(&cluster.rule)),
            None => Ok(()),
        }
    }
}
