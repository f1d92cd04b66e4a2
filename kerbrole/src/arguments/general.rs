//! The options that say what is printed.

use clap::{Args, ValueEnum};

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
