//! What PostgreSQL knows a role by.

/// A role's OID.
pub type RoleOid = u32;

/// The OID that no role has (`InvalidOid`).
pub(crate) const NO_ROLE: RoleOid = 0;
