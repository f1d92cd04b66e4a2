//! From the accounts of a directory to the roles and memberships that they should have.
//!
//! An account is its SID, and a role is its account's where the comment on it says so
//! ([`RoleComment`](crate::RoleComment)): a renamed account keeps its role, and one that was made
//! again under the same name does not get the old one's.
//!
//! What is taken away is taken away whatever else is wrong: who may not log in any more, or lost a
//! group, loses that even where the role cannot get its new name. The one exception is a role that
//! would come into conflict: it keeps the memberships that it has.

pub(crate) mod limit;
mod memberships;
mod moves;
mod people;
mod portions;
mod removals;
pub(crate) mod request;
mod settle;
pub(crate) mod step;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::error::{AccessError, Error};
use crate::memberships::cluster::Cluster;
use crate::memberships::fix::Added;
use crate::memberships::reach::RuleReach;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::plan::access::memberships::Memberships;
use crate::plan::access::people::Accounts;
use crate::plan::access::request::{AccessRequest, Terms};
use crate::plan::access::step::{AccessAction, AccessReason, AccessStep, step};
use crate::plan::add::MEMBERS_PER_GRANT;
use crate::roles::comment::RoleComment;
use crate::roles::dependants::Dependants;
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

/// What becomes of everybody, by kind: each kind is run as a whole.
#[derive(Default)]
struct Parts {
    renames: Vec<AccessStep>,
    additions: Vec<AccessStep>,
    binds: Vec<AccessStep>,
    grants: Vec<AccessStep>,
    enables: Vec<AccessStep>,
    disables: Vec<AccessStep>,
    revokes: Vec<AccessStep>,
    removals: Vec<AccessStep>,
    left: Vec<AccessStep>,
    changed: Vec<Role>,
    is_changed: HashSet<RoleOid>,
    shut_out: Vec<Role>,
    is_shut: HashSet<RoleOid>,
    losers: HashSet<RoleOid>,
}

impl Parts {
    fn leave(&mut self, role: RoleName, reason: impl Into<Error>) {
        let reason = AccessReason::Refused(Box::new(reason.into()));
        self.left.push(AccessStep { action: AccessAction::Leave, role, statement: None, reason });
    }

    fn is_shut(&self, role: &Role) -> bool {
        self.is_shut.contains(&role.oid)
    }

    fn change(&mut self, role: &Role) {
        if self.is_changed.insert(role.oid) {
            self.changed.push(role.clone());
        }
    }

    /// NOLOGIN for a role of this name, where it has not got it.
    fn shut(&mut self, role: &Role, name: &RoleName, reason: AccessReason) -> Option<AccessStep> {
        self.is_shut.insert(role.oid);
        self.shut_out.push(Role { name: name.clone(), can_login: false, ..role.clone() });
        if !role.can_login {
            return None;
        }
        self.change(role);
        self.losers.insert(role.oid);
        let statement = Statement::ForbidLogin { role: name.clone() };
        Some(step(AccessAction::Disable, name.clone(), statement, reason))
    }

    fn steps(self) -> Vec<AccessStep> {
        let Self { renames, additions, binds, grants, enables, .. } = self;
        let (disables, revokes, removals) = (self.disables, self.revokes, self.removals);
        let mut left = self.left;
        // The same may be found in two ways.
        left.sort_by_cached_key(|step| (step.role.clone(), step.reason.to_string()));
        left.dedup();
        let all = [renames, additions, binds, grants, enables, disables, revokes, removals, left];
        all.into_iter().flatten().collect()
    }
}

/// Works out the difference.
///
/// Of the cluster it takes all roles and all memberships, and `comments` are those on its roles.
/// `sessions` counts those of a role that is to be renamed. `may_change` says what keeps the caller
/// from giving a role another name, or from opening it again. `dependants` is asked once, for the
/// roles that are absent, and only where they are to be dropped.
///
/// # Errors
/// 22023 for a SID that is none of an account or of a domain, for a role of `roles` that is a
/// principal's, and where somebody is to have one that is not among them; 42710 for an account that
/// is listed twice; 42704 when a role is missing. What is wrong with one account is a step
/// [`Leave`](AccessAction::Leave), and the others go on.
pub fn plan_access(
    request: &AccessRequest,
    cluster: &Cluster,
    comments: &HashMap<RoleOid, RoleComment>,
    sessions: impl FnMut(&Role) -> u32,
    mut may_change: impl FnMut(&Role) -> Result<(), Error>,
    dependants: impl FnOnce(&[RoleOid]) -> HashMap<RoleOid, Dependants>,
) -> Result<AccessPlan, Error> {
    let both = RuleReach::find(cluster)?;
    let terms = Terms::of(request, cluster)?;
    let mut parts = Parts::default();
    let memberships = Memberships::of(cluster, &terms, &both);
    let mut accounts = Accounts::of(cluster, &terms, comments, &mut parts)?;
    accounts.move_all(sessions, &mut may_change, &mut parts);
    accounts.settle(&memberships, &mut may_change, &mut parts);
    let principals = accounts.remove_absent(&memberships, dependants, &mut parts);
    accounts.open_all(&mut parts);
    let limit = request.limit.of(principals);
    Ok(AccessPlan {
        changed: std::mem::take(&mut parts.changed),
        shut_out: std::mem::take(&mut parts.shut_out),
        losses: parts.losers.len(),
        principals,
        at_most: request.at_most.map_or(limit, |at_most| at_most.min(limit)),
        conflicts_before: both.roles().map(|role| cluster.graph.oid(role)).collect(),
        steps: parts.steps(),
    })
}
