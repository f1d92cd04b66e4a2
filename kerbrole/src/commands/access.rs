//! `kerbrole sync --from`, `diff --from`, `plan --from` and `kerbrole apply`: the people and groups
//! of directories become roles and memberships.

mod places;
mod saved;
mod shown;
mod wanted;
mod watch;

use std::path::Path;

use tokio_postgres::Client;

use self::places::{All, At, Place, apply_all, plan_all, take_all};
use self::saved::{Saved, SavedPlan};
use self::shown::{Planned, lines, script, table};
use super::confirm::Question;
use super::directory;
use crate::arguments::{ApplyArguments, Options, SyncArguments};
use crate::connect::conninfo::Connection;
use crate::exit::{Ending, Outcome, Report};
use crate::failure::Failure;
use crate::output::{Form, Shown, tell, tell_error};

pub(crate) use watch::watch;

/// Whether somebody may be asked for a password. Of several servers none is asked for: nobody could
/// tell which one it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MayAsk {
    Yes,
    No,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To do it; or, with `--dry-run`, for the statements.
    Sync,
    /// Whether there is a difference.
    Diff,
    /// What would be done, a line for each role.
    Plan,
}

/// Reads the directories, and then goes on at the servers.
///
/// `connect` opens a connection.
pub(crate) async fn run(
    asked: Asked,
    from: &Path,
    arguments: &SyncArguments,
    options: &Options,
    connect: impl AsyncFn(Connection, MayAsk) -> Result<Client, Failure>,
) -> Outcome {
    let read = directory::read(from, &options.general).await?;
    let (file, access) = wanted::wanted(read, false);
    let mut places = Place::connect_all(&file, options, connect).await?;
    let planned = plan_all(&mut places, &access, options).await;
    if let Some(to) = &arguments.plan {
        return save(planned, from, to, options);
    }
    match asked {
        Asked::Sync if arguments.dry_run => Ok(look_at(planned, options, Look::Script)),
        Asked::Sync if !arguments.check => carry_out(planned, arguments.yes, options).await,
        Asked::Sync | Asked::Diff => Ok(diff(planned, options)),
        Asked::Plan => Ok(look_at(planned, options, Look::Lines)),
    }
}

/// Reads a plan that was saved, and carries it out where all is as it was.
pub(crate) async fn apply(
    arguments: &ApplyArguments,
    options: &Options,
    connect: impl AsyncFn(Connection, MayAsk) -> Result<Client, Failure>,
) -> Outcome {
    let saved = Saved::read(&arguments.plan)?;
    let read = directory::read(&saved.from, &options.general).await?;
    let (file, access) = wanted::wanted(read, false);
    saved.refuse_another(&access)?;
    let mut places = Place::connect_all(&file, options, connect).await?;
    let planned = take_all(&mut places, &saved, options).await;
    carry_out(planned, arguments.yes, options).await
}

/// Writes what would be done into a file, and shows it.
fn save(planned: All<At<'_>>, from: &Path, to: &Path, options: &Options) -> Outcome {
    let mut plans = Vec::with_capacity(planned.fine.len());
    for at in &planned.fine {
        at.plan.refuse_too_many()?;
        plans.push(SavedPlan { server: at.name.map(String::from), plan: at.plan.clone() });
    }
    // Half a plan would be taken for a whole one.
    if planned.is_whole() {
        Saved::new(from, plans)?.write(to)?;
    } else {
        tell(&format!("{} is not written, since a server is missing in it", to.display()));
    }
    Ok(ended(planned, options, Look::Lines, Ending::Done))
}

async fn carry_out(planned: All<At<'_>>, yes: bool, options: &Options) -> Outcome {
    // What is refused anyway is nothing to ask about.
    let is_asked = |at: &&At<'_>| at.plan.losses() > 0 && at.plan.refuse_too_many().is_ok();
    let asked: Vec<_> = planned.fine.iter().filter(is_asked).collect();
    if let Some(first) = asked.first() {
        let losses: usize = asked.iter().map(|at| at.plan.losses()).sum();
        let of = format!("Take something from {losses} principal(s)");
        let lines = lines(&plans(&planned));
        Question { of, lines }.ask(&first.job, yes)?;
    }
    if planned.fine.iter().all(|at| at.plan.is_empty()) && !options.general.quiet {
        tell("nothing to do");
    }
    let applied = apply_all(planned, options.general.quiet).await;
    Ok(ended(applied, options, Look::Table, Ending::Done))
}

fn look_at(planned: All<At<'_>>, options: &Options, look: Look) -> Report {
    tell_limits(&planned);
    ended(planned, options, look, Ending::Done)
}

fn diff(planned: All<At<'_>>, options: &Options) -> Report {
    tell_limits(&planned);
    let is_even = planned.fine.iter().all(|at| at.plan.rows().is_empty());
    if planned.fine.iter().all(|at| at.plan.is_empty()) && !options.general.quiet {
        tell("nothing to do");
    }
    ended(planned, options, Look::Table, Ending::findings_if(!is_even))
}

/// How plans are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// As what was done, or what differs.
    Table,
    /// As what would be run; data for programs.
    Script,
    /// As what would be done; data for programs.
    Lines,
}

fn shown(plans: &[Planned<'_>], look: Look, form: Form) -> Shown {
    match look {
        Look::Script if form.is_for_people() => Shown::Text(script(plans)),
        Look::Lines if form.is_for_people() => Shown::Lines(lines(plans), form),
        _ => Shown::Rows(table(plans), form),
    }
}

fn ended(mut all: All<At<'_>>, options: &Options, look: Look, ending: Ending) -> Report {
    let failure = all.failure();
    let shown = shown(&plans(&all), look, Form::of(&options.general));
    match failure {
        Some(failure) if all.fine.is_empty() => failure.into(),
        Some(failure) => Report::failed(shown, failure),
        None => Report::looked(shown, ending),
    }
}

fn plans<'a>(all: &'a All<At<'_>>) -> Vec<Planned<'a>> {
    all.fine.iter().map(|at| (at.name, &at.plan)).collect()
}

/// Says where it would not be carried out, where it is only shown.
fn tell_limits(all: &All<At<'_>>) {
    for at in &all.fine {
        if let Err(error) = at.plan.refuse_too_many() {
            let failure = Failure::from(error);
            let server = at.name.map(|name| format!("{name}: ")).unwrap_or_default();
            tell_error(&format!("{server}would be refused: {failure}"), || failure.data());
        }
    }
}
