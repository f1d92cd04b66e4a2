//! What `kerbrole aws policy` takes.

use clap::{ArgGroup, Args, ValueEnum};

/// Of `kerbrole aws policy`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("document").required(true))]
pub(crate) struct AwsPolicyArguments {
    /// Who may act as the role: RDS
    #[arg(long, group = "document")]
    pub(crate) trust: bool,
    /// What the role may do: what AWS's own policy AmazonRDSDirectoryServiceAccess says
    #[arg(long, group = "document")]
    pub(crate) permissions: bool,
    /// What whoever runs kerbrole aws check and plan has to be allowed
    #[arg(long, group = "document")]
    pub(crate) for_check: bool,
    /// The partition that names in --for-check are of
    #[arg(
        long,
        value_enum,
        value_name = "PARTITION",
        default_value = "aws",
        requires = "for_check"
    )]
    pub(crate) partition: Partition,
}

/// A part of AWS that knows nothing of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Partition {
    /// everywhere else
    Aws,
    /// China
    AwsCn,
    /// GovCloud
    AwsUsGov,
}

impl Partition {
    /// As ARNs have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }
}
