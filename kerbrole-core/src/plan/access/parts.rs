//! What becomes of everybody, while it is being worked out.

use std::collections::HashSet;

use crate::error::Error;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::plan::access::step::{AccessAction, AccessReason, AccessStep, step};
use crate::roles::role::Role;
use crate::statement::Statement;

/// What becomes of everybody, by kind: each kind is run as a whole.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) renames: Vec<AccessStep>,
    pub(super) additions: Vec<AccessStep>,
    pub(super) binds: Vec<AccessStep>,
    pub(super) grants: Vec<AccessStep>,
    pub(super) enables: Vec<AccessStep>,
    pub(super) disables: Vec<AccessStep>,
    pub(super) revokes: Vec<AccessStep>,
    pub(super) removals: Vec<AccessStep>,
    pub(super) left: Vec<AccessStep>,
    pub(super) changed: Vec<Role>,
    pub(super) is_changed: HashSet<RoleOid>,
    pub(super) shut_out: Vec<Role>,
    pub(super) is_shut: HashSet<RoleOid>,
    /// Who is dropped.
    pub(super) gone: HashSet<RoleOid>,
    pub(super) losers: HashSet<RoleOid>,
}

impl Parts {
    pub(super) fn leave(&mut self, role: RoleName, reason: impl Into<Error>) {
        let reason = AccessReason::Refused(Box::new(reason.into()));
        self.left.push(AccessStep { action: AccessAction::Leave, role, statement: None, reason });
    }

    pub(super) fn is_shut(&self, role: &Role) -> bool {
        self.is_shut.contains(&role.oid)
    }

    pub(super) fn is_gone(&self, role: &Role) -> bool {
        self.gone.contains(&role.oid)
    }

    pub(super) fn change(&mut self, role: &Role) {
        if self.is_changed.insert(role.oid) {
            self.changed.push(role.clone());
        }
    }

    /// NOLOGIN for a role of this name, where it has not got it.
    pub(super) fn shut(
        &mut self,
        role: &Role,
        name: &RoleName,
        reason: AccessReason,
    ) -> Option<AccessStep> {
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

    pub(super) fn steps(self) -> Vec<AccessStep> {
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
