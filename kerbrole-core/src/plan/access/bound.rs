//! The roles that are bound to accounts.

use crate::names::sid::Sid;
use crate::roles::role::Role;

/// Which roles are bound to which account: mostly one to each, and there may be a great many, so
/// that they are kept in order and not by a table of lists.
pub(super) struct Bound<'c>(Vec<(&'c Sid, &'c Role)>);

impl<'c> Bound<'c> {
    pub(super) fn of(roles: impl Iterator<Item = (&'c Sid, &'c Role)>) -> Self {
        let mut all: Vec<_> = roles.collect();
        all.sort_unstable_by_key(|(sid, role)| (*sid, role.oid));
        Self(all)
    }

    /// The roles that are bound to this account.
    pub(super) fn to(&self, account: &Sid) -> impl Iterator<Item = &'c Role> + Clone + use<'_, 'c> {
        let first = self.0.partition_point(|(sid, _)| *sid < account);
        let behind = self.0.partition_point(|(sid, _)| *sid <= account);
        self.0[first..behind].iter().map(|(_, role)| *role)
    }

    /// All of them, each with its account.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'c Sid, &'c Role)> {
        self.0.iter().copied()
    }
}
