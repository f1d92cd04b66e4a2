//! What each subcommand does. None prints: each gives back what there is to show, and how it ended.

pub(crate) mod access;
mod add;
mod again;
pub(crate) mod aws;
mod backend;
mod canonicalize;
mod case_audit;
mod check;
mod client_config;
mod completions;
mod confirm;
mod conflicts;
pub(crate) mod directory;
mod disable;
pub(crate) mod doctor;
mod drop;
mod enable;
mod filter;
mod grant;
pub(crate) mod install_sql;
mod job;
mod krb5_conf;
mod list;
mod man;
mod nearest;
mod nesting;
mod one_by_one;
mod plan;
mod preview_grant;
mod probe;
mod progress;
mod realm;
mod rename;
mod rename_realm;
mod state;
mod sync;

use tokio_postgres::Client;

use crate::arguments::{
    AwsQuestion, Command, ConnectedCommand, Format, InstallSqlArguments, LocalCommand, Options,
};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::Shown;

/// A picture shows memberships, and not every subcommand is about those.
///
/// # Errors
/// Where a picture is asked for, and there is none.
pub(crate) fn refuse_to_draw(command: &Command, options: &Options) -> Result<(), Failure> {
    let is_fine = match command {
        Command::Connected(command) => matches!(
            command,
            ConnectedCommand::Conflicts
                | ConnectedCommand::PreviewGrant(_)
                | ConnectedCommand::List(_)
        ),
        Command::Apply(_)
        | Command::Aws(_)
        | Command::Directory(_)
        | Command::Doctor(_)
        | Command::InstallSql(_) => false,
        // What these print has no form.
        Command::Local(_) => true,
    };
    if options.general.form() == Format::Terraform {
        let is_plan = match command {
            Command::Aws(arguments) => matches!(arguments.question, AwsQuestion::Plan(_)),
            Command::Local(_) => true,
            _ => false,
        };
        if !is_plan {
            return Err(Failure::usage("only aws plan writes resources of Terraform".into()));
        }
    }
    if options.general.form().is_a_drawing() && !is_fine {
        return Err(Failure::usage(
            "only conflicts, preview-grant and list can be drawn: the other forms of results are \
             table, wide, json, csv and name"
                .into(),
        ));
    }
    Ok(())
}

/// Does what needs no connection.
pub(crate) fn run_local(command: &LocalCommand, options: &Options) -> Result<Shown, Failure> {
    match command {
        LocalCommand::Krb5Conf(arguments) => krb5_conf::run(arguments),
        LocalCommand::ClientConfig(arguments) => client_config::run(arguments, options),
        LocalCommand::Completions(arguments) => Ok(completions::run(arguments)),
        LocalCommand::Man(arguments) => man::run(arguments),
    }
}

/// Does what is done on a server.
pub(crate) async fn run_connected(
    command: &ConnectedCommand,
    options: &Options,
    client: &Client,
) -> Outcome {
    let job = &job::Job::begin(options, client).await?;
    match work(job, command).await {
        Err(Failure::Refused(error)) => Err(nearest::suggest(job, error).await),
        outcome => outcome,
    }
}

/// Installs the functions in PL/pgSQL on a server.
pub(crate) async fn run_install_sql(
    arguments: &InstallSqlArguments,
    options: &Options,
    client: &Client,
) -> Outcome {
    install_sql::run(&job::Job::begin(options, client).await?, arguments).await
}

async fn work(job: &job::Job<'_>, command: &ConnectedCommand) -> Outcome {
    match command {
        ConnectedCommand::Add(arguments) => add::run(job, arguments).await,
        ConnectedCommand::Drop(arguments) => drop::run(job, arguments).await,
        ConnectedCommand::Disable(arguments) => disable::run(job, arguments).await,
        ConnectedCommand::Enable(arguments) => enable::run(job, arguments).await,
        ConnectedCommand::Rename(arguments) => rename::run(job, arguments).await,
        ConnectedCommand::RenameRealm(arguments) => rename_realm::run(job, arguments).await,
        ConnectedCommand::Grant(arguments) => grant::run(job, arguments).await,
        ConnectedCommand::List(arguments) => list::run(job, arguments).await,
        ConnectedCommand::Check(arguments) => check::run(job, arguments).await,
        ConnectedCommand::State(arguments) => state::run(job, arguments).await,
        ConnectedCommand::Canonicalize(arguments) => canonicalize::run(job, arguments).await,
        ConnectedCommand::Conflicts => conflicts::run(job).await,
        ConnectedCommand::PreviewGrant(arguments) => preview_grant::run(job, arguments).await,
        ConnectedCommand::CaseAudit => case_audit::run(job).await,
        ConnectedCommand::Nesting => nesting::run(job).await,
        ConnectedCommand::Sync(arguments) => sync::run(job, arguments).await,
        ConnectedCommand::Diff(arguments) => sync::diff(job, arguments).await,
        ConnectedCommand::Plan(arguments) => sync::plan(job, arguments).await,
        ConnectedCommand::Probe => Ok(probe::run(job)),
    }
}
