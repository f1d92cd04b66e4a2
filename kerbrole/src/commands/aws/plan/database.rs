//! The database, and its membership of the directory's domain.

use super::action::{Action, Database};
use super::directory::readiness;
use super::step::Step;
use crate::commands::aws::check;
use crate::commands::aws::world::{AskedRole, World};

/// `has_way`: whether it reaches the directory once the steps before are done.
pub(super) fn step(world: &World, rows: &[check::Row], has_way: bool) -> Step {
    let mut step = Step::new("Database");
    for note in [
        super::unseen(&world.instances, "the DB instance"),
        super::unseen(&world.cluster, "the DB cluster"),
    ]
    .into_iter()
    .flatten()
    {
        step.note("it is not known how it is", note);
    }
    let Some(database) = database(world) else {
        if world.names_database() && step.is_empty() {
            step.notes_of(rows, check::Step::Database, &[]);
        }
        return step;
    };
    let mut claimed = Vec::new();
    if state(world) == Some("stopped") {
        step.now("it is stopped", Action::Start { database: database.clone() });
        // A cluster starts its instances.
        let of_state = rows.iter().filter(|row| row.what.starts_with("DB "));
        claimed.extend(of_state.map(|row| row.what.clone()));
    }
    membership(&mut step, world, &database, has_way, &mut claimed);
    claimed.push("domain".into());
    let claimed: Vec<_> = claimed.iter().map(String::as_str).collect();
    step.notes_of(rows, check::Step::Database, &claimed);
    step
}

/// What the domain belongs to, where it is there.
pub(super) fn database(world: &World) -> Option<Database> {
    if let Some(cluster) = world.cluster.got() {
        return Some(Database::Cluster(cluster.id.clone()));
    }
    if world.is_of_cluster() {
        return None;
    }
    let instance = world.instances.got().and_then(|instances| instances.first())?;
    Some(Database::Instance(instance.id.clone()))
}

fn state(world: &World) -> Option<&str> {
    if let Some(cluster) = world.cluster.got() {
        return Some(&cluster.status);
    }
    let instance = world.instances.got().and_then(|instances| instances.first());
    instance.map(|instance| instance.status.as_str())
}

/// What a membership's status asks for.
enum Wanted {
    Nothing,
    /// To become one, or to try again.
    Join,
    Reboot,
}

fn membership(
    step: &mut Step,
    world: &World,
    database: &Database,
    has_way: bool,
    claimed: &mut Vec<String>,
) {
    let instances = world.instances.got().map_or(&[][..], Vec::as_slice);
    let of_all = world.memberships().first();
    let domain = of_all.and_then(|membership| membership.domain.as_deref());
    let mut why = Vec::new();
    let mut waiting = Vec::new();
    if of_all.is_none() {
        why.push("it is a member of no domain".to_string());
    } else if let (Some(domain), Some(wanted)) = (domain, world.asked.directory.as_deref())
        && domain != wanted
    {
        why.push(format!("it is a member of {domain}, and not of {wanted}"));
    } else if let (Some(role), AskedRole::Named(wanted)) =
        (of_all.and_then(|membership| membership.role.as_deref()), &world.asked.role)
        && role != wanted
    {
        why.push(format!("it acts as {role}, and not as {wanted}"));
    } else {
        for instance in instances {
            let own = instance.domain_memberships.first().or(of_all);
            let status = own.and_then(|membership| membership.status.as_deref()).unwrap_or("none");
            let what = format!("membership of {}", instance.id);
            match wanted(status) {
                Wanted::Nothing => continue,
                Wanted::Join => why.push(format!("the membership of {} is {status}", instance.id)),
                Wanted::Reboot => waiting.push(instance.id.clone()),
            }
            claimed.push(what);
        }
    }
    let reboot = |id: &String| Action::Reboot { instance: id.clone() };
    if why.is_empty() {
        for id in &waiting {
            step.now(format!("{id} takes the domain over with a reboot"), reboot(id));
        }
        return;
    }
    let why = why.join("; ");
    let readiness = match has_way {
        true => readiness(world),
        false => readiness(world).and(Err("it reaches the directory".into())),
    };
    match readiness {
        Ok(directory) => {
            let role = world.role_name().unwrap_or(AskedRole::USUAL).into();
            step.now(why, Action::Join { database: database.clone(), directory, role });
            for instance in writers_first(world) {
                step.once(
                    format!("kerbrole aws check says that {instance} is kerberos-enabled"),
                    reboot(&instance),
                );
            }
        }
        Err(condition) => step.note(why, format!("Joining is in the next plan once {condition}.")),
    }
}

fn wanted(status: &str) -> Wanted {
    match status {
        "failed"
        | "pending-maintenance-enable-kerberos"
        | "pending-disable-kerberos"
        | "disabling-kerberos"
        | "pending-maintenance-disable-kerberos" => Wanted::Join,
        "pending-enable-kerberos" => Wanted::Reboot,
        _ => Wanted::Nothing,
    }
}

/// All instances, those that write before those that read of them.
pub(super) fn writers_first(world: &World) -> Vec<String> {
    let instances = world.instances.got().map_or(&[][..], Vec::as_slice);
    let members = world.cluster.got().map_or(&[][..], |cluster| cluster.members.as_slice());
    let is_writer = |id: &str| members.iter().any(|one| one.instance == id && one.is_writer);
    let mut ids: Vec<_> = instances.iter().map(|instance| instance.id.clone()).collect();
    ids.sort_by_key(|id| !is_writer(id));
    ids
}
