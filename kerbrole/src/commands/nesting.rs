//! `kerbrole nesting`

use super::job::Job;
use crate::exit::{Ending, Outcome, Report};
use crate::output::{Column, Table};

const COLUMNS: &[Column] = &[Column::new("statement")];

/// Shows the statements by which a superuser ends the memberships that creating principals made of
/// this user, and whether it logs in slowly by its memberships.
pub(super) async fn run(job: &Job<'_>) -> Outcome {
    let statements = job.kerbrole.plan_end_nesting().await?.statements;
    if let Some(slow) = job.kerbrole.slow_login() {
        job.notice(&slow.into());
    }
    let mut table = Table::new(COLUMNS);
    let ending = Ending::findings_if(!statements.is_empty());
    for statement in statements {
        table.row([statement.script().into()]);
    }
    if table.is_empty() {
        job.say("this user is a member of no principal that it created");
    }
    let summary = job.summary("a superuser runs these").filter(|_| !table.is_empty());
    Ok(Report::looked(job.rows(table), ending).summed_up(summary))
}
