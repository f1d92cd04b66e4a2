//! What each subcommand does. None prints: each gives back what there is to show, and how it ended.

mod adding;
mod changing;
mod looking;

use std::io::{self, BufRead, IsTerminal};

use kerbrole_client::{Backend, DropOptions, Kerbrole, SyncOptions, Wanted};
use tokio_postgres::Client;

use crate::arguments::{Arguments, BackendChoice, Command, GeneralOptions, Principals};
use crate::exit::{Failure, Outcome, Report};
use crate::input::principals;
use crate::output::{Shown, Table, prompt, tell};

struct Job<'j> {
    kerbrole: Kerbrole<'j, Client>,
    general: &'j GeneralOptions,
}

/// Does what the arguments say, over a connection.
pub(crate) async fn run(arguments: &Arguments, client: &Client) -> Outcome {
    let job = Job { kerbrole: kerbrole(arguments, client).await?, general: &arguments.general };
    if arguments.general.verbose {
        let server = job.kerbrole.server();
        tell(&format!(
            "PostgreSQL {} ({:?}), as {}, by {}",
            server.major(),
            server.family,
            server.user,
            backend(job.kerbrole.backend())
        ));
    }
    match &arguments.command {
        Command::Add { principals, groups, if_not_exists, dry_run } => {
            job.add(principals, groups, *if_not_exists, *dry_run).await
        }
        Command::Drop { principals, if_exists, reassign_owned_to, dry_run, yes } => {
            let mut options = DropOptions::new().if_exists(*if_exists);
            if let Some(heir) = reassign_owned_to {
                options = options.reassign_owned_to(heir);
            }
            job.drop(principals, &options, *dry_run, *yes).await
        }
        Command::Disable { principals, terminate, dry_run } => job.disable(principals, *terminate, *dry_run).await,
        Command::Enable { principals, dry_run } => job.enable(principals, *dry_run).await,
        Command::Rename { principal, new_name, dry_run } => job.rename(principal, new_name, *dry_run).await,
        Command::RenameRealm { old_realm, new_realm, dry_run, yes } => {
            job.rename_realm(old_realm, new_realm, *dry_run, *yes).await
        }
        Command::List => job.list().await,
        Command::Check { principals } => job.check(principals).await,
        Command::Conflicts => Ok(job.conflicts(&job.kerbrole.conflicts().await?)),
        Command::PreviewGrant { role, member } => Ok(job.conflicts(&job.kerbrole.preview_grant(role, member).await?)),
        Command::CaseAudit => job.case_audit().await,
        Command::Sync { principals, absent, absent_realm, dry_run, check, yes } => {
            let options = absent_realm.iter().fold(SyncOptions::new().absent((*absent).into()), SyncOptions::realm);
            job.sync(principals, &options, *dry_run, *check, *yes).await
        }
        Command::Probe => Ok(job.probe()),
        // These need no connection, or look at more than one.
        Command::Completions { .. } | Command::Man { .. } | Command::Krb5Conf { .. } | Command::Doctor { .. } => {
            Ok(Report::done(Shown::Nothing))
        }
    }
}

/// The server, by the backend and the rules that were asked for.
pub(crate) async fn kerbrole<'c>(arguments: &Arguments, client: &'c Client) -> Result<Kerbrole<'c, Client>, Failure> {
    let mut builder = arguments.rules.builder();
    match arguments.server.backend {
        BackendChoice::Auto => {}
        BackendChoice::Extension => builder = builder.backend(Backend::Extension),
        BackendChoice::Sql => builder = builder.backend(Backend::PlainSql),
    }
    let kerbrole = builder.build(client).await?;
    arguments.rules.hold_for(kerbrole.backend())?;
    Ok(kerbrole)
}

fn backend(backend: Backend) -> &'static str {
    match backend {
        Backend::Extension => "the extension",
        _ => "plain statements",
    }
}

impl Job<'_> {
    fn wanted(&self, given: &Principals) -> Result<Vec<Wanted>, Failure> {
        let wanted = principals(&given.names, &given.files, given.realm.as_deref())?;
        if wanted.is_empty() && given.files.is_empty() {
            return Err(Failure::usage("no principal is named: give one, or a file with --file".into()));
        }
        Ok(wanted)
    }

    /// Says something that is no result.
    fn say(&self, text: &str) {
        if !self.general.quiet {
            tell(text);
        }
    }

    /// Asks on a terminal; elsewhere nobody answers, and it has to be said beforehand.
    fn confirm(&self, what: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::usage(format!(
                "{what}: nobody can be asked here, so say --yes (or look first, with --dry-run)"
            )));
        }
        prompt(&format!("{what}? [y/N] "));
        let mut answer = String::new();
        let _read = io::stdin().lock().read_line(&mut answer);
        if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(Failure::usage("nothing was done".into())) }
    }

    fn rows(&self, table: Table) -> Shown {
        Shown::Rows(table, self.general.format)
    }
}
