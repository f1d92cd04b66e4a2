//! `kerb_conflicts` and `kerb_preview_grant`: the roles that are members of both `rds_ad` and
//! `rds_iam`, or would be.

use kerbrole_core::{Error, PathStep, Reading, existing_role};
use pgrx::prelude::*;

use crate::interface::args::Text;
use crate::interface::rows::TableIterator;
use crate::report::Raise;
use crate::server::cluster;

/// Every role that is a member of both, with a shortest path to each and the REVOKE that ends it.
/// Of a path of more than 50 roles the middle is left out: an element such as `... 9951 more ...`
/// stands for it.
///
/// Privileges: EXECUTE. Errors: 42704 when `rds_ad` or `rds_iam` is missing.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_conflicts() -> TableIterator<
    'static,
    (
        name!(role_name, String),
        name!(ad_path, Vec<String>),
        name!(iam_path, Vec<String>),
        name!(fix, String),
    ),
> {
    let cluster = cluster::for_conflicts();
    // One by one: there are as many as roles, each with two paths.
    TableIterator::written(move |rows| {
        let written = cluster.each_conflict(|conflict| {
            let fix: Vec<_> = conflict.fix.iter().map(ToString::to_string).collect();
            rows.put((
                conflict.role.to_string(),
                names(&conflict.ad_path),
                names(&conflict.iam_path),
                fix.join(" "),
            ));
        });
        written.or_raise();
    })
}

/// The conflicts that `GRANT granted_role TO member` would create, for the member and every role
/// below it. Changes nothing.
///
/// Both are names of roles, exactly as they are called. Privileges: EXECUTE. Errors: 22023 for
/// NULL, 42704 when a role is missing.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_preview_grant(
    granted_role: Option<Text>,
    member: Option<Text>,
) -> TableIterator<
    'static,
    (name!(role_name, String), name!(ad_path, Vec<String>), name!(iam_path, Vec<String>)),
> {
    let granted: String =
        granted_role.ok_or(Error::Null { argument: "granted_role" }).or_raise().into();
    let member: String = member.ok_or(Error::Null { argument: "member" }).or_raise().into();
    let cluster = cluster::read(|rule| Reading::of_grant(&granted, &member, rule));
    let [granted, member] =
        [granted, member].map(|name| existing_role(&cluster.roles, &name).or_raise().oid);
    TableIterator::written(move |rows| {
        let written = cluster.each_previewed(granted, member, |c| {
            rows.put((c.role.to_string(), names(&c.ad_path), names(&c.iam_path)));
        });
        written.or_raise();
    })
}

fn names(path: &[PathStep]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}
