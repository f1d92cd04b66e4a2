//! Sessions of accounts that may not log in any more.

use std::collections::HashMap;

use kerbrole_client::{AbsentPolicy, Access, ListedPrincipal, Sessions, Sid};

use crate::commands::job::Job;
use crate::failure::Failure;

/// Ends what sessions accounts still have that are disabled by what was read.
///
/// Their roles are disabled already, so that nobody is asked whether that may be; those that are
/// left to somebody else (`except`) are left here too.
///
/// # Errors
/// Where one may not be ended, which ends the others all the same; and where the server does not
/// say which there are.
pub(super) async fn end(job: &Job<'_>, access: &Access) -> Result<(), Failure> {
    let enabled: HashMap<_, _> = access.people.iter().map(|one| (&one.sid, one.enabled)).collect();
    let is_gone = |sid: &Sid| {
        let domain = sid.domain();
        access.absent != AbsentPolicy::Keep && domain.is_some_and(|d| access.domains.contains(&d))
    };
    let is_shut_out = |sid: &Sid| match enabled.get(sid) {
        Some(&is_enabled) => !is_enabled,
        None => is_gone(sid),
    };
    let goes_on = |one: &ListedPrincipal| {
        !one.can_login && one.sessions > 0 && one.sid.as_ref().is_some_and(is_shut_out)
    };
    let listed = job.kerbrole.list_principals().await?;
    let mut left: Vec<_> = listed.into_iter().filter(goes_on).collect();
    if left.is_empty() {
        return Ok(());
    }
    for name in &access.except {
        left.retain(|one| !one.role_name.as_str().eq_ignore_ascii_case(name));
        // What is no principal is a role's name as it is.
        if let Ok(meant) = job.kerbrole.canonicalize(name, None).await {
            left.retain(|one| one.role_name != meant);
        }
    }
    let mut errors = Vec::new();
    for one in left {
        let name = one.role_name.as_str();
        let ended = job.kerbrole.disable_principal(name, None, Sessions::Terminate).await;
        errors.extend(ended.err());
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::SessionsLeft(errors)) }
}
