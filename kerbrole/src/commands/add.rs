//! `kerbrole add`

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use kerbrole_client::{AddAction, AddOptions, Added, Error, Wanted};

use super::again;
use super::job::Job;
use super::plan;
use crate::arguments::AddArguments;
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::input::principals_with_groups;
use crate::output::{Column, Shown, Table, Tone};

/// From how many principals on a bar is worth it.
const LONG: usize = 2_000;

/// How many go at a time where they are many, so that there is something to see. Each portion is
/// done whole or not at all.
const PORTION: usize = 1_000;

/// Creates roles, or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &AddArguments) -> Outcome {
    let wanted = principals_with_groups(&arguments.principals)?;
    let options = AddOptions::new().if_not_exists(arguments.if_not_exists);
    let options = &arguments.groups.iter().fold(options, AddOptions::group);
    let names: Vec<_> = wanted.iter().map(|one| one.principal.as_str()).collect();
    job.look_at_realms(&names).await?;
    if arguments.dry_run {
        let plan = job.kerbrole.plan_add_each(&wanted, options).await?;
        job.look_at_login_cost(created(&plan.outcomes));
        return Ok(plan::shown(job, &plan.statements));
    }
    // A list of several portions is planned whole first: where something in the last one is wrong,
    // or nothing is to be done at all, nothing is begun. So is one whose end this user's logins
    // would feel: who is there already costs nothing.
    if wanted.len() > PORTION || job.kerbrole.slow_login_after(wanted.len()).is_some() {
        let planned = job.kerbrole.plan_add_each(&wanted, options).await?.outcomes;
        if are_unchanged(&planned) {
            return Ok(report(job, planned));
        }
        job.look_at_login_cost(created(&planned));
    }
    let mut added = Vec::new();
    match add_in_portions(job, &wanted, options, &mut added).await {
        Ok(()) => Ok(report(job, added)),
        Err(error) if added.is_empty() => {
            Err(Failure::of_change(wanted.len(), again::IF_NOT_EXISTS)(error))
        }
        Err(error) => {
            let (done, total) = (added.len(), wanted.len());
            let failure = Failure::Partly { done, total, again: again::IF_NOT_EXISTS, error };
            Ok(Report::failed(table(job, added), failure))
        }
    }
}

async fn add_in_portions(
    job: &Job<'_>,
    wanted: &[Wanted],
    options: &AddOptions,
    added: &mut Vec<Added>,
) -> Result<(), Error> {
    let total = wanted.len();
    let bar = bar(job, total);
    for portion in wanted.chunks(PORTION) {
        added.extend(job.kerbrole.add_each(portion, options).await?);
        bar.inc(portion.len() as u64);
        if bar.is_hidden() && total >= LONG {
            job.say(&format!("{} of {total}", added.len()));
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn report(job: &Job<'_>, added: Vec<Added>) -> Report {
    if are_unchanged(&added) {
        job.say("nothing to do");
    }
    Report::done(table(job, added))
}

fn table(job: &Job<'_>, added: Vec<Added>) -> Shown {
    const COLUMNS: &[Column] =
        &[Column::new("principal"), Column::new("role_name"), Column::new("action")];
    let mut table = Table::new(COLUMNS);
    for one in added {
        let tone = match one.action {
            AddAction::Created => Tone::New,
            AddAction::Adopted => Tone::Change,
            _ => Tone::Plain,
        };
        let cells =
            [one.principal.into(), one.role_name.to_string().into(), one.action.as_str().into()];
        table.row_in(tone, cells);
    }
    job.rows(table)
}

fn bar(job: &Job<'_>, total: usize) -> ProgressBar {
    if total < LONG || job.is_quiet() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64).with_style(style)
}

fn created(added: &[Added]) -> usize {
    added.iter().filter(|one| one.action == AddAction::Created).count()
}

fn are_unchanged(added: &[Added]) -> bool {
    added.iter().all(|one| one.action == AddAction::Unchanged)
}
