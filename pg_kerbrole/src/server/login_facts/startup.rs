//! What a login meets between authentication and its first statement: settings, libraries, event
//! triggers, connections that are left.
#![allow(
    unsafe_code,
    reason = "the server's process table, its paths and the C library's loader are C"
)]

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use kerbrole_core::{
    Library, LoginTrigger, RoleOid, Room, SettingOf, SlotFacts, StartupFacts, StartupSetting,
    login_settings_query, preloaded, quote_identifier,
};
use pgrx::pg_sys;

use crate::server::catalog::{self, Table};
use crate::server::encoding::Bytes;
use crate::server::login_facts::query::rows;

pub(crate) fn facts(role: Option<RoleOid>, is_superuser: bool, sees_server: bool) -> StartupFacts {
    let mut settings = set_for(role);
    let libraries = sees_server.then(|| {
        settings.extend(configured());
        let path = settings
            .iter()
            .filter(|setting| setting.name == "dynamic_library_path")
            .max_by_key(|s| s.of);
        let path = path.map_or_else(String::new, |setting| setting.value.clone());
        let found = |(setting, name): (&str, String)| {
            let library = library(&name, setting == "local_preload_libraries", &path);
            (name, library)
        };
        preloaded(&settings).into_iter().map(found).collect()
    });
    StartupFacts { settings, libraries, triggers: triggers(), slots: slots(role, is_superuser) }
}

/// What ALTER ROLE and ALTER DATABASE have set.
fn set_for(role: Option<RoleOid>) -> Vec<StartupSetting> {
    let role = pg_sys::Oid::from_u32(role.unwrap_or(0));
    rows(login_settings_query(), &[role.into()], |row| {
        Some(StartupSetting {
            of: Some(SettingOf::from_rank(row.get(1).ok()??)),
            name: row.get::<Bytes>(2).ok()??.lossy(),
            value: row.get::<Bytes>(3).ok()?.map(|value| value.lossy()).unwrap_or_default(),
            is_usable: row.get(4).ok()?.unwrap_or(false),
        })
    })
}

/// What the server's configuration says, whatever this session has instead: where it has something
/// of its own, the files.
fn configured() -> Vec<StartupSetting> {
    const ASK: &str = "SELECT s.name, \
           CASE WHEN s.source IN \
             ('default', 'environment variable', 'configuration file', 'command line') \
           THEN s.setting ELSE coalesce((SELECT f.setting FROM pg_catalog.pg_file_settings f \
             WHERE f.name = s.name AND f.error IS NULL ORDER BY f.seqno DESC LIMIT 1), \
             s.boot_val) END \
         FROM pg_catalog.pg_settings s WHERE s.name = ANY \
           ('{session_preload_libraries,local_preload_libraries,dynamic_library_path}')";
    rows(ASK, &[], |row| {
        let [name, value] =
            [1, 2].map(|column| row.get::<Bytes>(column).ok().flatten().map(|text| text.lossy()));
        Some(StartupSetting {
            of: None,
            name: name?,
            value: value.unwrap_or_default(),
            is_usable: true,
        })
    })
}

fn package_folder() -> PathBuf {
    // SAFETY: a C string in a static of the server, set at its start.
    let folder = unsafe { CStr::from_ptr((&raw const pg_sys::pkglib_path).cast()) };
    OsStr::from_bytes(folder.to_bytes()).into()
}

/// `$libdir` is a macro at the beginning of a name, alone or before a slash
/// (`substitute_path_macro` in src/backend/utils/fmgr/dfmgr.c).
fn without_macro(name: &str) -> PathBuf {
    match name.strip_prefix("$libdir") {
        Some("") => package_folder(),
        Some(rest) if rest.starts_with('/') => package_folder().join(rest.trim_start_matches('/')),
        _ => name.into(),
    }
}

/// Where the server would find a library, and whether this session has it:
/// `expand_dynamic_library_name` and `load_libraries`.
fn library(name: &str, is_local: bool, search_path: &str) -> Library {
    let name = match is_local {
        true if !name.contains('/') => format!("$libdir/plugins/{name}"),
        // No other folder is allowed (`check_restricted_library_name`).
        true => match name.strip_prefix("$libdir/plugins/") {
            Some(rest) if !rest.contains('/') => name.into(),
            _ => return Library::Missing,
        },
        false => name.into(),
    };
    let candidates: Vec<PathBuf> = if name.contains('/') {
        vec![without_macro(&name)]
    } else {
        search_path
            .split(':')
            .filter(|part| !part.is_empty())
            .map(|part| without_macro(part).join(&name))
            .collect()
    };
    // Names are relative to the data folder, which is where the server's processes are.
    let found = candidates.into_iter().find_map(|path| {
        let mut with_suffix = path.clone().into_os_string();
        with_suffix.push(".so");
        [path, with_suffix.into()].into_iter().find(|path| path.is_file())
    });
    match found {
        None => Library::Missing,
        Some(file) if is_loaded(&file) => Library::Loaded,
        Some(_) => Library::There,
    }
}

