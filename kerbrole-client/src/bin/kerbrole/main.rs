//! The command `kerbrole`: what the library does, from a terminal, a pipeline, a cron job.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod arguments;
mod commands;
mod conninfo;
mod doctor;
mod exit;
mod input;
mod krb5_conf;
mod output;
mod passfile;
mod rules;
mod tls;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use conninfo::{Connection, Given, environment};
use exit::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(Failure::FINDINGS),
        Err(failure) => {
            let text = failure.to_string();
            if !text.is_empty() {
                eprintln!("kerbrole: {text}");
            }
            failure.code()
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Failure> {
    match &arguments.command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            // Without -?: fish 4 takes no such flag, and would complete nothing at all.
            let mut command = Arguments::command().mut_arg("help", |help| help.short(None));
            clap_complete::generate(*shell, &mut command, "kerbrole", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
            return Ok(false);
        }
        Command::Man { to: Some(folder) } => {
            clap_mangen::generate_to(Arguments::command(), folder)
                .map_err(|error| Failure::usage(format!("cannot write to {}: {error}", folder.display())))?;
            return Ok(false);
        }
        Command::Man { to: None } => {
            let mut page = Vec::new();
            // As in the files: no page tells of a subcommand that has none.
            let mut command = Arguments::command().disable_help_subcommand(true);
            command.build();
            let rendered = clap_mangen::Man::new(command).render(&mut page);
            rendered.map_err(|error| Failure::usage(error.to_string()))?;
            output::print(&String::from_utf8_lossy(&page))?;
            return Ok(false);
        }
        Command::Krb5Conf { realm, kdc, trust, rds, endpoint } => {
            output::print(&krb5_conf::krb5_conf(realm, kdc, trust, *rds, endpoint)?)?;
            return Ok(false);
        }
        _ => {}
    }
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
        let home = environment("HOME").map(PathBuf::from);
        let connection = Connection::find(&given, home.as_deref(), environment)?;
        if let Command::Doctor { realm, kdc, principal, dns_port, password_port, timeout } = &arguments.command {
            let questions = doctor::Questions {
                realm: krb5_conf::parse(realm)?,
                kdcs: kdc.clone(),
                principal: principal.clone(),
                dns_port: *dns_port,
                password_port: *password_port,
                timeout: Duration::from_secs(*timeout),
            };
            let (table, findings) = doctor::examine(&questions, connection).await;
            table.print(arguments.general.format)?;
            return Ok(findings);
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
