//! What errors and warnings say in the same words.

use crate::names::role_name::RoleName;
use crate::quote::array_literal;
use crate::roles::path::PathStep;
use crate::rule::Conflict;

/// How a role comes to be in both.
pub(super) fn both_paths(
    conflict: &Conflict,
    others: usize,
    ad_role: &RoleName,
    iam_role: &RoleName,
) -> String {
    let path = |path: &[PathStep]| array_literal(path.iter().map(PathStep::text));
    let mut detail = format!(
        "Path to {ad_role}: {}. Path to {iam_role}: {}.",
        path(&conflict.ad_path),
        path(&conflict.iam_path)
    );
    if others > 0 {
        let (roles, are) = if others == 1 { ("role", "is") } else { ("roles", "are") };
        detail.push_str(&format!(" {others} more {roles} {are} concerned."));
    }
    detail
}
