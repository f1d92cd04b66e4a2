//! `kerbrole enable`

use super::again;
use super::job::Job;
use super::one_by_one::{Done, one_by_one};
use super::plan;
use crate::arguments::EnableArguments;
use crate::exit::Outcome;
use crate::input::principals;

/// Lets each log in again, or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &EnableArguments) -> Outcome {
    let wanted = principals(&arguments.principals)?;
    job.look_up(&wanted, false).await?;
    if arguments.dry_run {
        return plan::of_each(job, &wanted, async |one| job.kerbrole.plan_enable(one, None).await)
            .await;
    }
    one_by_one(job, &wanted, again::AS_IT_IS, async |one| {
        Ok(Done::new(job.kerbrole.enable_principal(one, None).await?, "enabled"))
    })
    .await
}
