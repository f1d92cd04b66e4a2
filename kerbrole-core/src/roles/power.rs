//! What a group gives to its members.

use crate::roles::role::Elevated;

/// Why a group's powers are not for the caller to hand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// The group has an attribute such as SUPERUSER.
    Attributes(Elevated),
    /// The group is one of the server's own, which all give something: `pg_read_all_data` and the
    /// like.
    Predefined,
    /// The caller has no right to grant the group.
    NotGrantable,
}
