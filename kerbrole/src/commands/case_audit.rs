//! `kerbrole case-audit`

use super::job::Job;
use crate::exit::{Ending, Outcome, Report};
use crate::output::{Column, Table};

const COLUMNS: &[Column] = &[
    Column::new("problem").name(),
    Column::new("role_names").set(),
    Column::new("detail"),
    Column::new("fix").below(),
];

/// Shows the roles that their names open to the wrong tickets, or to none.
pub(super) async fn run(job: &Job<'_>) -> Outcome {
    let findings = job.waited("reading the roles", job.kerbrole.case_audit()).await?;
    let ending = Ending::findings_if(!findings.is_empty());
    let mut table = Table::new(COLUMNS);
    for finding in findings {
        table.row([
            finding.problem.as_str().into(),
            finding.role_names.into_iter().map(String::from).collect(),
            finding.detail.into(),
            finding.fix.into(),
        ]);
    }
    let summary = match table.len() {
        0 => {
            job.say("nothing to look at");
            None
        }
        1 => job.summary("1 finding"),
        many => job.summary(&format!("{many} findings")),
    };
    Ok(Report::looked(job.rows(table), ending).summed_up(summary))
}
