//! All worlds in which `kerbrole aws plan` is asked: those of the check, and such in which somebody
//! wants more than there is.

use super::world::World;
use super::{faults, world};

/// What somebody wants beside what is there.
struct Wish {
    name: &'static str,
    world: &'static str,
    changes: &'static [&'static str],
    arguments: &'static [&'static str],
}

/// A world that has no directory, no role and nothing that would need them.
const NOTHING_YET: &[&str] = &[
    "rds describe-db-instances /DBInstances/0/DomainMemberships = []",
    "ds describe-directories /DirectoryDescriptions = []",
    "iam get-role ! NoSuchEntity: The role with name x cannot be found.",
];

const NEW_DIRECTORY: &[&str] = &[
    "--domain",
    "ad.example.org",
    "--short-name",
    "AD",
    "--edition",
    "enterprise",
    "--directory-subnet",
    "subnet-d1",
    "--directory-subnet",
    "subnet-d2",
];

const WISHES: &[Wish] = &[
    Wish { name: "a_directory", world: "rds", changes: NOTHING_YET, arguments: NEW_DIRECTORY },
    Wish {
        name: "a_directory_that_is_not_said",
        world: "rds",
        changes: NOTHING_YET,
        arguments: &[],
    },
    Wish {
        name: "a_trust",
        world: "rds",
        changes: &[],
        arguments: &[
            "--trust",
            "onprem.example.com",
            "--trust-dns",
            "192.0.2.53",
            "--trust-dns",
            "192.0.2.54",
        ],
    },
    Wish {
        name: "a_forwarder",
        world: "trust",
        changes: &["ds describe-conditional-forwarders /ConditionalForwarders = []"],
        arguments: &["--trust", "onprem.example.com", "--trust-dns", "192.0.2.53"],
    },
    Wish { name: "another_role", world: "rds", changes: &[], arguments: &["--role", "kerberos"] },
    Wish {
        name: "a_peering",
        world: "peering",
        changes: &[
            r#"ec2 describe-vpc-peering-connections = {"VpcPeeringConnections": []}"#,
            "ec2 describe-route-tables /RouteTables/0/Routes/2 -",
            "ec2 describe-route-tables /RouteTables/0/Routes/1 -",
            "ec2 describe-route-tables /RouteTables/1/Routes/1 -",
        ],
        arguments: &[],
    },
    Wish {
        name: "no_case",
        world: "aurora",
        changes: &[r#"rds describe-db-cluster-parameters = {"Parameters": [
            {"ParameterName": "krb_caseins_users", "ParameterValue": "0"}]}"#],
        arguments: &["--ignore-case"],
    },
    Wish {
        name: "no_case_in_a_group_of_aws",
        world: "aurora",
        changes: &[
            r#"rds describe-db-clusters /DBClusters/0/DBClusterParameterGroup =
                "default.aurora-postgresql16""#,
            r#"rds describe-db-cluster-parameters = {"Parameters": [
                {"ParameterName": "krb_caseins_users"}]}"#,
        ],
        arguments: &["--ignore-case"],
    },
    Wish {
        name: "case_outside_of_aurora",
        world: "rds",
        changes: &[],
        arguments: &["--ignore-case"],
    },
];

/// A world, and what is asked in it.
pub struct Asked {
    pub name: String,
    pub world: World,
    pub arguments: Vec<&'static str>,
    /// Whether something is wrong, as the check has it.
    pub is_wrong: bool,
}

/// All that there are: those where all is well, each with one thing wrong, and wishes.
pub fn worlds() -> Vec<Asked> {
    let healthy = world::HEALTHY.iter().map(|(name, arguments)| Asked {
        name: format!("{name} {}", arguments.join(" ")),
        world: world::read(name),
        arguments: arguments.to_vec(),
        is_wrong: false,
    });
    let mut all: Vec<_> = healthy.collect();
    let mut add = |name: &str, of: &str, changes: &[&str], more: &[&'static str], is_wrong| {
        let mut world = world::read(of);
        changes.iter().for_each(|change| world::change(&mut world, change));
        let arguments = [world::arguments_of(of), more].concat();
        all.push(Asked { name: name.into(), world, arguments, is_wrong });
    };
    for fault in faults::ALL.iter().copied().flatten() {
        let is_wrong = fault.rows.iter().any(|row| row.ends_with(": wrong"));
        add(fault.name, fault.world, fault.changes, fault.arguments, is_wrong);
    }
    for wish in WISHES {
        add(wish.name, wish.world, wish.changes, wish.arguments, false);
    }
    all
}
