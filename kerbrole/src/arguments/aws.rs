//! What `kerbrole aws` takes.

mod plan;
mod policy;

use clap::{Args, Subcommand};

pub(crate) use plan::{AwsPlanArguments, Edition, Shell};
pub(crate) use policy::{AwsPolicyArguments, Partition};

/// Of `kerbrole aws`.
#[derive(Debug, Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = false,
    disable_help_subcommand = true
)]
pub(crate) struct AwsArguments {
    #[command(subcommand)]
    pub(crate) question: AwsQuestion,
}

/// What it is asked.
#[derive(Debug, Subcommand)]
pub(crate) enum AwsQuestion {
    /// Look whether each step of AWS's guide is done: directory, trust, IAM role, users, network,
    /// the database's domain, its parameter group
    Check(AwsCheckArguments),
    /// Print what is missing as commands of aws, in the guide's order, or as Terraform's resources
    Plan(Box<AwsPlanArguments>),
    /// Print a document of IAM
    Policy(AwsPolicyArguments),
}

/// Whose set-up it is about, and who asks.
#[derive(Debug, Args)]
pub(crate) struct AwsTarget {
    /// The DB instance; of Aurora's instances the cluster is looked at
    #[arg(long, value_name = "ID", conflicts_with = "db_cluster")]
    pub(crate) db_instance: Option<String>,
    /// The DB cluster
    #[arg(long, value_name = "ID")]
    pub(crate) db_cluster: Option<String>,
    /// The directory (default: the one that the database is to be a member of)
    #[arg(long, value_name = "d-…")]
    pub(crate) directory: Option<String>,
    /// The region (default: that of the environment or the profile)
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// The profile of the aws command
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Ask this endpoint, for stacks on one's own machine
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Seconds that each answer may take
    #[arg(
        long,
        default_value_t = 120,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub(crate) timeout: u64,
}

/// Of `kerbrole aws check`.
#[derive(Debug, Args)]
pub(crate) struct AwsCheckArguments {
    #[command(flatten)]
    pub(crate) target: AwsTarget,
    /// Then ask the server about this principal, and look at the client's side, as doctor does
    #[arg(long, value_name = "USER@REALM")]
    pub(crate) then: Option<String>,
    /// With --then, a KDC of the directory, host or host:port; without any the hosts of its name
    #[arg(long, value_name = "HOST", requires = "then")]
    pub(crate) kdc: Vec<String>,
}
