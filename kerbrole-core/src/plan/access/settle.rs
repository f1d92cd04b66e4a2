//! What becomes of everybody who is on the list, once it is known who is called what.

use crate::error::{AccessError, Error};
use crate::lookup::changeable;
use crate::names::role_name::RoleName;
use crate::names::sid::Sid;
use crate::plan::access::memberships::{Change, Memberships};
use crate::plan::access::parts::Parts;
use crate::plan::access::people::{Account, Accounts, Has};
use crate::plan::access::request::AccessPerson;
use crate::plan::access::step::{AccessAction, AccessReason, step};
use crate::roles::comment::RoleComment;
use crate::roles::role::Role;
use crate::statement::Statement;

impl<'c> Accounts<'c> {
    /// Decides about everybody who is on the list, once it is known who is called what.
    pub(super) fn settle(
        &mut self,
        memberships: &Memberships<'_>,
        may_change: &mut impl FnMut(&Role) -> Result<(), Error>,
        parts: &mut Parts,
    ) {
        let all = std::mem::take(&mut self.all);
        for account in &all {
            match (&account.has, self.role_without_binding(account, parts)) {
                (Has::Nothing, Unbound::Create(name)) => {
                    self.create(account.person, name, memberships, parts);
                }
                (Has::Nothing, Unbound::Adopt(role, comment)) => {
                    // Whose a role is decides what it is called from now on.
                    if let Err(error) = may_change(role) {
                        parts.leave(role.name.clone(), error);
                        continue;
                    }
                    self.bring_in_line(
                        account,
                        role,
                        Some(comment),
                        memberships,
                        may_change,
                        parts,
                    );
                }
                (Has::Nothing, Unbound::Nothing) | (Has::Left, _) => {}
                (Has::Role(role), _) => {
                    self.bring_in_line(account, role, None, memberships, may_change, parts);
                }
                (Has::Several(roles), _) => {
                    for role in roles.iter().filter(|role| self.may_be_changed(role)) {
                        self.take_away(account, role, memberships, parts);
                    }
                }
            }
        }
    }

    fn may_be_changed(&self, role: &Role) -> bool {
        changeable(role, &self.cluster.rule).is_ok()
    }

