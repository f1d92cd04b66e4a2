//! From the accounts of a directory to the roles and memberships that they should have.
//!
//! An account is its SID, and a role is its account's where the comment on it says so
//! ([`RoleComment`](crate::RoleComment)): a renamed account keeps its role, and one that was made
//! again under the same name does not get the old one's.
//!
//! What is taken away is taken away whatever else is wrong: who may not log in any more, or lost a
//! group, loses that even where the role cannot get its new name. The one exception is a role that
//! would come into conflict: it keeps the memberships that it has.

mod bound;
pub(crate) mod difference;
pub(crate) mod limit;
mod memberships;
mod moves;
mod parts;
mod people;
mod portions;
mod removals;
pub(crate) mod request;
mod settle;
pub(crate) mod step;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::reach::RuleReach;
use crate::oid::RoleOid;
use crate::plan::access::difference::AccessPlan;
use crate::plan::access::memberships::Memberships;
use crate::plan::access::parts::Parts;
use crate::plan::access::people::Accounts;
use crate::plan::access::request::{AccessRequest, Terms};
use crate::roles::comment::RoleComment;
use crate::roles::dependants::Dependants;
use crate::roles::role::Role;

/// Works out the difference.
///
/// Of the cluster it takes all roles and all memberships, and `comments` are those on its roles.
/// `sessions` counts those of a role that is to be renamed. `may_change` says what keeps the caller
/// from giving a role another name, from binding it to an account, whose name it would get, or from
/// opening it again. `dependants` is asked once, for the
/// roles that are absent, and only where they are to be dropped.
///
/// # Errors
/// 22023 for a SID that is none of an account or of a domain, for a role of `roles` that is a
/// principal's, and where somebody is to have one that is not among them; 42710 for an account that
/// is listed twice; 42704 when a role is missing. What is wrong with one account is a step
/// [`Leave`](crate::AccessAction::Leave), and the others go on.
pub fn plan_access(
    request: &AccessRequest<'_>,
    cluster: &Cluster,
    comments: &HashMap<RoleOid, RoleComment>,
    sessions: impl FnMut(&Role) -> u32,
    mut may_change: impl FnMut(&Role) -> Result<(), Error>,
    dependants: impl FnOnce(&[RoleOid]) -> HashMap<RoleOid, Dependants>,
) -> Result<AccessPlan, Error> {
    let both = RuleReach::find(cluster)?;
    let terms = Terms::of(request, cluster)?;
    let mut parts = Parts::default();
    let memberships = Memberships::of(cluster, &terms, &both);
    let mut accounts = Accounts::of(cluster, &terms, comments, &mut parts)?;
    accounts.move_all(sessions, &mut may_change, &mut parts);
    accounts.settle(&memberships, &mut may_change, &mut parts);
    let principals = accounts.remove_absent(&memberships, dependants, &mut parts);
    accounts.open_all(&mut parts);
    let limit = request.limit.of(principals);
    Ok(AccessPlan {
        changed: std::mem::take(&mut parts.changed),
        shut_out: std::mem::take(&mut parts.shut_out),
        losses: parts.losers.len(),
        principals,
        at_most: request.at_most.map_or(limit, |at_most| at_most.min(limit)),
        conflicts_before: both.roles().map(|role| cluster.graph.oid(role)).collect(),
        steps: parts.steps(),
    })
}
