//! A role as it stands in the catalogue.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::names::case::{equal_ignoring_case, hash_ignoring_case};
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;

/// The attributes that make a role more than a login.
///
/// Roles that have one are never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elevated {
    /// SUPERUSER
    pub superuser: bool,
    /// CREATEROLE
    pub createrole: bool,
    /// CREATEDB
    pub createdb: bool,
    /// REPLICATION
    pub replication: bool,
    /// BYPASSRLS
    pub bypassrls: bool,
}

impl Elevated {
    /// Whether any of them is set.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

impl fmt::Display for Elevated {
    /// The keywords of those that are set: `CREATEROLE and CREATEDB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.superuser, "SUPERUSER"),
            (self.createrole, "CREATEROLE"),
            (self.createdb, "CREATEDB"),
            (self.replication, "REPLICATION"),
            (self.bypassrls, "BYPASSRLS"),
        ];
        let set: Vec<_> =
            all.into_iter().filter_map(|(is_set, keyword)| is_set.then_some(keyword)).collect();
        f.write_str(&set.join(" and "))
    }
}

/// What is known of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its OID.
    pub oid: RoleOid,
    /// Its name.
    pub name: RoleName,
    /// LOGIN
    pub can_login: bool,
    /// The attributes that keep it from being changed.
    pub elevated: Elevated,
}

/// Some of a cluster's roles, or all: at least every one whose name equals, case aside, a name that
/// is asked for.
#[derive(Debug, Clone, Default)]
pub struct RoleSet {
    roles: Vec<Role>,
    /// The first role of each hash of a name, case aside, and for each role the next one.
    first: FxHashMap<u64, usize>,
    next: Vec<Option<usize>>,
}

impl RoleSet {
    /// The role of exactly this name.
    pub fn get(&self, name: &str) -> Option<&Role> {
        self.spellings(name).find(|role| role.name.as_str() == name)
    }

    /// A role whose name differs from `name` by case only, the first in byte order if there are
    /// several.
    pub fn other_spelling(&self, name: &str) -> Option<&Role> {
        self.other_spellings(name).min_by(|a, b| a.name.cmp(&b.name))
    }

    /// All roles whose names differ from `name` by case only.
    pub fn other_spellings<'n>(&self, name: &'n str) -> impl Iterator<Item = &Role> + use<'_, 'n> {
        self.spellings(name).filter(move |role| role.name.as_str() != name)
    }

    /// All roles of this name, case aside.
    pub(crate) fn spellings<'n>(&self, name: &'n str) -> impl Iterator<Item = &Role> + use<'_, 'n> {
        let first = self.first.get(&hash_ignoring_case(name)).copied();
        let of_hash = std::iter::successors(first, |&at| self.next[at]).map(|at| &self.roles[at]);
        of_hash.filter(move |role| equal_ignoring_case(role.name.as_str(), name))
    }

    /// Adds those of another set.
    pub fn extend_with(&mut self, other: Self) {
        self.extend(other.roles);
    }

    /// Adds one; a role that is there already stays as it is.
    pub fn insert(&mut self, role: Role) {
        let new = self.roles.len();
        let mut at = *self.first.entry(hash_ignoring_case(role.name.as_str())).or_insert(new);
        if at != new {
            while let Some(next) = self.next[at].filter(|_| self.roles[at].oid != role.oid) {
                at = next;
            }
            if self.roles[at].oid == role.oid {
                return;
            }
            self.next[at] = Some(new);
        }
        self.roles.push(role);
        self.next.push(None);
    }
}

impl Extend<Role> for RoleSet {
    fn extend<I: IntoIterator<Item = Role>>(&mut self, roles: I) {
        for role in roles {
            self.insert(role);
        }
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        let mut set = Self::default();
        set.extend(roles);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_finds_all_spellings_of_a_name_each_role_once() {
        let role = |(oid, name): (u32, &str)| Role {
            oid,
            name: RoleName::new(name).unwrap(),
            can_login: true,
            elevated: Elevated::default(),
        };
        let mut roles: RoleSet =
            [(1, "bob"), (2, "Alice"), (3, "ALICE"), (2, "Alice"), (4, "alice")]
                .map(role)
                .into_iter()
                .collect();
        roles.extend_with([(3, "ALICE"), (5, "aLICE")].map(role).into_iter().collect());
        let oids: Vec<_> = roles.spellings("alicE").map(|role| role.oid).collect();
        assert_eq!(oids, [2, 3, 4, 5]);
        assert_eq!(roles.get("ALICE").map(|role| role.oid), Some(3));
        assert_eq!(roles.get("alicE"), None);
        assert_eq!(roles.other_spelling("alice").map(|role| role.oid), Some(3));
        assert_eq!(roles.other_spellings("bob").count(), 0);
    }
}
