//! What would be run: a script for psql, or data where another form was asked for.

use kerbrole_client::{Error, Plan, Statement, Wanted};
use serde_json::Value;

use super::job::Job;
use crate::exit::{Outcome, Report};
use crate::output::{Column, Shown, Table};

/// Shows statements as one script, in one transaction, or each as a row.
pub(super) fn shown<'s>(
    job: &Job<'_>,
    statements: impl IntoIterator<Item = &'s Statement>,
) -> Report {
    const COLUMNS: &[Column] = &[Column::new("statement")];
    let mut table = Table::new(COLUMNS);
    for statement in statements {
        table.row([statement.script().into()]);
    }
    shown_rows(job, table)
}

/// Shows rows that have a column of statements.
pub(super) fn shown_rows(job: &Job<'_>, table: Table) -> Report {
    if !job.form().is_for_people() {
        return Report::done(job.rows(table));
    }
    let statements = table.values_of("statement");
    let line = |statement: Value| Some(format!("{}\n", statement.as_str()?));
    let script: String = statements.filter_map(line).collect();
    let script = if script.is_empty() { script } else { format!("BEGIN;\n{script}COMMIT;\n") };
    Report::done(Shown::Text(script))
}

/// Shows what would be run for all of them. Where one is refused nothing is shown: half a script
/// would be pasted.
pub(super) async fn of_each(
    job: &Job<'_>,
    wanted: &[Wanted],
    plan: impl AsyncFn(&str) -> Result<Plan, Error>,
) -> Outcome {
    let mut plans = Vec::with_capacity(wanted.len());
    for one in wanted {
        plans.push(plan(&one.principal).await?);
    }
    Ok(shown(job, plans.iter().flat_map(|plan| &plan.statements)))
}
