//! What each subcommand takes beside the options of all, in the order of the help.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kerbrole_client::AbsentPolicy;

use super::interval::Interval;
use super::principals::{Filter, Principals};

/// What the file of `kerbrole add` may have that those of others have not.
const FILE_WITH_GROUPS: &str = "File with one principal a line (# begins a comment), or CSV with \
    the header principal,groups (groups between ;); - for standard input";

/// Whom `kerbrole check` looks at.
const CHECKED: &str = "user@REALM, or user with --realm; with * and ? all those that match";

const CHECKED_REALM: &str = "Realm of those that come without one; alone, all of this realm";

/// Of `kerbrole add`.
#[derive(Debug, Args)]
#[command(mut_arg("files", |file| file.help(FILE_WITH_GROUPS)))]
pub(crate) struct AddArguments {
    #[command(flatten)]
    pub(crate) principals: Principals,
    /// Make them members of this role too
    #[arg(short = 'g', long = "group", value_name = "ROLE")]
    pub(crate) groups: Vec<String>,
    /// Take a role that exists as it is, and give it what it lacks
    #[arg(long)]
    pub(crate) if_not_exists: bool,
    /// Print the SQL instead of running it
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// Of `kerbrole drop`.
#[derive(Debug, Args)]
pub(crate) struct DropArguments {
    #[command(flatten)]
    pub(crate) principals: Principals,
    /// A principal that is not there is no error
    #[arg(long)]
    pub(crate) if_exists: bool,
    /// Give what they own in this database to this role
    #[arg(long, value_name = "ROLE")]
    pub(crate) reassign_owned_to: Option<String>,
    /// Print the SQL instead of running it
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// Of `kerbrole disable`.
#[derive(Debug, Args)]
pub(crate) struct DisableArguments {
    #[command(flatten)]
    pub(crate) principals: Principals,
    /// End their sessions
    #[arg(long)]
    pub(crate) terminate: bool,
    /// Print the SQL instead of running it
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// Of `kerbrole enable`.
#[derive(Debug, Args)]
pub(crate) struct EnableArguments {
    #[command(flatten)]
    pub(crate) principals: Principals,
    /// Print the SQL instead of running it
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// Of `kerbrole rename`.
#[derive(Debug, Args)]
pub(crate) struct RenameArguments {
    /// user@REALM
    pub(crate) principal: String,
    /// New user, or user@REALM
    pub(crate) new_name: String,
    /// Print the SQL instead of running it
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// Of `kerbrole rename-realm`.
#[derive(Debug, Args)]
pub(crate) struct RenameRealmArguments {
    /// The realm they are of
    pub(crate) old_realm: String,
    /// The realm they are to be of
    pub(crate) new_realm: String,
    /// Show what would happen and what is in the way
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// Of `kerbrole list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only these: a username or user@REALM, with * and ? for what may stand there
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// Only principals of this realm
    #[arg(short = 'r', long = "realm", value_name = "REALM")]
    pub(crate) realms: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// As a tree: who is below which group
    #[arg(long)]
    pub(crate) tree: bool,
}

/// Of `kerbrole check`.
#[derive(Debug, Args)]
#[command(mut_arg("names", |names| names.help(CHECKED)))]
#[command(mut_arg("realm", |realm| realm.help(CHECKED_REALM)))]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) principals: Principals,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// All that there are
    #[arg(long, conflicts_with_all = ["names", "files"])]
    pub(crate) all: bool,
    /// Only what keeps somebody from logging in
    #[arg(long)]
    pub(crate) failed: bool,
}

/// Of `kerbrole state` and `kerbrole canonicalize`.
#[derive(Debug, Args)]
pub(crate) struct NamesArguments {
    #[command(flatten)]
    pub(crate) principals: Principals,
}

/// Of `kerbrole grant`.
#[derive(Debug, Args)]
pub(crate) struct GrantArguments {
    /// The role that is granted, exactly as it is called
    pub(crate) role: String,
    /// Who becomes a member, exactly as the role is called
    pub(crate) member: String,
    /// Print the SQL instead of running it
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// Of `kerbrole preview-grant`.
#[derive(Debug, Args)]
pub(crate) struct PreviewGrantArguments {
    /// The role that would be granted
    pub(crate) role: String,
    /// Who would become a member
    pub(crate) member: String,
}

/// Of `kerbrole sync`.
#[derive(Debug, Args)]
pub(crate) struct SyncArguments {
    #[command(flatten)]
    pub(crate) principals: Principals,
    /// Access file: the groups of its directories say who has access, and to which roles
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "names", "files", "realm", "absent", "only_realms", "only_groups"
    ])]
    pub(crate) from: Option<PathBuf>,
    /// Only write what would be done into this file, for kerbrole apply
    #[arg(long, value_name = "FILE", requires = "from", conflicts_with_all = [
        "dry_run", "check", "yes"
    ])]
    pub(crate) plan: Option<PathBuf>,
    /// Stay, and carry out what changes in the directories: nobody is asked, so it takes --yes
    #[arg(long, requires = "from", conflicts_with_all = ["plan", "dry_run", "check"])]
    pub(crate) watch: bool,
    /// With --watch, how often all is read, whatever changes: 30s, 5m or 1h, from 5s to 1d
    #[arg(long, value_name = "TIME", default_value = "5m", requires = "watch")]
    pub(crate) interval: Interval,
    /// What becomes of the others
    #[arg(long, value_enum, default_value = "keep")]
    pub(crate) absent: AbsentChoice,
    /// A realm that the list is about; nobody of another one is removed (default: those that it
    /// names)
    #[arg(long = "only-realm", value_name = "REALM")]
    pub(crate) only_realms: Vec<String>,
    /// A role of whose members the list is about; nobody else is removed (default: everybody)
    #[arg(long = "only-group", value_name = "ROLE")]
    pub(crate) only_groups: Vec<String>,
    /// Print the SQL instead of running it
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Change nothing; exit with 1 where there is a difference
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) check: bool,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// Of `kerbrole apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// The file that kerbrole sync --plan wrote
    pub(crate) plan: PathBuf,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
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

