//! `pg_kerbrole`: SQL functions that create and manage the login roles of Kerberos and Active Directory principals, and keep
//! them apart from `rds_iam`.
//!
//! What is decided is decided in [`kerbrole_core`]; this crate reads the catalogue, carries plans out and reports errors.
//! `unsafe` is allowed per file, in those that call the server's C functions.

use pgrx::prelude::*;

mod add;
mod args;
mod audit;
mod bytes;
mod canonicalize;
mod catalog;
mod check;
mod conflicts;
mod dependants;
mod guard;
mod identity;
mod install;
mod list;
mod locale;
mod lock;
mod login;
mod powers;
mod privileges;
mod regex;
mod removal;
mod rename;
mod report;
mod rows;
mod run;
mod sessions;
mod settings;
mod sync;

pgrx::pg_module_magic!();

/// Called by the server when it loads the library: defines the settings and, where it is preloaded, notes the locale and installs the guard.
#[allow(non_snake_case, reason = "the server looks the function up by this name")]
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    locale::note();
    guard::install();
}
