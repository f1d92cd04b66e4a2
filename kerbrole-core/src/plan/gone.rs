//! What is left of what hangs on a role when others are dropped before it.

use std::collections::{HashMap, HashSet};

use crate::names::role_name::RoleName;
use crate::oid::BOOTSTRAP_SUPERUSER;
use crate::plan::drop::DropPlan;
use crate::roles::dependants::{Dependants, GrantMade};
use crate::roles::role::Role;
use crate::statement::{MembershipOptions, Statement};

/// Those who are dropped before another is: what hangs on that one was looked at when they were
/// there.
#[derive(Default)]
pub(super) struct Gone {
    roles: HashSet<RoleName>,
    /// What they had granted and the bootstrap superuser has by then.
    taken_over: HashMap<(RoleName, RoleName), MembershipOptions>,
}

impl Gone {
    pub(super) fn add(&mut self, plan: &DropPlan) {
        self.roles.insert(plan.role.name.clone());
        for statement in &plan.statements {
            if let Statement::GrantWith { granted, member, options } = statement {
                self.taken_over.insert((granted.clone(), member.clone()), *options);
            }
        }
    }

    /// What still hangs on a role.
    pub(super) fn as_left(&self, role: &Role, mut dependants: Dependants) -> Dependants {
        if self.roles.is_empty() {
            return dependants;
        }
        dependants.foreign_grants.retain(|grant| !self.roles.contains(&grant.grantor));
        dependants.grants_made.retain(|grant| {
            !self.roles.contains(&grant.granted) && !self.roles.contains(&grant.member)
        });
        let taken_over: Vec<_> = dependants
            .grants_made
            .iter()
            .filter(|grant| grant.grantor == role.oid)
            .filter_map(|grant| {
                let options =
                    *self.taken_over.get(&(grant.granted.clone(), grant.member.clone()))?;
                Some(GrantMade { grantor: BOOTSTRAP_SUPERUSER, options, ..grant.clone() })
            })
            .collect();
        dependants.grants_made.extend(taken_over);
        dependants
    }
}
