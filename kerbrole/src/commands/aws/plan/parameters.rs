//! The parameter group.

use super::action::Action;
use super::database::writers_first;
use super::step::Step;
use super::wishes::Wishes;
use crate::commands::aws::check;
use crate::commands::aws::world::World;

/// `planned`: what the steps before have somebody do, of which reboots count here.
pub(super) fn step(
    world: &World,
    wishes: &Wishes,
    rows: &[check::Row],
    planned: &[Action],
) -> Step {
    let mut step = Step::new("Parameter group");
    let mut reboots = Vec::new();
    if wishes.ignores_case {
        ignore_case(&mut step, world, &mut reboots);
    }
    let mut claimed = Vec::new();
    for instance in waiting(world) {
        claimed.push(format!("parameter group of {instance}"));
        claimed.push(format!("cluster parameter group of {instance}"));
        let action = Action::Reboot { instance: instance.clone() };
        if !planned.contains(&action) && !reboots.contains(&action) {
            step.now(format!("{instance} takes over what is in it with a reboot"), action.clone());
            reboots.push(action);
        }
    }
    let claimed: Vec<_> = claimed.iter().map(String::as_str).collect();
    step.notes_of(rows, check::Step::Parameters, &claimed);
    step
}

/// The instances whose parameters wait for a reboot.
fn waiting(world: &World) -> Vec<String> {
    let is_waiting = |status: Option<&str>| status == Some("pending-reboot");
    let members = world.cluster.got().map_or(&[][..], |cluster| cluster.members.as_slice());
    let by_cluster = |id: &str| {
        members
            .iter()
            .any(|one| one.instance == id && is_waiting(one.parameter_group_status.as_deref()))
    };
    let instances = world.instances.got().map_or(&[][..], Vec::as_slice);
    let by_itself = |id: &str| {
        let groups =
            instances.iter().filter(|one| one.id == id).flat_map(|one| &one.parameter_groups);
        groups.into_iter().any(|group| is_waiting(group.status.as_deref()))
    };
    writers_first(world).into_iter().filter(|id| by_cluster(id) || by_itself(id)).collect()
}

fn ignore_case(step: &mut Step, world: &World, reboots: &mut Vec<Action>) {
    let Some(cluster) = world.cluster.got() else {
        if world.names_database() {
            step.note("case of users", "krb_caseins_users is a parameter of Aurora's clusters.");
        }
        return;
    };
    if let Some(note) = super::unseen(&world.parameters, "the parameters") {
        step.note("case of users", note);
        return;
    }
    let Some(parameters) = world.parameters.got() else { return };
    let Some(parameter) = parameters.iter().find(|one| one.name == "krb_caseins_users") else {
        step.note(
            "case of users",
            format!("{} {} has no krb_caseins_users.", cluster.engine, cluster.engine_version),
        );
        return;
    };
    if matches!(parameter.value.as_deref(), Some("1" | "true" | "on")) {
        return;
    }
    let why = "the case of users counts";
    let own = cluster.parameter_group.clone().filter(|group| !group.starts_with("default."));
    match own {
        Some(group) => step.now(why, Action::IgnoreCase { group }),
        // Nobody can change those that AWS made.
        None => {
            let group = format!("{}-kerberos", cluster.id);
            let major = cluster.engine_version.split('.').next().unwrap_or_default();
            let family = format!("{}{major}", cluster.engine);
            step.now(why, Action::CreateParameterGroup { group: group.clone(), family });
            step.now("", Action::IgnoreCase { group: group.clone() });
            step.now("", Action::UseParameterGroup { cluster: cluster.id.clone(), group });
        }
    }
    for instance in writers_first(world) {
        let action = Action::Reboot { instance: instance.clone() };
        step.once(format!("{instance} is available again"), action.clone());
        reboots.push(action);
    }
}
