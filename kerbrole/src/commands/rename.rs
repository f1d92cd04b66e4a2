//! `kerbrole rename`

use kerbrole_client::Statement;

use super::again;
use super::job::Job;
use super::plan;
use crate::arguments::RenameArguments;
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Table};

const COLUMNS: &[Column] = &[Column::new("old_name"), Column::new("new_name")];

/// Gives a principal's role another name, or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &RenameArguments) -> Outcome {
    let RenameArguments { principal, new_name, dry_run } = arguments;
    if *dry_run {
        let plan = job.kerbrole.plan_rename(principal, None, new_name, None).await?;
        return Ok(plan::shown(job, &plan.statements));
    }
    let planned = job.kerbrole.plan_rename(principal, None, new_name, None).await?;
    let new_name = job.kerbrole.rename_principal(principal, None, new_name, None).await;
    let new_name = new_name.map_err(Failure::of_change(1, again::LIST_FIRST))?;
    // Without a statement it is called so already.
    let old_name = planned.statements.into_iter().find_map(|statement| match statement {
        Statement::Rename { role, .. } => Some(role),
        _ => None,
    });
    let old_name = old_name.unwrap_or_else(|| new_name.clone());
    let mut table = Table::new(COLUMNS);
    table.row([old_name, new_name].map(|name| name.to_string().into()));
    Ok(Report::done(job.rows(table)))
}
