//! The calls that are made: none changes anything, and each needs one permission.

/// An operation of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    /// What whoever makes it has to be allowed; empty where everybody is.
    pub(crate) permission: &'static str,
    /// What the answer is below; empty where it is all of it.
    pub(crate) key: &'static str,
}

const fn call(
    service: &'static str,
    operation: &'static str,
    permission: &'static str,
    key: &'static str,
) -> Call {
    Call { service, operation, permission, key }
}

pub(super) const CALLER: Call = call("sts", "get-caller-identity", "", "");

pub(super) const CLUSTERS: Call =
    call("rds", "describe-db-clusters", "rds:DescribeDBClusters", "DBClusters");
pub(super) const INSTANCES: Call =
    call("rds", "describe-db-instances", "rds:DescribeDBInstances", "DBInstances");
pub(super) const SUBNET_GROUPS: Call =
    call("rds", "describe-db-subnet-groups", "rds:DescribeDBSubnetGroups", "DBSubnetGroups");
pub(super) const ORDERABLE: Call = call(
    "rds",
    "describe-orderable-db-instance-options",
    "rds:DescribeOrderableDBInstanceOptions",
    "OrderableDBInstanceOptions",
);
pub(super) const PARAMETERS: Call =
    call("rds", "describe-db-parameters", "rds:DescribeDBParameters", "Parameters");
pub(super) const CLUSTER_PARAMETERS: Call =
    call("rds", "describe-db-cluster-parameters", "rds:DescribeDBClusterParameters", "Parameters");
pub(super) const EVENTS: Call = call("rds", "describe-events", "rds:DescribeEvents", "Events");

pub(super) const DIRECTORIES: Call =
    call("ds", "describe-directories", "ds:DescribeDirectories", "DirectoryDescriptions");
pub(super) const CONTROLLERS: Call =
    call("ds", "describe-domain-controllers", "ds:DescribeDomainControllers", "DomainControllers");
pub(super) const TRUSTS: Call = call("ds", "describe-trusts", "ds:DescribeTrusts", "Trusts");
pub(super) const FORWARDERS: Call = call(
    "ds",
    "describe-conditional-forwarders",
    "ds:DescribeConditionalForwarders",
    "ConditionalForwarders",
);
pub(super) const DATA_ACCESS: Call =
    call("ds", "describe-directory-data-access", "ds:DescribeDirectoryDataAccess", "");
// It is asked with ds:AccessDSData as well.
pub(super) const USERS: Call = call("ds-data", "list-users", "ds-data:ListUsers", "Users");

pub(super) const ROLE: Call = call("iam", "get-role", "iam:GetRole", "Role");
pub(super) const ATTACHED: Call =
    call("iam", "list-attached-role-policies", "iam:ListAttachedRolePolicies", "AttachedPolicies");
pub(super) const INLINE: Call =
    call("iam", "list-role-policies", "iam:ListRolePolicies", "PolicyNames");
pub(super) const INLINE_POLICY: Call =
    call("iam", "get-role-policy", "iam:GetRolePolicy", "PolicyDocument");
pub(super) const POLICY: Call = call("iam", "get-policy", "iam:GetPolicy", "Policy");
pub(super) const POLICY_VERSION: Call =
    call("iam", "get-policy-version", "iam:GetPolicyVersion", "PolicyVersion");

pub(super) const SUBNETS: Call = call("ec2", "describe-subnets", "ec2:DescribeSubnets", "Subnets");
pub(super) const SECURITY_GROUPS: Call =
    call("ec2", "describe-security-groups", "ec2:DescribeSecurityGroups", "SecurityGroups");
pub(super) const ACLS: Call =
    call("ec2", "describe-network-acls", "ec2:DescribeNetworkAcls", "NetworkAcls");
pub(super) const ROUTE_TABLES: Call =
    call("ec2", "describe-route-tables", "ec2:DescribeRouteTables", "RouteTables");
pub(super) const PEERINGS: Call = call(
    "ec2",
    "describe-vpc-peering-connections",
    "ec2:DescribeVpcPeeringConnections",
    "VpcPeeringConnections",
);
pub(super) const ATTACHMENTS: Call = call(
    "ec2",
    "describe-transit-gateway-vpc-attachments",
    "ec2:DescribeTransitGatewayVpcAttachments",
    "TransitGatewayVpcAttachments",
);
pub(super) const PREFIX_LIST: Call =
    call("ec2", "get-managed-prefix-list-entries", "ec2:GetManagedPrefixListEntries", "Entries");

/// All of them, in the order in which they are made. A policy for whoever runs `kerbrole aws check`
/// allows these.
pub(crate) const ALL: &[Call] = &[
    CALLER,
    CLUSTERS,
    INSTANCES,
    SUBNET_GROUPS,
    ORDERABLE,
    PARAMETERS,
    CLUSTER_PARAMETERS,
    EVENTS,
    DIRECTORIES,
    CONTROLLERS,
    TRUSTS,
    FORWARDERS,
    DATA_ACCESS,
    USERS,
    ROLE,
    ATTACHED,
    INLINE,
    INLINE_POLICY,
    POLICY,
    POLICY_VERSION,
    SUBNETS,
    SECURITY_GROUPS,
    ACLS,
    ROUTE_TABLES,
    PEERINGS,
    ATTACHMENTS,
    PREFIX_LIST,
];
