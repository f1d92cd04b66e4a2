//! Roles, found by their names.

use std::iter;
use std::slice;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::names::case::{equal_ignoring_case, hash_ignoring_case};
use crate::roles::role::Role;

/// Some of a cluster's roles, or all: at least every one whose name equals, case aside, a name that
/// is asked for.
#[derive(Debug, Clone, Default)]
pub struct RoleSet {
    roles: Vec<Role>,
    /// Made when the first role is looked for: who only goes through them needs none.
    by_name: OnceLock<ByName>,
}

/// Where the roles of a name stand.
#[derive(Debug, Clone, Default)]
struct ByName {
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
        let by_name = self.by_name.get_or_init(|| ByName::of(&self.roles));
        let first = by_name.first.get(&hash_ignoring_case(name)).copied();
        let of_hash = iter::successors(first, |&at| by_name.next[at]).map(|at| &self.roles[at]);
        of_hash.filter(move |role| equal_ignoring_case(role.name.as_str(), name))
    }

    /// All of them, each once.
    pub fn iter(&self) -> slice::Iter<'_, Role> {
        self.roles.iter()
    }

    /// Adds those of another set.
    pub fn extend_with(&mut self, other: Self) {
        self.extend(other.roles);
    }

    /// Adds one; a role that is there already stays as it is.
    pub fn insert(&mut self, role: Role) {
        self.by_name.get_or_init(|| ByName::of(&self.roles));
        if self.by_name.get_mut().is_none_or(|by_name| by_name.add(&self.roles, &role)) {
            self.roles.push(role);
        }
    }
}

impl ByName {
    /// `roles` are there once each.
    fn of(roles: &[Role]) -> Self {
        let mut by_name = Self::default();
        for at in 0..roles.len() {
            by_name.add(&roles[..at], &roles[at]);
        }
        by_name
    }

    /// Takes note of a role that is to stand behind `roles`, unless it is among them; says whether
    /// it is not.
    fn add(&mut self, roles: &[Role], role: &Role) -> bool {
        let new = roles.len();
        let mut at = *self.first.entry(hash_ignoring_case(role.name.as_str())).or_insert(new);
        if at != new {
            while let Some(next) = self.next[at].filter(|_| roles[at].oid != role.oid) {
                at = next;
            }
            if roles[at].oid == role.oid {
                return false;
            }
            self.next[at] = Some(new);
        }
        self.next.push(None);
        true
    }
}

/// The roles of a catalogue that was read once: each is there once.
impl From<Vec<Role>> for RoleSet {
    fn from(roles: Vec<Role>) -> Self {
        Self { roles, by_name: OnceLock::new() }
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

impl<'s> IntoIterator for &'s RoleSet {
    type Item = &'s Role;
    type IntoIter = slice::Iter<'s, Role>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::role_name::RoleName;
    use crate::roles::role::Elevated;

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
