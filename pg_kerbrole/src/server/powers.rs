//! Whether the caller could give what a principal can do: asked before its role is renamed or
//! opened.
#![allow(unsafe_code, reason = "the server's checks of rights are C")]

use std::convert::Infallible;

use kerbrole_core::{
    ConflictRule, Elevated, Error, Groups, Membership, MembershipCatalog, Role, RoleName, RoleOid,
    refuse_powers,
};
use pgrx::prelude::*;
use pgrx::{PgSqlErrorCode, pg_sys};

use crate::report::report;
use crate::server::catalog::{self, Memberships};

/// 42501 where the principal has powers through its groups that the caller, who is no superuser,
/// could not give it.
pub(crate) fn refuse(role: &Role, rule: &ConflictRule) -> Result<(), Error> {
    // SAFETY: looks the current user up in the server's cache.
    if unsafe { pg_sys::superuser() } {
        return Ok(());
    }
    let Ok(result) = refuse_powers(role, rule, &mut OfCaller(Memberships::open()));
    result
}

/// 42501, in the server's own words, for the first of these roles that the caller may not grant.
/// Whoever may grant a role may revoke it here, whoever granted it.
pub(crate) fn refuse_granting(roles: &[RoleName]) {
    // SAFETY: looks the current user up in the server's cache.
    if unsafe { pg_sys::superuser() } {
        return;
    }
    let mut of_caller = OfCaller(Memberships::open());
    for role in roles {
        let Some(oid) = catalog::role_oid(role.as_str()) else { continue };
        let Ok(may_grant) = of_caller.may_grant(oid);
        // SAFETY: looks a role up in the server's cache.
        if may_grant && !unsafe { pg_sys::superuser_arg(pg_sys::Oid::from_u32(oid)) } {
            continue;
        }
        report(
            PgLogLevel::ERROR,
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            format!("permission denied to grant role \"{role}\""),
            Some(format!(
                "Only roles with the ADMIN option on role \"{role}\" may grant or revoke it."
            )),
            None,
        );
    }
}

struct OfCaller(Memberships);

impl MembershipCatalog for OfCaller {
    type Error = Infallible;

    fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
        self.0.name(role)
    }

    fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Infallible> {
        self.0.memberships_of(member)
    }

    fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Infallible> {
        self.0.members_of(role)
    }
}

impl Groups for OfCaller {
    fn attributes(&mut self, role: RoleOid) -> Result<Elevated, Infallible> {
        Ok(catalog::role_of(role).map(|role| role.elevated).unwrap_or_default())
    }

    /// What GRANT asks for (src/backend/commands/user.c, check_role_membership_authorization); that
    /// only a superuser grants a superuser's role is looked at by attribute.
    fn may_grant(&mut self, role: RoleOid) -> Result<bool, Infallible> {
        // SAFETY: both look memberships up in the server's cache.
        unsafe {
            let caller = pg_sys::GetUserId();
            Ok(may_grant_all(caller)
                || pg_sys::is_admin_of_role(caller, pg_sys::Oid::from_u32(role)))
        }
    }
}

/// Up to 15 CREATEROLE was the right to grant any role but a superuser's.
#[cfg(any(feature = "pg14", feature = "pg15"))]
unsafe fn may_grant_all(caller: pg_sys::Oid) -> bool {
    // SAFETY: looks a role up in the server's cache.
    unsafe { pg_sys::has_createrole_privilege(caller) }
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
unsafe fn may_grant_all(_: pg_sys::Oid) -> bool {
    false
}
