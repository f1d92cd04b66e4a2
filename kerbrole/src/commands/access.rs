//! `kerbrole sync --from`: the people and groups of directories become roles and memberships.

use std::path::Path;

use kerbrole_client::{Access, AccessAction, AccessPlan, AccessRow};

use super::again;
use super::confirm::Question;
use super::directory::{self, Read};
use super::job::Job;
use super::plan as script;
use crate::arguments::SyncArguments;
use crate::exit::{Ending, Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Shown, Table, Tone, tell_error};

const COLUMNS: &[Column] = &[
    Column::new("action"),
    Column::new("role_name").name(),
    Column::new("reason"),
    Column::new("statement").wide(),
];

/// Does it, or shows the statements.
pub(super) async fn run(job: &Job<'_>, from: &Path, arguments: &SyncArguments) -> Outcome {
    let plan = look(job, from).await?;
    if arguments.dry_run {
        tell_limit(&plan);
        return Ok(script::shown_rows(job, table(&plan)));
    }
    plan.refuse_too_many()?;
    if plan.is_empty() {
        job.say("nothing to do");
        return Ok(ended(job, &plan));
    }
    if plan.removals() > 0 {
        let removals = format!("Take something from {} principal(s)", plan.removals());
        Question { of: removals, lines: lines(&plan) }.ask(job, arguments.yes)?;
    }
    let applied = job.waited("carrying it out", job.kerbrole.apply_access(&plan)).await;
    applied.map_err(Failure::of_change(plan.rows().len(), again::AS_IT_IS))?;
    Ok(ended(job, &plan))
}

/// What would be done; with findings, where that is something.
pub(super) async fn diff(job: &Job<'_>, from: &Path) -> Outcome {
    let plan = look(job, from).await?;
    tell_limit(&plan);
    if plan.is_empty() {
        job.say("nothing to do");
    }
    let is_wrong = !plan.is_empty() || plan.left().next().is_some();
    Ok(Report::looked(job.rows(table(&plan)), Ending::findings_if(is_wrong)))
}

/// What would be done, a line for each role.
pub(super) async fn plan(job: &Job<'_>, from: &Path) -> Outcome {
    let plan = look(job, from).await?;
    if !job.form().is_for_people() {
        tell_limit(&plan);
        return Ok(Report::done(job.rows(table(&plan))));
    }
    Ok(Report::done(Shown::Lines(lines(&plan), job.form())))
}

async fn look(job: &Job<'_>, from: &Path) -> Result<AccessPlan, Failure> {
    let read = directory::read(from, job.general()).await?;
    let plan = job.waited("comparing", job.kerbrole.plan_access(&wanted(&read))).await?;
    job.look_at_login_cost(plan.count(AccessAction::Create));
    Ok(plan)
}

/// What the file makes of what the directories say.
fn wanted(read: &Read) -> Access {
    let Read { file, snapshot } = read;
    let mut access = Access::new()
        .roles(file.roles())
        .domains(snapshot.domains.iter().map(|domain| domain.sid.clone()))
        .absent(file.people.absent)
        .except(&file.people.except)
        .limit(file.removals)
        .terminate(file.people.end_sessions);
    for person in &snapshot.people {
        let rules = person.groups.iter().filter_map(|&group| file.access.get(group));
        let roles = rules.flat_map(|rule| &rule.roles);
        let principal = directory::name(person);
        access = access.person(principal, person.sid.clone(), person.enabled, roles);
    }
    access
}