/// Of `kerbrole directory`.
#[derive(Debug, Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = false,
    disable_help_subcommand = true
)]
pub(crate) struct DirectoryArguments {
    #[command(subcommand)]
    pub(crate) question: DirectoryQuestion,
}

/// What a directory is asked.
#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryQuestion {
    /// Read the directories, and show what each rule of an access file means now
    Check {
        /// The access file
        file: PathBuf,
    },
    /// By which groups somebody has access, and to which roles
    Who {
        /// user, user@REALM or a SID
        #[arg(required = true, value_name = "WHO")]
        names: Vec<String>,
        /// The access file
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
}

/// Of `kerbrole doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The directory's realm
    #[arg(short = 'r', long)]
    pub(crate) realm: String,
    /// A KDC of it, host or host:port; without any the hosts of the realm's own name
    #[arg(long, value_name = "HOST")]
    pub(crate) kdc: Vec<String>,
    /// Who is to log in: has the ticket and the server looked at for this one; without a realm, of
    /// this one
    #[arg(long, value_name = "USER@REALM")]
    pub(crate) principal: Option<String>,
    /// The server's keytab, where it is at hand: whether it opens the ticket for the server
    #[arg(long, value_name = "FILE")]
    pub(crate) keytab: Option<String>,
    /// Port of the directory's DNS
    #[arg(long, default_value_t = 53, value_name = "PORT")]
    pub(crate) dns_port: u16,
    /// Port for password changes
    #[arg(long, default_value_t = 464, value_name = "PORT")]
    pub(crate) password_port: u16,
    /// Seconds that each step may take
    #[arg(
        long,
        default_value_t = 3,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub(crate) timeout: u64,
}

/// Of `kerbrole install-sql`.
#[derive(Debug, Args)]
pub(crate) struct InstallSqlArguments {
    /// As an extension of the name kerbrole, by pg_tle, which has to be there
    #[arg(long)]
    pub(crate) pg_tle: bool,
    /// Print the script instead of running it, for psql; needs no connection
    #[arg(short = 'n', long, visible_alias = "dry-run")]
    pub(crate) print: bool,
}

/// Of `kerbrole krb5-conf`.
#[derive(Debug, Args)]
pub(crate) struct Krb5ConfArguments {
    /// The directory's realm
    #[arg(short = 'r', long)]
    pub(crate) realm: String,
    /// A KDC of it, host or host:port; without any DNS says
    #[arg(long, value_name = "HOST")]
    pub(crate) kdc: Vec<String>,
    /// A realm that it trusts, and its KDCs: ONPREM.COM=dc1.onprem.com,dc2.onprem.com
    #[arg(long, value_name = "REALM[=HOST,...]")]
    pub(crate) trust: Vec<String>,
    /// With the domains of RDS endpoints
    #[arg(long)]
    pub(crate) rds: bool,
    /// A server that is a member of the realm under another name
    #[arg(long, value_name = "HOST")]
    pub(crate) endpoint: Vec<String>,
}

/// Of `kerbrole client-config`.
#[derive(Debug, Args)]
pub(crate) struct ClientConfigArguments {
    /// Which client
    #[arg(value_enum)]
    pub(crate) client: ClientChoice,
    /// Who is to log in, instead of the user; the role's exact name
    #[arg(long, value_name = "USER@REALM")]
    pub(crate) principal: Option<String>,
    /// Realm of one who is given without (default: --default-realm)
    #[arg(short = 'r', long)]
    pub(crate) realm: Option<String>,
    /// Whether GSSAPI encrypts (default: prefer)
    #[arg(long, value_enum, env = "PGGSSENCMODE", value_name = "MODE")]
    pub(crate) gssencmode: Option<GssEncMode>,
    /// The service of the server (default: postgres)
    #[arg(long, env = "PGKRBSRVNAME", value_name = "NAME")]
    pub(crate) krbsrvname: Option<String>,
}

/// For which client settings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientChoice {
    /// a service of libpq, for psql and all that ask libpq
    Psql,
    /// a URL and an entry for JAAS
    Jdbc,
    /// a connection string of .NET
    Npgsql,
    /// a data source of psqlODBC
    Odbc,
    /// a file of servers that pgAdmin imports
    Pgadmin,
    /// psycopg and asyncpg
    Python,
    /// lib/pq and pgx
    Go,
    /// tokio-postgres
    Rust,
}

/// libpq's `gssencmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GssEncMode {
    /// never
    Disable,
    /// where the server does
    Prefer,
    /// always
    Require,
}

impl GssEncMode {
    /// What libpq calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
        }
    }
}

/// Of `kerbrole completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// Which
    pub(crate) shell: clap_complete::Shell,
}

/// Of `kerbrole man`.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// Write it and those of the subcommands into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
}
