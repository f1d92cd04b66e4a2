//! The command line. Help, completions and the manual pages come from here.
//!
//! Nothing is done here: what a subcommand does stands in `commands`, in a file of its name.

mod aws;
mod command;
mod general;
mod help;
mod interval;
mod overview;
mod principals;
mod rules;
mod server;
mod subcommands;

use clap::{Args, CommandFactory, FromArgMatches, Parser};

pub(crate) use aws::{
    AwsArguments, AwsCheckArguments, AwsPlanArguments, AwsPolicyArguments, AwsQuestion, AwsTarget,
    Edition, Partition, Shell,
};
pub(crate) use command::{Command, ConnectedCommand, LocalCommand};
pub(crate) use general::{ColorChoice, Format, GeneralOptions, asks_for_json};
pub(crate) use help::NoWork;
pub(crate) use overview::OVERVIEW;
pub(crate) use principals::{Filter, Principals};
pub(crate) use rules::{CaseChoice, RuleOptions};
pub(crate) use server::{BackendChoice, ServerOptions};
pub(crate) use subcommands::{
    AddArguments, ApplyArguments, CheckArguments, ClientChoice, ClientConfigArguments,
    CompletionsArguments, DirectoryArguments, DirectoryQuestion, DisableArguments, DoctorArguments,
    DropArguments, EnableArguments, GrantArguments, GssEncMode, InstallSqlArguments,
    Krb5ConfArguments, ListArguments, ManArguments, NamesArguments, PreviewGrantArguments,
    RenameArguments, RenameRealmArguments, SyncArguments,
};

use crate::exit::CODES;

/// Login roles of Kerberos and Active Directory principals on a PostgreSQL server.
#[derive(Debug, Parser)]
#[command(
    name = "kerbrole",
    version,
    disable_help_flag = true,
    after_help = CODES,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every subcommand takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    #[command(flatten)]
    pub(crate) general: GeneralOptions,
}

impl Arguments {
    /// The definition, with examples: for manual pages.
    pub(crate) fn documented() -> clap::Command {
        help::documented()
    }

    /// Reads a command line, without the program's name.
    ///
    /// # Errors
    /// Where it cannot be meant, and where help or the version was asked for.
    pub(crate) fn read(given: &[String]) -> Result<Self, NoWork> {
        match given {
            [] if !asks_for_json(given) => return Err(NoWork::Nothing),
            [only] if only == "help" => return Err(NoWork::Overview),
            _ => {}
        }
        let name = [String::from("kerbrole")];
        let matches = Self::command().try_get_matches_from(name.iter().chain(given));
        let matches = matches.map_err(|error| help::instead_of(error, given))?;
        let mut arguments = Self::from_arg_matches(&matches).map_err(NoWork::Clap)?;
        let of_subcommand = matches.subcommand().map(|(_, matches)| matches);
        arguments.options.rules.ask(of_subcommand.unwrap_or(&matches));
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Arguments::command().debug_assert();
    }
}
