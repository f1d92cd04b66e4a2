//! `kerb_case_audit`: roles that the case of their names opens to the wrong tickets, or to none.

use kerbrole_core::{FixWith, case_audit};
use pgrx::prelude::*;

use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::cluster;
use crate::server::locale;
use crate::settings;

/// What the case and length of role names do to logins, as `krb_caseins_users` is set and as it
/// would be the other way round. `problem` is
///
/// - `case_collision`: roles that differ by case only, and can log in;
/// - `unreachable_realm_case`: the setting is off and the realm not in upper case, so that no
///   ticket opens the role;
/// - `unreachable_length`: the name was cut at 63 bytes, so that no ticket opens it;
/// - `opened_by_caseins`, `closed_by_caseins`: which tickets would open a role with the setting on,
///   or not any more with it off;
/// - `folded_by_locale`: by the LC_CTYPE that the server was started with it folds more than A-Z.
///   It can be seen where the library is in `shared_preload_libraries`.
///
/// Privileges: EXECUTE. Errors: 42704 when `rds_ad` or `rds_iam` is missing.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_case_audit() -> TableIterator<
    'static,
    (
        name!(problem, String),
        name!(role_names, Vec<String>),
        name!(detail, String),
        name!(fix, String),
    ),
> {
    let (rules, high_bytes) = (settings::name_rules(), locale::of_the_postmaster());
    let findings =
        case_audit(&cluster::whole(), &rules, &high_bytes, FixWith::Functions).or_raise();
    TableIterator::new(findings.into_iter().map(|finding| {
        let roles = finding.roles.iter().map(ToString::to_string).collect();
        (finding.problem.as_str().to_string(), roles, finding.detail, finding.fix)
    }))
}
