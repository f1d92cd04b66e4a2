//! `kerb_list_principals`: who has access, and by which way.

use kerbrole_core::{PathStep, RoleComment, Sid, list_principals};
use pgrx::prelude::*;

use crate::interface::rows::{TableIterator, Texts};
use crate::report::Raise;
use crate::server::catalog;
use crate::server::cluster;
use crate::server::comments;
use crate::server::sessions;

/// Every role whose name is a principal's: its parts, whether it may log in, its direct groups
/// besides `rds_ad`, a shortest path to `rds_ad` and to `rds_iam` (NULL where there is none), how
/// many sessions it has on this server now, the account of a directory that it is bound to (NULL
/// where it is bound to none), and who decides about it: `directory` or `manual`.
///
/// Privileges: EXECUTE. Errors: 42704 when `rds_ad` or `rds_iam` is missing.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity, reason = "the columns of the result")]
fn kerb_list_principals() -> TableIterator<
    'static,
    (
        name!(role_name, String),
        name!(username, String),
        name!(realm, String),
        name!(can_login, bool),
        name!(groups, Vec<String>),
        name!(ad_path, Option<Vec<String>>),
        name!(iam_path, Option<Vec<String>>),
        name!(sessions, i32),
        name!(sid, Option<String>),
        name!(source, String),
    ),
> {
    let (logins, graph) = catalog::logins_and_memberships();
    let cluster = cluster::unread().with_graph(graph);
    let sessions = sessions::count_all();
    let comments = comments::of_roles();
    TableIterator::written(move |rows| {
        let listed = list_principals(logins, &cluster, |p| {
            let sid = comments.get(&p.oid).and_then(RoleComment::sid).map(Sid::to_string);
            let source = if sid.is_some() { "directory" } else { "manual" };
            rows.put((
                p.role_name,
                p.username,
                p.realm,
                p.can_login,
                Texts(p.groups()),
                p.ad_path().map(steps),
                p.iam_path().map(steps),
                sessions.get(&p.oid).map_or(0, |&n| i32::try_from(n).unwrap_or(i32::MAX)),
                sid,
                source,
            ));
        });
        listed.or_raise();
    })
}

/// A path as an array of text.
fn steps<'p>(path: impl Iterator<Item = PathStep<&'p str>>) -> Texts<impl Iterator<Item = String>> {
    Texts(path.map(|step| step.to_string()))
}
