//! The parameter group: whether the database runs by it, and whether it ignores the case of users.

use super::database::{UNKNOWN, events};
use super::row::{Row, Step, Unanswered, command};
use crate::commands::aws::world::World;

const STEP: Step = Step::Parameters;

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "parameter group";
    let groups = groups(world);
    if groups.is_empty() {
        let why = match world.names_database() {
            true if world.has_database() => "no instance has one",
            true => "the database could not be looked at",
            false => UNKNOWN,
        };
        return vec![Row::unseen(STEP, WHAT, why)];
    }
    let mut rows: Vec<_> = groups.iter().map(|group| group.row(world)).collect();
    rows.push(case(world));
    rows
}

/// A group, as far as an instance has taken it over.
struct Group<'w> {
    what: &'static str,
    name: &'w str,
    status: Option<&'w str>,
    instance: &'w str,
}

fn groups(world: &World) -> Vec<Group<'_>> {
    let instances = world.instances.got().map_or(&[][..], Vec::as_slice);
    if world.cluster.got().is_none() && world.is_of_cluster() {
        return Vec::new();
    }
    let mut groups = Vec::new();
    if let Some(cluster) = world.cluster.got() {
        groups.extend(cluster.members.iter().map(|member| Group {
            what: "cluster parameter group",
            name: cluster.parameter_group.as_deref().unwrap_or("none"),
            status: member.parameter_group_status.as_deref(),
            instance: &member.instance,
        }));
    }
    groups.extend(instances.iter().flat_map(|instance| {
        instance.parameter_groups.iter().map(|group| Group {
            what: "parameter group",
            name: &group.name,
            status: group.status.as_deref(),
            instance: &instance.id,
        })
    }));
    groups
}

impl Group<'_> {
    fn row(&self, world: &World) -> Row {
        let Self { name, instance, .. } = self;
        let what = format!("{} of {instance}", self.what);
        let status = self.status.unwrap_or("none");
        let said = format!("{name} is {status}");
        match status {
            "in-sync" => Row::ok(STEP, what, said),
            "pending-reboot" => {
                let option = "--db-instance-identifier";
                let words = ["rds", "reboot-db-instance", option, instance];
                Row::wrong(STEP, what, format!("{said}: what is in it holds after a reboot"))
                    .fix(command(world, &words))
            }
            "applying" => Row::warning(STEP, what, said).fix("wait until it is in-sync"),
            "failed-to-apply" => {
                Row::wrong(STEP, what, said).fix(events(world, "db-instance", instance))
            }
            _ => Row::unseen(STEP, what, format!("{said}: a status that is not known")),
        }
    }
}

/// Either is as the guide has it; whoever adds principals has to know which.
fn case(world: &World) -> Row {
    const WHAT: &str = "krb_caseins_users";
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked: "it was not asked for" };
    let missing = || Row::unseen(STEP, WHAT, "the parameter group is not there any more");
    let parameters = match asked.row(&world.parameters, missing) {
        Ok(parameters) => parameters,
        Err(row) => return row,
    };
    let parameter = parameters.iter().find(|parameter| parameter.name == WHAT);
    match parameter.map(|parameter| parameter.value.as_deref().unwrap_or_default()) {
        None => Row::ok(STEP, WHAT, "not there in this version: the case of users counts"),
        Some("1" | "true" | "on") => Row::ok(STEP, WHAT, "on: the case of users is ignored"),
        Some("" | "0" | "false" | "off") => Row::ok(STEP, WHAT, "off: the case of users counts"),
        Some(other) => Row::unseen(STEP, WHAT, format!("{other}: a value that is not known")),
    }
}
