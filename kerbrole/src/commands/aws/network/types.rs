//! What a network consists of, as far as it decides which packets pass.

use std::fmt;

use ipnet::IpNet;

use super::obstacle::Direction;

/// What was seen of a network. What is not in here is out of sight.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    /// Those of this account and region. Unless they are hidden, all of their attachments are here.
    pub(crate) vpcs: Vec<Vpc>,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) groups: Vec<SecurityGroup>,
    pub(crate) acls: Vec<Acl>,
    pub(crate) tables: Vec<RouteTable>,
    pub(crate) prefix_lists: Vec<PrefixList>,
    pub(crate) peerings: Vec<Peering>,
    pub(crate) attachments: Vec<Attachment>,
    /// Why a part could not be looked at, or not all of it.
    pub(crate) hidden: Vec<(Part, String)>,
}

impl Network {
    /// What is said of something that is not in here.
    pub(super) fn out_of_sight(&self, part: Part, what: &str) -> String {
        match self.hidden.iter().find(|(hidden, _)| *hidden == part) {
            Some((_, why)) => format!("{what} is out of sight: {why}"),
            None => format!("{what} is out of sight: another account's, another region's, or gone"),
        }
    }

    pub(super) fn is_hidden(&self, part: Part) -> bool {
        self.hidden.iter().any(|(hidden, _)| *hidden == part)
    }
}

/// What is looked at by one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Subnets,
    Groups,
    Acls,
    Tables,
    PrefixLists,
    Peerings,
    Attachments,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) cidrs: Vec<IpNet>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) cidrs: Vec<IpNet>,
}

/// Ports from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) first: u16,
    pub(crate) last: u16,
}

impl Ports {
    pub(crate) const ALL: Self = Self { first: 0, last: u16::MAX };

    pub(crate) const fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }

    pub(crate) fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// As a rule has them: absent or -1 is all.
    fn of_rule(first: Option<i32>, last: Option<i32>) -> Self {
        let end = |port: Option<i32>, all: u16| match port {
            Some(port) if port >= 0 => u16::try_from(port).unwrap_or(u16::MAX),
            _ => all,
        };
        Self { first: end(first, 0), last: end(last, u16::MAX) }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { first, last } if first == last => first.fmt(f),
            Self { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    /// As network ACLs have it (IANA, "Protocol Numbers").
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }

    /// As security groups have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// The protocols that a rule is for: none where it is for neither TCP nor UDP, `Some(None)`
    /// where it is for all.
    fn of_rule(word: &str) -> Option<Option<Self>> {
        match word {
            "-1" | "all" => Some(None),
            "tcp" | "6" => Some(Some(Self::Tcp)),
            "udp" | "17" => Some(Some(Self::Udp)),
            _ => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// A security group. It follows connections: whatever answers one that it let pass passes too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) inbound: Vec<Rule>,
    pub(crate) outbound: Vec<Rule>,
}

/// What a security group lets pass in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// None: all.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) ports: Ports,
    pub(crate) peer: Peer,
}

impl Rule {
    /// From the words of an `IpPermission` (EC2's API). None where it is for neither TCP nor UDP.
    pub(crate) fn of(
        protocol: &str,
        first: Option<i32>,
        last: Option<i32>,
        peer: Peer,
    ) -> Option<Self> {
        let protocol = Protocol::of_rule(protocol)?;
        let ports = if protocol.is_some() { Ports::of_rule(first, last) } else { Ports::ALL };
        Some(Self { protocol, ports, peer })
    }
}

/// Who is on the other side of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    Cidr(IpNet),
    /// Interfaces of this group, which may be the rule's own.
    Group(String),
    PrefixList(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixList {
    pub(crate) id: String,
    pub(crate) cidrs: Vec<IpNet>,
}

/// A network ACL. It follows nothing: answers are packets like all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acl {
    pub(crate) id: String,
    /// Those that it is for. A subnet has exactly one.
    pub(crate) subnets: Vec<String>,
    pub(crate) entries: Vec<AclEntry>,
}

impl Acl {
    /// A number that is free in one direction: below that of an entry and as near to it as can be,
    /// or behind all, as a multiple of ten like AWS's own.
    pub(crate) fn number_below(&self, direction: Direction, by: Option<u16>) -> Option<u16> {
        let here = |entry: &&AclEntry| entry.is_outbound == (direction == Direction::Out);
        let numbers: Vec<_> = self.entries.iter().filter(here).map(|entry| entry.number).collect();
        let is_free = |number: &u16| !numbers.contains(number);
        let highest = numbers.iter().filter(|number| **number < LAST).max().copied();
        let behind = highest.unwrap_or(90) / 10 * 10 + 10;
        match by {
            Some(by) => (1..by).rev().find(is_free),
            None if behind < LAST => Some(behind),
            None => (1..LAST).rev().find(is_free),
        }
    }
}

/// The number of the entry that denies all that is left. Nobody can change it.
pub(crate) const LAST: u16 = 32_767;

/// The lowest number that matches decides; where none does, nothing passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AclEntry {
    pub(crate) number: u16,
    pub(crate) is_outbound: bool,
    pub(crate) allows: bool,
    /// None: all.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) ports: Ports,
    pub(crate) cidr: IpNet,
}

