//! Plans that change many roles: nobody else changes these meanwhile, and each is looked at once it
//! is carried out.

use std::collections::{HashMap, HashSet};

use kerbrole_core::{AbsentPolicy, AccessPlan, Role, RoleName, RoleOid, Statement, SyncPlan};

use crate::server::execute::verify;
use crate::server::lock::lock_roles;
use crate::server::{dependants, sessions};

/// A plan that may rename, enable, disable and drop roles that exist.
pub(crate) trait ManyRoles {
    /// The roles that exist and are changed, as they are before.
    fn changed(&self) -> &[Role];

    /// What is run, in this order.
    fn statements(&self) -> impl Iterator<Item = &Statement>;
}

impl ManyRoles for SyncPlan {
    fn changed(&self) -> &[Role] {
        &self.changed
    }

    fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.steps.iter().map(|step| &step.statement)
    }
}

impl ManyRoles for AccessPlan {
    fn changed(&self) -> &[Role] {
        &self.changed
    }

    fn statements(&self) -> impl Iterator<Item = &Statement> {
        Self::statements(self)
    }
}

/// The plan once every role that it changes is locked: whatever was done to one until then counts,
/// also what became of its comment.
pub(crate) fn locked_plan<P: ManyRoles>(absent: AbsentPolicy, plan: impl Fn() -> P) -> P {
    let mut locked: HashSet<RoleOid> = HashSet::new();
    loop {
        let plan = plan();
        let more: Vec<_> = plan
            .changed()
            .iter()
            .map(|role| role.oid)
            .filter(|oid| !locked.contains(oid))
            .collect();
        if more.is_empty() {
            return plan;
        }
        lock_roles(&more);
        if absent == AbsentPolicy::Drop {
            more.iter().for_each(|&role| dependants::lock(role));
        }
        locked.extend(more);
    }
}

/// Makes sure that each role that was there is as the plan would have it.
pub(crate) fn verify_all(plan: &impl ManyRoles) {
    let after = After::of(plan);
    for role in plan.changed() {
        let name = after.names.get(&role.name).copied().unwrap_or(&role.name);
        if after.dropped.contains(name) {
            verify(role, |now| now.is_none());
            // Whoever logs in between the look at the sessions and the commit does not stay.
            sessions::end_at_commit(role.oid);
        } else {
            let may_log_in = after.opened.get(name).copied().unwrap_or(role.can_login);
            verify(role, |now| {
                now.is_some_and(|now| {
                    now.name == *name && now.can_login == may_log_in && !now.elevated.any()
                })
            });
        }
    }
}

/// How the roles of a plan are called and whether they may log in when it was carried out.
struct After<'p> {
    /// Of those that get another name, by the one before.
    names: HashMap<&'p RoleName, &'p RoleName>,
    dropped: HashSet<&'p RoleName>,
    opened: HashMap<&'p RoleName, bool>,
}

impl<'p> After<'p> {
    fn of(plan: &'p impl ManyRoles) -> Self {
        let mut after =
            Self { names: HashMap::new(), dropped: HashSet::new(), opened: HashMap::new() };
        // Whose a name is by now, by the one before: a role can go by a name in between.
        let mut whose: HashMap<&RoleName, &RoleName> = HashMap::new();
        for statement in plan.statements() {
            match statement {
                Statement::Rename { role, to } => {
                    let before = whose.remove(role).unwrap_or(role);
                    whose.insert(to, before);
                    after.names.insert(before, to);
                }
                Statement::DropRole { role } => {
                    after.dropped.insert(role);
                }
                // The last statement counts of those that open or close a role.
                Statement::AllowLogin { role } => {
                    after.opened.insert(role, true);
                }
                Statement::ForbidLogin { role } => {
                    after.opened.insert(role, false);
                }
                _ => {}
            }
        }
        after
    }
}
