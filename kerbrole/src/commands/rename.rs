//! `kerbrole rename`

use super::again;
use super::job::Job;
use super::plan;
use crate::arguments::RenameArguments;
use crate::exit::{Failure, Outcome, Report};
use crate::output::Table;

/// Gives a principal's role another name, or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &RenameArguments) -> Outcome {
    let RenameArguments { principal, new_name, dry_run } = arguments;
    if *dry_run {
        let plan = job.kerbrole.plan_rename(principal, None, new_name, None).await?;
        return Ok(plan::shown(job, &plan.statements));
    }
    let name = job.kerbrole.rename_principal(principal, None, new_name, None).await;
    let name = name.map_err(Failure::of_change(1, again::LIST_FIRST))?;
    let mut table = Table::new(&["old_name", "new_name"]);
    table.row([principal.clone().into(), name.into()]);
    Ok(Report::done(job.rows(table)))
}
