//! That a row is never "ok" where something that it depends on was not answered. What each row says
//! in which world is tried with the command as it is run.

use std::fs;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::*;
use crate::commands::aws::world::iam::{PolicyPlace, RolePolicy};
use crate::commands::aws::world::{Answer, Asked, ec2};

/// Everything that is asked.
const ANSWERS: &[&str] = &[
    "caller",
    "cluster",
    "instances",
    "orderable",
    "parameters",
    "directory",
    "controllers",
    "trusts",
    "forwarders",
    "data access",
    "users",
    "role",
    "policies",
    "subnets",
    "groups",
    "directory's groups",
    "acls",
    "directory's acls",
    "tables",
    "directory's tables",
    "peerings",
];

const WAY: &[&str] =
    &["instances", "directory", "subnets", "tables", "directory's tables", "peerings"];

const PORTS: &[&str] = &["groups", "directory's groups", "acls", "directory's acls"];

/// Which answers a row depends on, by its step and the beginning of what it is about; all that are
/// named count, and only where the world has them at all.
const NEEDS: &[(&str, &str, &[&[&str]])] = &[
    ("account", "", &[&["caller"]]),
    ("directory", "domain controllers", &[&["directory", "controllers"]]),
    ("directory", "", &[&["directory"]]),
    ("trust", "DNS of", &[&["trusts", "forwarders"]]),
    ("trust", "", &[&["trusts"]]),
    ("role", "IAM role", &[&["role"]]),
    ("role", "who may", &[&["role", "caller"]]),
    ("role", "what it may", &[&["role", "policies"]]),
    ("users", "", &[&["data access", "users"]]),
    ("network", "way", &[WAY]),
    ("network", "ports", &[WAY, PORTS]),
    ("database", "DB cluster", &[&["cluster"]]),
    ("database", "DB instance", &[&["instances"]]),
    ("database", "engine", &[&["instances|cluster"]]),
    ("database", "Kerberos", &[&["orderable", "instances"]]),
    ("database", "VPC", &[&["instances"]]),
    ("database", "domain", &[&["instances", "cluster"]]),
    ("database", "membership", &[&["instances", "cluster"]]),
    ("parameters", "cluster parameter group", &[&["cluster"]]),
    ("parameters", "parameter group", &[&["instances"]]),
    ("parameters", "krb_caseins_users", &[&["parameters"]]),
];

/// A world as its file has it.
fn read(name: &str) -> World {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tests/e2e/command/aws/worlds");
    let file = |name: &str| -> Map<String, Value> {
        serde_json::from_str(&fs::read_to_string(format!("{folder}/{name}.json")).unwrap()).unwrap()
    };
    let mut all = file("rds");
    all.extend(file(name));
    let find = |call: &str| all.get(call).filter(|answer| !answer.is_null());
    fn of<T: DeserializeOwned>(answer: Option<&Value>, key: &str) -> Answer<T> {
        let below =
            |answer: &Value| if key.is_empty() { answer.clone() } else { answer[key].clone() };
        answer.map_or(Answer::NotAsked, |answer| {
            Answer::Got(serde_json::from_value(below(answer)).unwrap())
        })
    }
    let first = |call: &str, key: &str| find(call).map(|answer| answer[key][0].clone());
    let arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess";
    let version = find("iam get-policy-version").map(|answer| answer["PolicyVersion"].clone());
    let policy = RolePolicy {
        name: "AmazonRDSDirectoryServiceAccess".into(),
        place: PolicyPlace::Attached(arn.into()),
        document: of(version.as_ref(), "Document"),
    };
    let mut world = World {
        asked: Asked {
            db_instance: (name != "aurora").then(|| "app".into()),
            db_cluster: (name == "aurora").then(|| "app".into()),
            directory: Some("d-90670a1b2c".into()),
            region: "eu-central-1".into(),
            ..Asked::default()
        },
        caller: of(find("sts get-caller-identity"), ""),
        cluster: of(first("rds describe-db-clusters", "DBClusters").as_ref(), ""),
        instances: of(find("rds describe-db-instances"), "DBInstances"),
        orderable: of(
            find("rds describe-orderable-db-instance-options"),
            "OrderableDBInstanceOptions",
        ),
        parameters: of(
            find("rds describe-db-cluster-parameters").or(find("rds describe-db-parameters")),
            "Parameters",
        ),
        directory: of(first("ds describe-directories", "DirectoryDescriptions").as_ref(), ""),
        controllers: of(find("ds describe-domain-controllers"), "DomainControllers"),
        trusts: of(find("ds describe-trusts"), "Trusts"),
        forwarders: of(find("ds describe-conditional-forwarders"), "ConditionalForwarders"),
        data_access: of(find("ds describe-directory-data-access"), ""),
        users: of(find("ds-data list-users"), "Users"),
        role: of(find("iam get-role"), "Role"),
        policies: Answer::Got(vec![policy]),
        ..World::default()
    };
    // Both sides have all, of which each takes its own.
    let side = || ec2::Side {
        security_groups: of(find("ec2 describe-security-groups"), "SecurityGroups"),
        acls: of(find("ec2 describe-network-acls"), "NetworkAcls"),
        route_tables: of(find("ec2 describe-route-tables"), "RouteTables"),
    };
    world.network = ec2::Network {
        subnets: of(find("ec2 describe-subnets"), "Subnets"),
        database: side(),
        directory: side(),
        peerings: of(find("ec2 describe-vpc-peering-connections"), "VpcPeeringConnections"),
        ..ec2::Network::default()
    };
    let (database, directory) = (world.database_place().unwrap(), world.directory_place().unwrap());
    for (side, place) in
        [(&mut world.network.database, database), (&mut world.network.directory, directory)]
    {
        keep(&mut side.security_groups, |group| place.security_groups.contains(&group.group_id));
        keep(&mut side.acls, |acl| {
            let subnets = acl.associations.iter().filter_map(|one| one.subnet_id.as_ref());
            subnets.into_iter().any(|subnet| place.subnets.contains(subnet))
        });
        keep(&mut side.route_tables, |table| table.vpc_id == place.vpc);
    }
    world
}

