//! Answers of EC2: what lets packets through between the database and the directory, and where they
//! go.

use serde::Deserialize;

use super::Answer;

/// Everything about the network. `database` is where the database is, `directory` where the domain
/// controllers are; of a directory in another account nothing can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Network {
    /// Of both sides.
    pub(crate) subnets: Answer<Vec<Subnet>>,
    pub(crate) database: Side,
    pub(crate) directory: Side,
    /// Those that routes of the two lead to.
    pub(crate) peerings: Answer<Vec<Peering>>,
    /// Those of the two VPCs, where routes lead to a transit gateway.
    pub(crate) attachments: Answer<Vec<TransitGatewayAttachment>>,
    /// Those that rules and routes name.
    pub(crate) prefix_lists: Vec<PrefixList>,
}

/// A list of ranges that is kept elsewhere, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixList {
    pub(crate) id: String,
    pub(crate) entries: Answer<Vec<PrefixListEntry>>,
}

/// Of `get-managed-prefix-list-entries`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PrefixListEntry {
    pub(crate) cidr: String,
}

/// A range of IPv6 of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ipv6CidrAssociation {
    pub(crate) ipv6_cidr_block: String,
}

/// What belongs to one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Side {
    pub(crate) security_groups: Answer<Vec<SecurityGroup>>,
    /// Those of its subnets.
    pub(crate) acls: Answer<Vec<NetworkAcl>>,
    /// Those of its VPC, the main one among them.
    pub(crate) route_tables: Answer<Vec<RouteTable>>,
}

/// Of `describe-subnets`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Subnet {
    pub(crate) subnet_id: String,
    #[serde(default)]
    pub(crate) vpc_id: String,
    #[serde(default)]
    pub(crate) cidr_block: Option<String>,
    #[serde(default)]
    pub(crate) ipv6_cidr_block_association_set: Vec<Ipv6CidrAssociation>,
}

/// Of `describe-security-groups`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecurityGroup {
    pub(crate) group_id: String,
    #[serde(default)]
    pub(crate) vpc_id: Option<String>,
    #[serde(default)]
    pub(crate) ip_permissions: Vec<IpPermission>,
    #[serde(default)]
    pub(crate) ip_permissions_egress: Vec<IpPermission>,
}

/// What a security group lets through.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IpPermission {
    /// `-1` for all, `tcp`, `udp`, `icmp`, `icmpv6`, or a number.
    pub(crate) ip_protocol: String,
    /// Without one, all ports.
    #[serde(default)]
    pub(crate) from_port: Option<i32>,
    #[serde(default)]
    pub(crate) to_port: Option<i32>,
    #[serde(default)]
    pub(crate) ip_ranges: Vec<IpRange>,
    #[serde(default)]
    pub(crate) ipv6_ranges: Vec<Ipv6Range>,
    #[serde(default)]
    pub(crate) prefix_list_ids: Vec<PrefixListId>,
    #[serde(default)]
    pub(crate) user_id_group_pairs: Vec<GroupPair>,
}

/// A range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IpRange {
    pub(crate) cidr_ip: String,
}

/// A range of addresses of IPv6.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Ipv6Range {
    #[serde(rename = "CidrIpv6")]
    pub(crate) cidr_ipv6: String,
}

/// A list of ranges that is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PrefixListId {
    pub(crate) prefix_list_id: String,
}

/// Another security group, whose members are meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GroupPair {
    #[serde(default)]
    pub(crate) group_id: Option<String>,
    #[serde(default)]
    pub(crate) user_id: Option<String>,
    #[serde(default)]
    pub(crate) vpc_peering_connection_id: Option<String>,
}

/// Of `describe-network-acls`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NetworkAcl {
    pub(crate) network_acl_id: String,
    #[serde(default)]
    pub(crate) associations: Vec<AclAssociation>,
    #[serde(default)]
    pub(crate) entries: Vec<AclEntry>,
}

/// A subnet that an ACL is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AclAssociation {
    #[serde(default)]
    pub(crate) subnet_id: Option<String>,
}

/// A rule of an ACL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AclEntry {
    pub(crate) rule_number: i32,
    pub(crate) egress: bool,
    /// A number; `-1` for all.
    pub(crate) protocol: String,
    /// `allow` or `deny`.
    pub(crate) rule_action: String,
    #[serde(default)]
    pub(crate) cidr_block: Option<String>,
    #[serde(default)]
    pub(crate) ipv6_cidr_block: Option<String>,
    /// Without one, all ports.
    #[serde(default)]
    pub(crate) port_range: Option<PortRange>,
}

/// Ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PortRange {
    #[serde(default)]
    pub(crate) from: Option<i32>,
    #[serde(default)]
    pub(crate) to: Option<i32>,
}

/// Of `describe-route-tables`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RouteTable {
    pub(crate) route_table_id: String,
    #[serde(default)]
    pub(crate) vpc_id: String,
    #[serde(default)]
    pub(crate) associations: Vec<RouteAssociation>,
    #[serde(default)]
    pub(crate) routes: Vec<Route>,
}

/// What a route table is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RouteAssociation {
    /// For all subnets that have none of their own.
    #[serde(default)]
    pub(crate) main: bool,
    #[serde(default)]
    pub(crate) subnet_id: Option<String>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Route {
    #[serde(default)]
    pub(crate) destination_cidr_block: Option<String>,
    #[serde(default)]
    pub(crate) destination_ipv6_cidr_block: Option<String>,
    #[serde(default)]
    pub(crate) destination_prefix_list_id: Option<String>,
    /// `local`, or an internet or a virtual private gateway.
    #[serde(default)]
    pub(crate) gateway_id: Option<String>,
    #[serde(default)]
    pub(crate) vpc_peering_connection_id: Option<String>,
    #[serde(default)]
    pub(crate) transit_gateway_id: Option<String>,
    #[serde(default)]
    pub(crate) nat_gateway_id: Option<String>,
    #[serde(default)]
    pub(crate) network_interface_id: Option<String>,
    /// What is not among these: an egress-only gateway, a carrier's, a local one, a core network.
    #[serde(flatten)]
    pub(crate) other: serde_json::Map<String, serde_json::Value>,
    /// `CreateRouteTable`, `CreateRoute`, or `EnableVgwRoutePropagation`.
    #[serde(default)]
    pub(crate) origin: Option<String>,
    /// `active` or `blackhole`.
    #[serde(default)]
    pub(crate) state: Option<String>,
}

/// Of `describe-vpc-peering-connections`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Peering {
    pub(crate) vpc_peering_connection_id: String,
    #[serde(default)]
    pub(crate) status: Option<PeeringStatus>,
    #[serde(default)]
    pub(crate) requester_vpc_info: Option<PeeringVpc>,
    #[serde(default)]
    pub(crate) accepter_vpc_info: Option<PeeringVpc>,
}

/// Where a peering is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PeeringStatus {
    #[serde(default)]
    pub(crate) code: Option<String>,
}

/// One end of a peering.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PeeringVpc {
    #[serde(default)]
    pub(crate) vpc_id: Option<String>,
    #[serde(default)]
    pub(crate) owner_id: Option<String>,
    #[serde(default)]
    pub(crate) region: Option<String>,
}

/// Of `describe-transit-gateway-vpc-attachments`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransitGatewayAttachment {
    #[serde(default)]
    pub(crate) transit_gateway_attachment_id: String,
    #[serde(default)]
    pub(crate) transit_gateway_id: String,
    #[serde(default)]
    pub(crate) vpc_id: String,
    #[serde(default)]
    pub(crate) state: Option<String>,
}
