//! Which role is whose, and what becomes of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::{AccessError, Error};
use crate::lookup::changeable;
use crate::memberships::cluster::Cluster;
use crate::names::case::alike_ignoring_case;
use crate::names::principal::{KnownRealms, principal_parts};
use crate::names::role_name::RoleName;
use crate::names::sid::Sid;
use crate::oid::RoleOid;
use crate::plan::access::bound::Bound;
use crate::plan::access::parts::Parts;
use crate::plan::access::request::{AccessPerson, Terms};
use crate::roles::comment::RoleComment;
use crate::roles::role::Role;

/// What a person has by now.
pub(super) enum Has<'c> {
    /// No role that is bound to the account.
    Nothing,
    /// The account's role.
    Role(&'c Role),
    /// Several that say they are.
    Several(Vec<&'c Role>),
    /// A role that stays as it is.
    Left,
}

/// A person about whom something is to be decided.
pub(super) struct Account<'c> {
    pub(super) person: &'c AccessPerson<'c>,
    /// The name that the role is to have, where it can be had.
    pub(super) wanted: Option<RoleName>,
    pub(super) has: Has<'c>,
}

/// All of them, and whose each role is.
pub(super) struct Accounts<'c> {
    pub(super) cluster: &'c Cluster,
    pub(super) terms: &'c Terms<'c>,
    pub(super) comments: &'c HashMap<RoleOid, RoleComment>,
    pub(super) bound: Bound<'c>,
    pub(super) listed: HashSet<&'c Sid>,
    pub(super) all: Vec<Account<'c>>,
    /// The names that roles get, of those that get another.
    pub(super) moved: HashMap<RoleOid, RoleName>,
    /// The roles whose names are other accounts' now, with those.
    pub(super) closed: HashMap<RoleOid, Sid>,
    /// The roles that may log in again, as far as they themselves go, with their names.
    pub(super) to_open: Vec<(&'c Role, RoleName)>,
}

impl<'c> Accounts<'c> {
    /// # Errors
    /// 22023 for a SID that is no account's, and for a role that is not managed; 42710 for an
    /// account that is listed twice.
    pub(super) fn of(
        cluster: &'c Cluster,
        terms: &'c Terms<'c>,
        comments: &'c HashMap<RoleOid, RoleComment>,
        parts: &mut Parts,
    ) -> Result<Self, Error> {
        let people = &terms.request.people;
        let managed: HashSet<&str> = terms.request.roles.iter().map(String::as_str).collect();
        let mut listed: HashSet<&Sid> = HashSet::with_capacity(people.len());
        for (at, person) in people.iter().enumerate() {
            let here =
                |error: Error| error.of_element("people", people.len(), at, Some(&person.typed));
            if person.sid.domain().is_none() {
                return Err(here(AccessError::NoAccount { sid: person.sid.clone() }.into()));
            }
            if let Some(role) = person.roles.iter().find(|role| !managed.contains(role.as_str())) {
                return Err(here(AccessError::NotManaged { role: role.clone() }.into()));
            }
            if !listed.insert(&person.sid) {
                return Err(here(AccessError::ListedTwice { sid: person.sid.clone() }.into()));
            }
        }
        let sid = |role: &Role| comments.get(&role.oid).and_then(RoleComment::sid);
        let bound = cluster.roles.iter().filter_map(|role| Some((sid(role)?, role)));
        let mut accounts = Self {
            cluster,
            terms,
            comments,
            bound: Bound::of(bound),
            listed,
            all: Vec::with_capacity(people.len()),
            moved: HashMap::new(),
            closed: HashMap::new(),
            to_open: Vec::new(),
        };
        let mut realms = KnownRealms::default();
        for person in people {
            accounts.all.extend(accounts.account(person, &mut realms, parts));
        }
        accounts.refuse_names_alike(parts);
        Ok(accounts)
    }

