//! Whose rights a statement runs with.
#![allow(unsafe_code, reason = "the server's identity functions are C")]

use kerbrole_core::RoleOid;
use pgrx::pg_sys;

/// Runs `work` as the bootstrap superuser, then as the caller again, also when it fails.
///
/// Nothing that `work` runs may evaluate what a user wrote: no expression, function, operator or
/// trigger, event triggers included, whose functions would look names up in the caller's temporary
/// schema. What runs under it, and why it may:
///
/// - CREATE, ALTER and DROP ROLE, GRANT and REVOKE of roles, with quoted names (run.rs): the server
///   runs no event triggers for what belongs to no database (src/backend/tcop/utility.c),
///   catalogues have no triggers of users', and there is nothing to evaluate. Where a role's name
///   is no text in this database the statement is in a DO block, which looks the name up by OID
///   (kerbrole_core::Statement): what it evaluates is in pg_catalog, as for the queries below.
/// - REASSIGN OWNED, DROP OWNED and REVOKE of privileges (privileges.rs): not as statements, which
///   run event triggers.
/// - The queries on access lists (dependants.rs) and for row locks (lock.rs): every name in them is
///   qualified with pg_catalog, and so is every operator; only a superuser could change what is
///   there.
///
/// As superuser a role is created without a membership of its creator, which PostgreSQL 16 and
/// later would add (src/backend/commands/user.c, CreateRole) and which would nest an administrator
/// under `rds_ad`.
pub(crate) fn as_bootstrap_superuser<R>(work: impl FnOnce() -> R) -> R {
    let mut caller = Caller { user: pg_sys::InvalidOid, security_context: 0 };
    // SAFETY: writes to the two places it is given.
    unsafe { pg_sys::GetUserIdAndSecContext(&mut caller.user, &mut caller.security_context) };
    let context = caller.security_context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32;
    // SAFETY: sets two statics of the server. LOCAL_USERID_CHANGE forbids SET ROLE while it lasts;
    // `caller` ends it.
    unsafe {
        pg_sys::SetUserIdAndSecContext(
            pg_sys::Oid::from_u32(pg_sys::BOOTSTRAP_SUPERUSERID),
            context,
        )
    };
    let _restore_at_the_end = caller;
    work()
}

/// Whose rights count now: the caller's, or those of the owner of a SECURITY DEFINER function that
/// calls us.
pub(crate) fn current_user() -> RoleOid {
    // SAFETY: reads a static of the server.
    unsafe { pg_sys::GetUserId() }.to_u32()
}

/// Restores the identity when it goes out of scope, in a panic as well. Aborting a transaction or
/// subtransaction restores it too.
struct Caller {
    user: pg_sys::Oid,
    security_context: i32,
}

impl Drop for Caller {
    fn drop(&mut self) {
        // SAFETY: sets two statics of the server to the values they had.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.security_context) };
    }
}

/// Whether the caller has the rights of a role and could SET ROLE to it, as REASSIGN OWNED and
/// ALTER ... OWNER TO demand it.
pub(crate) fn may_act_for(role: RoleOid) -> bool {
    let role = pg_sys::Oid::from_u32(role);
    // SAFETY: each looks memberships up in the server's cache and returns a bool.
    unsafe {
        let caller = pg_sys::GetUserId();
        pg_sys::has_privs_of_role(caller, role) && can_set_role(caller, role)
    }
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
unsafe fn can_set_role(caller: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: looks a membership up in the server's cache; an OID that is no role's has none.
    unsafe { pg_sys::member_can_set_role(caller, role) }
}

/// Up to 15 every member can.
#[cfg(any(feature = "pg14", feature = "pg15"))]
unsafe fn can_set_role(caller: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: looks a membership up in the server's cache; an OID that is no role's has none.
    unsafe { pg_sys::is_member_of_role(caller, role) }
}
