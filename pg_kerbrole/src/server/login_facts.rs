//! What a login would meet: the database, the server and its files, and what happens before the
//! first statement.
#![allow(unsafe_code, reason = "counters are read through the server's C functions")]

mod files;
mod query;
pub(crate) mod startup;

use std::ffi::CString;
use std::fs;

use kerbrole_core::{
    ConnectionLimit, DatabaseFacts, KeytabFacts, RoleOid, ServerFacts, keytab_principals,
};
use pgrx::prelude::*;
use query::{rows, setting};

use crate::server::catalog;
use crate::server::encoding::{Bytes, holds_utf8};
use crate::server::regex;

/// This database, and whether a role may connect to it.
pub(crate) fn database(role: Option<RoleOid>) -> DatabaseFacts {
    // The OID is a number of the server's own.
    let may_connect = match role {
        Some(oid) => format!("has_database_privilege({oid}::oid, oid, 'CONNECT')"),
        None => "false".into(),
    };
    let query = format!(
        "SELECT datname::text, datallowconn, datconnlimit, {may_connect} \
         FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
    );
    // SAFETY: reads a static of the server, and counts under a lock.
    let sessions =
        u32::try_from(unsafe { pg_sys::CountDBConnections(pg_sys::MyDatabaseId) }).unwrap_or(0);
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

/// What only superusers are shown.
pub(crate) fn server() -> ServerFacts<'static> {
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
    let path = ["FILE:", "WRFILE:"]
        .iter()
        .find_map(|kind| name.strip_prefix(kind))
        .unwrap_or(&name)
        .to_string();
    let is_file = path.starts_with('/');
    let principals = if is_file {
        match fs::read(&path) {
            Ok(bytes) => {
                keytab_principals(&bytes).map(Some).ok_or_else(|| "this is no keytab".to_string())
            }
            Err(error) => Err(error.to_string()),
        }
    } else {
        Ok(None)
    };
    KeytabFacts { path, is_set: !set.is_empty(), principals }
}