fn keep<T>(answer: &mut Answer<Vec<T>>, is_its: impl Fn(&T) -> bool) {
    if let Answer::Got(all) = answer {
        all.retain(is_its);
    }
}

/// Why something was not answered.
#[derive(Debug, Clone, Copy)]
enum Why {
    Denied,
    Missing,
    Failed,
    NotAsked,
}

impl Why {
    fn spoil<T>(self, answer: &mut Answer<T>) {
        // What a world has not got nothing depends on.
        if answer.got().is_some() {
            *answer = match self {
                Self::Denied => Answer::Denied { permission: "x:Y" },
                Self::Missing => Answer::Missing,
                Self::Failed => Answer::Failed { why: "it broke".into() },
                Self::NotAsked => Answer::NotAsked,
            };
        }
    }
}

/// Takes one answer away; whether there was one.
fn spoil(world: &mut World, name: &str, why: Why) -> bool {
    fn one<T>(answer: &mut Answer<T>, why: Why) -> bool {
        let was = answer.got().is_some();
        why.spoil(answer);
        was
    }
    let network = &mut world.network;
    match name {
        "caller" => one(&mut world.caller, why),
        // Without it being asked for, it would be about an instance.
        "cluster" if matches!(why, Why::NotAsked) => false,
        "cluster" => one(&mut world.cluster, why),
        "instances" => one(&mut world.instances, why),
        "orderable" => one(&mut world.orderable, why),
        "parameters" => one(&mut world.parameters, why),
        "directory" => one(&mut world.directory, why),
        "controllers" => one(&mut world.controllers, why),
        "trusts" => one(&mut world.trusts, why),
        "forwarders" => one(&mut world.forwarders, why),
        "data access" => one(&mut world.data_access, why),
        "users" => one(&mut world.users, why),
        "role" => one(&mut world.role, why),
        "policies" => one(&mut world.policies, why),
        "subnets" => one(&mut network.subnets, why),
        "groups" => one(&mut network.database.security_groups, why),
        "directory's groups" => one(&mut network.directory.security_groups, why),
        "acls" => one(&mut network.database.acls, why),
        "directory's acls" => one(&mut network.directory.acls, why),
        "tables" => one(&mut network.database.route_tables, why),
        "directory's tables" => one(&mut network.directory.route_tables, why),
        "peerings" => one(&mut network.peerings, why),
        _ => panic!("there is no answer {name}"),
    }
}

/// The same answers of both sides are the same of what is asked, in one VPC.
fn is_of_both(world: &World, name: &str) -> bool {
    let is_one_vpc = world.database_place().map(|place| place.vpc)
        == world.directory_place().map(|place| place.vpc);
    is_one_vpc && (name.ends_with("acls") || name.ends_with("tables"))
}

#[test]
fn all_is_ok_where_all_is_answered() {
    for name in ["trust", "aurora", "peering"] {
        let rows = rows(&read(name));
        let other: Vec<_> = rows.iter().filter(|row| row.status != Status::Ok).collect();
        assert!(other.is_empty(), "{name}: {other:#?}");
        for row in &rows {
            let needs = NEEDS
                .iter()
                .any(|(step, what, _)| *step == row.step.name() && row.what.starts_with(what));
            assert!(needs, "what does {} depend on?", row.what);
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_ok_that_depends_on_what_is_not_answered(
        name in prop::sample::select(vec!["trust", "aurora", "peering"]),
        taken in prop::sample::subsequence(ANSWERS.to_vec(), 1..4),
        why in prop::sample::select(vec![Why::Denied, Why::Missing, Why::Failed, Why::NotAsked]),
    ) {
        let healthy = read(name);
        let mut world = healthy.clone();
        let gone: Vec<_> = taken
            .into_iter()
            .filter(|answer| !is_of_both(&healthy, answer))
            .filter(|answer| spoil(&mut world, answer, why))
            .collect();
        for row in rows(&world).iter().filter(|row| row.status == Status::Ok) {
            let needs = NEEDS
                .iter()
                .find(|(step, what, _)| *step == row.step.name() && row.what.starts_with(what))
                .unwrap()
                .2;
            let is_gone = |need: &str| need.split('|').all(|one| gone.contains(&one));
            let lacks = needs.iter().flat_map(|some| some.iter()).find(|need| is_gone(need));
            prop_assert!(lacks.is_none(), "{} is ok without {lacks:?} ({why:?})", row.what);
        }
    }
}
