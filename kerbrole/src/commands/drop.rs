//! `kerbrole drop`

use std::collections::HashMap;

use kerbrole_client::{DropOptions, Dropped, Error, Plan, Statement};

use super::again;
use super::confirm::Question;
use super::job::Job;
use super::one_by_one::{Done, one_by_one};
use super::plan;
use crate::arguments::DropArguments;
use crate::exit::Outcome;
use crate::input::principals;
use crate::output::Tone;

/// Drops each role, or disables it where something keeps it; or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &DropArguments) -> Outcome {
    let mut options = DropOptions::new().if_exists(arguments.if_exists);
    if let Some(heir) = &arguments.reassign_owned_to {
        options = options.reassign_owned_to(heir);
    }
    let options = &options;
    let wanted = principals(&arguments.principals)?;
    job.look_up(&wanted, arguments.if_exists).await?;
    if arguments.dry_run {
        return plan::of_each(job, &wanted, async |one| {
            job.kerbrole.plan_drop(one, None, options).await
        })
        .await;
    }
    // Who is asked is shown what is done, and gets that or nothing.
    let mut shown = HashMap::new();
    if !wanted.is_empty() && !arguments.yes {
        let mut lines = Vec::new();
        for one in &wanted {
            let plan = job.kerbrole.plan_drop(&one.principal, None, options).await?;
            lines.extend(line(&one.principal, &plan));
            shown.insert(one.principal.clone(), plan.statements);
        }
        let of = format!("Drop {} principal(s)", wanted.len());
        Question { of, lines }.ask(job, arguments.yes)?;
    }
    let shown = &shown;
    one_by_one(job, &wanted, again::IF_EXISTS, async |one| {
        if let Some(shown) = shown.get(one) {
            let plan = job.kerbrole.plan_drop(one, None, options).await?;
            if plan.statements != *shown {
                return Err(Error::plan_changed());
            }
        }
        Ok(match job.kerbrole.drop_principal(one, None, options).await? {
            Dropped::Dropped(name) => Done::new(name, "dropped"),
            Dropped::OnlyDisabled { role_name, kept_by } => Done {
                detail: Some(format!("not dropped: {kept_by}")),
                ..Done::new(role_name, "disabled")
            },
            _ => Done::new(one, "absent"),
        })
    })
    .await
}

/// What becomes of one, in a line: its role, and what is not plain about it.
fn line(typed: &str, plan: &Plan) -> Vec<(Tone, String)> {
    let is_dropped = plan.statements.iter().any(|one| matches!(one, Statement::DropRole { .. }));
    let gives = plan.statements.iter().any(|one| matches!(one, Statement::ReassignOwned { .. }));
    let given = if gives { "  after its objects are given away" } else { "" };
    if plan.statements.is_empty() {
        return vec![(Tone::Faint, format!("  nothing  {typed}  is not there"))];
    }
    if is_dropped {
        vec![(Tone::Bad, format!("- drop     {typed}{given}"))]
    } else {
        vec![(Tone::Change, format!("~ disable  {typed}  something in another database keeps it"))]
    }
}
