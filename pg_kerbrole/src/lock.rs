//! The lock that makes a check and a change one.
#![allow(unsafe_code, reason = "the server's lock functions are C")]

use std::ffi::CStr;

use kerbrole_core::Error;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::report::Raise;

/// Refuses to go on in a read-only transaction or on a replica, then keeps every other change of memberships away until
/// this transaction ends. `function` is named in the error (25006).
///
/// Two transactions that each see no conflict could make one together; SERIALIZABLE does not prevent that for catalogues.
/// SHARE ROW EXCLUSIVE conflicts with itself and with the ROW EXCLUSIVE lock of GRANT and REVOKE. It has to be taken before the first change:
/// two writers that both hold ROW EXCLUSIVE could never both go on.
///
/// Errors: 25006 as said; 55P03 when `lock_timeout` runs out.
pub(crate) fn lock_memberships(function: &CStr) {
    // SAFETY: each takes a C string and returns or raises an ERROR, which pgrx turns into a panic.
    unsafe {
        pg_sys::PreventCommandIfReadOnly(function.as_ptr());
        pg_sys::PreventCommandDuringRecovery(function.as_ptr());
    }
    keep_others_from_memberships();
}

/// The lock alone.
pub(crate) fn keep_others_from_memberships() {
    let lock = || {
        // SAFETY: returns with the lock, which is released at the end of the transaction, or raises an ERROR.
        unsafe { pg_sys::LockRelationOid(pg_sys::AuthMemRelationId, pg_sys::ShareRowExclusiveLock as i32) };
    };
    // The server's own message says neither what the lock is for nor how to find who holds it.
    PgTryBuilder::new(lock)
        .catch_when(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, |_| Err(Error::LockTimeout).or_raise())
        .execute();
}
