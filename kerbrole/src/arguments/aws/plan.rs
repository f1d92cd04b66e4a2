//! What `kerbrole aws plan` takes.

use std::net::IpAddr;

use clap::{Args, ValueEnum};

use super::AwsTarget;

/// Of `kerbrole aws plan`.
#[derive(Debug, Args)]
pub(crate) struct AwsPlanArguments {
    #[command(flatten)]
    pub(crate) target: AwsTarget,
    /// The domain of a directory to create, where there is none yet
    #[arg(long, conflicts_with = "directory", requires = "directory_subnets")]
    pub(crate) domain: Option<String>,
    /// Its NetBIOS name (default: the first part of the domain)
    #[arg(long, value_name = "NAME", requires = "domain")]
    pub(crate) short_name: Option<String>,
    /// Its edition
    #[arg(long, value_enum, default_value = "standard", requires = "domain")]
    pub(crate) edition: Edition,
    /// Its two subnets, in different Availability Zones; twice
    #[arg(long = "directory-subnet", value_name = "SUBNET", requires = "domain")]
    pub(crate) directory_subnets: Vec<String>,
    /// Its VPC (default: the database's)
    #[arg(long, value_name = "VPC", requires = "domain")]
    pub(crate) directory_vpc: Option<String>,
    /// The domain of one's own that the directory is to trust
    #[arg(long, value_name = "DOMAIN", requires = "trust_dns")]
    pub(crate) trust: Option<String>,
    /// A DNS server of that domain; several times
    #[arg(long, value_name = "ADDRESS", requires = "trust")]
    pub(crate) trust_dns: Vec<IpAddr>,
    /// The IAM role that RDS is to act as (default: the database's, else the one that the console
    /// makes, rds-directoryservice-kerberos-access-role)
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// Have Aurora ignore the case of user names (krb_caseins_users)
    #[arg(long)]
    pub(crate) ignore_case: bool,
    /// The shell that the commands are for
    #[arg(long, value_enum, default_value = "sh")]
    pub(crate) shell: Shell,
}

/// What a directory is ordered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Edition {
    /// Standard Edition
    Standard,
    /// Enterprise Edition
    Enterprise,
}

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// POSIX: sh, bash, zsh and so on
    Sh,
    /// Windows' cmd.exe
    Cmd,
}
