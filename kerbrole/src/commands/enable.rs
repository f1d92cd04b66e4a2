//! `kerbrole enable`

use super::again;
use super::job::Job;
use super::one_by_one::one_by_one;
use super::plan;
use crate::arguments::EnableArguments;
use crate::exit::Outcome;
use crate::input::principals;

/// Lets each log in again, or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &EnableArguments) -> Outcome {
    let wanted = principals(&arguments.principals)?;
    if arguments.dry_run {
        return plan::of_each(job, &wanted, async |one| job.kerbrole.plan_enable(one, None).await)
            .await;
    }
    one_by_one(job, &wanted, again::AS_IT_IS, async |one| {
        Ok((job.kerbrole.enable_principal(one, None).await?, "enabled".into()))
    })
    .await
}
