//! Carrying plans out.

use std::fmt::Write as _;

use kerbrole_core::{Error, Role, RoleName, RoleOid, Statement};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use crate::report::Raise;
use crate::server::catalog;
use crate::server::comments;
use crate::server::identity::{self, as_bootstrap_superuser};
use crate::server::privileges;
use crate::server::quiet::Quiet;

/// Runs what the right to manage principals covers.
pub(crate) fn execute_as_manager(statements: &[Statement]) {
    let caller = identity::current_user();
    as_bootstrap_superuser(|| execute(statements, caller));
}

/// Runs what the caller has to have the right to.
pub(crate) fn execute_as_caller(statements: &[Statement]) {
    execute(statements, identity::current_user());
}

/// Runs statements about roles and memberships through SPI, so that whatever watches statements
/// (pgaudit, log_statement's hooks) sees them: they evaluate nothing and run no event triggers
/// (src/backend/tcop/utility.c, "no event triggers for global objects"). Those about objects would,
/// and are replaced by the server's own functions, with a line in the server's log.
fn execute(statements: &[Statement], caller: RoleOid) {
    if statements.is_empty() {
        return;
    }
    Spi::connect_mut(|client| {
        let (mut sql, mut commented) = (String::new(), 0usize);
        for statement in statements {
            pgrx::check_for_interrupts!();
            match statement {
                Statement::ReassignOwned { role, to } => {
                    let (role, to) = (oid(role), oid(to));
                    privileges::reassign(role, to);
                    log(
                        caller,
                        &format!("gave what {} owns in {} to {}", shown(role), here(), shown(to)),
                    );
                }
                // COMMENT ON ROLE holds a lock on each role until the transaction ends, and there
                // is room for some thousands.
                Statement::Comment { role, text } => {
                    comments::write(oid(role), text.as_deref());
                    commented += 1;
                }
                // The call ends the privileges by all grantors.
                Statement::RevokeAs { .. } => {}
                Statement::DropOwned { role } => {
                    let role = oid(role);
                    privileges::end_all(role);
                    log(caller, &format!("ended the privileges of {} in {}", shown(role), here()));
                }
                _ => {
                    sql.clear();
                    let _infallible = write!(sql, "{statement}");
                    // What these functions do they check themselves.
                    let _quiet = Quiet::begin();
                    if let Err(error) = client.update(&sql, None, &[]) {
                        error!("{statement} failed: {error}");
                    }
                }
            }
        }
        if commented > 0 {
            log(caller, &format!("wrote the comments on {commented} roles"));
        }
    });
}

/// A role that the plan names: locked since it was looked at, so that the name still means it.
fn oid(role: &RoleName) -> RoleOid {
    role.unwritable_oid()
        .or_else(|| catalog::role_oid(role.as_str()))
        .ok_or_else(|| Error::ChangedMeanwhile { role: role.clone() })
        .or_raise()
}

fn shown(role: RoleOid) -> String {
    catalog::role_of(role)
        .map_or_else(|| role.to_string(), |role| format!("role \"{}\"", role.name))
}

fn here() -> String {
    format!("database \"{}\"", catalog::this_database_name())
}

/// What nobody sees who looks at statements.
fn log(caller: RoleOid, what: &str) {
    let message = format!("pg_kerbrole {what}, as {} asked for", shown(caller));
    ErrorReport::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message, "pg_kerbrole")
        .report(PgLogLevel::LOG_SERVER_ONLY);
}

/// Makes sure that a change was made to the role that was looked at, and not to another that got
/// its name meanwhile.
pub(crate) fn verify(role: &Role, is_as_wanted: impl FnOnce(Option<&Role>) -> bool) {
    if !is_as_wanted(catalog::role_of(role.oid).as_ref()) {
        Err(Error::ChangedMeanwhile { role: role.name.clone() }).or_raise()
    }
}
