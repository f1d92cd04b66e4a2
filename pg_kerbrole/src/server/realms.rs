//! Whether anybody is of a realm yet.

use kerbrole_core::{RoleName, UnknownRealm, UnknownRealms};
use pgrx::pg_sys;

use crate::server::catalog::{self, Table, name_bytes, text};

/// How many of those who came last are asked first: mostly the next one is of the same realm.
const ASKED_FIRST: usize = 100;

/// Of the realms of new principals those that nobody is of, while there are principals of others.
///
/// Roles are read until somebody of each realm is found, those first who came last into `rds_ad`.
/// All of them are read, and twice, only for the first principal of a realm. The server looks for
/// interrupts on each page.
pub(crate) fn nobody_is_of(mut realms: UnknownRealms, ad_role: &RoleName) -> Vec<UnknownRealm> {
    if realms.is_empty() {
        return Vec::new();
    }
    if let Some(ad_role) = catalog::role_oid(ad_role.as_str()) {
        let mut left = ASKED_FIRST;
        catalog::youngest_members(ad_role, |name| {
            realms.see(name);
            left -= 1;
            !realms.is_empty() && left > 0
        });
    }
    if realms.is_empty() {
        return Vec::new();
    }
    let table = Table::open(pg_sys::AuthIdRelationId);
    each_name(&table, |name| {
        realms.see(name);
        !realms.is_empty()
    });
    if realms.is_empty() {
        return Vec::new();
    }
    each_name(&table, |name| {
        realms.compare(name);
        true
    });
    realms.found()
}

/// The names of roles that are text here, as long as more are wanted.
fn each_name(table: &Table, mut each: impl FnMut(&str) -> bool) {
    table.scan_while(pg_sys::InvalidOid, &mut [], |row: &pg_sys::FormData_pg_authid| {
        let name = name_bytes(&row.rolname);
        !name.contains(&b'@') || text(name).is_none_or(&mut each)
    });
}
