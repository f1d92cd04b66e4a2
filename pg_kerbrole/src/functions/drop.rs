//! `kerb_drop_principal`.

use kerbrole_core::{
    DropOutcome, Error, PrincipalRef, Role, RoleName, Warning, existing_role, plan_drop,
};
use pgrx::prelude::*;

use crate::fault::{self, Step};
use crate::interface::args::Text;
use crate::interface::notices::warn;
use crate::interface::principals::meant;
use crate::report::Raise;
use crate::server::catalog;
use crate::server::cluster;
use crate::server::dependants;
use crate::server::execute::{execute_as_manager, verify};
use crate::server::identity::may_act_for;
use crate::server::lock::{lock_principal, lock_roles};
use crate::server::sessions;

/// Drops a principal's role with its memberships and its privileges in this database. Returns the
/// role's exact name.
///
/// Nothing that it owns is dropped: with `reassign_owned_to` the objects in this database, and
/// databases and tablespaces, become that role's; without, owning anything is an error. What hangs
/// on the role in other databases can be dealt with from there only: until then the role is
/// disabled, which a WARNING says. Memberships that it granted to others stay.
///
/// Privileges: EXECUTE; for `reassign_owned_to` the right to SET ROLE to it. Errors: 22023, 42622,
/// 42939, 42704 (not with `if_exists`), 42501, 55006 when the role has sessions, 2BP01 when it owns
/// something, 25006, 55P03.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
fn kerb_drop_principal(
    username: Option<Text>,
    realm: default!(Option<Text>, "NULL"),
    if_exists: default!(Option<bool>, "false"),
    reassign_owned_to: default!(Option<Text>, "NULL"),
) -> String {
    let meant: PrincipalRef = meant(username, realm);
    let heir: Option<String> = reassign_owned_to.map(Into::into);
    let roles = lock_principal(&meant, c"kerb_drop_principal()");
    let cluster = cluster::unread().with_roles(roles);
    let role = match meant.find_changeable(&cluster) {
        Err(Error::PrincipalMissing { role, .. }) if if_exists.unwrap_or(false) => {
            pgrx::notice!("principal \"{role}\" does not exist, nothing to do");
            return role.to_string();
        }
        found => found.or_raise(),
    };
    let heir = heir.map(|name| heir_of(role, &name));
    dependants::lock(role.oid);
    let dependants = dependants::of_roles(&[role.oid]).remove(&role.oid).unwrap_or_default();
    let plan = plan_drop(role, &dependants, heir.as_ref(), &cluster).or_raise();
    fault::gate(Step::Write);
    execute_as_manager(&plan.statements);
    fault::gate(Step::Check);
    match plan.outcome {
        DropOutcome::Dropped => verify(&plan.role, |now| now.is_none()),
        DropOutcome::Disabled(holdings) => {
            verify(&plan.role, |now| now.is_some_and(|role| !role.can_login));
            warn(&Warning::OnlyDisabled { role: plan.role.name.clone(), holdings });
        }
    }
    // Whoever logs in between the look at the sessions and the commit does not stay.
    sessions::end_at_commit(plan.role.oid);
    plan.role.name.to_string()
}

/// The role that gets what another owns, provided that the caller could act for it: whoever owns a
/// function decides whose rights it runs with. Nobody else changes it until this transaction ends.
fn heir_of(role: &Role, name: &str) -> RoleName {
    let find = || {
        let roles = catalog::roles_spelled_like([name.to_string()]);
        existing_role(&roles, name).or_raise().clone()
    };
    let may_get_it = |heir: &Role| {
        if heir.oid != role.oid && !may_act_for(heir.oid) {
            Err(Error::HeirForbidden { heir: heir.name.clone() }).or_raise()
        }
    };
    // Before anybody is made to wait, and again for what was changed while we waited: the name may
    // be another role's then.
    let mut heir = find();
    may_get_it(&heir);
    loop {
        lock_roles(&[heir.oid]);
        let now = find();
        may_get_it(&now);
        if now.oid == heir.oid {
            return now.name;
        }
        heir = now;
    }
}
