//! The options that say where the server is, and how it is worked on.

use clap::{Args, ValueEnum};

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
    /// How the work is done: by the extension's functions, by those in PL/pgSQL, or by plain
    /// statements
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(crate) backend: BackendChoice,
}

/// How the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendChoice {
    /// the extension where it is installed, else the functions in PL/pgSQL, else plain statements
    Auto,
    /// the extension
    Extension,
    /// the functions of sql/kerbrole.sql
    Functions,
    /// plain statements
    Sql,
}
