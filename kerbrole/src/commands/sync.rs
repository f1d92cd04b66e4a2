//! `kerbrole sync`, `kerbrole diff`, `kerbrole plan`

use kerbrole_client::{SyncAction, SyncOptions, SyncPlan};

use super::again;
use super::confirm::Question;
use super::job::Job;
use super::plan as script;
use crate::arguments::SyncArguments;
use crate::exit::{Ending, Outcome, Report};
use crate::failure::Failure;
use crate::input::principals;
use crate::output::{Column, Shown, Table, Tone, tell_error};

const COLUMNS: &[Column] = &[
    Column::new("action"),
    Column::new("role_name").name(),
    Column::new("reason"),
    Column::new("statement").wide(),
];

/// Brings the principals in line with a list, or shows how, or whether there is a difference.
pub(super) async fn run(job: &Job<'_>, arguments: &SyncArguments) -> Outcome {
    if arguments.check {
        return diff(job, arguments).await;
    }
    let plan = look(job, arguments).await?;
    if arguments.dry_run {
        tell_limit(&plan);
        return Ok(script::shown_rows(job, table(&plan)));
    }
    plan.refuse_too_many()?;
    if plan.is_empty() {
        job.say("nothing to do");
        return Ok(Report::done(job.rows(table(&plan))));
    }
    if plan.removals() > 0 {
        let removals = format!("Disable or drop {} principal(s)", plan.removals());
        Question { of: removals, lines: lines(&plan) }.ask(job, arguments.yes)?;
    }
    let applied = job.waited("carrying it out", job.kerbrole.apply_sync(&plan)).await;
    applied.map_err(Failure::of_change(plan.rows().len(), again::AS_IT_IS))?;
    Ok(Report::done(job.rows(table(&plan))))
}

/// What would be done; with findings, where that is something.
pub(super) async fn diff(job: &Job<'_>, arguments: &SyncArguments) -> Outcome {
    let plan = look(job, arguments).await?;
    tell_limit(&plan);
    if plan.is_empty() {
        job.say("nothing to do");
    }
    Ok(Report::looked(job.rows(table(&plan)), Ending::findings_if(!plan.is_empty())))
}

/// What would be done, for people, and as data for programs.
pub(super) async fn plan(job: &Job<'_>, arguments: &SyncArguments) -> Outcome {
    let plan = look(job, arguments).await?;
    if !job.form().is_for_people() {
        tell_limit(&plan);
        return Ok(Report::done(job.rows(table(&plan))));
    }
    Ok(Report::done(Shown::Lines(lines(&plan), job.form())))
}

async fn look(job: &Job<'_>, arguments: &SyncArguments) -> Result<SyncPlan, Failure> {
    // Whoever wanted it to be written down does not want it done.
    if arguments.plan.is_some() {
        return Err(Failure::usage(
            "--plan goes by an access file: say which, with --from (for a list --dry-run shows \
             what would be done)"
                .into(),
        ));
    }
    let options = SyncOptions::new().absent(arguments.absent.into());
    let options = arguments.only_realms.iter().fold(options, SyncOptions::realm);
    let options = &arguments.only_groups.iter().fold(options, SyncOptions::group);
    let wanted = principals(&arguments.principals)?;
    let names: Vec<_> = wanted.iter().map(|one| one.principal.as_str()).collect();
    job.look_at_realms(names.iter().copied()).await?;
    let plan = job.waited("comparing the list", job.kerbrole.plan_sync(&names, options)).await?;
    job.look_at_login_cost(plan.count(SyncAction::Create));
    Ok(plan)
}

/// Says that it would not be carried out, where it is only shown.
fn tell_limit(plan: &SyncPlan) {
    if let Err(error) = plan.refuse_too_many() {
        let failure = Failure::from(error);
        tell_error(&format!("would be refused: {failure}"), || failure.data());
    }
}

fn table(plan: &SyncPlan) -> Table {
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

/// A line for each role, and one for all of them, the limit included.
fn lines(plan: &SyncPlan) -> Vec<(Tone, String)> {
    let mut lines: Vec<(Tone, String)> = Vec::new();
    let mut last = None;
    let widest =
        plan.rows().iter().map(|row| row.role_name.as_str().chars().count()).max().unwrap_or(0);
    for row in plan.rows() {
        let (sign, tone) = sign(row.action);
        // Several statements about one role are one line.
        if last.replace((row.action, &row.role_name)) == Some((row.action, &row.role_name)) {
            continue;
        }
        let (action, role, reason) = (row.action.as_str(), &row.role_name, &row.reason);
        lines.push((tone, format!("{sign} {action:<7}  {role:<widest$}  {reason}")));
    }
    lines.push((Tone::Plain, summary(plan)));
    lines
}

fn summary(plan: &SyncPlan) -> String {
    let counts = SyncAction::ALL.map(|action| (plan.count(action), action.as_str()));
    let counts: Vec<_> = counts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, action)| format!("{number} to {action}"))
        .collect();
    if counts.is_empty() {
        return "nothing to do".into();
    }
    let limit = match plan.removals() {
        0 => String::new(),
        removals if removals > plan.at_most() => format!(
            "; refused, since at most {} of {} may be removed at once",
            plan.at_most(),
            plan.removable()
        ),
        _ => format!("; up to {} of {} may be removed at once", plan.at_most(), plan.removable()),
    };
    format!("{}{limit}", counts.join(", "))
}

fn sign(action: SyncAction) -> (char, Tone) {
    match action {
        SyncAction::Create => ('+', Tone::New),
        SyncAction::Drop => ('-', Tone::Bad),
        _ => ('~', Tone::Change),
    }
}
