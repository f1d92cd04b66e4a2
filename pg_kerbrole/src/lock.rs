//! The lock that makes a check and a change one.
#![allow(unsafe_code, reason = "the server's lock functions are C")]

use std::ffi::CStr;

use pgrx::pg_sys;

/// Refuses to go on in a read-only transaction or on a replica, then keeps every other change of memberships away until
/// this transaction ends. `function` is named in the error (25006).
///
/// Two transactions that each see no conflict could make one together; SERIALIZABLE does not prevent that for catalogues.
/// SHARE ROW EXCLUSIVE conflicts with itself and with the ROW EXCLUSIVE lock of GRANT and REVOKE. It has to be taken before the first change:
/// two writers that both hold ROW EXCLUSIVE could never both go on. `lock_timeout` applies (55P03).
pub(crate) fn lock_memberships(function: &CStr) {
    // SAFETY: each takes a C string and returns or raises an ERROR, which pgrx turns into a panic; a lock is released at the
    // end of the transaction.
    unsafe {
        pg_sys::PreventCommandIfReadOnly(function.as_ptr());
        pg_sys::PreventCommandDuringRecovery(function.as_ptr());
        pg_sys::LockRelationOid(pg_sys::AuthMemRelationId, pg_sys::ShareRowExclusiveLock as i32);
    }
}
