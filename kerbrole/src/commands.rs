//! What each subcommand does. None prints: each gives back what there is to show, and how it ended.

mod add;
mod again;
mod backend;
mod case_audit;
mod check;
mod completions;
mod confirm;
mod conflicts;
mod disable;
pub(crate) mod doctor;
mod drop;
mod enable;
mod job;
mod krb5_conf;
mod list;
mod man;
mod one_by_one;
mod plan;
mod preview_grant;
mod probe;
mod realm;
mod rename;
mod rename_realm;
mod sync;

use tokio_postgres::Client;

use crate::arguments::{ConnectedCommand, LocalCommand, Options};
use crate::exit::{Failure, Outcome};
use crate::output::Shown;

/// Does what needs no connection.
pub(crate) fn run_local(command: &LocalCommand) -> Result<Shown, Failure> {
    match command {
        LocalCommand::Krb5Conf(arguments) => krb5_conf::run(arguments),
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
    match command {
        ConnectedCommand::Add(arguments) => add::run(job, arguments).await,
        ConnectedCommand::Drop(arguments) => drop::run(job, arguments).await,
        ConnectedCommand::Disable(arguments) => disable::run(job, arguments).await,
        ConnectedCommand::Enable(arguments) => enable::run(job, arguments).await,
        ConnectedCommand::Rename(arguments) => rename::run(job, arguments).await,
        ConnectedCommand::RenameRealm(arguments) => rename_realm::run(job, arguments).await,
        ConnectedCommand::List => list::run(job).await,
        ConnectedCommand::Check(arguments) => check::run(job, arguments).await,
        ConnectedCommand::Conflicts => conflicts::run(job).await,
        ConnectedCommand::PreviewGrant(arguments) => preview_grant::run(job, arguments).await,
        ConnectedCommand::CaseAudit => case_audit::run(job).await,
        ConnectedCommand::Sync(arguments) => sync::run(job, arguments).await,
        ConnectedCommand::Probe => Ok(probe::run(job)),
    }
}
