//! `kerbrole case-audit`

use super::job::Job;
use crate::exit::{Ending, Outcome, Report};
use crate::output::Table;

/// Shows the roles that their names open to the wrong tickets, or to none.
pub(super) async fn run(job: &Job<'_>) -> Outcome {
    let findings = job.kerbrole.case_audit().await?;
    if findings.is_empty() {
        job.say("nothing to look at");
    }
    let ending = Ending::findings_if(!findings.is_empty());
    let mut table = Table::new(&["problem", "role_names", "detail", "fix"]);
    for finding in findings {
        table.row([
            finding.problem.as_str().into(),
            finding.role_names.join(", ").into(),
            finding.detail.into(),
            finding.fix.into(),
        ]);
    }
    Ok(Report::looked(job.rows(table), ending))
}
