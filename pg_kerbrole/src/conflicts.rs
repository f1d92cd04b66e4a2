//! `kerb_conflicts`: the roles that are members of both `rds_ad` and `rds_iam`.

use kerbrole_core::RoleName;
use pgrx::prelude::*;

use crate::catalog;
use crate::report::Raise;
use crate::settings;

/// Every role that is a member of both, with a shortest path to each and the REVOKE that ends it.
///
/// Privileges: EXECUTE. Errors: 42704 when `rds_ad` or `rds_iam` is missing.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_conflicts() -> TableIterator<
    'static,
    (name!(role_name, String), name!(ad_path, Vec<String>), name!(iam_path, Vec<String>), name!(fix, String)),
> {
    let names = |path: Vec<RoleName>| path.into_iter().map(|name| name.to_string()).collect();
    let conflicts =
        catalog::membership_graph().conflicts(&settings::conflict_rule(), settings::NAME_GRANTORS).or_raise();
    TableIterator::new(conflicts.into_iter().map(move |conflict| {
        let fix: Vec<_> = conflict.fix.iter().map(ToString::to_string).collect();
        (conflict.role.to_string(), names(conflict.ad_path), names(conflict.iam_path), fix.join(" "))
    }))
}
