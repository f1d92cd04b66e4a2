//! `kerbrole conflicts`

use kerbrole_client::Conflict;
use serde_json::{Value, json};

use super::job::Job;
use crate::exit::{Ending, Outcome, Report};
use crate::output::Table;

/// Shows the roles that are members of both.
pub(super) async fn run(job: &Job<'_>) -> Outcome {
    Ok(report(job, &job.kerbrole.conflicts().await?))
}

/// Conflicts with both paths, those that are and those that would be.
pub(super) fn report(job: &Job<'_>, conflicts: &[Conflict]) -> Report {
    let mut table = Table::new(&["role_name", "ad_path", "iam_path", "fix"]);
    for conflict in conflicts {
        let fix: Value =
            if conflict.fix.is_empty() { Value::Null } else { conflict.fix.clone().into() };
        table.row([
            conflict.role_name.clone().into(),
            json!(conflict.ad_path),
            json!(conflict.iam_path),
            fix,
        ]);
    }
    if conflicts.is_empty() {
        job.say("no conflicts");
    }
    Report::looked(job.rows(table), Ending::findings_if(!conflicts.is_empty()))
}
