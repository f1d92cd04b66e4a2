//! What somebody wants that no answer of AWS says.

use std::net::IpAddr;

use crate::arguments::{AwsPlanArguments, Edition};
use crate::commands::aws::world::{Asked, AskedRole};
use crate::failure::Failure;

/// The options of `kerbrole aws plan`.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes {
    pub(super) directory: Option<NewDirectory>,
    pub(super) trust: Option<(String, Vec<IpAddr>)>,
    pub(super) ignores_case: bool,
}

/// A directory that is to be.
#[derive(Debug, Clone)]
pub(super) struct NewDirectory {
    pub(super) domain: String,
    pub(super) short_name: Option<String>,
    pub(super) edition: Edition,
    pub(super) subnets: Vec<String>,
    pub(super) vpc: Option<String>,
}

impl Wishes {
    pub(super) fn of(arguments: &AwsPlanArguments) -> Self {
        let directory = arguments.domain.clone().map(|domain| NewDirectory {
            domain,
            short_name: arguments.short_name.clone(),
            edition: arguments.edition,
            subnets: arguments.directory_subnets.clone(),
            vpc: arguments.directory_vpc.clone(),
        });
        Self {
            directory,
            trust: arguments.trust.clone().map(|domain| (domain, arguments.trust_dns.clone())),
            ignores_case: arguments.ignore_case,
        }
    }
}

/// Looks at what may stand in the arguments, and gives back what they ask for besides the target.
///
/// # Errors
/// For the first that can be no such thing.
pub(in crate::commands::aws) fn asked(arguments: &AwsPlanArguments) -> Result<Asked, Failure> {
    let refuse = |option: &str, value: &str, wanted: &str| {
        Err(Failure::usage(format!("{option} takes {wanted}, and {value:?} is none")))
    };
    let is_word = |text: &str, more: &str| {
        let is_one = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_one)
    };
    for (option, domain) in [("--domain", &arguments.domain), ("--trust", &arguments.trust)] {
        if let Some(domain) = domain
            && !(is_word(domain, "-.") && domain.contains('.'))
        {
            return refuse(option, domain, "the name of a domain, corp.example.com");
        }
    }
    if let Some(name) = &arguments.short_name
        && !(is_word(name, "-") && name.len() <= 15)
    {
        return refuse("--short-name", name, "a NetBIOS name, CORP");
    }
    for subnet in &arguments.directory_subnets {
        if !(is_word(subnet, "-") && subnet.starts_with("subnet-")) {
            return refuse("--directory-subnet", subnet, "the ID of a subnet, subnet-0a1b2c3d");
        }
    }
    if let Some(vpc) = &arguments.directory_vpc
        && !(is_word(vpc, "-") && vpc.starts_with("vpc-"))
    {
        return refuse("--directory-vpc", vpc, "the ID of a VPC, vpc-0a1b2c3d");
    }
    if let Some(role) = &arguments.role
        && !(is_word(role, "_+=,.@-") && role.len() <= 64)
    {
        return refuse("--role", role, "the name of a role, without its path");
    }
    let subnets = &arguments.directory_subnets;
    if arguments.domain.is_some() && (subnets.len() != 2 || subnets[0] == subnets[1]) {
        return Err(Failure::usage(
            "a directory is in two subnets, of different Availability Zones: --directory-subnet \
             names one, and is given twice"
                .into(),
        ));
    }
    let role = arguments.role.clone().map_or(AskedRole::Usual, AskedRole::Named);
    Ok(Asked { domain: arguments.domain.clone(), role, ..Asked::default() })
}
