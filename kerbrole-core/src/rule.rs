//! The rule that no role is a member of both `rds_ad` and `rds_iam`, directly or through others.
//!
//! AWS: "A role that has rds_ad must not have rds_iam" (Amazon RDS User Guide, "Using Kerberos
//! authentication with Amazon RDS for PostgreSQL"). RDS sends members of `rds_iam` to another login
//! method before it looks at `rds_ad`, so that somebody in both can no longer log in with a ticket.

use crate::names::error::NameError;
use crate::names::role_name::RoleName;
use crate::roles::path::PathStep;
use crate::statement::Revoke;

/// The two roles that exclude each other: the settings `kerbrole.ad_role` and `kerbrole.iam_role`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRule {
    ad_role: RoleName,
    iam_role: RoleName,
}

impl ConflictRule {
    /// # Errors
    /// 22023 when the two are one.
    pub fn new(ad_role: RoleName, iam_role: RoleName) -> Result<Self, NameError> {
        if ad_role == iam_role {
            return Err(NameError::SameRole { role: ad_role.to_string() });
        }
        Ok(Self { ad_role, iam_role })
    }

    /// The role whose members log in through Kerberos: `rds_ad`.
    pub fn ad_role(&self) -> &RoleName {
        &self.ad_role
    }

    /// The role whose members log in through IAM: `rds_iam`.
    pub fn iam_role(&self) -> &RoleName {
        &self.iam_role
    }
}

/// A role that is a member of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The role.
    pub role: RoleName,
    /// A shortest chain of memberships from the role to `rds_ad`, both ends included.
    pub ad_path: Vec<PathStep>,
    /// A shortest chain of memberships from the role to `rds_iam`, both ends included.
    pub iam_path: Vec<PathStep>,
    /// What ends it: all of them, in this order.
    pub fix: Vec<Revoke>,
}
