//! Faults of a DB instance and of its parameter group.

use super::{Fault, fault};

/// Everything of a step that nobody can look at where the database is not known.
const NO_DATABASE: &[&str] = &[
    "directory/directory: cannot look",
    "trust/trusts: cannot look",
    "role/IAM role: cannot look",
    "users/users: cannot look",
    "network/way to the directory: cannot look",
    "database/DB instance: wrong",
    "database/domain: cannot look",
    "parameters/parameter group: cannot look",
];

/// The database.
pub const DATABASE: &[Fault] = &[
    fault(
        "database_gone",
        "rds",
        &["rds describe-db-instances ! DBInstanceNotFound: DBInstance app not found."],
        NO_DATABASE,
    ),
    fault(
        "database_stopped",
        "rds",
        &[r#"rds describe-db-instances /DBInstances/0/DBInstanceStatus = "stopped""#],
        &["database/DB instance: wrong"],
    ),
    fault(
        "database_rebooting",
        "rds",
        &[r#"rds describe-db-instances /DBInstances/0/DBInstanceStatus = "rebooting""#],
        &["database/DB instance: warning"],
    ),
    fault(
        "database_in_an_incompatible_network",
        "rds",
        &[r#"rds describe-db-instances /DBInstances/0/DBInstanceStatus = "incompatible-network""#],
        &["database/DB instance: wrong"],
    ),
    fault(
        "database_in_an_unknown_state",
        "rds",
        &[r#"rds describe-db-instances /DBInstances/0/DBInstanceStatus = "defragmenting""#],
        &["database/DB instance: cannot look"],
    ),
    fault(
        "database_of_another_engine",
        "rds",
        &[
            r#"rds describe-db-instances /DBInstances/0/Engine = "mysql""#,
            r#"rds describe-db-instances /DBInstances/0/EngineVersion = "8.4.5""#,
            r#"rds describe-orderable-db-instance-options
                /OrderableDBInstanceOptions/0/EngineVersion = "8.4.5""#,
        ],
        &["database/engine: wrong"],
    ),
    fault(
        "database_of_a_class_without_kerberos",
        "rds",
        &["rds describe-orderable-db-instance-options \
           /OrderableDBInstanceOptions/0/SupportsKerberosAuthentication = false"],
        &["database/Kerberos with this class: wrong"],
    ),
    fault(
        "database_of_a_class_nobody_knows",
        "rds",
        &["rds describe-orderable-db-instance-options /OrderableDBInstanceOptions = []"],
        &["database/Kerberos with this class: cannot look"],
    ),
    fault(
        "database_in_no_vpc",
        "rds",
        &["rds describe-db-instances /DBInstances/0/DBSubnetGroup -"],
        &["network/way to the directory: cannot look", "database/VPC: wrong"],
    ),
    Fault {
        arguments: &["--directory", "d-90670a1b2c"],
        ..fault(
            "database_of_no_domain",
            "rds",
            &["rds describe-db-instances /DBInstances/0/DomainMemberships/0 -"],
            &["role/IAM role: cannot look", "database/domain: wrong"],
        )
    },
    fault(
        "database_failed_to_join",
        "rds",
        &[
            r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Status = "failed""#,
            r#"rds describe-events = {"Events": [
                {"SourceIdentifier": "app", "SourceType": "db-instance", "Message":
                 "Backing up DB instance", "Date": "2026-11-27T02:00:00Z"},
                {"SourceIdentifier": "app", "SourceType": "db-instance", "Message":
                 "Unable to join the domain: IAM role provided is not valid",
                 "Date": "2026-11-27T09:00:00Z"},
                {"SourceIdentifier": "app", "SourceType": "db-instance", "Message":
                 "Finished DB Instance backup", "Date": "2026-11-27T10:00:00Z"}]}"#,
        ],
        &["database/membership of app: wrong"],
    ),
    fault(
        "database_not_rebooted",
        "rds",
        &[
            r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Status =
                "pending-enable-kerberos""#,
            r#"rds describe-events = {"Events": []}"#,
        ],
        &["database/membership of app: wrong"],
    ),
    fault(
        "database_joining",
        "rds",
        &[
            r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Status =
                "enabling-kerberos""#,
            r#"rds describe-events = {"Events": []}"#,
        ],
        &["database/membership of app: warning"],
    ),
    fault(
        "database_waiting_for_its_window",
        "rds",
        &[
            r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Status =
                "pending-maintenance-enable-kerberos""#,
            r#"rds describe-events = {"Events": []}"#,
        ],
        &["database/membership of app: wrong"],
    ),
    fault(
        "database_leaving",
        "rds",
        &[
            r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Status =
                "disabling-kerberos""#,
            r#"rds describe-events = {"Events": []}"#,
        ],
        &["database/membership of app: wrong"],
    ),
    fault(
        "database_of_an_unknown_status",
        "rds",
        &[
            r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Status =
                "kerberos-suspended""#,
            r#"rds describe-events = {"Events": []}"#,
        ],
        &["database/membership of app: cannot look"],
    ),
    Fault {
        arguments: &["--directory", "d-90670a1b2c"],
        ..fault(
            "database_of_another_domain",
            "rds",
            &[
                r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/Domain =
                    "d-9067ffffff""#,
                r#"rds describe-db-instances /DBInstances/0/DomainMemberships/0/FQDN =
                    "old.example.com""#,
            ],
            &["database/domain: wrong"],
        )
    },
    fault(
        "database_denied",
        "rds",
        &["rds describe-db-instances ! AccessDenied: User is not authorized"],
        &[
            "directory/directory: cannot look",
            "trust/trusts: cannot look",
            "role/IAM role: cannot look",
            "users/users: cannot look",
            "network/way to the directory: cannot look",
            "database/DB instance: cannot look",
            "database/domain: cannot look",
            "parameters/parameter group: cannot look",
        ],
    ),
];

/// Parameter groups.
pub const PARAMETERS: &[Fault] = &[
    fault(
        "parameters_not_rebooted",
        "rds",
        &[r#"rds describe-db-instances /DBInstances/0/DBParameterGroups/0/ParameterApplyStatus =
            "pending-reboot""#],
        &["parameters/parameter group of app: wrong"],
    ),
    fault(
        "parameters_that_failed",
        "rds",
        &[r#"rds describe-db-instances /DBInstances/0/DBParameterGroups/0/ParameterApplyStatus =
            "failed-to-apply""#],
        &["parameters/parameter group of app: wrong"],
    ),
    fault(
        "parameters_of_an_unknown_status",
        "rds",
        &[r#"rds describe-db-instances /DBInstances/0/DBParameterGroups/0/ParameterApplyStatus =
            "pondering""#],
        &["parameters/parameter group of app: cannot look"],
    ),
    fault(
        "parameters_of_a_cluster_not_rebooted",
        "aurora",
        &["rds describe-db-clusters \
           /DBClusters/0/DBClusterMembers/1/DBClusterParameterGroupStatus = \"pending-reboot\""],
        &["parameters/cluster parameter group of app-2: wrong"],
    ),
    fault(
        "parameters_denied",
        "rds",
        &["rds describe-db-parameters ! AccessDenied"],
        &["parameters/krb_caseins_users: cannot look"],
    ),
];