impl AclEntry {
    /// From the words of a `NetworkAclEntry` (EC2's API). None where it is for neither TCP nor UDP.
    pub(crate) fn of(
        number: u16,
        is_outbound: bool,
        allows: bool,
        protocol: &str,
        ports: Option<(i32, i32)>,
        cidr: IpNet,
    ) -> Option<Self> {
        let protocol = Protocol::of_rule(protocol)?;
        let ports = match (protocol, ports) {
            (Some(_), Some((first, last))) => Ports::of_rule(Some(first), Some(last)),
            _ => Ports::ALL,
        };
        Some(Self { number, is_outbound, allows, protocol, ports, cidr })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc: String,
    /// For the subnets of its VPC that have none of their own.
    pub(crate) is_main: bool,
    pub(crate) subnets: Vec<String>,
    pub(crate) routes: Vec<Route>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) destination: Destination,
    pub(crate) target: Target,
    /// Its target is gone.
    pub(crate) is_blackhole: bool,
    /// A VPN or Direct Connect brought it.
    pub(crate) is_propagated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    Cidr(IpNet),
    PrefixList(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Within the VPC.
    Local,
    Peering(String),
    TransitGateway(String),
    /// `igw-…`: no private address is behind it.
    InternetGateway(String),
    /// Whatever hands packets on by rules of its own: an appliance, a NAT, a VPN, an endpoint.
    Other(String),
}

impl Target {
    /// By its identifier, `local` included.
    pub(crate) fn of(id: &str) -> Self {
        let prefix = id.split('-').next().unwrap_or("");
        match prefix {
            "local" => Self::Local,
            "pcx" => Self::Peering(id.into()),
            "tgw" => Self::TransitGateway(id.into()),
            "igw" => Self::InternetGateway(id.into()),
            _ => Self::Other(id.into()),
        }
    }
}

/// A peering connection. Nothing goes through it to a third VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peering {
    pub(crate) id: String,
    /// `active` is the one with which packets pass.
    pub(crate) status: String,
    pub(crate) requester: End,
    pub(crate) accepter: End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) vpc: String,
    pub(crate) region: String,
}

impl Peering {
    pub(crate) fn joins(&self, one: &str, other: &str) -> bool {
        let ends = (self.requester.vpc.as_str(), self.accepter.vpc.as_str());
        ends == (one, other) || ends == (other, one)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.status == "active"
    }

    /// Rules name groups across a peering only within a region.
    pub(crate) fn is_within_a_region(&self) -> bool {
        self.requester.region == self.accepter.region
    }
}

/// What ties a VPC to a transit gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) gateway: String,
    pub(crate) vpc: String,
    /// `available` is the one with which packets pass.
    pub(crate) state: String,
}
