//! Going through a list: one principal after the other, each whole or not at all.

use kerbrole_client::{Error, Wanted};
use serde_json::Value;

use super::job::Job;
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Table, Tone};

const COLUMNS: &[Column] = &[
    Column::new("principal").data(),
    Column::new("role_name").name(),
    Column::new("outcome"),
    Column::new("detail").if_any(),
];

/// What became of one.
pub(super) struct Done {
    /// Its role; as it was typed where there is none.
    pub(super) role_name: String,
    /// In a word.
    pub(super) outcome: &'static str,
    /// More about it.
    pub(super) detail: Option<String>,
}

impl Done {
    pub(super) fn new(role_name: impl Into<String>, outcome: &'static str) -> Self {
        Self { role_name: role_name.into(), outcome, detail: None }
    }
}

/// Does the work on each, up to the first that is refused.
///
/// What was done before an error is shown, and counts; `again` says how to go on after it.
pub(super) async fn one_by_one(
    job: &Job<'_>,
    wanted: &[Wanted],
    again: &'static str,
    work: impl AsyncFn(&str) -> Result<Done, Error>,
) -> Outcome {
    let total = wanted.len();
    let mut table = Table::new(COLUMNS);
    if wanted.is_empty() {
        job.say("nothing to do");
    }
    for one in wanted {
        match work(&one.principal).await {
            Ok(Done { role_name, outcome, detail }) => {
                let tone = if detail.is_some() { Tone::Change } else { Tone::Plain };
                let detail = detail.map_or(Value::Null, Value::from);
                let principal = one.principal.clone();
                table.row_in(tone, [principal.into(), role_name.into(), outcome.into(), detail]);
            }
            Err(error) if table.is_empty() => {
                return Err(Failure::of_change(total, again)(error));
            }
            Err(error) => {
                let failure = Failure::Partly { done: table.len(), total, again, error };
                return Ok(Report::failed(job.rows(table), failure));
            }
        }
    }
    Ok(Report::done(job.rows(table)))
}
