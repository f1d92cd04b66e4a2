//! How principals are named on the command line.

use clap::Args;

/// Principals, by their names or in files.
#[derive(Debug, Args)]
pub(crate) struct Principals {
    /// user@REALM, or user with --realm
    #[arg(value_name = "PRINCIPAL")]
    pub(crate) names: Vec<String>,
    /// File with one principal a line (# begins a comment), or CSV with the header principal; - for
    /// standard input
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Realm of those that come without one
    #[arg(short = 'r', long, value_name = "REALM")]
    pub(crate) realm: Option<String>,
}