    /// Nothing for somebody to whom nothing is done.
    fn account(
        &self,
        person: &'c AccessPerson<'c>,
        realms: &mut KnownRealms<'c>,
        parts: &mut Parts,
    ) -> Option<Account<'c>> {
        let wanted = person.wanted();
        let bound = self.bound.to(&person.sid);
        let excepts = |name: &RoleName| self.terms.excepts(name);
        if wanted.as_ref().is_some_and(excepts) {
            return None;
        }
        if bound.clone().any(|role| excepts(&role.name)) {
            // Its new name is its own all the same.
            return Some(Account { person, wanted, has: Has::Left });
        }
        // Whoever may comment on some role could otherwise keep people from their own.
        let mut principals: Vec<&Role> = bound
            .clone()
            .filter(|role| principal_parts(role.name.as_str(), realms).is_some())
            .collect();
        principals.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let has = match principals[..] {
            [] => match bound.min_by(|a, b| a.name.cmp(&b.name)) {
                Some(role) => {
                    let (role, sid) = (role.name.clone(), person.sid.clone());
                    let error = match role.unwritable_oid() {
                        Some(_) => Error::Unwritable { role: role.clone() },
                        None => AccessError::NoPrincipal { role: role.clone(), sid }.into(),
                    };
                    parts.leave(role, error);
                    Has::Left
                }
                None => Has::Nothing,
            },
            [role] => match changeable(role, &self.cluster.rule) {
                Ok(()) => Has::Role(role),
                Err(error) => {
                    parts.leave(role.name.clone(), error);
                    Has::Left
                }
            },
            [role, other, ..] => {
                let (sid, role, other) =
                    (person.sid.clone(), role.name.clone(), other.name.clone());
                parts.leave(person.shown(), AccessError::BoundTwice { sid, role, other });
                Has::Several(principals)
            }
        };
        if let Err(error) = &person.meant {
            // Somebody who has no role and gets none need not be told of.
            if person.enabled || !matches!(has, Has::Nothing) {
                parts.leave(person.shown(), (**error).clone());
            }
        }
        Some(Account { person, wanted, has })
    }

    /// Nobody gets a name that two accounts have, whatever its case.
    fn refuse_names_alike(&mut self, parts: &mut Parts) {
        let wanted = self.all.iter().enumerate();
        let named = wanted.filter_map(|(at, one)| Some((one.wanted.as_ref()?.as_str(), at)));
        let sid = |at: usize| self.all[at].person.sid.clone();
        let mut alike: BTreeMap<usize, Sid> = BTreeMap::new();
        for names in alike_ignoring_case(named) {
            let [first, second, ..] = names[..] else { continue };
            alike.extend(
                names.iter().map(|&at| (at, sid(if at == first { second } else { first }))),
            );
        }
        for (at, other) in alike {
            if let Some(role) = self.all[at].wanted.take() {
                parts.leave(role.clone(), AccessError::NamedAlike { role, other });
            }
        }
    }

    /// The name that a role has after all that get another have it.
    pub(super) fn name_of<'n>(&'n self, role: &'n Role) -> &'n RoleName {
        self.moved.get(&role.oid).unwrap_or(&role.name)
    }

    /// What stands in the way of a role of this name, other than the role itself: the first role
    /// that has it, or one that differs by case only, and keeps it.
    pub(super) fn in_the_way(&self, name: &RoleName, own: Option<RoleOid>) -> Option<&'c Role> {
        let cluster = self.cluster;
        let stays = |role: &&Role| Some(role.oid) != own && !self.moved.contains_key(&role.oid);
        let exact = cluster.roles.get(name.as_str()).filter(stays);
        exact.or_else(|| {
            let others = cluster.roles.other_spellings(name.as_str());
            others.filter(stays).min_by(|a, b| a.name.cmp(&b.name))
        })
    }

    /// A role that is bound to one account and has the name of another would be open to that one's
    /// ticket: it is closed, whatever becomes of the other account.
    pub(super) fn close_names(&mut self) {
        for Account { person, wanted, .. } in &self.all {
            let role = wanted.as_ref().and_then(|name| self.cluster.roles.get(name.as_str()));
            let Some(role) = role.filter(|role| !self.moved.contains_key(&role.oid)) else {
                continue;
            };
            let bound_to = self.comments.get(&role.oid).and_then(RoleComment::sid);
            if bound_to.is_some_and(|sid| *sid != person.sid) {
                self.closed.insert(role.oid, person.sid.clone());
            }
        }
    }

    /// Why an account cannot have the name that another role keeps.
    pub(super) fn refuse_name(&self, name: &RoleName, sid: &Sid, role: &Role) -> Error {
        if role.name != *name {
            let (role, other) = (name.clone(), role.name.clone());
            return Error::CaseCollision { role, other, both_new: false };
        }
        match self.comments.get(&role.oid).and_then(RoleComment::sid) {
            Some(bound_to) => {
                let (sid, bound_to) = (sid.clone(), bound_to.clone());
                AccessError::NameOfAnother { role: role.name.clone(), sid, bound_to }.into()
            }
            None => Error::NameTaken { role: role.name.clone() },
        }
    }
}
