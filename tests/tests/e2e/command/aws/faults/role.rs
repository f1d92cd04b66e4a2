//! Faults of the role, and of who may act as it.

use super::{Fault, fault};

/// The role, and who may act as it.
pub const ROLE: &[Fault] = &[
    fault("role_gone", "rds", &["iam get-role ! NoSuchEntity"], &["role/IAM role: wrong"]),
    // What the default of aws-cdk made of it.
    fault(
        "role_of_rds_alone",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Principal/Service =
            "rds.amazonaws.com""#],
        &["role/who may act as it: wrong"],
    ),
    fault(
        "role_of_the_directory_service_alone",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Principal/Service =
            ["directoryservice.rds.amazonaws.com"]"#],
        &["role/who may act as it: wrong"],
    ),
    fault(
        "role_for_another_account",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Condition =
            {"StringEquals": {"aws:SourceAccount": "777788889999"}}"#],
        &["role/who may act as it: wrong"],
    ),
    fault(
        "role_with_a_condition",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Condition =
            {"ArnLike": {"aws:SourceArn": "arn:aws:rds:eu-central-1:111122223333:db:a*"}}"#],
        &["role/who may act as it: cannot look"],
    ),
    fault(
        "role_without_a_policy",
        "rds",
        &["iam list-attached-role-policies /AttachedPolicies/0 -"],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_that_may_not_authorize",
        "rds",
        &[
            "iam list-attached-role-policies /AttachedPolicies/0 -",
            r#"iam list-role-policies = {"PolicyNames": ["directory"]}"#,
            r#"iam get-role-policy = {"RoleName": "r", "PolicyName": "directory", "PolicyDocument":
                {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*",
                 "Action": ["ds:Describe*", "ds:GetAuthorizedApplicationDetails"]}}}"#,
        ],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_that_is_denied",
        "rds",
        &[
            r#"iam list-role-policies = {"PolicyNames": ["deny"]}"#,
            r#"iam get-role-policy = {"RoleName": "r", "PolicyName": "deny", "PolicyDocument":
                {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*",
                 "Action": "ds:AuthorizeApplication"}]}}"#,
        ],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_within_a_boundary",
        "rds",
        &[
            r#"iam get-role /Role/PermissionsBoundary = {"PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/developers"}"#,
            r#"iam get-policy-version = {"each": [
                {"PolicyVersion": {"Document": {"Version": "2012-10-17", "Statement":
                    [{"Effect": "Allow", "Action": "ds:*", "Resource": "*"}]}}},
                {"PolicyVersion": {"Document": {"Version": "2012-10-17", "Statement":
                    [{"Effect": "Allow", "Action": ["s3:*", "ds:Describe*"], "Resource": "*"}]}}}
            ]}"#,
        ],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_denied",
        "rds",
        &["iam get-role ! AccessDenied: User is not authorized to perform: iam:GetRole"],
        &["role/IAM role: cannot look"],
    ),
    fault(
        "policy_denied",
        "rds",
        &["iam get-policy-version ! AccessDenied"],
        &["role/what it may do: cannot look"],
    ),
];
