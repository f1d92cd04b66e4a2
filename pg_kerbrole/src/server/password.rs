//! Whether a role has a password.
#![allow(unsafe_code, reason = "the server's catalogue functions are C")]

use kerbrole_core::RoleOid;
use pgrx::pg_sys;

/// Whether the caller may know which roles have passwords: whoever may read pg_authid. Everybody
/// else sees the same eight asterisks for each role, in pg_roles.
pub(crate) fn caller_may_know() -> bool {
    // SAFETY: asks for a privilege of the current user; superusers have all.
    let result = unsafe {
        pg_sys::pg_class_aclcheck(
            pg_sys::AuthIdRelationId,
            pg_sys::GetUserId(),
            pg_sys::ACL_SELECT as pg_sys::AclMode,
        )
    };
    result == pg_sys::AclResult::ACLCHECK_OK
}

/// Whether the role of this OID has a password, whichever it is.
pub(crate) fn has_password(role: RoleOid) -> bool {
    const AUTHOID: i32 = pg_sys::SysCacheIdentifier::AUTHOID as i32;
    // SAFETY: the tuple is valid until it is released; of the value no more is looked at than
    // whether it is NULL.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(AUTHOID, pg_sys::Oid::from_u32(role).into());
        if tuple.is_null() {
            return false;
        }
        let mut is_null = true;
        let column = pg_sys::Anum_pg_authid_rolpassword as pg_sys::AttrNumber;
        pg_sys::SysCacheGetAttr(AUTHOID, tuple, column, &mut is_null);
        pg_sys::ReleaseSysCache(tuple);
        !is_null
    }
}
