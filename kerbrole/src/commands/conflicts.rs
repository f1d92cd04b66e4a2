//! `kerbrole conflicts`

use kerbrole_client::{Conflict, quote_identifier};
use serde_json::{Value, json};

use super::job::Job;
use crate::exit::{Ending, Outcome, Report};
use crate::output::{Column, Drawing, Edge, Table};

const COLUMNS: &[Column] = &[
    Column::new("role_name").name(),
    Column::new("ad_path").after_role(),
    Column::new("iam_path").after_role(),
    Column::new("fix").below(),
];

/// Shows the roles that are members of both.
pub(super) async fn run(job: &Job<'_>) -> Outcome {
    let conflicts = job.waited("reading the memberships", job.kerbrole.conflicts()).await?;
    Ok(report(job, &conflicts, |conflict, member, role| {
        let [role, member] = [role, member].map(quote_identifier);
        // As the statement begins that ends it, whoever granted it.
        let revoke = format!("REVOKE {role} FROM {member}");
        if conflict.fix.contains(&revoke) { Edge::Revoke } else { Edge::Plain }
    }))
}

/// Conflicts that a GRANT would create.
pub(super) fn that_would_be(
    job: &Job<'_>,
    conflicts: &[Conflict],
    granted: &str,
    to: &str,
) -> Report {
    report(job, conflicts, |_, member, role| match (member, role) {
        (member, role) if member == to && role == granted => Edge::Grant,
        _ => Edge::Plain,
    })
}

/// Conflicts with both paths, those that are and those that would be.
fn report(
    job: &Job<'_>,
    conflicts: &[Conflict],
    edge: impl Fn(&Conflict, &str, &str) -> Edge,
) -> Report {
    let mut table = Table::new(COLUMNS);
    for conflict in conflicts {
        let fix: Value =
            if conflict.fix.is_empty() { Value::Null } else { conflict.fix.clone().into() };
        table.row([
            conflict.role_name.to_string().into(),
            json!(conflict.ad_path),
            json!(conflict.iam_path),
            fix,
        ]);
    }
    let summary = match conflicts.len() {
        0 => {
            job.say("no conflicts");
            None
        }
        1 => job.summary("1 role in both"),
        many => job.summary(&format!("{many} roles in both")),
    };
    let ending = Ending::findings_if(!conflicts.is_empty());
    let drawn = job.drawn(|| {
        let mut drawing = Drawing::default();
        for conflict in conflicts {
            for path in [&conflict.ad_path, &conflict.iam_path] {
                drawing.path(path, |member, role| edge(conflict, member, role));
            }
        }
        drawing
    });
    Report::looked(drawn.unwrap_or_else(|| job.rows(table)), ending).summed_up(summary)
}
