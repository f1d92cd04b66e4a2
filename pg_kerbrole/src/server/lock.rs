//! The lock that makes a check and a change one.
#![allow(unsafe_code, reason = "the server's lock functions are C")]

use std::ffi::CStr;

use kerbrole_core::{Error, PrincipalRef, RoleOid, RoleSet};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::fault::{self, Fault, Step};
use crate::report::Raise;
use crate::server::catalog;
use crate::server::identity::as_bootstrap_superuser;

/// Refuses to go on in a read-only transaction or on a replica, then keeps every other change of
/// memberships away until this transaction ends. `function` is named in the error (25006).
///
/// Two transactions that each see no conflict could make one together; SERIALIZABLE does not
/// prevent that for catalogues. SHARE ROW EXCLUSIVE conflicts with itself and with the ROW
/// EXCLUSIVE lock of GRANT and REVOKE. It has to be taken before the first change: two writers that
/// both hold ROW EXCLUSIVE could never both go on.
///
/// Errors: 25006 as said; 55P03 when `lock_timeout` runs out.
pub(crate) fn lock_memberships(function: &CStr) {
    // SAFETY: each takes a C string and returns or raises an ERROR, which pgrx turns into a panic.
    unsafe {
        pg_sys::PreventCommandIfReadOnly(function.as_ptr());
        pg_sys::PreventCommandDuringRecovery(function.as_ptr());
    }
    fault::gate(Step::Lock);
    keep_others_from_memberships();
    fault::gate(Step::Look);
}

/// Finds the role that is meant, keeps everybody else from changing it until this transaction ends,
/// and returns every role of about the same name as they are then. Memberships are locked first, as
/// by [`lock_memberships`].
///
/// Errors: those of `lock_memberships`; 40001 under REPEATABLE READ when somebody else changed the
/// role meanwhile.
pub(crate) fn lock_principal(meant: &PrincipalRef, function: &CStr) -> RoleSet {
    lock_memberships(function);
    let about = || catalog::roles_spelled_like([meant.role_name().to_string()]);
    let mut roles = about();
    let mut locked = None;
    // Whoever holds the role may have renamed it, and another may have its name now.
    while let Ok(role) = meant.find(&roles)
        && locked != Some(role.oid)
    {
        lock_roles(&[role.oid]);
        locked = Some(role.oid);
        roles = about();
    }
    roles
}

/// Waits for whoever is changing one of these roles, and keeps everybody from it until this
/// transaction ends. A login only reads.
///
/// ALTER ROLE alone would fail with an internal error (XX000, "tuple concurrently updated") where
/// it had to wait.
pub(crate) fn lock_roles(roles: &[RoleOid]) {
    const LOCK: &str = "SELECT FROM pg_catalog.pg_authid WHERE oid OPERATOR(pg_catalog.=) ANY ($1) \
         ORDER BY oid FOR UPDATE";
    let oids: Vec<_> = roles.iter().map(|&oid| pg_sys::Oid::from_u32(oid)).collect();
    as_bootstrap_superuser(|| {
        Spi::connect_mut(|client| {
            if let Err(error) = client.update(LOCK, None, &[oids.into()]) {
                error!("locking roles failed: {error}");
            }
        });
    });
    // What others committed while we waited.
    // SAFETY: reads messages from shared memory.
    unsafe { pg_sys::AcceptInvalidationMessages() };
}

/// The lock alone.
pub(crate) fn keep_others_from_memberships() {
    if fault::is(Fault::no_lock) {
        return;
    }
    let lock = || {
        // SAFETY: returns with the lock, which is released at the end of the transaction, or raises
        // an ERROR.
        unsafe {
            pg_sys::LockRelationOid(pg_sys::AuthMemRelationId, pg_sys::ShareRowExclusiveLock as i32)
        };
    };
    // The server's own message says neither what the lock is for nor how to find who holds it.
    PgTryBuilder::new(lock)
        .catch_when(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, |_| {
            Err(Error::LockTimeout).or_raise()
        })
        .execute();
}
