//! The command line. Help, completions and the man page come from here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kerbrole_client::AbsentPolicy;

use crate::exit::CODES;
use crate::rules::RuleOptions;

/// Login roles of Kerberos and Active Directory principals on a PostgreSQL server.
#[derive(Debug, Parser)]
#[command(name = "kerbrole", version, disable_help_flag = true, after_help = CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    #[command(flatten)]
    pub(crate) general: GeneralOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the server is, as psql is told.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ServerOptions {
    /// Database, connection string or URL
    #[arg(short = 'd', long, global = true, value_name = "DBNAME")]
    pub(crate) dbname: Option<String>,
    /// Server, or the folder of its socket
    #[arg(short = 'h', long, global = true, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Port
    #[arg(short = 'p', long, global = true, value_name = "PORT")]
    pub(crate) port: Option<String>,
    /// User
    #[arg(short = 'U', long, global = true, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// Never ask for a password
    #[arg(short = 'w', long, global = true)]
    pub(crate) no_password: bool,
    /// Ask for a password first
    #[arg(short = 'W', long = "password", global = true, conflicts_with = "no_password")]
    pub(crate) ask_password: bool,
    /// How the work is done: by the extension's functions, or by plain statements
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(crate) backend: BackendChoice,
}

/// What is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct GeneralOptions {
    /// Form of results
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub(crate) format: Format,
    /// Only results and errors
    #[arg(short = 'q', long, global = true)]
    pub(crate) quiet: bool,
    /// Also how it is done
    #[arg(short = 'v', long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Print help
    #[arg(short = '?', long, global = true, action = clap::ArgAction::Help)]
    pub(crate) help: Option<bool>,
}

/// See [`ServerOptions::backend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendChoice {
    /// the extension where it is installed
    Auto,
    /// the extension
    Extension,
    /// plain statements
    Sql,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// columns
    Table,
    /// an array of objects
    Json,
    /// with a header
    Csv,
}

/// Principals, from wherever.
#[derive(Debug, Args)]
pub(crate) struct Principals {
    /// user@REALM, or user with --realm
    #[arg(value_name = "PRINCIPAL")]
    pub(crate) names: Vec<String>,
    /// File with one principal a line (# begins a comment), or CSV with the header principal,groups (groups between ;); - for standard input
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Realm of those that come without one
    #[arg(short = 'r', long, value_name = "REALM")]
    pub(crate) realm: Option<String>,
}

/// What becomes of principals that are not on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AbsentChoice {
    /// they stay as they are
    Keep,
    /// they are disabled, and those on the list that are disabled are enabled
    Disable,
    /// they are dropped, or disabled where that cannot be
    Drop,
}

impl From<AbsentChoice> for AbsentPolicy {
    fn from(choice: AbsentChoice) -> Self {
        match choice {
            AbsentChoice::Keep => Self::Keep,
            AbsentChoice::Disable => Self::Disable,
            AbsentChoice::Drop => Self::Drop,
        }
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create login roles, members of rds_ad
    Add {
        #[command(flatten)]
        principals: Principals,
        /// Make them members of this role too
        #[arg(short = 'g', long = "group", value_name = "ROLE")]
        groups: Vec<String>,
        /// Take a role that exists as it is, and give it what it lacks
        #[arg(long)]
        if_not_exists: bool,
        /// Print the SQL instead of running it
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Drop login roles; nothing that they own is dropped
    Drop {
        #[command(flatten)]
        principals: Principals,
        /// A principal that is not there is no error
        #[arg(long)]
        if_exists: bool,
        /// Give what they own in this database to this role
        #[arg(long, value_name = "ROLE")]
        reassign_owned_to: Option<String>,
        /// Print the SQL instead of running it
        #[arg(short = 'n', long)]
        dry_run: bool,
        /// Do not ask
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// Keep principals from logging in
    Disable {
        #[command(flatten)]
        principals: Principals,
        /// End their sessions
        #[arg(long)]
        terminate: bool,
        /// Print the SQL instead of running it
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Let principals log in again
    Enable {
        #[command(flatten)]
        principals: Principals,
        /// Print the SQL instead of running it
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Give a principal's role another name
    Rename {
        /// user@REALM
        principal: String,
        /// New user, or user@REALM
        new_name: String,
        /// Print the SQL instead of running it
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Give every principal of one realm the same name in another, all or none
    RenameRealm {
        /// The realm they are of
        old_realm: String,
        /// The realm they are to be of
        new_realm: String,
        /// Show what would happen and what is in the way
        #[arg(short = 'n', long)]
        dry_run: bool,
        /// Do not ask
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// Who has access, and by which way
    List,
    /// Every question that a login asks
    Check {
        #[command(flatten)]
        principals: Principals,
    },
    /// Roles that are members of both rds_ad and rds_iam
    Conflicts,
    /// Conflicts that GRANT role TO member would create
    PreviewGrant {
        /// The role that would be granted
        role: String,
        /// Who would become a member
        member: String,
    },
    /// Roles that their names open to the wrong tickets, or to none
    CaseAudit,
    /// Bring the principals in line with a list
    Sync {
        #[command(flatten)]
        principals: Principals,
        /// What becomes of the others
        #[arg(long, value_enum, default_value = "keep")]
        absent: AbsentChoice,
        /// A realm that the list is about; nobody of another one is removed (default: those that it names)
        #[arg(long, value_name = "REALM")]
        absent_realm: Vec<String>,
        /// Print the SQL instead of running it
        #[arg(short = 'n', long)]
        dry_run: bool,
        /// Change nothing; exit with 1 where there is a difference
        #[arg(long, conflicts_with = "dry_run")]
        check: bool,
        /// Do not ask
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// What kind of server this is
    Probe,
    /// Look for what keeps somebody from logging in: DNS, ports, the KDC and its clock, krb5.conf, the ticket, the server
    Doctor {
        /// The directory's realm
        #[arg(short = 'r', long)]
        realm: String,
        /// A KDC of it, host or host:port; without any the hosts of the realm's own name
        #[arg(long, value_name = "HOST")]
        kdc: Vec<String>,
        /// Who is to log in: has the ticket and the server looked at for this one; without a realm, of this one
        #[arg(long, value_name = "USER@REALM")]
        principal: Option<String>,
        /// Port of the directory's DNS
        #[arg(long, default_value_t = 53, value_name = "PORT")]
        dns_port: u16,
        /// Port for password changes
        #[arg(long, default_value_t = 464, value_name = "PORT")]
        password_port: u16,
        /// Seconds that each step may take
        #[arg(long, default_value_t = 3, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
        timeout: u64,
    },
    /// Print a krb5.conf for clients of a directory's realm
    #[command(name = "krb5-conf")]
    Krb5Conf {
        /// The directory's realm
        #[arg(short = 'r', long)]
        realm: String,
        /// A KDC of it, host or host:port; without any DNS says
        #[arg(long, value_name = "HOST")]
        kdc: Vec<String>,
        /// A realm that it trusts, and its KDCs: ONPREM.COM=dc1.onprem.com,dc2.onprem.com
        #[arg(long, value_name = "REALM[=HOST,...]")]
        trust: Vec<String>,
        /// With the domains of RDS endpoints
        #[arg(long)]
        rds: bool,
        /// A server that is a member of the realm under another name
        #[arg(long, value_name = "HOST")]
        endpoint: Vec<String>,
    },
    /// Completions for a shell
    Completions {
        /// Which
        shell: clap_complete::Shell,
    },
    /// The manual page
    Man {
        /// Write it and those of the subcommands into this folder
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
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
