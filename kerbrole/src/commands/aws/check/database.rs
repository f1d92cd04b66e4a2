//! The database itself: there, up, PostgreSQL, of a class that takes Kerberos, in a VPC.

use std::collections::BTreeSet;

use super::row::{Row, Step, Unanswered, command};
use crate::commands::aws::world::rds::{DbCluster, DbInstance};
use crate::commands::aws::world::{Answer, World};

const STEP: Step = Step::Database;

/// Why nothing is known of a database.
pub(super) const UNKNOWN: &str = "no database is named: --db-instance, or --db-cluster of Aurora";

/// States in which a database answers, whatever AWS does beside it (Amazon RDS User Guide, "Viewing
/// DB instance status").
const UP: &[&str] = &[
    "available",
    "backing-up",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "storage-config-upgrade",
    "storage-initialization",
    "storage-optimization",
];

/// States that pass by themselves.
const PASSING: &[&str] = &[
    "converting-to-vpc",
    "creating",
    "failing-over",
    "maintenance",
    "migrating",
    "modifying",
    "moving-to-vpc",
    "rebooting",
    "renaming",
    "resetting-master-credentials",
    "starting",
    "update-iam-db-auth",
    "upgrading",
];

/// States that last.
const DOWN: &[&str] = &[
    "cloning-failed",
    "delete-precheck",
    "deleting",
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "incompatible-create",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "insufficient-resource-limits",
    "migration-failed",
    "restore-error",
    "stopped",
    "stopping",
    "storage-full",
];

pub(super) fn rows(world: &World) -> Vec<Row> {
    if let (Some(id), None) = (&world.asked.db_instance, world.cluster.got()) {
        let missing = || none(world, "DB instance", "describe-db-instances", id);
        let asked = Unanswered { world, step: STEP, what: "DB instance", not_asked: UNKNOWN };
        return match asked.row(&world.instances, missing).map(Vec::as_slice) {
            Ok([instance, ..]) if world.cluster == Answer::NotAsked => of_instance(world, instance),
            Ok([_, ..]) => vec![of_cluster_unseen(world)],
            Ok([]) => vec![none(world, "DB instance", "describe-db-instances", id)],
            Err(row) => vec![row],
        };
    }
    match &world.cluster {
        Answer::Got(cluster) => of_cluster(world, cluster),
        _ => vec![of_cluster_unseen(world)],
    }
}

/// There is no answer about the cluster.
fn of_cluster_unseen(world: &World) -> Row {
    const WHAT: &str = "DB cluster";
    if !world.names_database() {
        return Row::unseen(STEP, "database", UNKNOWN);
    }
    let instance = world.instances.got().and_then(|instances| instances.first());
    let of_instance = instance.and_then(|instance| instance.cluster.as_deref());
    let id = world.asked.db_cluster.as_deref().or(of_instance).unwrap_or_default();
    let missing = || none(world, WHAT, "describe-db-clusters", id);
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked: UNKNOWN };
    match asked.row(&world.cluster, missing) {
        Ok(_) => Row::unseen(STEP, WHAT, UNKNOWN),
        Err(row) => row,
    }
}

fn none(world: &World, what: &str, list: &str, id: &str) -> Row {
    let said = format!("there is no {what} {id} in {}", world.asked.region);
    let other = match what {
        "DB cluster" => "is it an instance (--db-instance), or",
        _ => "is it a cluster (--db-cluster), or",
    };
    Row::wrong(STEP, what, said).fix(format!(
        "{other} in another region or account? Those that there are: {}",
        command(world, &["rds", list])
    ))
}

fn of_instance(world: &World, instance: &DbInstance) -> Vec<Row> {
    vec![
        state(world, "DB instance", &instance.id, &instance.status),
        engine(&instance.engine, &instance.engine_version),
        kerberos(world, &instance.engine),
        vpc(world),
    ]
}

fn of_cluster(world: &World, cluster: &DbCluster) -> Vec<Row> {
    let mut rows = vec![state(world, "DB cluster", &cluster.id, &cluster.status)];
    if cluster.engine == "postgres" {
        let said = format!("{} {}, a Multi-AZ DB cluster", cluster.engine, cluster.engine_version);
        rows.push(Row::wrong(STEP, "engine", format!("{said}: it takes no Kerberos")).fix(
            "use Aurora PostgreSQL, or RDS for PostgreSQL as a DB instance (a Multi-AZ instance is \
             one)",
        ));
        return rows;
    }
    rows.push(engine(&cluster.engine, &cluster.engine_version));
    let asked = Unanswered { world, step: STEP, what: "DB instances", not_asked: UNKNOWN };
    let missing =
        || Row::unseen(STEP, "DB instances", "the cluster was there, and is not any more");
    match asked.row(&world.instances, missing) {
        Ok(instances) if instances.is_empty() => {
            let words = [
                "rds",
                "create-db-instance",
                "--db-cluster-identifier",
                &cluster.id,
                "--engine",
                &cluster.engine,
                "--db-instance-class",
                "CLASS",
                "--db-instance-identifier",
                "ID",
            ];
            let fix = format!("with a class and a name: {}", command(world, &words));
            rows.push(Row::wrong(STEP, "DB instances", "the cluster has none").fix(fix));
        }
        Ok(instances) => {
            rows.extend(instances.iter().map(|one| {
                let row = state(world, "DB instance", &one.id, &one.status);
                Row { what: format!("{} {}", row.what, one.id), ..row }
            }));
            rows.push(kerberos(world, &cluster.engine));
        }
        Err(row) => rows.push(row),
    }
    rows.push(vpc(world));
    rows
}

