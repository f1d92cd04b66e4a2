//! `kerbrole disable`

use std::cell::RefCell;

use kerbrole_client::Sessions;

use super::again;
use super::job::Job;
use super::one_by_one::{Done, one_by_one};
use super::plan;
use crate::arguments::DisableArguments;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::input::principals;

/// Keeps each from logging in, and may end their sessions; or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &DisableArguments) -> Outcome {
    let wanted = principals(&arguments.principals)?;
    job.look_up(&wanted, false).await?;
    if arguments.dry_run {
        return plan::of_each(job, &wanted, async |one| job.kerbrole.plan_disable(one, None).await)
            .await;
    }
    let sessions = if arguments.terminate { Sessions::Terminate } else { Sessions::Keep };
    // Somebody whose sessions may not be ended is disabled all the same, and so are those who come
    // after: the errors are kept for the end.
    let sessions_left = RefCell::new(Vec::new());
    let report = one_by_one(job, &wanted, again::AS_IT_IS, async |one| {
        let disabled = job.kerbrole.disable_principal(one, None, sessions).await;
        let error = match disabled {
            Ok(name) => return Ok(Done::new(name, "disabled")),
            Err(error) => error,
        };
        let Some((name, left)) = error.sessions_left_of() else { return Err(error) };
        let go_on = if left == 1 { "session goes" } else { "sessions go" };
        let done = Done {
            detail: Some(format!("{left} {go_on} on")),
            ..Done::new(name.to_string(), "disabled")
        };
        sessions_left.borrow_mut().push(error);
        Ok(done)
    })
    .await?;
    let sessions_left = sessions_left.into_inner();
    if sessions_left.is_empty() {
        Ok(report)
    } else {
        Ok(report.but(Failure::SessionsLeft(sessions_left)))
    }
}
