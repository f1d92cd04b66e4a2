//! Faults: a world in which all is well, what is different, and the rows that say so. No other row
//! may be other than in the world where all is well.

/// One fault.
pub struct Fault {
    pub name: &'static str,
    /// The world that it is in.
    pub world: &'static str,
    pub changes: &'static [&'static str],
    /// Arguments beside those of the world.
    pub arguments: &'static [&'static str],
    /// `step/what: status` of the rows that are other than where all is well.
    pub rows: &'static [&'static str],
}

const fn fault(
    name: &'static str,
    world: &'static str,
    changes: &'static [&'static str],
    rows: &'static [&'static str],
) -> Fault {
    Fault { name, world, changes, arguments: &[], rows }
}

/// Steps that nobody can look at where there is no directory to look at.
const NO_DIRECTORY: &[&str] = &[
    "directory/directory: wrong",
    "trust/trusts: cannot look",
    "users/users: cannot look",
    "network/way to the directory: cannot look",
];

/// The directory.
pub const DIRECTORY: &[Fault] = &[
    fault(
        "directory_gone",
        "rds",
        &["ds describe-directories ! EntityDoesNotExistException: Unable to find directory"],
        NO_DIRECTORY,
    ),
    fault(
        "directory_of_another_type",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Type = "SimpleAD""#],
        &[
            "directory/directory: wrong",
            "directory/domain controllers: cannot look",
            "trust/trusts: cannot look",
            "users/users: cannot look",
        ],
    ),
    fault(
        "directory_creating",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Creating""#],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_impaired",
        "rds",
        &[
            r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Impaired""#,
            r#"ds describe-directories /DirectoryDescriptions/0/StageReason = "DNS unavailable""#,
        ],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_failed",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Failed""#],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_deleting",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Deleting""#],
        &["directory/state: wrong"],
    ),
    fault(
        "directory_updating",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Updating""#],
        &["directory/state: warning"],
    ),
    fault(
        "directory_in_an_unknown_state",
        "rds",
        &[r#"ds describe-directories /DirectoryDescriptions/0/Stage = "Hibernating""#],
        &["directory/state: cannot look"],
    ),
    fault(
        "domain_controller_failed",
        "rds",
        &[
            r#"ds describe-domain-controllers /DomainControllers/1/Status = "Failed""#,
            r#"ds describe-domain-controllers /DomainControllers/1/StatusReason = "no address""#,
        ],
        &["directory/domain controllers: wrong"],
    ),
    fault(
        "domain_controller_alone",
        "rds",
        &["ds describe-domain-controllers /DomainControllers/1 -"],
        &["directory/domain controllers: warning"],
    ),
    fault(
        "directory_not_accepted",
        "shared",
        &[r#"ds describe-directories /DirectoryDescriptions/0/ShareStatus = "PendingAcceptance""#],
        &["directory/sharing: wrong"],
    ),
    fault(
        "directory_no_longer_shared",
        "shared",
        &[r#"ds describe-directories /DirectoryDescriptions/0/ShareStatus = "Deleted""#],
        &["directory/sharing: wrong"],
    ),
    fault(
        "directory_denied",
        "rds",
        &["ds describe-directories ! AccessDeniedException: User is not authorized"],
        &[
            "directory/directory: cannot look",
            "trust/trusts: cannot look",
            "users/users: cannot look",
            "network/way to the directory: cannot look",
        ],
    ),
];

/// Trusts.
pub const TRUST: &[Fault] = &[
    fault(
        "trust_not_verified",
        "trust",
        &[
            r#"ds describe-trusts /Trusts/0/TrustState = "VerifyFailed""#,
            r#"ds describe-trusts /Trusts/0/TrustStateReason = "The remote domain was not found""#,
        ],
        &["trust/trust with onprem.example.com: wrong"],
    ),
    fault(
        "trust_not_verified_yet",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustState = "Created""#],
        &["trust/trust with onprem.example.com: warning"],
    ),
    fault(
        "trust_in_an_unknown_state",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustState = "Renewing""#],
        &["trust/trust with onprem.example.com: cannot look"],
    ),
    fault(
        "trust_the_other_way",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustDirection = "One-Way: Incoming""#],
        &["trust/direction of the trust with onprem.example.com: wrong"],
    ),
    fault(
        "trust_external",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/TrustType = "External""#],
        &["trust/type of the trust with onprem.example.com: wrong"],
    ),
    fault(
        "trust_selective",
        "trust",
        &[r#"ds describe-trusts /Trusts/0/SelectiveAuth = "Enabled""#],
        &["trust/selective authentication of onprem.example.com: warning"],
    ),
    fault(
        "trust_without_a_forwarder",
        "trust",
        &["ds describe-conditional-forwarders /ConditionalForwarders/0 -"],
        &["trust/DNS of onprem.example.com: wrong"],
    ),
    fault(
        "trusts_denied",
        "trust",
        &["ds describe-trusts ! AccessDeniedException"],
        &["trust/trusts: cannot look"],
    ),
];

/// The role, and who may act as it.
pub const ROLE: &[Fault] = &[
    fault("role_gone", "rds", &["iam get-role ! NoSuchEntity"], &["role/IAM role: wrong"]),
    // What the default of aws-cdk made of it.
    fault(
        "role_of_rds_alone",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Principal/Service =
            "rds.amazonaws.com""#],
        &["role/who may act as it: wrong"],
    ),
    fault(
        "role_of_the_directory_service_alone",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Principal/Service =
            ["directoryservice.rds.amazonaws.com"]"#],
        &["role/who may act as it: wrong"],
    ),
    fault(
        "role_for_another_account",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Condition =
            {"StringEquals": {"aws:SourceAccount": "777788889999"}}"#],
        &["role/who may act as it: wrong"],
    ),
    fault(
        "role_with_a_condition",
        "rds",
        &[r#"iam get-role /Role/AssumeRolePolicyDocument/Statement/0/Condition =
            {"ArnLike": {"aws:SourceArn": "arn:aws:rds:eu-central-1:111122223333:db:a*"}}"#],
        &["role/who may act as it: cannot look"],
    ),
    fault(
        "role_without_a_policy",
        "rds",
        &["iam list-attached-role-policies /AttachedPolicies/0 -"],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_that_may_not_authorize",
        "rds",
        &[
            "iam list-attached-role-policies /AttachedPolicies/0 -",
            r#"iam list-role-policies = {"PolicyNames": ["directory"]}"#,
            r#"iam get-role-policy = {"RoleName": "r", "PolicyName": "directory", "PolicyDocument":
                {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*",
                 "Action": ["ds:Describe*", "ds:GetAuthorizedApplicationDetails"]}}}"#,
        ],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_that_is_denied",
        "rds",
        &[
            r#"iam list-role-policies = {"PolicyNames": ["deny"]}"#,
            r#"iam get-role-policy = {"RoleName": "r", "PolicyName": "deny", "PolicyDocument":
                {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*",
                 "Action": "ds:AuthorizeApplication"}]}}"#,
        ],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_within_a_boundary",
        "rds",
        &[
            r#"iam get-role /Role/PermissionsBoundary = {"PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/developers"}"#,
            r#"iam get-policy-version = {"each": [
                {"PolicyVersion": {"Document": {"Version": "2012-10-17", "Statement":
                    [{"Effect": "Allow", "Action": "ds:*", "Resource": "*"}]}}},
                {"PolicyVersion": {"Document": {"Version": "2012-10-17", "Statement":
                    [{"Effect": "Allow", "Action": ["s3:*", "ds:Describe*"], "Resource": "*"}]}}}
            ]}"#,
        ],
        &["role/what it may do: wrong"],
    ),
    fault(
        "role_denied",
        "rds",
        &["iam get-role ! AccessDenied: User is not authorized to perform: iam:GetRole"],
        &["role/IAM role: cannot look"],
    ),
    fault(
        "policy_denied",
        "rds",
        &["iam get-policy-version ! AccessDenied"],
        &["role/what it may do: cannot look"],
    ),
];

