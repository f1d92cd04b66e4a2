//! Users of the directory, which Directory Service shows once its data may be read.

use super::directory::why_unknown;
use super::row::{Row, Step, Unanswered, command};
use crate::commands::aws::look::MOST_USERS;
use crate::commands::aws::world::World;

const STEP: Step = Step::Users;

/// Accounts that are there from the beginning.
const BUILT_IN: &[&str] = &["Admin", "Administrator", "Guest", "krbtgt"];

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "users";
    let kind = world.directory.got().map(|directory| directory.kind.as_deref());
    let not_asked = match kind {
        None if world.directory_id().is_some() => "the directory could not be looked at",
        None => why_unknown(world),
        Some(Some("SharedMicrosoftAD")) => "only the account that owns the directory sees them",
        Some(_) => "a directory of this type shows none",
    };
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked };
    let missing = || Row::unseen(STEP, WHAT, "the directory was there, and is not any more");
    let status = match asked.row(&world.data_access, missing) {
        Ok(access) => access.data_access_status.as_deref().unwrap_or("none"),
        Err(row) => return vec![row],
    };
    if status != "Enabled" {
        let id = world.directory_id().unwrap_or_default();
        let words = ["ds", "enable-directory-data-access", "--directory-id", id];
        let said = format!("the directory does not show its users here: data access is {status}");
        return vec![Row::unseen(STEP, WHAT, said).fix(format!(
            "look with Active Directory Users and Computers, or let AWS show them: {}",
            command(world, &words)
        ))];
    }
    let missing = || Row::unseen(STEP, WHAT, "the directory was there, and is not any more");
    let users = match asked.row(&world.users, missing) {
        Ok(users) => users,
        Err(row) => return vec![row],
    };
    let is_own = |name: &str| !BUILT_IN.iter().any(|one| one.eq_ignore_ascii_case(name));
    let own: Vec<_> = users.iter().filter(|user| is_own(&user.sam_account_name)).collect();
    let enabled = own.iter().filter(|user| user.enabled == Some(true)).count();
    let has_trusts = world.trusts.got().map(|trusts| !trusts.is_empty());
    // No more were asked for, and there may be.
    let more = if users.len() < MOST_USERS { "" } else { " that were looked at" };
    vec![match (own.len(), enabled) {
        (_, 1..) => Row::ok(STEP, WHAT, format!("{enabled} enabled, of {}{more}", own.len())),
        (0, _) if has_trusts == Some(true) => {
            Row::ok(STEP, WHAT, "none: those of a trusted domain log in")
        }
        (0, _) if has_trusts.is_none() => {
            Row::unseen(STEP, WHAT, "none: whether those of a trusted domain log in is not known")
        }
        (0, _) => Row::wrong(STEP, WHAT, "none but those that every directory has")
            .fix("create users with Active Directory Users and Computers"),
        _ if more.is_empty() && own.iter().all(|user| user.enabled == Some(false)) => {
            Row::wrong(STEP, WHAT, format!("{}, and all are disabled", own.len()))
                .fix("enable them with Active Directory Users and Computers")
        }
        _ => Row::unseen(STEP, WHAT, format!("{}{more}, and others may be enabled", own.len())),
    }]
}
