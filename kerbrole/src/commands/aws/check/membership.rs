//! Whether the database is a member of the directory's domain. The domain is an instance's own, but
//! of Aurora the cluster's, and its status each instance's.

use super::database::UNKNOWN;
use super::role::USUAL_NAME;
use super::row::{Row, Step, command};
use crate::commands::aws::world::World;
use crate::commands::aws::world::rds::{DbInstance, DomainMembership, Event};

const STEP: Step = Step::Database;

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "domain";
    // What is not there is told already, and why.
    let Some(instances) = world.instances.got() else {
        let why = match world.names_database() {
            true => "the database could not be looked at",
            false => UNKNOWN,
        };
        return vec![Row::unseen(STEP, WHAT, why)];
    };
    let is_unseen = world.cluster.got().is_none() && world.is_of_cluster();
    if is_unseen || instances.is_empty() && world.cluster.got().is_none() {
        return vec![Row::unseen(STEP, WHAT, "the database could not be looked at")];
    }
    let mut rows = vec![domain(world, instances)];
    if let Some(of_all) = world.memberships().first() {
        rows.extend(instances.iter().map(|instance| {
            status(world, &instance.id, instance.domain_memberships.first().unwrap_or(of_all))
        }));
    }
    rows
}

/// The command that makes the database a member, or tries again.
fn join(world: &World, domain: &str, role: &str) -> String {
    let (operation, option, id) = match world.cluster.got() {
        Some(cluster) => ("modify-db-cluster", "--db-cluster-identifier", cluster.id.as_str()),
        None => (
            "modify-db-instance",
            "--db-instance-identifier",
            world.asked.db_instance.as_deref().unwrap_or("ID"),
        ),
    };
    let words = [
        "rds",
        operation,
        option,
        id,
        "--domain",
        domain,
        "--domain-iam-role-name",
        role,
        "--apply-immediately",
    ];
    command(world, &words)
}

fn domain(world: &World, instances: &[DbInstance]) -> Row {
    const WHAT: &str = "domain";
    let wanted = world.asked.directory.as_deref();
    let Some(membership) = world.memberships().first() else {
        let fix = join(world, wanted.unwrap_or("DIRECTORY"), USUAL_NAME);
        // Somebody named it for an instance of Aurora, where it means nothing.
        let of_instance = instances.iter().find(|one| !one.domain_memberships.is_empty());
        let said = match (world.cluster.got(), of_instance) {
            (Some(cluster), Some(instance)) => format!(
                "{} has one, and its cluster {} has none, to which it belongs",
                instance.id, cluster.id
            ),
            _ => "none: the database is a member of no domain".into(),
        };
        return Row::wrong(STEP, WHAT, said).fix(match wanted {
            Some(_) => fix,
            None => format!("with the one that it is to join for DIRECTORY: {fix}"),
        });
    };
    let role = membership.role.as_deref().unwrap_or(USUAL_NAME);
    let name = membership.fqdn.as_deref().map(|name| format!(", {name}")).unwrap_or_default();
    match (membership.domain.as_deref(), wanted) {
        (None, _) => Row::unseen(STEP, WHAT, "AWS does not say which"),
        (Some(domain), Some(wanted)) if domain != wanted => {
            Row::wrong(STEP, WHAT, format!("{domain}{name}, and not {wanted}"))
                .fix(join(world, wanted, role))
        }
        (Some(domain), _) => Row::ok(STEP, WHAT, format!("{domain}{name}")),
    }
}

/// By the statuses of RDS's and Aurora's guides ("Understanding domain membership").
fn status(world: &World, instance: &str, membership: &DomainMembership) -> Row {
    let what = format!("membership of {instance}");
    let status = membership.status.as_deref().unwrap_or("none");
    let again = || {
        let domain = membership.domain.as_deref().or(world.directory_id()).unwrap_or("DIRECTORY");
        join(world, domain, membership.role.as_deref().unwrap_or(USUAL_NAME))
    };
    let reboot =
        || command(world, &["rds", "reboot-db-instance", "--db-instance-identifier", instance]);
    match status {
        "kerberos-enabled" | "joined" => Row::ok(STEP, what, status),
        "enabling-kerberos" | "pending-join" => {
            Row::warning(STEP, what, status).fix("wait until it is kerberos-enabled")
        }
        "pending-enable-kerberos" => {
            let said = format!("{status}: it is not enabled before the instance is rebooted");
            Row::wrong(STEP, what, said).fix(reboot())
        }
        "pending-maintenance-enable-kerberos" => {
            let said = format!("{status}: it waits for the next maintenance window");
            Row::wrong(STEP, what, said).fix(format!("to have it now: {}", again()))
        }
        "pending-disable-kerberos"
        | "disabling-kerberos"
        | "pending-maintenance-disable-kerberos" => {
            let said = format!("{status}: somebody took the database out of the domain");
            Row::wrong(STEP, what, said).fix(format!("to have it back: {}", again()))
        }
        "failed" => {
            let said = match reason(world, instance) {
                Some(event) => format!("failed: {}", event.message),
                None => "failed, and no event of the last 14 days says why".into(),
            };
            Row::wrong(STEP, what, said)
                .fix(format!("once the rows above are in order, try again: {}", again()))
        }
        _ => Row::unseen(STEP, what, format!("{status}: a status that is not known")),
    }
}

/// The newest event that is about joining.
fn reason<'w>(world: &'w World, instance: &str) -> Option<&'w Event> {
    const ABOUT: [&str; 4] = ["domain", "kerberos", "directory", "iam role"];
    let is_about = |event: &&Event| {
        let message = event.message.to_ascii_lowercase();
        event.source == instance && ABOUT.iter().any(|word| message.contains(word))
    };
    world.events.got()?.iter().rfind(is_about)
}
