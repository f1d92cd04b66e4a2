//! The command `kerbrole`: what the library does, from a terminal, a pipeline, a cron job.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod arguments;
mod commands;
mod connect;
mod defaults;
mod exit;
mod failure;
mod host;
mod input;
mod output;
mod secrets;

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use tokio_postgres::Client;

use arguments::{Arguments, Command, ConnectedCommand, NoWork, OVERVIEW, ServerOptions};
use commands::access::{self, Asked, MayAsk};
use commands::aws::Endpoint;
use commands::doctor;
use connect::conninfo::{Connection, Given, environment, home};
use exit::{Outcome, Report};
use failure::Failure;
use output::Shown;

fn main() -> ExitCode {
    run().unwrap_or_else(Report::from).end()
}

fn run() -> Outcome {
    let given: Vec<_> =
        env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    output::speak_json(arguments::asks_for_json(&given));
    secrets::look(&given)?;
    let Arguments { mut options, command } = match Arguments::read(&given) {
        Ok(arguments) => arguments,
        Err(NoWork::Overview) => return Ok(Report::done(Shown::Text(OVERVIEW.into()))),
        Err(NoWork::Nothing) => {
            output::tell(OVERVIEW.trim_end());
            return Ok(Report::missing_work());
        }
        // Help or the version was asked for. It is a result like any other.
        Err(NoWork::Help(text)) if !io::stdout().is_terminal() => {
            return Ok(Report::done(Shown::Text(text.to_string())));
        }
        Err(NoWork::Help(text)) => return Ok(Report::done(Shown::Styled(text.ansi().to_string()))),
        Err(NoWork::Clap(asked)) if !asked.use_stderr() && !io::stdout().is_terminal() => {
            return Ok(Report::done(Shown::Text(asked.render().to_string())));
        }
        Err(NoWork::Clap(error)) if error.use_stderr() && arguments::asks_for_json(&given) => {
            return Err(Failure::usage(error.render().to_string().trim().into()));
        }
        // On a terminal clap prints help as well as errors, in colours.
        Err(NoWork::Clap(error)) => error.exit(),
    };
    let defaults = defaults::read()?;
    options.rules.complete(defaults.rules);
    options.general.complete(defaults.format, defaults.color);
    commands::refuse_to_draw(&command, &options)?;
    match &command {
        Command::Local(command) => commands::run_local(command, &options).map(Report::done),
        Command::Doctor(arguments) => over_network(async {
            doctor::run(arguments, &options, described(&options.server)?).await
        }),
        Command::Aws(arguments) => {
            let describe = |endpoint: Option<&_>| described_by(&options.server, endpoint);
            over_network(commands::aws::run(arguments, &options, describe))
        }
        Command::Apply(arguments) => {
            let connect =
                async |connection, may_ask| open(connection, &options.server, may_ask).await;
            over_network(access::apply(arguments, &options, connect))
        }
        Command::Directory(arguments) => {
            over_network(commands::directory::run(arguments, &options.general))
        }
        Command::InstallSql(arguments) if arguments.print => {
            Ok(Report::done(commands::install_sql::print(arguments)))
        }
        Command::InstallSql(arguments) => over_network(async {
            let client = connect(&options.server, !options.general.quiet).await?;
            commands::run_install_sql(arguments, &options, &client).await
        }),
        Command::Connected(
            ConnectedCommand::Sync(arguments)
            | ConnectedCommand::Diff(arguments)
            | ConnectedCommand::Plan(arguments),
        ) if arguments.watch => {
            let is_sync = matches!(command, Command::Connected(ConnectedCommand::Sync(_)));
            let connect =
                async |connection, may_ask| open(connection, &options.server, may_ask).await;
            over_network(access::watch(is_sync, arguments, &options, &connect))
        }
        Command::Connected(
            ConnectedCommand::Sync(arguments)
            | ConnectedCommand::Diff(arguments)
            | ConnectedCommand::Plan(arguments),
        ) if arguments.from.is_some() => {
            let from = arguments.from.as_deref().unwrap_or(Path::new(""));
            let asked = match &command {
                Command::Connected(ConnectedCommand::Diff(_)) => Asked::Diff,
                Command::Connected(ConnectedCommand::Plan(_)) => Asked::Plan,
                _ => Asked::Sync,
            };
            let connect =
                async |connection, may_ask| open(connection, &options.server, may_ask).await;
            over_network(access::run(asked, from, arguments, &options, connect))
        }
        Command::Connected(command) => over_network(async {
            let client = connect(&options.server, false).await?;
            commands::run_connected(command, &options, &client).await
        }),
    }
}

/// Does what takes a network.
fn over_network(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(work);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    outcome
}

/// What the options and the environment say of the server.
fn described(server: &ServerOptions) -> Result<Connection, Failure> {
    find(server, environment)
}

/// The same; where neither says which host, that of AWS's endpoint.
fn described_by(server: &ServerOptions, by: Option<&Endpoint>) -> Result<Connection, Failure> {
    let Some(Endpoint { host, port }) = by else { return described(server) };
    let is_named = ["PGHOST", "PGHOSTADDR"].iter().any(|name| environment(name).is_some());
    let with_host = |name: &str| match name {
        "PGHOST" if !is_named => Some(host.clone()),
        name => environment(name),
    };
    let connection = find(server, with_host)?;
    // Its port goes with it, and with no other host.
    if !connection.servers.iter().all(|server| server.label() == *host) {
        return Ok(connection);
    }
    find(server, |name| match name {
        "PGPORT" => environment(name).or_else(|| Some(port.to_string())),
        name => with_host(name),
    })
}

fn find(
    server: &ServerOptions,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Connection, Failure> {
    let given = Given {
        dbname: server.dbname.clone(),
        host: server.host.clone(),
        port: server.port.clone(),
        user: server.username.clone(),
    };
    Connection::find(&given, home().as_deref(), variable)
}

/// Connects, and asks for a password where somebody can be asked. `aloud`: what the server says
/// beside its answers is said too.
async fn connect(server: &ServerOptions, aloud: bool) -> Result<Client, Failure> {
    let mut connection = described(server)?;
    connection.aloud = aloud;
    open(connection, server, MayAsk::Yes).await
}

/// Opens a connection, and asks for a password where somebody can be asked.
async fn open(
    connection: Connection,
    server: &ServerOptions,
    may_ask: MayAsk,
) -> Result<Client, Failure> {
    let may_ask = may_ask == MayAsk::Yes && !server.no_password && io::stdin().is_terminal();
    let ask = |user: &str| {
        let prompt = format!("Password for user {user}: ");
        may_ask.then(|| rpassword::prompt_password(prompt).ok()).flatten()
    };
    connection.open(ask, server.ask_password).await
}