    fn role_without_binding(&self, account: &Account<'c>, parts: &mut Parts) -> Unbound<'c> {
        let (Has::Nothing, Some(name)) = (&account.has, &account.wanted) else {
            return Unbound::Nothing;
        };
        let sid = &account.person.sid;
        let comment = |role: &Role| self.comments.get(&role.oid);
        let exact = self.cluster.roles.get(name.as_str());
        let exact = exact.filter(|role| comment(role).and_then(RoleComment::sid).is_none());
        if let Some(other) = self.in_the_way(name, exact.map(|role| role.oid)) {
            let error = self.refuse_name(name, sid, other);
            parts.leave(name.clone(), error);
            return Unbound::Nothing;
        }
        let Some(role) = exact else {
            return match account.person.enabled {
                true => Unbound::Create(name.clone()),
                false => Unbound::Nothing,
            };
        };
        if let Err(error) = changeable(role, &self.cluster.rule) {
            parts.leave(name.clone(), error);
            return Unbound::Nothing;
        }
        let text = match comment(role) {
            Some(comment) => comment.bound_to(sid),
            None => Some(RoleComment::of_new(sid)),
        };
        match text {
            Some(text) => Unbound::Adopt(role, text),
            None => {
                parts.leave(name.clone(), AccessError::CommentUnwritable { role: name.clone() });
                Unbound::Nothing
            }
        }
    }

    fn create(
        &self,
        person: &AccessPerson<'_>,
        name: RoleName,
        memberships: &Memberships<'_>,
        parts: &mut Parts,
    ) {
        let change = memberships.of_new(person);
        if let Some(conflict) = memberships.conflict(None, &name, &change) {
            parts.leave(name, conflict);
            return;
        }
        let member_of = self.cluster.rule.ad_role().clone();
        let create = Statement::CreateLogin { role: name.clone(), member_of };
        parts.additions.push(step(
            AccessAction::Create,
            name.clone(),
            create,
            AccessReason::NoRole,
        ));
        bind(&person.sid, &name, RoleComment::of_new(&person.sid), parts);
        grant(&name, &change, memberships, parts);
    }

    /// A role that is the account's, or is to be.
    fn bring_in_line(
        &mut self,
        account: &Account<'c>,
        role: &'c Role,
        comment: Option<String>,
        memberships: &Memberships<'_>,
        may_change: &mut impl FnMut(&Role) -> Result<(), Error>,
        parts: &mut Parts,
    ) {
        let person = account.person;
        let name = self.name_of(role).clone();
        let change = memberships.change(role, Some(person));
        if let Some(conflict) = memberships.conflict(Some(role), &name, &change) {
            parts.leave(name.clone(), conflict);
            self.shut_where_it_has_to_be(account, role, parts);
            return;
        }
        if change.lacks_ad {
            parts.change(role);
            let roles = vec![self.cluster.rule.ad_role().clone()];
            let statement = Statement::Grant { roles, members: vec![name.clone()] };
            let reason = AccessReason::NotInAd;
            parts.additions.push(step(AccessAction::Adopt, name.clone(), statement, reason));
        }
        if let Some(comment) = comment {
            parts.change(role);
            bind(&person.sid, &name, comment, parts);
        }
        if !change.lacking.is_empty() {
            parts.change(role);
            grant(&name, &change, memberships, parts);
        }
        self.take_away(account, role, memberships, parts);
        let is_called_so = account.wanted.as_ref() == Some(&name);
        let may_log_in = person.enabled && !self.closed.contains_key(&role.oid);
        if may_log_in && is_called_so && !role.can_login {
            match may_change(role) {
                Err(error) => parts.leave(name, error),
                Ok(()) => self.to_open.push((role, name)),
            }
        }
    }

    /// Lets those log in who may, once it is known who may not.
    pub(super) fn open_all(&self, parts: &mut Parts) {
        for (role, name) in &self.to_open {
            if let Err(error) = self.refuse_opening(role, name, parts) {
                parts.leave(name.clone(), error);
                continue;
            }
            parts.change(role);
            let statement = Statement::AllowLogin { role: name.clone() };
            let reason = AccessReason::Enabled;
            parts.enables.push(step(AccessAction::Enable, name.clone(), statement, reason));
        }
    }

    fn refuse_opening(&self, role: &Role, name: &RoleName, parts: &Parts) -> Result<(), Error> {
        let mut others = self.cluster.roles.other_spellings(name.as_str());
        let opens = |other: &&Role| {
            let keeps_name = other.oid != role.oid && !self.moved.contains_key(&other.oid);
            keeps_name && other.can_login && !parts.is_shut(other) && !parts.is_gone(other)
        };
        if let Some(other) = others.find(opens) {
            let (role, other) = (name.clone(), other.name.clone());
            return Err(Error::CaseCollisionOnEnable { role, other });
        }
        Ok(())
    }

    /// What the account does not give, and the right to log in where it is not to be had.
    fn take_away(
        &self,
        account: &Account<'c>,
        role: &Role,
        memberships: &Memberships<'_>,
        parts: &mut Parts,
    ) {
        let change = memberships.change(role, Some(account.person));
        let name = self.name_of(role).clone();
        let steps = memberships.revokes(role, &name, &change, &AccessReason::InNoGroup, parts);
        parts.revokes.extend(steps);
        self.shut_where_it_has_to_be(account, role, parts);
    }

    fn shut_where_it_has_to_be(&self, account: &Account<'c>, role: &Role, parts: &mut Parts) {
        let reason = match self.closed.get(&role.oid) {
            Some(sid) => AccessReason::NameOf(sid.clone()),
            None if !account.person.enabled => AccessReason::Disabled,
            None => return,
        };
        let name = self.name_of(role);
        let step = parts.shut(role, name, reason);
        parts.disables.extend(step);
    }
}

/// What somebody gets whose account no role is bound to.
enum Unbound<'c> {
    Nothing,
    Create(RoleName),
    /// The role, and the comment that it gets.
    Adopt(&'c Role, String),
}

fn bind(sid: &Sid, name: &RoleName, comment: String, parts: &mut Parts) {
    let statement = Statement::Comment { role: name.clone(), text: Some(comment) };
    let reason = AccessReason::Account(sid.clone());
    parts.binds.push(step(AccessAction::Bind, name.clone(), statement, reason));
}

fn grant(name: &RoleName, change: &Change, memberships: &Memberships<'_>, parts: &mut Parts) {
    if change.lacking.is_empty() {
        return;
    }
    let roles = change.lacking.iter().map(|&role| memberships.name(role)).collect();
    let statement = Statement::Grant { roles, members: vec![name.clone()] };
    parts.grants.push(step(AccessAction::Grant, name.clone(), statement, AccessReason::InGroup));
}