fn is_loaded(file: &Path) -> bool {
    let Ok(name) = CString::new(file.as_os_str().as_bytes()) else { return false };
    // SAFETY: with RTLD_NOLOAD nothing is loaded or run: what is loaded already is counted once
    // more, until it is closed.
    unsafe {
        let handle = libc::dlopen(name.as_ptr(), libc::RTLD_NOLOAD | libc::RTLD_LAZY);
        if !handle.is_null() {
            libc::dlclose(handle);
        }
        !handle.is_null()
    }
}

/// The event triggers of this database that fire at login and are not disabled. There are some
/// since 17.
fn triggers() -> Vec<LoginTrigger> {
    let mut found = Vec::new();
    let table = Table::open(pg_sys::EventTriggerRelationId);
    table.scan(pg_sys::InvalidOid, &mut [], |row: &pg_sys::FormData_pg_event_trigger| {
        let enabled = char::from(row.evtenabled as u8);
        if catalog::name_bytes(&row.evtevent) == b"login" && enabled != 'D' {
            let name = catalog::shown_bytes(catalog::name_bytes(&row.evtname)).into_owned();
            found.push((name, row.evtfoid, enabled));
        }
    });
    drop(table);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let trigger = |(name, function, enabled): (String, _, _)| LoginTrigger {
        name,
        function: function_name(function),
        enabled,
    };
    found.into_iter().map(trigger).collect()
}

fn function_name(function: pg_sys::Oid) -> String {
    // SAFETY: each looks something up in the server's cache and returns a palloc'ed C string, or
    // null where it has gone.
    let names = unsafe {
        [
            pg_sys::get_namespace_name(pg_sys::get_func_namespace(function)),
            pg_sys::get_func_name(function),
        ]
    };
    let shown = names.map(|name| match name.is_null() {
        true => "?".into(),
        // SAFETY: a name that is not null is a C string, and lives in the current memory context.
        false => catalog::shown_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()).into_owned(),
    });
    shown.map(|name: String| quote_identifier(&name)).join(".")
}

/// One more than what is kept from the role has to be left: the new session has its slot when it is
/// looked at.
fn slots(role: Option<RoleOid>, is_superuser: bool) -> SlotFacts {
    let reserved = if is_superuser { 0 } else { reserved_from(role) };
    // SAFETY: reads a static of the server.
    let connections = unsafe { pg_sys::MaxConnections };
    let room = if has_free(reserved.saturating_add(1)) { Room::Enough } else { Room::None };
    SlotFacts {
        connections: u32::try_from(connections).unwrap_or(0),
        reserved: u32::try_from(reserved).unwrap_or(0),
        room,
    }
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
fn reserved_from(role: Option<RoleOid>) -> i32 {
    // SAFETY: reads statics of the server, and looks memberships up in its cache.
    unsafe {
        let group = pg_sys::Oid::from_u32(pg_sys::ROLE_PG_USE_RESERVED_CONNECTIONS);
        let may_use =
            role.is_some_and(|role| pg_sys::has_privs_of_role(pg_sys::Oid::from_u32(role), group));
        pg_sys::SuperuserReservedConnections + if may_use { 0 } else { pg_sys::ReservedConnections }
    }
}

#[cfg(any(feature = "pg14", feature = "pg15"))]
fn reserved_from(_: Option<RoleOid>) -> i32 {
    // SAFETY: reads a static of the server.
    unsafe { pg_sys::ReservedBackends }
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
fn has_free(slots: i32) -> bool {
    let mut free = 0;
    // SAFETY: counts under a lock, no further than asked for.
    unsafe { pg_sys::HaveNFreeProcs(slots, &mut free) }
}

#[cfg(any(feature = "pg14", feature = "pg15"))]
fn has_free(slots: i32) -> bool {
    // SAFETY: counts under a lock, no further than asked for.
    unsafe { pg_sys::HaveNFreeProcs(slots) }
}
