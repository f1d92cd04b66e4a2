//! The part of a cluster's memberships that a question about a few roles can depend on.

use std::collections::{HashMap, HashSet};

use crate::graph::{Membership, MembershipGraph, RoleOid};
use crate::names::RoleName;

/// A catalogue that can be asked for one role at a time.
pub trait MembershipCatalog {
    /// What keeps it from answering.
    type Error;

    /// The name of a role; `None` if there is no such role.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Self::Error>;

    /// The memberships of `member` in other roles.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Self::Error>;

    /// The memberships of others in `role`.
    ///
    /// # Errors
    /// As the catalogue has them.
    fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Self::Error>;
}

/// `below`, everything below it, and everything above any of these and above `above`.
///
/// For the roles in `down(below)` the graph gives the same conflicts and paths as the whole catalogue would: each of them is
/// there with all that it is a member of.
///
/// # Errors
/// As the catalogue has them.
pub fn neighbourhood<C: MembershipCatalog>(
    catalog: &mut C,
    below: impl IntoIterator<Item = RoleOid>,
    above: impl IntoIterator<Item = RoleOid>,
) -> Result<MembershipGraph, C::Error> {
    let mut affected: HashSet<RoleOid> = HashSet::new();
    let mut to_visit: Vec<RoleOid> = below.into_iter().collect();
    while let Some(role) = to_visit.pop() {
        if affected.insert(role) {
            to_visit.extend(catalog.members_of(role)?.into_iter().map(|m| m.member));
        }
    }

    let mut seen: HashSet<RoleOid> = HashSet::new();
    let mut memberships = Vec::new();
    to_visit.extend(affected);
    to_visit.extend(above);
    while let Some(member) = to_visit.pop() {
        if seen.insert(member) {
            let found = catalog.memberships_of(member)?;
            to_visit.extend(found.iter().map(|m| m.role));
            memberships.extend(found);
        }
    }

    // Grantors are needed by name only.
    seen.extend(memberships.iter().map(|m| m.grantor));
    let mut names = HashMap::with_capacity(seen.len());
    for role in seen {
        if let Some(name) = catalog.name(role)? {
            names.insert(role, name);
        }
    }
    Ok(MembershipGraph::new(names, memberships))
}
