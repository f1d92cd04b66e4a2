//! What becomes of roles whose accounts are gone, or whose names are other accounts' now.

use std::collections::HashMap;

use crate::error::{Error, Warning};
use crate::lookup::changeable;
use crate::names::principal::{KnownRealms, principal_parts, unwritable_principal_parts};
use crate::oid::RoleOid;
use crate::plan::access::memberships::Memberships;
use crate::plan::access::parts::Parts;
use crate::plan::access::people::Accounts;
use crate::plan::access::step::{AccessAction, AccessReason, step};
use crate::plan::drop::{DropOutcome, plan_drop};
use crate::plan::gone::Gone;
use crate::plan::sync::AbsentPolicy;
use crate::roles::dependants::Dependants;
use crate::roles::role::Role;
use crate::statement::Statement;

impl Accounts<'_> {
    /// Removes them, and says how many principals are bound to accounts of the domains that were
    /// read, those of the list included.
    ///
    /// A principal, for this, is a role with the name of one that is a member of `rds_ad`: other
    /// roles are never touched.
    pub(super) fn remove_absent(
        &self,
        memberships: &Memberships<'_>,
        dependants: impl FnOnce(&[RoleOid]) -> HashMap<RoleOid, Dependants>,
        parts: &mut Parts,
    ) -> usize {
        let mut principals = 0;
        let (mut absent, mut closed) = (Vec::new(), Vec::new());
        let mut realms = KnownRealms::default();
        for (sid, role) in self.bound.iter() {
            let is_read = self.terms.has_read(sid) && memberships.is_in_ad(role.oid);
            let is_listed = self.listed.contains(sid);
            let name = role.name.as_str();
            if principal_parts(name, &mut realms).is_some() {
                principals += usize::from(is_read);
                if self.terms.excepts(&role.name) {
                    continue;
                }
                let is_removed = self.terms.request.absent != AbsentPolicy::Keep;
                if is_read && !is_listed && is_removed {
                    absent.push(role);
                } else if self.closed.contains_key(&role.oid) && !parts.is_shut(role) {
                    closed.push(role);
                }
            } else if is_read
                && !is_listed
                && self.terms.request.absent != AbsentPolicy::Keep
                && unwritable_principal_parts(name).is_some()
            {
                parts.leave(role.name.clone(), Error::Unwritable { role: role.name.clone() });
            }
        }
        absent.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        closed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        for roles in [&mut absent, &mut closed] {
            roles.retain(|role| match changeable(role, &self.cluster.rule) {
                Ok(()) => true,
                Err(error) => {
                    parts.leave(role.name.clone(), error);
                    false
                }
            });
        }
        for role in closed {
            let reason = self
                .closed
                .get(&role.oid)
                .map_or(AccessReason::Absent, |sid| AccessReason::NameOf(sid.clone()));
            let step = parts.shut(role, &role.name, reason);
            parts.removals.extend(step);
        }
        match self.terms.request.absent {
            AbsentPolicy::Drop if !absent.is_empty() => {
                self.drop_all(&absent, memberships, dependants, parts);
            }
            _ => {
                for role in absent {
                    self.disable(role, None, memberships, parts);
                }
            }
        }
        principals
    }

    fn drop_all(
        &self,
        absent: &[&Role],
        memberships: &Memberships<'_>,
        dependants: impl FnOnce(&[RoleOid]) -> HashMap<RoleOid, Dependants>,
        parts: &mut Parts,
    ) {
        let oids: Vec<_> = absent.iter().map(|role| role.oid).collect();
        let mut of_all = dependants(&oids);
        let mut gone = Gone::default();
        for role in absent {
            let hangs_on_it = of_all.remove(&role.oid).unwrap_or_default();
            let hangs_on_it = gone.as_left(role, hangs_on_it);
            match plan_drop(role, &hangs_on_it, None, self.cluster) {
                Ok(plan) if plan.outcome == DropOutcome::Dropped => {
                    gone.add(&plan);
                    parts.change(role);
                    parts.losers.insert(role.oid);
                    parts.gone.insert(role.oid);
                    parts.removals.extend(plan.statements.into_iter().map(|statement| {
                        step(AccessAction::Drop, role.name.clone(), statement, AccessReason::Absent)
                    }));
                }
                Ok(plan) => {
                    let DropOutcome::Disabled(holdings) = plan.outcome else { continue };
                    let why = Warning::OnlyDisabled { role: role.name.clone(), holdings };
                    let others = plan.statements.into_iter();
                    let others = others.filter(|one| !matches!(one, Statement::ForbidLogin { .. }));
                    self.disable(role, Some((why.into(), others.collect())), memberships, parts);
                }
                Err(error) => self.disable(role, Some((error, vec![])), memberships, parts),
            }
        }
    }

    /// Keeps a role from logging in and takes it out of what is managed; where it was to be
    /// dropped, with the reason why it is not, and the statements that prepare it.
    fn disable(
        &self,
        role: &Role,
        not_dropped: Option<(Error, Vec<Statement>)>,
        memberships: &Memberships<'_>,
        parts: &mut Parts,
    ) {
        let (why, others) = not_dropped.unzip();
        let reason = match &why {
            Some(error) => AccessReason::NotDropped(Box::new(error.clone())),
            None => AccessReason::Absent,
        };
        let change = memberships.change(role, None);
        let mut steps: Vec<_> = parts.shut(role, &role.name, reason.clone()).into_iter().collect();
        steps.extend(memberships.revokes(role, &role.name, &change, &reason, parts));
        steps.extend(others.into_iter().flatten().map(|statement| {
            step(AccessAction::Disable, role.name.clone(), statement, reason.clone())
        }));
        if steps.is_empty()
            && let Some(error) = why
        {
            parts.leave(role.name.clone(), error);
        } else if !steps.is_empty() {
            parts.change(role);
            parts.losers.insert(role.oid);
        }
        parts.removals.append(&mut steps);
    }
}
