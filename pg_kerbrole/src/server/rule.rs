//! The rule that nobody is in both, looked at once more when a change has been made.

use kerbrole_core::{AddAction, AddPlan, Cluster, RoleName, few_below};

use crate::fault::{self, Fault, Step};
use crate::report::Raise;
use crate::server::catalog::{self, Memberships};
use crate::server::cluster;
use crate::settings;

/// The rule once more, on the catalogue as it is now: whatever else happened on the way is caught
/// too.
pub(crate) fn check(plan: &AddPlan) {
    if fault::is(Fault::function_looks_once) || fault::is(Fault::asleep_inside) {
        return;
    }
    fault::gate(Step::Check);
    let created: Vec<_> = plan.roles(AddAction::Created).collect();
    if let Some(cluster) = around(&created, plan.roles(AddAction::Adopted)) {
        plan.check_after(&cluster).or_raise();
    }
}

/// What has to be read for that, around roles that were created and others that were changed;
/// nothing where none of them can be in both.
pub(crate) fn around<'n>(
    created: &[&RoleName],
    changed: impl Iterator<Item = &'n RoleName>,
) -> Option<Cluster> {
    let rule = settings::conflict_rule();
    let oid = |name: &RoleName| catalog::role_oid(name.as_str());
    // Roles that are new have nobody below them and are in rds_ad: who is below rds_iam, mostly
    // few, tells whether one of them is in both.
    let few = oid(rule.iam_role()).and_then(|iam| {
        let Ok(few) = few_below(&mut Memberships::open(), iam, created.len());
        few
    });
    let suspects = created.iter().filter_map(|name| match &few {
        Some(in_iam) => in_iam.get(*name).copied(),
        None => oid(name),
    });
    let changed: Vec<_> = changed.filter_map(oid).chain(suspects).collect();
    (!changed.is_empty()).then(|| cluster::around_change(changed))
}
