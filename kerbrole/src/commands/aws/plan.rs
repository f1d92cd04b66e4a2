//! `kerbrole aws plan`: what is missing, as commands of `aws` in the guide's order, or as
//! Terraform's resources. Nothing is carried out.
//!
//! What takes longer than anybody waits for, a directory say, ends a plan: what builds on it is in
//! the next one. A step that is done is in none.

mod action;
mod cmd;
mod command;
mod database;
mod directory;
mod hcl;
mod network;
mod parameters;
mod role;
mod script;
mod sh;
mod step;
mod terraform;
mod trust;
mod wishes;

use serde_json::Value;

use self::script::Dialect;
use self::step::{Step, When};
use self::wishes::Wishes;
use super::check::{self, Status};
use super::world::{Answer, World};
use crate::arguments::{AwsPlanArguments, Format, Options, Shell};
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Form, Shown, Table};

pub(super) use self::wishes::asked;

/// Shows what is missing.
///
/// # Errors
/// For what the shell has no way to write.
pub(super) fn run(arguments: &AwsPlanArguments, options: &Options, world: &World) -> Outcome {
    let wishes = Wishes::of(arguments);
    let steps = steps(world, &wishes);
    let mut common = vec![("--region", world.asked.region.clone())];
    common.extend(arguments.target.profile.clone().map(|profile| ("--profile", profile)));
    common.extend(arguments.target.endpoint_url.clone().map(|url| ("--endpoint-url", url)));
    let dialect: &dyn Dialect = match arguments.shell {
        Shell::Sh => &sh::Sh,
        Shell::Cmd => &cmd::Cmd,
    };
    let head = head(world, &steps, &check::rows(world));
    let form = Form::of(&options.general);
    let shown = match form.format {
        Format::Terraform => Shown::Text(terraform::text(&head, &steps)),
        Format::Json | Format::Csv | Format::Name => {
            Shown::Rows(table(dialect, &steps, &common)?, form)
        }
        _ => Shown::Text(script::text(dialect, &head, &steps, &common)?),
    };
    Ok(Report::done(shown))
}

/// All steps of the guide, in its order, also those of which nothing is missing.
fn steps(world: &World, wishes: &Wishes) -> Vec<Step> {
    let rows = check::rows(world);
    let (network, has_way) = network::step(world);
    let mut steps = vec![
        directory::step(world, wishes, &rows),
        trust::step(world, wishes, &rows),
        role::step(world),
        users(&rows),
        network,
        database::step(world, &rows, has_way),
    ];
    let reboots = steps.iter().flat_map(|step| &step.actions).map(|planned| planned.what.clone());
    let reboots: Vec<_> = reboots.collect();
    steps.push(parameters::step(world, wishes, &rows, &reboots));
    steps
}

/// No command of `aws` that everybody has makes users.
fn users(rows: &[check::Row]) -> Step {
    let mut step = Step::new("Users");
    step.notes_of(rows, check::Step::Users, &[]);
    step
}

fn head(world: &World, steps: &[Step], rows: &[check::Row]) -> Vec<String> {
    let asked = &world.asked;
    let of = match (&asked.db_instance, &asked.db_cluster, world.directory_id()) {
        (Some(id), _, _) => format!("the DB instance {id}"),
        (None, Some(id), _) => format!("the DB cluster {id}"),
        (None, None, Some(id)) => format!("the directory {id}"),
        (None, None, None) => "a new directory".into(),
    };
    let region = &asked.region;
    if steps.iter().all(Step::is_empty) {
        let mut head = vec![format!("Nothing is missing for {of} in {region}.")];
        let said = |status: Status, what: &str| {
            let those = rows.iter().filter(|row| row.status == status);
            let names: Vec<_> = those.map(|row| row.what.as_str()).collect();
            (!names.is_empty())
                .then(|| format!("{what} (kerbrole aws check): {}.", names.join(", ")))
        };
        head.extend(said(Status::CannotLook, "Nobody could look at this"));
        head.extend(said(Status::Warning, "This is to be looked at"));
        return head;
    }
    if steps.iter().all(|step| step.actions.is_empty()) {
        return vec![format!("No command does what is left for {of} in {region}.")];
    }
    vec![format!(
        "What is missing for {of} in {region}. Then ask again: a step that is done is in no plan, \
         and what builds on it may be in the next one."
    )]
}

/// A row for each command, and for each thing that no command does.
fn table(
    dialect: &dyn Dialect,
    steps: &[Step],
    common: &[(&'static str, String)],
) -> Result<Table, Failure> {
    const COLUMNS: &[Column] = &[
        Column::new("step").name(),
        Column::new("why"),
        Column::new("when"),
        Column::new("command"),
        Column::new("note"),
    ];
    let mut table = Table::new(COLUMNS);
    for step in steps {
        for planned in &step.actions {
            let when = match &planned.when {
                When::Now => "now".into(),
                When::Once(condition) => format!("once {condition}"),
            };
            for command in planned.what.commands() {
                let command = dialect.command(&script::with_common(command, common))?.join("\n");
                table.row([
                    step.title.into(),
                    step.why.clone().into(),
                    when.clone().into(),
                    command.into(),
                    Value::Null,
                ]);
            }
        }
        for note in &step.notes {
            table.row([
                step.title.into(),
                step.why.clone().into(),
                "by hand".into(),
                Value::Null,
                note.clone().into(),
            ]);
        }
    }
    Ok(table)
}

/// Why something is not known that was asked for.
fn unseen<T>(answer: &Answer<T>, what: &str) -> Option<String> {
    match answer {
        Answer::Denied { permission } => Some(format!(
            "{what} could not be looked at: {permission} is not allowed (kerbrole aws policy \
             --for-check has all that is asked for)"
        )),
        Answer::Failed { why } => Some(format!("{what} could not be looked at: {why}")),
        Answer::Got(_) | Answer::Missing | Answer::NotAsked => None,
    }
}

#[cfg(test)]
mod tests;
