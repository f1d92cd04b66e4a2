//! `kerb_check_principal`: why somebody cannot log in.
#![allow(unsafe_code, reason = "settings and counters are read through the server's C functions")]

use std::ffi::CStr;
use std::fs;

use kerbrole_core::{
    Check, ConnectionLimit, DatabaseFacts, Error, FixWith, HbaLine, IdentLine, KeytabFacts, LoginFacts, RoleOid,
    ServerFacts, check_principal, check_too_long, keytab_principals, neighbourhood,
};
use pgrx::prelude::*;

use crate::args::Text;
use crate::catalog::{self, Memberships};
use crate::report::Raise;
use crate::rows::TableIterator;
use crate::sessions;
use crate::settings::{self, NAME_GRANTORS};

/// Every question that a login of this principal to this database asks, in that order, with its answer and what would mend it. Changes nothing.
///
/// A ticket spelled as the role opens the role if and only if every row is ok. The server's own side (`listening`, `pg_hba`, `keytab`) only superusers are
/// shown, and it is that of the files as they are now: what was changed and not reloaded counts already. Lines of pg_hba.conf are looked at for any address.
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
    (name!(check_name, String), name!(ok, bool), name!(detail, String), name!(fix, Option<String>)),
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
            let Ok(graph) = neighbourhood(&mut Memberships::open(), [], of_rule.chain(oid));
            let facts = LoginFacts {
                caseins_users: rules.caseins_users,
                roles: &roles,
                graph: &graph,
                role_limit: ConnectionLimit {
                    limit: oid.and_then(catalog::connection_limit).unwrap_or(-1),
                    sessions: oid.map_or(0, sessions::count),
                },
                database: database(oid),
                // SAFETY: looks the caller up in the server's cache.
                server: unsafe { pg_sys::superuser() }.then(server),
                fix_with: FixWith::Functions,
            };
            check_principal(&meant, &facts, &rule, NAME_GRANTORS).or_raise()
        }
    };
    TableIterator::new(checks.into_iter().map(|Check { name, ok, detail, fix }| (name.to_string(), ok, detail, fix)))
}

fn rows<T>(query: &str, read: impl FnMut(pgrx::spi::SpiHeapTupleData<'_>) -> Option<T>) -> Vec<T> {
    Spi::connect(|client| {
        let rows = client.select(query, None, &[]).unwrap_or_else(|error| error!("{query} failed: {error}"));
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
        "SELECT datallowconn, datconnlimit, {may_connect} FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
    );
    // SAFETY: reads a static of the server, and counts under a lock.
    let sessions = u32::try_from(unsafe { pg_sys::CountDBConnections(pg_sys::MyDatabaseId) }).unwrap_or(0);
    let found = rows(&query, |row| {
        Some(DatabaseFacts {
            name: catalog::this_database_name(),
            allows_connections: row.get(1).ok()??,
            limit: ConnectionLimit { limit: row.get(2).ok()??, sessions },
            may_connect: row.get(3).ok()??,
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
    const HBA: &str = "SELECT line_number, type, database, user_name, address, netmask, auth_method, options, error FROM pg_catalog.pg_hba_file_rules";
    let hba = rows(HBA, |row| {
        Some(HbaLine {
            number: row.get::<i32>(1).ok()?.and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            kind: row.get(2).ok()?.unwrap_or_default(),
            databases: row.get(3).ok()?.unwrap_or_default(),
            users: row.get(4).ok()?.unwrap_or_default(),
            address: row.get(5).ok()?,
            netmask: row.get(6).ok()?,
            method: row.get(7).ok()?.unwrap_or_default(),
            options: row.get(8).ok()?.unwrap_or_default(),
            error: row.get(9).ok()?,
        })
    });
    ServerFacts {
        major: pg_sys::PG_MAJORVERSION_NUM,
        listen_addresses: setting(c"listen_addresses"),
        keytab: keytab(),
        hba,
        ident: ident(),
        ssl: setting(c"ssl") == "on",
        regex: &regex,
    }
}

#[cfg(not(feature = "pg14"))]
fn ident() -> Vec<IdentLine> {
    const IDENT: &str =
        "SELECT map_name, sys_name, pg_username FROM pg_catalog.pg_ident_file_mappings WHERE error IS NULL";
    rows(IDENT, |row| {
        Some(IdentLine { map: row.get(1).ok()??, system_user: row.get(2).ok()??, role: row.get(3).ok()?? })
    })
}

/// Before 15 there is no view of pg_ident.conf. Like the view, this is the file as it is now; of one longer than any that people write, the beginning.
#[cfg(feature = "pg14")]
fn ident() -> Vec<IdentLine> {
    use std::io::Read as _;
    const LONGEST: u64 = 1 << 20;
    let mut text = Vec::new();
    let read = fs::File::open(setting(c"ident_file")).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
    match read {
        Ok(_) => kerbrole_core::ident_lines(&String::from_utf8_lossy(&text)),
        Err(_) => Vec::new(),
    }
}

/// The groups, by the server's own regular expressions and in the collation that it takes for them (`regcomp_auth_token` in src/backend/libpq/hba.c). An empty
/// group at the end tells a pattern without groups, of which the whole match would come, from one with a group: at the beginning options may stand, and a
/// reference back counts from there.
fn regex(pattern: &str, text: &str) -> Option<Vec<String>> {
    const MATCH: &str = "SELECT pg_catalog.regexp_match($1 COLLATE pg_catalog.\"C\", $2)";
    let with_end = format!("{pattern}()");
    let groups: Option<Vec<Option<String>>> =
        Spi::get_one_with_args(MATCH, &[text.into(), with_end.as_str().into()]).unwrap_or(None);
    let mut groups: Vec<_> = groups?.into_iter().map(Option::unwrap_or_default).collect();
    groups.pop();
    Some(groups)
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
