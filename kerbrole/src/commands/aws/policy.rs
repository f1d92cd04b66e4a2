//! `kerbrole aws policy`: the documents of IAM that the guide has, and the one for its check.
//!
//! The guide's page about RDS prints a trust policy that is no valid JSON (`"Effect:" "Allow"`, and
//! a comma is missing); what is printed here is what Aurora's page has.

use serde_json::{Value, json};

use super::call;
use crate::arguments::{AwsPolicyArguments, Partition};
use crate::output::Shown;

/// What has to be allowed to act as the role.
pub(super) const SERVICES: [&str; 2] = ["directoryservice.rds.amazonaws.com", "rds.amazonaws.com"];

/// What the role has to be allowed: what AmazonRDSDirectoryServiceAccess says.
pub(super) const ACTIONS: [&str; 4] = [
    "ds:DescribeDirectories",
    "ds:AuthorizeApplication",
    "ds:UnauthorizeApplication",
    "ds:GetAuthorizedApplicationDetails",
];

/// The version of IAM's language for policies.
const VERSION: &str = "2012-10-17";

/// Prints a document.
pub(super) fn run(arguments: &AwsPolicyArguments) -> Shown {
    let document = match arguments {
        AwsPolicyArguments { trust: true, .. } => trust(),
        AwsPolicyArguments { permissions: true, .. } => permissions(),
        AwsPolicyArguments { partition, .. } => for_check(*partition),
    };
    Shown::Text(text(&document))
}

/// A document as a file has it.
pub(super) fn text(document: &Value) -> String {
    format!("{document:#}\n")
}

/// Who may act as the role: RDS, by its two names. They are the same in every partition.
pub(super) fn trust() -> Value {
    json!({"Version": VERSION, "Statement": [trust_statement()]})
}

/// The statement of [`trust`].
pub(super) fn trust_statement() -> Value {
    json!({
        "Effect": "Allow",
        "Principal": {"Service": SERVICES},
        "Action": "sts:AssumeRole"
    })
}

/// What the role may do in the directory.
pub(super) fn permissions() -> Value {
    json!({
        "Version": VERSION,
        "Statement": [{"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}]
    })
}

/// The policy of AWS's own that says the same as [`permissions`].
pub(super) fn managed_policy(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess")
}

/// What `kerbrole aws check` asks for, and nothing else.
fn for_check(partition: Partition) -> Value {
    let partition = partition.name();
    // Most of what describes something can be allowed for everything or not at all.
    let of = |services: &[&str]| {
        let calls = call::ALL.iter().filter(|call| services.contains(&call.service));
        let mut actions: Vec<_> =
            calls.map(|call| call.permission).filter(|name| !name.is_empty()).collect();
        actions.sort_unstable();
        actions.dedup();
        actions
    };
    let mut users = of(&["ds-data"]);
    // Whoever asks for the data of a directory needs this beside.
    users.insert(0, "ds:AccessDSData");
    json!({
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "DatabasesDirectoriesAndNetworks",
                "Effect": "Allow",
                "Action": of(&["rds", "ds", "ec2"]),
                "Resource": "*"
            },
            {
                "Sid": "UsersOfDirectories",
                "Effect": "Allow",
                "Action": users,
                "Resource": format!("arn:{partition}:ds:*:*:directory/*")
            },
            {
                "Sid": "RolesAndTheirPolicies",
                "Effect": "Allow",
                "Action": of(&["iam"]),
                "Resource": [
                    format!("arn:{partition}:iam::*:role/*"),
                    format!("arn:{partition}:iam::*:policy/*")
                ]
            }
        ]
    })
}

#[cfg(test)]
mod tests;
