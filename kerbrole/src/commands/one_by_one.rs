//! Going through a list: one principal after the other, each whole or not at all.

use kerbrole_client::{Error, Wanted};

use super::job::Job;
use crate::exit::{Failure, Outcome, Report};
use crate::output::Table;

/// Does the work on each, up to the first that is refused.
///
/// `work` gives back the role's name and what became of it. What was done before an error is shown,
/// and counts; `again` says how to go on after it.
pub(super) async fn one_by_one(
    job: &Job<'_>,
    wanted: &[Wanted],
    again: &'static str,
    work: impl AsyncFn(&str) -> Result<(String, String), Error>,
) -> Outcome {
    let total = wanted.len();
    let mut table = Table::new(&["role_name", "outcome"]);
    for one in wanted {
        match work(&one.principal).await {
            Ok((name, outcome)) => table.row([name.into(), outcome.into()]),
            Err(error) if table.rows.is_empty() => {
                return Err(Failure::of_change(total, again)(error));
            }
            Err(error) => {
                let failure = Failure::Partly { done: table.rows.len(), total, again, error };
                return Ok(Report::failed(job.rows(table), failure));
            }
        }
    }
    Ok(Report::done(job.rows(table)))
}
