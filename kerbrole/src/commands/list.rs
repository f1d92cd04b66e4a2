//! `kerbrole list`

use serde_json::json;

use super::job::Job;
use crate::exit::{Outcome, Report};
use crate::output::Table;

/// Shows who has access, and by which way.
pub(super) async fn run(job: &Job<'_>) -> Outcome {
    let columns = &["role_name", "can_login", "groups", "ad_path", "iam_path", "sessions"];
    let mut table = Table::new(columns);
    for principal in job.kerbrole.list_principals().await? {
        table.row([
            principal.role_name.into(),
            principal.can_login.into(),
            principal.groups.join(",").into(),
            json!(principal.ad_path),
            json!(principal.iam_path),
            principal.sessions.into(),
        ]);
    }
    Ok(Report::done(job.rows(table)))
}
