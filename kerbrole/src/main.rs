//! The command `kerbrole`: what the library does, from a terminal, a pipeline, a cron job.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod arguments;
mod commands;
mod connect;
mod doctor;
mod exit;
mod host;
mod input;
mod krb5_conf;
mod output;
mod rules;
mod secrets;

use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use connect::conninfo::{Connection, Given, environment, home};
use exit::{Failure, Outcome, Report};
use output::Shown;

fn main() -> ExitCode {
    run().unwrap_or_else(Report::from).end()
}

fn run() -> Outcome {
    let given: Vec<_> = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    secrets::look(&given)?;
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // What was asked for: help, or the version.
        Err(asked) if !asked.use_stderr() && !io::stdout().is_terminal() => {
            return Ok(Report::done(Shown::Text(asked.render().to_string())));
        }
        // In colours on a terminal.
        Err(error) => error.exit(),
    };
    match without_a_server(&arguments)? {
        Some(shown) => Ok(Report::done(shown)),
        None => with_a_server(&arguments),
    }
}

/// What needs no connection.
fn without_a_server(arguments: &Arguments) -> Result<Option<Shown>, Failure> {
    Ok(Some(match &arguments.command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            // Without -?: fish 4 takes no such flag, and would complete nothing at all.
            let mut command = Arguments::command().mut_arg("help", |help| help.short(None));
            clap_complete::generate(*shell, &mut command, "kerbrole", &mut script);
            Shown::Text(String::from_utf8_lossy(&script).into_owned())
        }
        Command::Man { to: Some(folder) } => {
            clap_mangen::generate_to(Arguments::command(), folder)
                .map_err(|error| Failure::usage(format!("cannot write to {}: {error}", folder.display())))?;
            Shown::Nothing
        }
        Command::Man { to: None } => {
            let mut page = Vec::new();
            // As in the files: no page tells of a subcommand that has none.
            let mut command = Arguments::command().disable_help_subcommand(true);
            command.build();
            let rendered = clap_mangen::Man::new(command).render(&mut page);
            rendered.map_err(|error| Failure::usage(error.to_string()))?;
            Shown::Text(String::from_utf8_lossy(&page).into_owned())
        }
        Command::Krb5Conf { realm, kdc, trust, rds, endpoint } => {
            Shown::Text(krb5_conf::krb5_conf(realm, kdc, trust, *rds, endpoint)?)
        }
        _ => return Ok(None),
    }))
}

fn with_a_server(arguments: &Arguments) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::usage(error.to_string()))?;
    let outcome = runtime.block_on(async {
        let server = &arguments.server;
        let given = Given {
            dbname: server.dbname.clone(),
            host: server.host.clone(),
            port: server.port.clone(),
            user: server.username.clone(),
        };
        let connection = Connection::find(&given, home().as_deref(), environment)?;
        if let Command::Doctor { .. } = &arguments.command {
            return doctor::examine(arguments, connection).await;
        }
        let may_ask = !server.no_password && io::stdin().is_terminal();
        let ask = |user: &str| {
            may_ask.then(|| rpassword::prompt_password(format!("Password for user {user}: ")).ok()).flatten()
        };
        let client = connection.open(ask, server.ask_password).await?;
        commands::run(arguments, &client).await
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    outcome
}
