//! What PostgreSQL knows a role by.

/// A role's OID.
pub type RoleOid = u32;

/// Stands for the role that a plan creates: no role of a catalogue has this OID (`InvalidOid`).
pub(crate) const NEW_ROLE: RoleOid = 0;

/// The role that `initdb` made (`BOOTSTRAP_SUPERUSERID`, src/include/catalog/pg_authid.h).
pub const BOOTSTRAP_SUPERUSER: RoleOid = 10;
