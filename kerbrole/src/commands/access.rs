//! `kerbrole sync --from`: the people and groups of directories become roles and memberships.

use std::collections::BTreeSet;
use std::path::Path;

use kerbrole_client::{Access, AccessAction, AccessPerson, AccessPlan, AccessRow};

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
    if plan.losses() > 0 {
        let removals = format!("Take something from {} principal(s)", plan.losses());
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
    let is_wrong = !plan.is_empty() || plan.count(AccessAction::Leave) > 0;
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
    let access = Access::new()
        .roles(file.roles())
        .absent(file.people.absent)
        .limit(file.removals)
        .terminate(file.people.end_sessions);
    let access = file.people.except.iter().fold(access, Access::except);
    let domains = snapshot.domains.iter().map(|domain| domain.sid);
    let access = domains.fold(access, Access::domain);
    access.people(snapshot.people.iter().map(|person| {
        let rules = person.groups.iter().filter_map(|&group| file.access.get(group));
        // Two rules may give one role.
        let roles: BTreeSet<_> = rules.flat_map(|rule| &rule.roles).collect();
        AccessPerson::new(directory::name(person), person.sid).enabled(person.enabled).roles(roles)
    }))
}

/// Those who are left as they are, for whoever does not look at each row.
fn ended(job: &Job<'_>, plan: &AccessPlan) -> Report {
    let left = plan.count(AccessAction::Leave);
    let summary =
        (left > 0).then(|| format!("{left} left as they are")).and_then(|text| job.summary(&text));
    Report::done(job.rows(table(plan))).summed_up(summary)
}

/// Says that it would not be carried out, where it is only shown.
fn tell_limit(plan: &AccessPlan) {
    if let Err(error) = plan.refuse_too_many() {
        let failure = Failure::from(error);
        tell_error(&format!("would be refused: {failure}"), || failure.data());
    }
}

fn table(plan: &AccessPlan) -> Table {
    let mut table = Table::new(COLUMNS);
    for row in plan.rows() {
        let cells = [
            row.action.as_str().into(),
            row.role_name.to_string().into(),
            row.reason.clone().into(),
            row.statement.clone().into(),
        ];
        table.row_in(sign(row.action).1, cells);
    }
    table
}

/// A line for each role and action, and one for all of them, the limit included.
fn lines(plan: &AccessPlan) -> Vec<(Tone, String)> {
    let widest =
        plan.rows().iter().map(|row| row.role_name.as_str().chars().count()).max().unwrap_or(0);
    let line = |row: &AccessRow| {
        let (sign, tone) = sign(row.action);
        let AccessRow { role_name, reason, .. } = row;
        (tone, format!("{sign} {:<7}  {role_name:<widest$}  {reason}", row.action.as_str()))
    };
    let mut lines: Vec<_> = plan.rows().iter().map(line).collect();
    // Several statements about one role, for the same reason, are one line.
    lines.dedup();
    lines.push((Tone::Plain, summary(plan)));
    lines
}

fn summary(plan: &AccessPlan) -> String {
    let counts = AccessAction::ALL.map(|action| (plan.count(action), action.as_str()));
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let counts: Vec<_> = counts.map(|(number, action)| format!("{number} to {action}")).collect();
    if counts.is_empty() {
        return "nothing to do".into();
    }
    let (most, all) = (plan.at_most(), plan.principals());
    let limit = match plan.losses() {
        0 => String::new(),
        losses if losses > most => {
            format!("; refused, since at most {most} of {all} may lose something at once")
        }
        _ => format!("; up to {most} of {all} may lose something at once"),
    };
    format!("{}{limit}", counts.join(", "))
}

fn sign(action: AccessAction) -> (char, Tone) {
    match action {
        AccessAction::Create => ('+', Tone::New),
        AccessAction::Drop => ('-', Tone::Bad),
        AccessAction::Leave => ('!', Tone::Bad),
        _ => ('~', Tone::Change),
    }
}
