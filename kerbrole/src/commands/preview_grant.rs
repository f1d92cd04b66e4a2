//! `kerbrole preview-grant`

use super::conflicts;
use super::job::Job;
use crate::arguments::PreviewGrantArguments;
use crate::exit::Outcome;

/// Shows the conflicts that a GRANT would create.
pub(super) async fn run(job: &Job<'_>, arguments: &PreviewGrantArguments) -> Outcome {
    let would_be = job.kerbrole.preview_grant(&arguments.role, &arguments.member).await?;
    Ok(conflicts::that_would_be(job, &would_be, &arguments.role, &arguments.member))
}
