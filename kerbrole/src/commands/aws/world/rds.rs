//! Answers of RDS: the database, what it can do, and what happened to it.

use serde::Deserialize;

/// Of `describe-db-instances`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct DbInstance {
    #[serde(rename = "DBInstanceIdentifier")]
    pub(crate) id: String,
    #[serde(rename = "DBInstanceStatus", default)]
    pub(crate) status: String,
    #[serde(rename = "DBInstanceClass", default)]
    pub(crate) class: String,
    #[serde(rename = "Engine", default)]
    pub(crate) engine: String,
    #[serde(rename = "EngineVersion", default)]
    pub(crate) engine_version: String,
    #[serde(rename = "DBClusterIdentifier", default)]
    pub(crate) cluster: Option<String>,
    /// Not there outside a VPC, and while it is created.
    #[serde(rename = "DBSubnetGroup", default)]
    pub(crate) subnet_group: Option<SubnetGroup>,
    #[serde(rename = "VpcSecurityGroups", default)]
    pub(crate) security_groups: Vec<SecurityGroupMembership>,
    #[serde(rename = "DomainMemberships", default)]
    pub(crate) domain_memberships: Vec<DomainMembership>,
    #[serde(rename = "DBParameterGroups", default)]
    pub(crate) parameter_groups: Vec<ParameterGroupStatus>,
    #[serde(rename = "Endpoint", default)]
    pub(crate) endpoint: Option<Endpoint>,
}

/// Of `describe-db-clusters`: Aurora's, and RDS's of three instances.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct DbCluster {
    #[serde(rename = "DBClusterIdentifier")]
    pub(crate) id: String,
    #[serde(rename = "Status", default)]
    pub(crate) status: String,
    #[serde(rename = "Engine", default)]
    pub(crate) engine: String,
    #[serde(rename = "EngineVersion", default)]
    pub(crate) engine_version: String,
    #[serde(rename = "EngineMode", default)]
    pub(crate) engine_mode: Option<String>,
    #[serde(rename = "DBClusterMembers", default)]
    pub(crate) members: Vec<ClusterMember>,
    /// The group's name.
    #[serde(rename = "DBSubnetGroup", default)]
    pub(crate) subnet_group: Option<String>,
    #[serde(rename = "VpcSecurityGroups", default)]
    pub(crate) security_groups: Vec<SecurityGroupMembership>,
    #[serde(rename = "DomainMemberships", default)]
    pub(crate) domain_memberships: Vec<DomainMembership>,
    #[serde(rename = "DBClusterParameterGroup", default)]
    pub(crate) parameter_group: Option<String>,
    #[serde(rename = "Endpoint", default)]
    pub(crate) endpoint: Option<String>,
    #[serde(rename = "Port", default)]
    pub(crate) port: Option<u16>,
}

/// An instance of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ClusterMember {
    #[serde(rename = "DBInstanceIdentifier")]
    pub(crate) instance: String,
    #[serde(rename = "IsClusterWriter", default)]
    pub(crate) is_writer: bool,
    /// Whether it has taken over what is in the cluster's parameter group.
    #[serde(rename = "DBClusterParameterGroupStatus", default)]
    pub(crate) parameter_group_status: Option<String>,
}

/// Where a database listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Endpoint {
    pub(crate) address: Option<String>,
    pub(crate) port: Option<u16>,
}

/// The subnets that a database may be in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SubnetGroup {
    #[serde(rename = "DBSubnetGroupName", default)]
    pub(crate) name: String,
    #[serde(rename = "VpcId", default)]
    pub(crate) vpc: Option<String>,
    #[serde(rename = "Subnets", default)]
    pub(crate) subnets: Vec<Subnet>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Subnet {
    #[serde(rename = "SubnetIdentifier")]
    pub(crate) id: String,
}

/// A security group of a database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SecurityGroupMembership {
    #[serde(rename = "VpcSecurityGroupId")]
    pub(crate) id: String,
}

/// That a database is, or is to be, a member of a directory's domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct DomainMembership {
    /// The directory, `d-…`.
    #[serde(rename = "Domain", default)]
    pub(crate) domain: Option<String>,
    #[serde(rename = "Status", default)]
    pub(crate) status: Option<String>,
    #[serde(rename = "FQDN", default)]
    pub(crate) fqdn: Option<String>,
    #[serde(rename = "IAMRoleName", default)]
    pub(crate) role: Option<String>,
}

/// A parameter group of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ParameterGroupStatus {
    #[serde(rename = "DBParameterGroupName", default)]
    pub(crate) name: String,
    /// `in-sync`, `pending-reboot`, `applying` and so on.
    #[serde(rename = "ParameterApplyStatus", default)]
    pub(crate) status: Option<String>,
}

/// A class that an engine can be ordered in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Orderable {
    #[serde(rename = "Engine", default)]
    pub(crate) engine: String,
    #[serde(rename = "EngineVersion", default)]
    pub(crate) engine_version: String,
    #[serde(rename = "DBInstanceClass", default)]
    pub(crate) class: String,
    #[serde(rename = "SupportsKerberosAuthentication", default)]
    pub(crate) supports_kerberos: Option<bool>,
}

/// A parameter of a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Parameter {
    #[serde(rename = "ParameterName", default)]
    pub(crate) name: String,
    #[serde(rename = "ParameterValue", default)]
    pub(crate) value: Option<String>,
}

/// Something that happened to a database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Event {
    #[serde(rename = "SourceIdentifier", default)]
    pub(crate) source: String,
    #[serde(rename = "Message", default)]
    pub(crate) message: String,
    /// Written differently by versions 1 and 2 of `aws`.
    #[serde(rename = "Date", default)]
    pub(crate) date: Option<String>,
}
