//! What hangs on a role: what pg_shdepend, pg_auth_members and the objects' own access lists say.
#![allow(unsafe_code, reason = "the server's catalogue functions are C")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::CStr;

use kerbrole_core::{
    Dependants, ForeignGrant, GrantMade, GrantedBy, Holding, MembershipOptions, RoleOid,
    grants_query,
};
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::report::Raise;
use crate::server::catalog::{self, Table, oid_key};
use crate::server::identity::as_bootstrap_superuser;
use crate::server::sessions;

/// Keeps everybody from giving a role objects or privileges until this transaction ends, as DROP
/// ROLE does; waits for those who are about to.
pub(crate) fn lock(role: RoleOid) {
    // SAFETY: returns with the lock, which is released at the end of the transaction, or raises an
    // ERROR.
    unsafe {
        pg_sys::LockSharedObject(
            pg_sys::AuthIdRelationId,
            pg_sys::Oid::from_u32(role),
            0,
            pg_sys::AccessExclusiveLock as pg_sys::LOCKMODE,
        );
    }
}

/// What hangs on each of these roles.
pub(crate) fn of_roles(roles: &[RoleOid]) -> HashMap<RoleOid, Dependants> {
    let mut all: HashMap<_, _> = roles.iter().map(|&role| (role, of_role(role))).collect();
    for (grantor, grants) in grants_made(&roles.iter().copied().collect()) {
        if let Some(dependants) = all.get_mut(&grantor) {
            dependants.grants_made = grants;
        }
    }
    all
}

/// Every row of pg_shdepend that says of something that it hangs on a role.
fn each(role: RoleOid, each: impl FnMut(&pg_sys::FormData_pg_shdepend)) {
    let mut keys = [
        oid_key(pg_sys::Anum_pg_shdepend_refclassid, pg_sys::AuthIdRelationId.to_u32()),
        oid_key(pg_sys::Anum_pg_shdepend_refobjid, role),
    ];
    let index = pg_sys::Oid::from_u32(pg_sys::SharedDependReferenceIndexId);
    Table::open(pg_sys::SharedDependRelationId).scan(index, &mut keys, each);
}

fn this_database() -> u32 {
    // SAFETY: reads a static of the server.
    unsafe { pg_sys::MyDatabaseId }.to_u32()
}

/// Those of this database, and of what belongs to none.
pub(crate) fn each_here(role: RoleOid, mut found: impl FnMut(&pg_sys::FormData_pg_shdepend)) {
    let here = this_database();
    each(role, |row| {
        if [0, here].contains(&row.dbid.to_u32()) {
            found(row);
        }
    });
}

/// Whether the role owns something: default privileges and user mappings do not count, they go with
/// it.
fn is_owned(row: &pg_sys::FormData_pg_shdepend) -> bool {
    let goes_with_the_role =
        [pg_sys::DefaultAclRelationId, pg_sys::UserMappingRelationId].contains(&row.classid);
    row.deptype == b'o' as std::ffi::c_char && !goes_with_the_role
}

/// Whether DROP OWNED would drop an object.
pub(crate) fn owns_something_here(role: RoleOid) -> bool {
    let mut owns = false;
    each_here(role, |row| owns |= is_owned(row));
    owns
}

fn of_role(role: RoleOid) -> Dependants {
    let mut places: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    let mut has_privileges_here = false;
    let here = this_database();
    each(role, |row| {
        // Memberships that it granted are looked at below.
        if row.classid == pg_sys::AuthMemRelationId {
            return;
        }
        let (owned, privileges) = places.entry(row.dbid.to_u32()).or_default();
        if is_owned(row) {
            *owned += 1;
        } else {
            *privileges += 1;
        }
        has_privileges_here |=
            row.deptype == b'a' as std::ffi::c_char && [0, here].contains(&row.dbid.to_u32());
    });
    let holdings = places.into_iter().map(|(database, (owned, privileges))| Holding {
        database: (database != 0).then(|| database_name(database)),
        here: database == 0 || database == here,
        owned,
        privileges,
    });
    Dependants {
        sessions: sessions::count(role),
        holdings: holdings.collect(),
        foreign_grants: if has_privileges_here { foreign_grants(role) } else { Vec::new() },
        grants_made: Vec::new(),
    }
}

