//! `kerbrole add`

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use kerbrole_client::{AddAction, AddOptions, Added, Error};

use super::again;
use super::job::Job;
use super::plan;
use crate::arguments::AddArguments;
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::input::{LongList, principals_with_groups};
use crate::output::{Column, Table, Tone};

/// From how many principals on a bar is worth it.
const LONG: usize = 2_000;

/// How many go at a time where they are many, so that there is something to see. Each portion is
/// done whole or not at all.
const PORTION: usize = 1_000;

/// What became of all, as it is shown; very many rows take much less memory than so many values.
struct Became {
    table: Table,
    created: usize,
    unchanged: usize,
}

impl Became {
    fn new() -> Self {
        const COLUMNS: &[Column] =
            &[Column::new("principal"), Column::new("role_name"), Column::new("action")];
        Self { table: Table::new(COLUMNS), created: 0, unchanged: 0 }
    }

    fn add(&mut self, one: Added) {
        let tone = match one.action {
            AddAction::Created => Tone::New,
            AddAction::Adopted => Tone::Change,
            _ => Tone::Plain,
        };
        self.created += usize::from(one.action == AddAction::Created);
        self.unchanged += usize::from(one.action == AddAction::Unchanged);
        let role_name = one.role_name.to_string();
        self.table
            .row_in(tone, [one.principal.into(), role_name.into(), one.action.as_str().into()]);
    }

    fn are_unchanged(&self) -> bool {
        self.unchanged == self.table.len()
    }

    fn report(self, job: &Job<'_>) -> Report {
        if self.are_unchanged() {
            job.say("nothing to do");
        }
        Report::done(job.rows(self.table))
    }
}

/// Creates roles, or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &AddArguments) -> Outcome {
    let wanted = principals_with_groups(&arguments.principals)?;
    let options = AddOptions::new().if_not_exists(arguments.if_not_exists);
    let options = &arguments.groups.iter().fold(options, AddOptions::group);
    job.look_at_realms(wanted.names()).await?;
    if arguments.dry_run {
        let wanted: Vec<_> = wanted.iter().collect();
        let plan = job.kerbrole.plan_add_each(&wanted, options).await?;
        let created = plan.outcomes.iter().filter(|one| one.action == AddAction::Created);
        job.look_at_login_cost(created.count());
        return Ok(plan::shown(job, &plan.statements));
    }
    // A list of several portions is looked at whole first: where something in the last one is
    // wrong, or nothing is to be done at all, nothing is begun. So is one whose end this user's
    // logins would feel: who is there already costs nothing.
    if wanted.len() > PORTION || job.kerbrole.slow_login_after(wanted.len()).is_some() {
        let mut planned = Became::new();
        job.kerbrole.preview_add_each(wanted.iter(), options, |one| planned.add(one)).await?;
        if planned.are_unchanged() {
            return Ok(planned.report(job));
        }
        job.look_at_login_cost(planned.created);
    }
    let mut became = Became::new();
    match add_in_portions(job, &wanted, options, &mut became).await {
        Ok(()) => Ok(became.report(job)),
        Err(error) if became.table.is_empty() => {
            Err(Failure::of_change(wanted.len(), again::IF_NOT_EXISTS)(error))
        }
        Err(error) => {
            let (done, total) = (became.table.len(), wanted.len());
            let failure = Failure::Partly { done, total, again: again::IF_NOT_EXISTS, error };
            Ok(Report::failed(job.rows(became.table), failure))
        }
    }
}

async fn add_in_portions(
    job: &Job<'_>,
    wanted: &LongList,
    options: &AddOptions,
    became: &mut Became,
) -> Result<(), Error> {
    let total = wanted.len();
    let bar = bar(job, total);
    let mut left = wanted.iter();
    loop {
        let portion: Vec<_> = left.by_ref().take(PORTION).collect();
        if portion.is_empty() {
            break;
        }
        let added = job.kerbrole.add_each(&portion, options).await?;
        added.into_iter().for_each(|one| became.add(one));
        bar.inc(portion.len() as u64);
        if bar.is_hidden() && total >= LONG {
            job.say(&format!("{} of {total}", became.table.len()));
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn bar(job: &Job<'_>, total: usize) -> ProgressBar {
    if total < LONG || job.is_quiet() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64).with_style(style)
}
