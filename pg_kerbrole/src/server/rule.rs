//! The rule that nobody is in both, looked at once more when a change has been made.

use kerbrole_core::{AddAction, AddPlan, RoleName, few_below};

use crate::report::Raise;
use crate::server::catalog::{self, Memberships};
use crate::server::cluster;
use crate::settings;

/// The rule once more, on the catalogue as it is now: whatever else happened on the way is caught
/// too.
pub(crate) fn check(plan: &AddPlan) {
    let rule = settings::conflict_rule();
    let oid = |name: &RoleName| catalog::role_oid(name.as_str());
    // Roles that are new have nobody below them and are in rds_ad: who is below rds_iam, mostly
    // few, tells whether one of them is in both.
    let few = oid(rule.iam_role()).and_then(|iam| {
        let at_most = plan.roles(AddAction::Created).count();
        let Ok(few) = few_below(&mut Memberships::open(), iam, at_most);
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
    plan.check_after(&cluster::around_change(changed)).or_raise();
}
