//! What stands in the way of packets, and what takes it away.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

pub(crate) use super::route::NoWay;
use super::types::{Ports, Protocol};

/// Which way packets go, as a security group or a subnet has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "inbound",
            Self::Out => "outbound",
        })
    }
}

/// One thing that keeps packets from passing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// No rule of these security groups lets them pass. There is at least one group.
    Groups {
        direction: Direction,
        groups: Vec<String>,
        /// What a rule would have to be for.
        remote: IpNet,
        protocol: Protocol,
        ports: Ports,
    },
    /// A network ACL denies them: by the entry of this number, or since none allows them.
    Acl {
        acl: String,
        direction: Direction,
        by: Option<u16>,
        remote: IpNet,
        protocol: Protocol,
        ports: Ports,
    },
    /// No route leads there, or only the Internet's.
    NoRoute(NoWay),
    /// The target of the route is gone.
    Blackhole(NoWay),
    /// The route leads into a peering connection with another VPC.
    WrongWay(NoWay),
    /// Both VPCs have this address, so that packets never leave the first.
    Overlap {
        vpc: String,
        other: String,
        address: IpAddr,
    },
    PeeringInactive {
        peering: String,
        status: String,
        address: IpAddr,
    },
    /// The VPC is not attached to the transit gateway that its route names.
    Attachment {
        gateway: String,
        vpc: String,
        state: Option<String>,
    },
    /// A subnet has no addresses of the kind that the directory has.
    NoAddress {
        subnet: String,
        to: IpAddr,
    },
}

impl Obstacle {
    /// What stands in the way, as a sentence without its full stop.
    pub(crate) fn by(&self) -> String {
        match self {
            Self::Groups { direction, groups, remote, protocol, ports } => format!(
                "no {direction} rule of {} lets {protocol} {ports} {} {remote}",
                groups.join(", "),
                towards(*direction)
            ),
            Self::Acl { acl, direction, by, remote, protocol, ports } => {
                let rule = match by {
                    Some(number) => format!("{direction} rule {number} of {acl} denies"),
                    None => format!("no {direction} rule of {acl} allows"),
                };
                let what = if *ports == super::Wanted::REPLIES { "the answers by " } else { "" };
                format!("{rule} {what}{protocol} {ports} {} {remote}", towards(*direction))
            }
            Self::NoRoute(way) => format!("{} has no route to {}", way.table, way.to),
            Self::Blackhole(way) => {
                format!(
                    "the route of {} to {} is a blackhole: its target is gone",
                    way.table, way.to
                )
            }
            Self::WrongWay(way) => format!(
                "the route of {} to {} leads into a peering connection that does not join {} and \
                 {}",
                way.table, way.to, way.from_vpc, way.to_vpc
            ),
            Self::Overlap { vpc, other, address } => format!(
                "{address} is an address of {vpc} as well as of {other}, and never leaves it"
            ),
            Self::PeeringInactive { peering, status, address } => {
                format!("the way to {address} leads through {peering}, which is {status}")
            }
            Self::Attachment { gateway, vpc, state: Some(state) } => {
                format!("the attachment of {vpc} to {gateway} is {state}")
            }
            Self::Attachment { gateway, vpc, state: None } => {
                format!("{vpc} is not attached to {gateway}")
            }
            Self::NoAddress { subnet, to } => {
                let kind = if to.is_ipv4() { "IPv4" } else { "IPv6" };
                format!("{subnet} has no {kind} addresses, and {to} is one")
            }
        }
    }

    /// What takes it away, as a sentence without its full stop.
    pub(crate) fn mend(&self) -> String {
        match self {
            Self::Groups { direction, groups, remote, protocol, ports } => {
                let group = groups.first().map_or("the group", String::as_str);
                format!(
                    "add an {direction} rule to {group}: {protocol} {ports} {} {remote}",
                    towards(*direction)
                )
            }
            Self::Acl { acl, direction, by, remote, protocol, ports } => {
                let where_ = match by {
                    Some(number) => format!(" with a number below {number}"),
                    None => String::new(),
                };
                format!(
                    "add an {direction} rule to {acl}{where_} that allows {protocol} {ports} {} \
                     {remote}",
                    towards(*direction)
                )
            }
            Self::NoRoute(way) => format!("add a route to {}: {}", way.table, way.through()),
            Self::Blackhole(way) | Self::WrongWay(way) => {
                format!("replace the route of {}: {}", way.table, way.through())
            }
            Self::Overlap { .. } => {
                "move one of the two into a VPC with other addresses: no peering and no route \
                 leads between VPCs that share some"
                    .into()
            }
            Self::PeeringInactive { peering, status, .. } if status == "pending-acceptance" => {
                format!("accept {peering}, with the account that it was sent to")
            }
            Self::PeeringInactive { peering, .. } => {
                format!("peer the two VPCs anew, and let the routes lead there, not to {peering}")
            }
            Self::Attachment { gateway, vpc, .. } => format!("attach {vpc} to {gateway}"),
            Self::NoAddress { subnet, .. } => format!("give {subnet} addresses of that kind"),
        }
    }
}

fn towards(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in from",
        Direction::Out => "out to",
    }
}

impl NoWay {
    fn through(&self) -> String {
        match &self.peering {
            Some(peering) => format!("{} through {peering}", self.to),
            None if self.from_vpc == self.to_vpc => format!("{} is local", self.to),
            None => format!(
                "{} through a peering connection or a transit gateway that joins {} and {}",
                self.to, self.from_vpc, self.to_vpc
            ),
        }
    }
}
