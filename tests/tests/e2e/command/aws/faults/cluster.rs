//! Faults of a cluster.

use super::{Fault, fault};

/// Clusters.
pub const CLUSTER: &[Fault] = &[
    fault(
        "cluster_gone",
        "aurora",
        &["rds describe-db-clusters ! DBClusterNotFoundFault: DBCluster app not found."],
        &[
            "directory/directory: cannot look",
            "trust/trusts: cannot look",
            "role/IAM role: cannot look",
            "users/users: cannot look",
            "network/way to the directory: cannot look",
            "database/DB cluster: wrong",
            "database/domain: cannot look",
            "parameters/parameter group: cannot look",
        ],
    ),
    Fault {
        arguments: &["--directory", "d-90670a1b2c"],
        ..fault(
            "cluster_of_no_domain",
            "aurora",
            &[
                "rds describe-db-clusters /DBClusters/0/DomainMemberships/0 -",
                "rds describe-db-instances /DBInstances/0/DomainMemberships/0 -",
                "rds describe-db-instances /DBInstances/1/DomainMemberships/0 -",
            ],
            &["role/IAM role: cannot look", "database/domain: wrong"],
        )
    },
    Fault {
        arguments: &["--directory", "d-90670a1b2c"],
        ..fault(
            "cluster_with_the_domain_of_an_instance",
            "aurora",
            &["rds describe-db-clusters /DBClusters/0/DomainMemberships/0 -"],
            &["role/IAM role: cannot look", "database/domain: wrong"],
        )
    },
    fault(
        "cluster_with_an_instance_that_failed",
        "aurora",
        &[
            r#"rds describe-db-instances /DBInstances/1/DomainMemberships/0/Status = "failed""#,
            r#"rds describe-events = {"Events": []}"#,
        ],
        &["database/membership of app-2: wrong"],
    ),
    fault(
        "cluster_not_rebooted",
        "aurora",
        &[
            r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Status =
                "pending-enable-kerberos""#,
            r#"rds describe-events = {"Events": []}"#,
        ],
        &["database/membership of app-1: wrong"],
    ),
    fault(
        "cluster_of_three_instances",
        "aurora",
        &[
            r#"rds describe-db-clusters /DBClusters/0/Engine = "postgres""#,
            r#"rds describe-db-clusters /DBClusters/0/EngineVersion = "17.5""#,
        ],
        &["database/engine: wrong"],
    ),
    fault(
        "cluster_without_instances",
        "aurora",
        &[
            r#"rds describe-db-instances = {"DBInstances": []}"#,
            "rds describe-db-clusters /DBClusters/0/DBClusterMembers = []",
            r#"rds describe-db-subnet-groups = {"DBSubnetGroups": [{"DBSubnetGroupName":
                "databases", "VpcId": "vpc-0a10000000000001", "SubnetGroupStatus": "Complete",
                "Subnets": [{"SubnetIdentifier": "subnet-0db000000000000a", "SubnetStatus":
                "Active"}, {"SubnetIdentifier": "subnet-0db000000000000b", "SubnetStatus":
                "Active"}]}]}"#,
        ],
        &["database/DB instances: wrong", "parameters/parameter group: cannot look"],
    ),
    fault(
        "cluster_stopped",
        "aurora",
        &[
            r#"rds describe-db-clusters /DBClusters/0/Status = "stopped""#,
            r#"rds describe-db-instances /DBInstances/0/DBInstanceStatus = "stopped""#,
            r#"rds describe-db-instances /DBInstances/1/DBInstanceStatus = "stopped""#,
        ],
        &[
            "database/DB cluster: wrong",
            "database/DB instance app-1: wrong",
            "database/DB instance app-2: wrong",
        ],
    ),
];