/// Users.
pub const USERS: &[Fault] = &[
    fault(
        "users_none",
        "rds",
        &["ds-data list-users /Users/4 -", "ds-data list-users /Users/3 -"],
        &["users/users: wrong"],
    ),
    fault(
        "users_disabled",
        "rds",
        &["ds-data list-users /Users/3/Enabled = false"],
        &["users/users: wrong"],
    ),
    fault(
        "users_not_shown",
        "rds",
        &[r#"ds describe-directory-data-access /DataAccessStatus = "Disabled""#],
        &["users/users: cannot look"],
    ),
];

/// The network.
pub const NETWORK: &[Fault] = &[
    fault(
        "network_without_egress",
        "rds",
        &["ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 -"],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_without_udp",
        "rds",
        &[r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 =
            {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535,
             "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}"#],
        &["network/ports that logins need: wrong"],
    ),
    fault(
        "network_without_rpc",
        "rds",
        &[
            r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 =
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.11.0/24"}, {"CidrIp":
             "10.0.12.0/24"}]}"#,
            "ec2 describe-security-groups /SecurityGroups/1/IpPermissions/10 -",
        ],
        &["network/ports that tools of the domain need: warning"],
    ),
    fault(
        "network_to_one_controller_only",
        "rds",
        &[r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0/IpRanges =
            [{"CidrIp": "10.0.11.10/32"}]"#],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_into_nothing",
        "rds",
        &["ec2 describe-security-groups /SecurityGroups/1/IpPermissions = []"],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_acl_denies_kerberos",
        "rds",
        &[r#"ec2 describe-network-acls /NetworkAcls/0/Entries + {"CidrBlock": "0.0.0.0/0",
            "Egress": true, "Protocol": "6", "RuleAction": "deny", "RuleNumber": 90,
            "PortRange": {"From": 88, "To": 88}}"#],
        &["network/ports that logins need: wrong"],
    ),
    fault(
        "network_acl_without_answers",
        "peering",
        &[r#"ec2 describe-network-acls /NetworkAcls/0/Entries/2 = {"CidrBlock": "0.0.0.0/0",
            "Egress": false, "Protocol": "6", "RuleAction": "allow", "RuleNumber": 100,
            "PortRange": {"From": 5432, "To": 5432}}"#],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_without_a_route",
        "peering",
        &[
            "ec2 describe-route-tables /RouteTables/0/Routes/2 -",
            "ec2 describe-route-tables /RouteTables/0/Routes/1 -",
        ],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_without_a_route_back",
        "peering",
        &["ec2 describe-route-tables /RouteTables/1/Routes/1 -"],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_into_a_blackhole",
        "peering",
        &[r#"ec2 describe-route-tables /RouteTables/0/Routes/2/State = "blackhole""#],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_peering_not_accepted",
        "peering",
        &[r#"ec2 describe-vpc-peering-connections /VpcPeeringConnections/0/Status =
            {"Code": "pending-acceptance", "Message": "Pending Acceptance by 111122223333"}"#],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_peering_with_another_vpc",
        "peering",
        &[r#"ec2 describe-vpc-peering-connections /VpcPeeringConnections/0/AccepterVpcInfo/VpcId =
            "vpc-0c30000000000001""#],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_by_a_transit_gateway",
        "peering",
        &[
            r#"ec2 describe-route-tables /RouteTables/0/Routes/2 = {"DestinationCidrBlock":
                "10.20.0.0/16", "TransitGatewayId": "tgw-0a1b000000000001", "Origin": "CreateRoute",
                "State": "active"}"#,
            r#"ec2 describe-route-tables /RouteTables/1/Routes/1 = {"DestinationCidrBlock":
                "10.0.0.0/16", "TransitGatewayId": "tgw-0a1b000000000001", "Origin": "CreateRoute",
                "State": "active"}"#,
            r#"ec2 describe-transit-gateway-vpc-attachments = {"TransitGatewayVpcAttachments": [
                {"TransitGatewayAttachmentId": "tgw-attach-01", "State": "available", "VpcId":
                 "vpc-0a10000000000001", "TransitGatewayId": "tgw-0a1b000000000001"},
                {"TransitGatewayAttachmentId": "tgw-attach-02", "State": "available", "VpcId":
                 "vpc-0b20000000000001", "TransitGatewayId": "tgw-0a1b000000000001"}]}"#,
        ],
        &[
            "network/way to the directory: cannot look",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_not_attached",
        "peering",
        &[
            r#"ec2 describe-route-tables /RouteTables/0/Routes/2 = {"DestinationCidrBlock":
                "10.20.0.0/16", "TransitGatewayId": "tgw-0a1b000000000001", "Origin": "CreateRoute",
                "State": "active"}"#,
            r#"ec2 describe-transit-gateway-vpc-attachments =
                {"TransitGatewayVpcAttachments": []}"#,
        ],
        &[
            "network/way to the directory: wrong",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_by_a_prefix_list_unseen",
        "rds",
        &[
            r#"ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 =
                {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-0a10000000000001"}]}"#,
            "ec2 get-managed-prefix-list-entries ! UnauthorizedOperation",
        ],
        &[
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_shared_without_egress",
        "shared",
        &["ec2 describe-security-groups /SecurityGroups/0/IpPermissionsEgress/0 -"],
        &[
            "network/ports that logins need: wrong",
            "network/ports that tools of the domain need: warning",
        ],
    ),
    fault(
        "network_groups_denied",
        "rds",
        &["ec2 describe-security-groups ! UnauthorizedOperation: You are not authorized"],
        &[
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
    fault(
        "network_routes_denied",
        "peering",
        &["ec2 describe-route-tables ! UnauthorizedOperation: You are not authorized"],
        &[
            "network/way to the directory: cannot look",
            "network/ports that logins need: cannot look",
            "network/ports that tools of the domain need: cannot look",
        ],
    ),
];

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

/// All of them.
pub const ALL: &[&[Fault]] =
    &[DIRECTORY, TRUST, ROLE, USERS, NETWORK, DATABASE, CLUSTER, PARAMETERS];
