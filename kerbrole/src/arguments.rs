//! The command line. Help, completions and the manual pages come from here.
//!
//! Nothing is done here: what a subcommand does stands in `commands`, in a file of its name.

mod command;
mod general;
mod principals;
mod rules;
mod server;
mod subcommands;

use clap::{Args, Parser};

pub(crate) use command::{Command, ConnectedCommand, LocalCommand};
pub(crate) use general::{Format, GeneralOptions};
pub(crate) use principals::Principals;
pub(crate) use rules::RuleOptions;
pub(crate) use server::{BackendChoice, ServerOptions};
pub(crate) use subcommands::{
    AddArguments, CheckArguments, CompletionsArguments, DisableArguments, DoctorArguments,
    DropArguments, EnableArguments, Krb5ConfArguments, ManArguments, PreviewGrantArguments,
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Arguments::command().debug_assert();
    }
}