fn database_name(oid: u32) -> String {
    // SAFETY: returns a palloc'ed C string, or null for a database that was dropped meanwhile.
    unsafe {
        let name = pg_sys::get_database_name(pg_sys::Oid::from_u32(oid));
        if name.is_null() {
            oid.to_string()
        } else {
            catalog::shown_bytes(CStr::from_ptr(name).to_bytes()).into_owned()
        }
    }
}

/// The version of the server that this is built for.
const MAJOR: u32 = pg_sys::PG_MAJORVERSION_NUM;

/// As statements, to be shown: they are not what ends these grants. Read as the bootstrap
/// superuser: nothing may be missing. The query calls no function but the server's own.
fn foreign_grants(role: RoleOid) -> Vec<ForeignGrant> {
    let query = grants_query(MAJOR, GrantedBy::Others);
    // As bytes: a name need not be text in this database's encoding.
    let query = format!(
        "SELECT {} FROM ({query}) AS g(a, b, c, d)",
        ["a", "b", "c", "d"]
            .map(|column| format!(
                "pg_catalog.convert_to(\
                 g.{column}::pg_catalog.text, pg_catalog.getdatabaseencoding())"
            ))
            .join(", ")
    );
    as_bootstrap_superuser(|| {
        Spi::connect(|client| {
            let rows = client
                .select(&query, None, &[pg_sys::Oid::from_u32(role).into()])
                .unwrap_or_else(|error| error!("reading access lists failed: {error}"));
            rows.filter_map(|row| {
                let text = |column| {
                    let bytes = row.get::<Vec<u8>>(column).ok().flatten()?;
                    Some(catalog::shown_bytes(&bytes).into_owned())
                };
                Some(ForeignGrant::new(text(1)?, text(2)?, &text(3)?, &text(4)?).or_raise())
            })
            .collect()
        })
    })
}

/// For each of these roles the memberships that it granted, and those of the same roles and members
/// that the bootstrap superuser did.
fn grants_made(by: &HashSet<RoleOid>) -> HashMap<RoleOid, Vec<GrantMade>> {
    struct Row {
        granted: RoleOid,
        member: RoleOid,
        grantor: RoleOid,
        options: MembershipOptions,
    }
    let mut rows = Vec::new();
    let superusers = pg_sys::BOOTSTRAP_SUPERUSERID;
    Table::open(pg_sys::AuthMemRelationId).scan(
        pg_sys::InvalidOid,
        &mut [],
        |row: &pg_sys::FormData_pg_auth_members| {
            let grantor = row.grantor.to_u32();
            if grantor == superusers || by.contains(&grantor) {
                rows.push(Row {
                    granted: row.roleid.to_u32(),
                    member: row.member.to_u32(),
                    grantor,
                    options: options(row),
                });
            }
        },
    );
    let mut pairs: HashMap<(RoleOid, RoleOid), Vec<RoleOid>> = HashMap::new();
    for row in rows.iter().filter(|row| by.contains(&row.grantor)) {
        pairs.entry((row.granted, row.member)).or_default().push(row.grantor);
    }
    let mut grants: HashMap<RoleOid, Vec<GrantMade>> = HashMap::new();
    for row in rows {
        let Some(grantors) = pairs.get(&(row.granted, row.member)) else { continue };
        let (Some(granted), Some(member)) =
            (catalog::role_of(row.granted), catalog::role_of(row.member))
        else {
            continue;
        };
        for &grantor in
            grantors.iter().filter(|&&grantor| row.grantor == grantor || row.grantor == superusers)
        {
            grants.entry(grantor).or_default().push(GrantMade {
                granted: granted.name.clone(),
                member: member.name.clone(),
                grantor: row.grantor,
                options: row.options,
            });
        }
    }
    grants
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
fn options(row: &pg_sys::FormData_pg_auth_members) -> MembershipOptions {
    MembershipOptions {
        admin: row.admin_option,
        inherit_and_set: Some((row.inherit_option, row.set_option)),
    }
}

#[cfg(any(feature = "pg14", feature = "pg15"))]
fn options(row: &pg_sys::FormData_pg_auth_members) -> MembershipOptions {
    MembershipOptions { admin: row.admin_option, inherit_and_set: None }
}
