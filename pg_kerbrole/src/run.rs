//! Carrying plans out.

use std::fmt::Write as _;

use kerbrole_core::{Error, Role, Statement};
use pgrx::prelude::*;

use crate::catalog;
use crate::guard;
use crate::identity::{as_bootstrap_superuser, as_role};
use crate::report::Raise;

/// Runs what the right to manage principals covers.
pub(crate) fn execute_as_manager(statements: &[Statement]) {
    as_bootstrap_superuser(|| execute_as_caller(statements));
}

/// Runs statements through SPI, so that whatever watches statements (pgaudit, log_statement's hooks) sees them.
pub(crate) fn execute_as_caller(statements: &[Statement]) {
    if statements.is_empty() {
        return;
    }
    // What these functions do they check themselves.
    let _quiet = guard::Quiet::begin();
    Spi::connect_mut(|client| {
        let mut sql = String::new();
        for statement in statements {
            pgrx::check_for_interrupts!();
            sql.clear();
            let _infallible = write!(sql, "{statement}");
            let mut run = || client.update(&sql, None, &[]).map(drop);
            let result = match statement {
                Statement::RevokeAs { grantor, .. } => match catalog::role_oid(grantor.as_str()) {
                    Some(oid) => as_role(oid, run),
                    // Whoever is gone has left no privileges.
                    None => Ok(()),
                },
                _ => run(),
            };
            if let Err(error) = result {
                error!("{statement} failed: {error}");
            }
        }
    });
}

/// Makes sure that a change was made to the role that was looked at, and not to another that got its name meanwhile.
pub(crate) fn verify(role: &Role, is_as_wanted: impl FnOnce(Option<&Role>) -> bool) {
    if !is_as_wanted(catalog::role_of(role.oid).as_ref()) {
        Err(Error::ChangedMeanwhile { role: role.name.clone() }).or_raise()
    }
}
