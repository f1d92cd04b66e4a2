//! Answers of IAM: a role, and the documents that say who may act as it and what it may.

use serde::Deserialize;
use serde_json::Value;

use super::Answer;

/// Of `get-role`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Role {
    pub(crate) role_name: String,
    #[serde(default)]
    pub(crate) arn: String,
    /// Who may act as it.
    pub(crate) assume_role_policy_document: PolicyDocument,
    #[serde(default)]
    pub(crate) permissions_boundary: Option<PermissionsBoundary>,
}

/// The policy that a role may do nothing beyond.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PermissionsBoundary {
    pub(crate) permissions_boundary_arn: String,
}

/// Of `list-attached-role-policies`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttachedPolicy {
    #[serde(default)]
    pub(crate) policy_name: String,
    pub(crate) policy_arn: String,
}

/// A policy that has a say in what a role may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RolePolicy {
    pub(crate) name: String,
    pub(crate) place: PolicyPlace,
    pub(crate) document: Answer<PolicyDocument>,
}

/// Where a policy of a role stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PolicyPlace {
    /// Written into the role.
    Inline,
    /// Attached, by its ARN.
    Attached(String),
    /// The boundary, by its ARN.
    Boundary(String),
}

/// A document of IAM. Since its elements may be one or several, they are lists here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyDocument {
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) statement: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Statement {
    /// `Allow` or `Deny`.
    #[serde(default)]
    pub(crate) effect: String,
    /// `"*"`, or an object such as `{"Service": …}`.
    #[serde(default)]
    pub(crate) principal: Option<Value>,
    #[serde(default)]
    pub(crate) not_principal: Option<Value>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) action: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) not_action: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) resource: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) not_resource: Vec<String>,
    #[serde(default)]
    pub(crate) condition: Option<Value>,
}

fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        Many(Vec<T>),
        One(T),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(many) => many,
        OneOrMany::One(one) => vec![one],
    })
}
