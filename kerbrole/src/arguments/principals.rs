//! How principals are named on the command line.

use clap::Args;

/// Which of the principals that there are.
#[derive(Debug, Default, Args)]
pub(crate) struct Filter {
    /// Only members of this role, whether directly or through others
    #[arg(short = 'g', long = "group", value_name = "ROLE")]
    pub(crate) groups: Vec<String>,
    /// Only those that cannot log in (NOLOGIN)
    #[arg(long)]
    pub(crate) disabled: bool,
    /// Only those that are in both rds_ad and rds_iam
    #[arg(long)]
    pub(crate) conflicts: bool,
}

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
