//! A role as it stands in the catalogue.

use std::collections::HashMap;
use std::fmt;

use crate::case::fold_case;
use crate::graph::RoleOid;
use crate::names::RoleName;

/// The attributes that make a role more than a login. Roles that have one are never changed.
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
        let set: Vec<_> = all.into_iter().filter_map(|(is_set, keyword)| is_set.then_some(keyword)).collect();
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

/// Some of a cluster's roles, or all: at least every one whose name equals, case aside, a name that is asked for.
#[derive(Debug, Clone, Default)]
pub struct RoleSet {
    by_folded_name: HashMap<String, Vec<Role>>,
}

impl RoleSet {
    /// The role of exactly this name.
    pub fn get(&self, name: &str) -> Option<&Role> {
        self.spellings(name).iter().find(|role| role.name.as_str() == name)
    }

    /// A role whose name differs from `name` by case only, the first in byte order if there are several.
    pub fn other_spelling(&self, name: &str) -> Option<&Role> {
        self.other_spellings(name).min_by(|a, b| a.name.cmp(&b.name))
    }

    /// All roles whose names differ from `name` by case only.
    pub fn other_spellings(&self, name: &str) -> impl Iterator<Item = &Role> {
        self.spellings(name).iter().filter(move |role| role.name.as_str() != name)
    }

    fn spellings(&self, name: &str) -> &[Role] {
        self.spellings_of_folded(&fold_case(name))
    }

    /// All roles whose names have this form in lower case.
    pub(crate) fn spellings_of_folded(&self, folded: &str) -> &[Role] {
        self.by_folded_name.get(folded).map_or(&[], Vec::as_slice)
    }

    /// Adds those of another set.
    pub fn extend_with(&mut self, other: Self) {
        self.extend(other.by_folded_name.into_values().flatten());
    }

    /// Adds one; a role that is there already stays as it is.
    pub fn insert(&mut self, role: Role) {
        let spellings = self.by_folded_name.entry(fold_case(role.name.as_str())).or_default();
        if spellings.iter().all(|other| other.oid != role.oid) {
            spellings.push(role);
        }
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
