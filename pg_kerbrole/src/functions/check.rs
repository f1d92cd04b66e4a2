//! `kerb_check_principal`: why somebody cannot log in.
#![allow(unsafe_code, reason = "whether the caller is a superuser is looked up by a C function")]

use kerbrole_core::{
    Check, ConnectionLimit, Error, FixWith, LoginFacts, NameError, check_principal, check_too_long,
};
use pgrx::prelude::*;

use crate::interface::args::Text;
use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::catalog::{self, shown_bytes};
use crate::server::cluster;
use crate::server::locale;
use crate::server::login_facts::{database, server, startup};
use crate::server::sessions;
use crate::settings;

/// Every question that a login of this principal to this database asks, in that order, with its
/// answer and what would mend it. Changes nothing.
///
/// Where every row is ok, a ticket spelled as the role opens the role, from an address that the
/// line in the row `pg_hba` takes; where one is not, no ticket does; where `ok` is NULL, it depends
/// on what cannot be known beforehand, and `detail` says on what. The server's own side
/// (`listening`, `pg_hba`, `keytab`, and which libraries are there) only superusers are shown; it
/// is that of the files as they are now: what was changed and not reloaded counts already. To
/// others it is one row `server` that is not known, and pg_hba.conf is taken to be as RDS has it.
/// Connections are counted as they are now.
///
/// Privileges: EXECUTE. Errors: 22023, 42939 for what cannot be a principal; 42704 when `rds_ad` or
/// `rds_iam` is missing.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_check_principal(
    username: Option<Text>,
    realm: default!(Option<Text>, "NULL"),
) -> TableIterator<
    'static,
    (
        name!(check_name, String),
        name!(ok, Option<bool>),
        name!(detail, String),
        name!(fix, Option<String>),
    ),
> {
    let username: String = username.ok_or(Error::Null { argument: "username" }).or_raise().into();
    let realm: Option<String> = realm.map(Into::into);
    let rules = settings::name_rules();
    let checks = match rules.meant(&username, realm.as_deref()) {
        Err(NameError::TooLong { role, bytes }) => check_too_long(&role, bytes),
        meant => {
            let meant = meant.or_raise();
            let cluster = cluster::read(|rule| meant.reading(rule));
            let oid = meant.find(&cluster.roles).ok().map(|role| role.oid);
            let is_superuser =
                oid.and_then(catalog::role_of).is_some_and(|role| role.elevated.superuser);
            // SAFETY: looks the caller up in the server's cache.
            let sees_server = unsafe { pg_sys::superuser() };
            let facts = LoginFacts {
                caseins_users: rules.caseins_users,
                high_bytes: locale::of_the_postmaster(),
                role_limit: ConnectionLimit {
                    limit: oid.and_then(catalog::connection_limit).unwrap_or(-1),
                    sessions: oid.map_or(0, sessions::count),
                },
                database: database(oid),
                startup: startup::facts(oid, is_superuser, sees_server),
                server: sees_server.then(server),
                fix_with: FixWith::Functions,
            };
            check_principal(&meant, &cluster, &facts).or_raise()
        }
    };
    // What was read from files and catalogues need not be text in this database's encoding.
    let shown = |text: String| shown_bytes(text.as_bytes()).into_owned();
    TableIterator::new(checks.into_iter().map(move |Check { name, ok, detail, fix }| {
        (name.to_string(), ok, shown(detail), fix.map(shown))
    }))
}
