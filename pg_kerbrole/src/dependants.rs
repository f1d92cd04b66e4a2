//! What hangs on a role: what pg_shdepend, pg_auth_members and the objects' own access lists say.
#![allow(unsafe_code, reason = "the server's catalogue functions are C")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::CStr;

use kerbrole_core::{Dependants, ForeignGrant, GrantMade, Holding, MembershipOptions, RoleName, RoleOid};
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::catalog::{self, Table, oid_key};
use crate::identity::as_bootstrap_superuser;
use crate::report::Raise;
use crate::sessions;

/// Keeps everybody from giving a role objects or privileges until this transaction ends, as DROP ROLE does; waits for those who are about to.
pub(crate) fn lock(role: RoleOid) {
    // SAFETY: returns with the lock, which is released at the end of the transaction, or raises an ERROR.
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

fn of_role(role: RoleOid) -> Dependants {
    let table = Table::open(pg_sys::SharedDependRelationId);
    let mut keys = [
        oid_key(pg_sys::Anum_pg_shdepend_refclassid, pg_sys::AuthIdRelationId.to_u32()),
        oid_key(pg_sys::Anum_pg_shdepend_refobjid, role),
    ];
    let mut places: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    let mut has_privileges_here = false;
    // SAFETY: reads a static of the server.
    let here = unsafe { pg_sys::MyDatabaseId }.to_u32();
    table.scan(
        pg_sys::Oid::from_u32(pg_sys::SharedDependReferenceIndexId),
        &mut keys,
        |row: &pg_sys::FormData_pg_shdepend| {
            // Memberships that it granted are looked at below.
            if row.classid == pg_sys::AuthMemRelationId {
                return;
            }
            let (owned, privileges) = places.entry(row.dbid.to_u32()).or_default();
            let goes_with_the_role =
                [pg_sys::DefaultAclRelationId, pg_sys::UserMappingRelationId].contains(&row.classid);
            if row.deptype == b'o' as std::ffi::c_char && !goes_with_the_role {
                *owned += 1;
            } else {
                *privileges += 1;
            }
            has_privileges_here |= row.deptype == b'a' as std::ffi::c_char && [0, here].contains(&row.dbid.to_u32());
        },
    );
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
        if name.is_null() { oid.to_string() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
    }
}

/// The catalogues with access lists: where a dependency comes from, its list, its owner.
const ACCESS_LISTS: &str = "\
    SELECT relacl AS acl, relowner AS owner, NULL::name AS attname FROM pg_class WHERE d.classid = 'pg_class'::regclass AND oid = d.objid AND d.objsubid = 0 \
    UNION ALL SELECT attacl, relowner, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid \
              WHERE d.classid = 'pg_class'::regclass AND attrelid = d.objid AND attnum = d.objsubid \
    UNION ALL SELECT proacl, proowner, NULL FROM pg_proc WHERE d.classid = 'pg_proc'::regclass AND oid = d.objid \
    UNION ALL SELECT nspacl, nspowner, NULL FROM pg_namespace WHERE d.classid = 'pg_namespace'::regclass AND oid = d.objid \
    UNION ALL SELECT typacl, typowner, NULL FROM pg_type WHERE d.classid = 'pg_type'::regclass AND oid = d.objid \
    UNION ALL SELECT lanacl, lanowner, NULL FROM pg_language WHERE d.classid = 'pg_language'::regclass AND oid = d.objid \
    UNION ALL SELECT fdwacl, fdwowner, NULL FROM pg_foreign_data_wrapper WHERE d.classid = 'pg_foreign_data_wrapper'::regclass AND oid = d.objid \
    UNION ALL SELECT srvacl, srvowner, NULL FROM pg_foreign_server WHERE d.classid = 'pg_foreign_server'::regclass AND oid = d.objid \
    UNION ALL SELECT lomacl, lomowner, NULL FROM pg_largeobject_metadata WHERE d.classid = 'pg_largeobject'::regclass AND oid = d.objid \
    UNION ALL SELECT datacl, datdba, NULL FROM pg_database WHERE d.classid = 'pg_database'::regclass AND oid = d.objid \
    UNION ALL SELECT spcacl, spcowner, NULL FROM pg_tablespace WHERE d.classid = 'pg_tablespace'::regclass AND oid = d.objid";

/// Since 15 there are privileges on settings; the bootstrap superuser counts as their owner.
#[cfg(not(any(feature = "pg13", feature = "pg14")))]
const PARAMETERS: &str = " UNION ALL SELECT paracl, 10::oid, NULL FROM pg_parameter_acl WHERE d.classid = 'pg_parameter_acl'::regclass AND oid = d.objid";
#[cfg(any(feature = "pg13", feature = "pg14"))]
const PARAMETERS: &str = "";

/// DROP OWNED revokes what the owner granted (`RemoveRoleFromObjectACL` in src/backend/catalog/aclchk.c runs as the owner would) and leaves what
/// somebody else did on the strength of a grant option. Every function of the query is the server's, by the pinned search path.
fn foreign_grants(role: RoleOid) -> Vec<ForeignGrant> {
    let query = format!(
        "SELECT g.rolname::text, \
         string_agg(a.privilege_type || coalesce(' (' || quote_ident(o.attname) || ')', ''), ', ' ORDER BY a.privilege_type, o.attname), \
         CASE i.type WHEN 'sequence' THEN 'SEQUENCE' WHEN 'function' THEN 'ROUTINE' WHEN 'procedure' THEN 'ROUTINE' \
         WHEN 'aggregate' THEN 'ROUTINE' WHEN 'type' THEN 'TYPE' WHEN 'domain' THEN 'TYPE' WHEN 'schema' THEN 'SCHEMA' WHEN 'language' THEN 'LANGUAGE' \
         WHEN 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER' WHEN 'server' THEN 'FOREIGN SERVER' WHEN 'large object' THEN 'LARGE OBJECT' \
         WHEN 'database' THEN 'DATABASE' WHEN 'tablespace' THEN 'TABLESPACE' WHEN 'parameter ACL' THEN 'PARAMETER' ELSE 'TABLE' END \
         || ' ' || i.identity \
         FROM pg_shdepend d CROSS JOIN LATERAL ({ACCESS_LISTS}{PARAMETERS}) o CROSS JOIN LATERAL aclexplode(o.acl) a \
         CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i JOIN pg_authid g ON g.oid = a.grantor \
         WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = $1 AND d.deptype = 'a' \
         AND (d.dbid = 0 OR d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) \
         AND a.grantee = $1 AND a.grantor <> o.owner GROUP BY 1, 3 ORDER BY 1, 3"
    );
    as_bootstrap_superuser(|| {
        Spi::connect(|client| {
            let rows = client
                .select(&query, None, &[pg_sys::Oid::from_u32(role).into()])
                .unwrap_or_else(|error| error!("reading access lists failed: {error}"));
            rows.filter_map(|row| {
                let text = |column| row.get::<String>(column).ok().flatten();
                let grantor = RoleName::new(text(1)?).or_raise();
                Some(ForeignGrant { grantor, privileges: text(2)?, object: text(3)? })
            })
            .collect()
        })
    })
}

/// For each of these roles the memberships that it granted, and those of the same roles and members that the bootstrap superuser did.
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
        let (Some(granted), Some(member)) = (catalog::role_of(row.granted), catalog::role_of(row.member)) else {
            continue;
        };
        for &grantor in grantors.iter().filter(|&&grantor| row.grantor == grantor || row.grantor == superusers) {
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

#[cfg(not(any(feature = "pg13", feature = "pg14", feature = "pg15")))]
fn options(row: &pg_sys::FormData_pg_auth_members) -> MembershipOptions {
    MembershipOptions { admin: row.admin_option, inherit_and_set: Some((row.inherit_option, row.set_option)) }
}

#[cfg(any(feature = "pg13", feature = "pg14", feature = "pg15"))]
fn options(row: &pg_sys::FormData_pg_auth_members) -> MembershipOptions {
    MembershipOptions { admin: row.admin_option, inherit_and_set: None }
}
