//! `kerb_disable_principal` and `kerb_enable_principal`.

use kerbrole_core::{PrincipalRef, plan_disable, plan_enable};
use pgrx::prelude::*;

use crate::interface::args::Text;
use crate::interface::notices::{notice, warn};
use crate::interface::principals::meant;
use crate::report::Raise;
use crate::server::cluster;
use crate::server::execute::{execute_as_manager, verify};
use crate::server::lock::lock_principal;
use crate::server::powers;
use crate::server::sessions;
use crate::settings;

/// Keeps a principal from logging in (NOLOGIN), and with `terminate` ends its sessions when the
/// transaction commits. Everything that the role owns and was granted stays. Returns the role's
/// exact name.
///
/// NOLOGIN is what ends a Kerberos login: VALID UNTIL and passwords are looked at for passwords
/// only (src/backend/libpq/crypt.c). A session that is open goes on, whatever its ticket.
///
/// Privileges: EXECUTE. Errors: 22023, 42622, 42939, 42704, 42501, 25006, 55P03.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
fn kerb_disable_principal(
    username: Option<Text>,
    realm: default!(Option<Text>, "NULL"),
    terminate: default!(Option<bool>, "false"),
) -> String {
    let meant: PrincipalRef = meant(username, realm);
    let roles = lock_principal(&meant, c"kerb_disable_principal()");
    let plan = plan_disable(&meant, &cluster::unread().with_roles(roles)).or_raise();
    execute_as_manager(&plan.statements);
    verify(&plan.role, |now| now.is_some_and(|role| !role.can_login && !role.elevated.any()));
    let name = plan.role.name;
    let sessions = sessions::count(plan.role.oid);
    let they = if sessions == 1 { "1 session".to_string() } else { format!("{sessions} sessions") };
    if plan.statements.is_empty() {
        pgrx::notice!("role \"{name}\" is disabled (NOLOGIN) already");
    }
    if terminate.unwrap_or(false) {
        sessions::end_at_commit(plan.role.oid);
        if sessions > 0 {
            notice(
                format!("{they} of role \"{name}\" will end when the transaction commits"),
                "The session that asks for it goes on, if it is one of them.",
            );
        }
    } else if sessions > 0 {
        notice(
            format!("role \"{name}\" still has {they}"),
            "With terminate => true sessions end when the transaction commits.",
        );
    }
    name.to_string()
}

/// Lets a principal log in again. Returns the role's exact name.
///
/// Memberships stay as they are: a principal that is not a member of `rds_ad` any more, or of
/// `rds_iam` as well, is enabled with a WARNING.
///
/// Privileges: EXECUTE. Errors: 22023 (also for a realm that is not in `kerbrole.allowed_realms`),
/// 42622, 42939, 42704, 42710 when a role that differs by case only can log in, 42501 also when it
/// has powers through groups that the caller could not give it, 25006, 55P03.
#[pg_extern]
#[search_path(pg_catalog, pg_temp)]
fn kerb_enable_principal(username: Option<Text>, realm: default!(Option<Text>, "NULL")) -> String {
    let meant: PrincipalRef = meant(username, realm);
    let roles = lock_principal(&meant, c"kerb_enable_principal()");
    let cluster = cluster::read_beside(roles, |rule| meant.reading(rule));
    let plan = plan_enable(&meant, &settings::name_rules(), &cluster).or_raise();
    if !plan.statements.is_empty() {
        powers::refuse(&plan.role, &cluster.rule).or_raise();
    }
    execute_as_manager(&plan.statements);
    verify(&plan.role, |now| now.is_some_and(|role| role.can_login && !role.elevated.any()));
    if plan.statements.is_empty() {
        pgrx::notice!("role \"{}\" can log in already", plan.role.name);
    }
    plan.warnings.iter().for_each(warn);
    plan.role.name.to_string()
}
