//! `kerb_check_principal`: why somebody cannot log in.
#![allow(unsafe_code, reason = "settings and counters are read through the server's C functions")]

mod files;
mod startup;

use std::ffi::{CStr, CString};
use std::fs;

use kerbrole_core::{
    Check, ConnectionLimit, DatabaseFacts, Error, FixWith, KeytabFacts, LoginFacts, RoleOid, ServerFacts,
    check_principal, check_too_long, keytab_principals, neighbourhood,
};
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;

use crate::args::{Text, holds_utf8};
use crate::bytes::Bytes;
use crate::catalog::{self, Memberships, shown_bytes};
use crate::locale;
use crate::regex;
use crate::report::Raise;
use crate::rows::TableIterator;
use crate::sessions;
use crate::settings::{self, NAME_GRANTORS};

/// Every question that a login of this principal to this database asks, in that order, with its answer and what would mend it. Changes nothing.
///
/// Where every row is ok, a ticket spelled as the role opens the role, from an address that the line in the row `pg_hba` takes; where one is not, no ticket
/// does; where `ok` is NULL, it depends on what cannot be known beforehand, and `detail` says on what. The server's own side (`listening`, `pg_hba`,
/// `keytab`, and which libraries are there) only superusers are shown; it is that of the files as they are now: what was changed and not reloaded counts
/// already. To others it is one row `server` that is not known, and pg_hba.conf is taken to be as RDS has it. Connections are counted as they are now.
///
/// Privileges: EXECUTE. Errors: 22023, 42939 for what cannot be a principal; 42704 when `rds_ad` or `rds_iam` is missing.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_check_principal(
    username: Option<Text>,
    realm: default!(Option<Text>, "NULL"),
) -> TableIterator<
    'static,
    (name!(check_name, String), name!(ok, Option<bool>), name!(detail, String), name!(fix, Option<String>)),
> {
    let username: String = username.ok_or(Error::Null { argument: "username" }).or_raise().into();
    let realm: Option<String> = realm.map(Into::into);
    let rules = settings::name_rules();
    let checks = match rules.meant(&username, realm.as_deref()) {
        Err(Error::TooLong { role, bytes }) => check_too_long(&role, bytes),
        meant => {
            let meant = meant.or_raise();
            let roles = catalog::roles_spelled_like([meant.role_name().to_string()]);
            let oid = meant.find(&roles).ok().map(|role| role.oid);
            let rule = settings::conflict_rule();
            let of_rule =
                [rule.ad_role(), rule.iam_role()].into_iter().filter_map(|role| catalog::role_oid(role.as_str()));
            let is_superuser = oid.and_then(catalog::role_of).is_some_and(|role| role.elevated.superuser);
            // SAFETY: looks the caller up in the server's cache.
            let sees_server = unsafe { pg_sys::superuser() };
            let Ok(graph) = neighbourhood(&mut Memberships::open(), [], of_rule.chain(oid));
            let facts = LoginFacts {
                caseins_users: rules.caseins_users,
                high_bytes: locale::of_the_postmaster(),
                roles: &roles,
                graph: &graph,
                role_limit: ConnectionLimit {
                    limit: oid.and_then(catalog::connection_limit).unwrap_or(-1),
                    sessions: oid.map_or(0, sessions::count),
                },
                database: database(oid),
                startup: startup::facts(oid, is_superuser, sees_server),
                server: sees_server.then(server),
                fix_with: FixWith::Functions,
            };
            check_principal(&meant, &facts, &rule, NAME_GRANTORS).or_raise()
        }
    };
    // What was read from files and catalogues need not be text in this database's encoding.
    let shown = |text: String| shown_bytes(text.as_bytes()).into_owned();
    TableIterator::new(
        checks
            .into_iter()
            .map(move |Check { name, ok, detail, fix }| (name.to_string(), ok, shown(detail), fix.map(shown))),
    )
}

fn rows<T>(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    read: impl FnMut(pgrx::spi::SpiHeapTupleData<'_>) -> Option<T>,
) -> Vec<T> {
    Spi::connect(|client| {
        let rows = client.select(query, None, arguments).unwrap_or_else(|error| error!("{query} failed: {error}"));
        rows.filter_map(read).collect()
    })
}

fn database(role: Option<RoleOid>) -> DatabaseFacts {
    // The OID is a number of the server's own.
    let may_connect = match role {
        Some(oid) => format!("has_database_privilege({oid}::oid, oid, 'CONNECT')"),
        None => "false".into(),
    };
    let query = format!(
        "SELECT datname::text, datallowconn, datconnlimit, {may_connect} FROM pg_catalog.pg_database \
         WHERE datname = pg_catalog.current_database()"
    );
    // SAFETY: reads a static of the server, and counts under a lock.
    let sessions = u32::try_from(unsafe { pg_sys::CountDBConnections(pg_sys::MyDatabaseId) }).unwrap_or(0);
    let found = rows(&query, &[], |row| {
        let Bytes(name) = row.get(1).ok()??;
        Some(DatabaseFacts {
            is_spelled: str::from_utf8(&name).is_ok_and(|name| name.is_ascii() || holds_utf8()),
            name,
            allows_connections: row.get(2).ok()??,
            limit: ConnectionLimit { limit: row.get(3).ok()??, sessions },
            may_connect: row.get(4).ok()??,
        })
    });
    found.into_iter().next().unwrap_or_else(|| error!("this database is not in pg_database"))
}

fn setting(name: &CStr) -> String {
    // SAFETY: the setting exists in every supported version; the pointer is valid until settings change.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        if value.is_null() { String::new() } else { CStr::from_ptr(value).to_string_lossy().into_owned() }
    }
}

fn server() -> ServerFacts<'static> {
    ServerFacts {
        major: pg_sys::PG_MAJORVERSION_NUM,
        listen_addresses: setting(c"listen_addresses"),
        keytab: keytab(),
        hba: files::hba(),
        ident: files::ident(),
        ssl: setting(c"ssl") == "on",
        role_named: &|name| CString::new(name).ok().and_then(|name| catalog::role_oid_of(&name)),
        regex: &regex::evaluate,
    }
}

/// Reads as the server's own user, which is who has to be able to.
fn keytab() -> KeytabFacts {
    let set = setting(c"krb_server_keyfile");
    // libkrb5's default, unless krb5.conf says otherwise.
    let name = match set.is_empty() {
        true => std::env::var("KRB5_KTNAME").unwrap_or_else(|_| "/etc/krb5.keytab".into()),
        false => set.clone(),
    };
    let path = ["FILE:", "WRFILE:"].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(&name).to_string();
    let is_file = path.starts_with('/');
    let principals = if is_file {
        match fs::read(&path) {
            Ok(bytes) => keytab_principals(&bytes).map(Some).ok_or_else(|| "this is no keytab".to_string()),
            Err(error) => Err(error.to_string()),
        }
    } else {
        Ok(None)
    };
    KeytabFacts { path, is_set: !set.is_empty(), principals }
}
