//! `pg_kerbrole`: SQL functions that create and manage the login roles of Kerberos and Active
//! Directory principals, and keep them apart from `rds_iam`.
//!
//! What is decided is decided in [`kerbrole_core`]; this crate reads the catalogue, carries plans
//! out and reports errors. `unsafe` is allowed per file, in those that call the server's C
//! functions.

use pgrx::prelude::*;

mod fault;
mod functions;
mod guard;
mod install;
mod interface;
mod report;
mod server;
mod settings;

pgrx::pg_module_magic!();

/// Called by the server when it loads the library: defines the settings and, where it is preloaded,
/// notes the locale and installs the guard.
#[allow(non_snake_case, reason = "the server looks the function up by this name")]
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    server::locale::note();
    guard::install();
}