fn state(world: &World, what: &str, id: &str, status: &str) -> Row {
    let said = format!("{id} is {status}");
    let wait = || {
        let (operation, option) = match what {
            "DB cluster" => ("db-cluster-available", "--db-cluster-identifier"),
            _ => ("db-instance-available", "--db-instance-identifier"),
        };
        command(world, &["rds", "wait", operation, option, id])
    };
    let start = || {
        let (operation, option) = match what {
            "DB cluster" => ("start-db-cluster", "--db-cluster-identifier"),
            _ => ("start-db-instance", "--db-instance-identifier"),
        };
        command(world, &["rds", operation, option, id])
    };
    match status {
        up if UP.contains(&up) => Row::ok(STEP, what, said),
        passing if PASSING.contains(&passing) => Row::warning(STEP, what, said).fix(wait()),
        "stopped" | "stopping" => Row::wrong(STEP, what, said).fix(start()),
        down if DOWN.contains(&down) => {
            let kind = if what == "DB cluster" { "db-cluster" } else { "db-instance" };
            Row::wrong(STEP, what, said).fix(events(world, kind, id))
        }
        _ => Row::unseen(STEP, what, format!("{said}: a state that is not known")),
    }
}

/// Where what happened to a database can be read.
pub(super) fn events(world: &World, kind: &str, id: &str) -> String {
    let words = [
        "rds",
        "describe-events",
        "--source-type",
        kind,
        "--source-identifier",
        id,
        "--duration",
        "20160",
    ];
    format!("its events say why: {}", command(world, &words))
}

fn engine(engine: &str, version: &str) -> Row {
    const WHAT: &str = "engine";
    let said = format!("{engine} {version}");
    match engine {
        "postgres" | "aurora-postgresql" => Row::ok(STEP, WHAT, said),
        _ => Row::wrong(STEP, WHAT, format!("{said}: it is no PostgreSQL"))
            .fix("name a database of RDS for PostgreSQL or of Aurora PostgreSQL"),
    }
}

/// Whether the classes of the instances take Kerberos with this engine, in this region.
fn kerberos(world: &World, engine: &str) -> Row {
    const WHAT: &str = "Kerberos with this class";
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked: "it was not asked for" };
    let missing = || Row::unseen(STEP, WHAT, "AWS does not say");
    let orderable = match asked.row(&world.orderable, missing) {
        Ok(orderable) => orderable,
        Err(row) => return row,
    };
    let classes: BTreeSet<_> = world
        .instances
        .got()
        .into_iter()
        .flatten()
        .map(|one| (one.class.as_str(), one.engine_version.as_str()))
        .collect();
    let (mut fine, mut wrong, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (class, version) in classes {
        let said: Vec<_> = orderable
            .iter()
            .filter(|one| one.class == class && one.engine_version == version)
            .map(|one| one.supports_kerberos)
            .collect();
        let name = format!("{class} with {engine} {version}");
        if said.contains(&Some(true)) {
            fine.push(name);
        } else if said.contains(&Some(false)) {
            wrong.push(name);
        } else {
            unknown.push(name);
        }
    }
    if !wrong.is_empty() {
        let words = [
            "rds",
            "describe-orderable-db-instance-options",
            "--engine",
            engine,
            "--query",
            "OrderableDBInstanceOptions[?SupportsKerberosAuthentication].\
             [EngineVersion,DBInstanceClass]",
        ];
        return Row::wrong(STEP, WHAT, format!("not {}", wrong.join(", "))).fix(format!(
            "take another class or version; those that do: {}",
            command(world, &words)
        ));
    }
    if !unknown.is_empty() || fine.is_empty() {
        return Row::unseen(STEP, WHAT, format!("AWS does not say of {}", unknown.join(", ")));
    }
    Row::ok(STEP, WHAT, fine.join(", "))
}

fn vpc(world: &World) -> Row {
    const WHAT: &str = "VPC";
    if let Some(place) = world.database_place() {
        return Row::ok(STEP, WHAT, place.vpc);
    }
    let has_cluster = world.cluster.got().is_some();
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked: "it is not known" };
    let missing = || Row::unseen(STEP, WHAT, "its subnet group is not there any more");
    match asked.row(&world.subnet_group, missing) {
        Err(row) if has_cluster => row,
        _ => Row::wrong(STEP, WHAT, "it is in none, and Kerberos takes one")
            .fix("restore a snapshot of it into a VPC (--db-subnet-group-name)"),
    }
}
