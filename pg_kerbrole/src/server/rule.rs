//! The rule that nobody is in both, looked at once more when a change has been made.

use kerbrole_core::{AddAction, AddPlan, ConflictRule, RoleName, few_below, neighbourhood};

use crate::report::Raise;
use crate::server::catalog::{self, Memberships};
use crate::settings::NAME_GRANTORS;

/// The rule once more, on the catalogue as it is now: whatever else happened on the way is caught too.
pub(crate) fn check(plan: &AddPlan, rule: &ConflictRule) {
    let mut memberships = Memberships::open();
    let oid = |name: &RoleName| catalog::role_oid(name.as_str());
    // Roles that are new have nobody below them and are in rds_ad: who is below rds_iam, mostly few, tells whether one of them is in both.
    let few = oid(rule.iam_role()).and_then(|iam| {
        let Ok(few) = few_below(&mut memberships, iam, plan.roles(AddAction::Created).count());
        few
    });
    let suspects = plan.roles(AddAction::Created).filter_map(|name| match &few {
        Some(in_iam) => in_iam.get(name).copied(),
        None => oid(name),
    });
    let changed: Vec<_> = plan.roles(AddAction::Adopted).filter_map(oid).chain(suspects).collect();
    if changed.is_empty() {
        return;
    }
    let of_rule = [rule.ad_role(), rule.iam_role()].into_iter().filter_map(|name| catalog::role_oid(name.as_str()));
    let Ok(graph) = neighbourhood(&mut memberships, changed, of_rule);
    plan.check_after(&graph, rule, NAME_GRANTORS).or_raise();
}
