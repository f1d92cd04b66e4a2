//! Route tables, and what joins two VPCs.

use std::net::IpAddr;

use ipnet::IpNet;

use super::obstacle::Obstacle;
use super::types::{Destination, Network, Part, Peering, Route, RouteTable, Subnet, Target};
use super::{Question, Step, space};

/// What is between the two sides, as far as rules for groups ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    SameVpc,
    /// One within a region.
    Peering,
    TransitGateway,
    /// Nothing by which a rule could know the other side's groups.
    Apart,
    /// Nobody can tell which of these.
    Unknown,
}

/// The way from a subnet to an address.
pub(super) fn there(
    network: &Network,
    question: &Question<'_>,
    subnet: &Subnet,
    to: IpAddr,
) -> (Step, Link) {
    let ends = Ends { network, from: &subnet.vpc, to: &question.to.vpc };
    let Some(table) = table_of(network, subnet) else {
        let link = if ends.from == ends.to { Link::SameVpc } else { Link::Unknown };
        return (unseen_table(network, subnet), link);
    };
    ends.judge(table, to, IpNet::from(to))
}

/// The way from a subnet to all addresses of a network.
pub(super) fn back(
    network: &Network,
    question: &Question<'_>,
    subnet: &Subnet,
    to: &IpNet,
) -> Step {
    let Some(table) = table_of(network, subnet) else {
        return unseen_table(network, subnet);
    };
    let ends = Ends { network, from: &subnet.vpc, to: &question.from.vpc };
    let cidrs = table.routes.iter().flat_map(|route| cidrs_of(network, route).unwrap_or_default());
    let mut doubt = None;
    for address in space::addresses(to, cidrs) {
        match ends.judge(table, address, *to).0 {
            Step::Passes => {}
            Step::Unsure(why) => drop(doubt.get_or_insert(why)),
            stops @ Step::Stops(_) => return stops,
        }
    }
    doubt.map_or(Step::Passes, Step::Unsure)
}

/// The table of a subnet: its own, else the main one of its VPC.
fn table_of<'a>(network: &'a Network, subnet: &Subnet) -> Option<&'a RouteTable> {
    let own = network.tables.iter().find(|table| table.subnets.contains(&subnet.id));
    own.or_else(|| network.tables.iter().find(|table| table.is_main && table.vpc == subnet.vpc))
}

fn unseen_table(network: &Network, subnet: &Subnet) -> Step {
    Step::Unsure(network.out_of_sight(Part::Tables, &format!("the route table of {}", subnet.id)))
}

/// The networks that a route is for. None: nobody saw the prefix list.
fn cidrs_of<'a>(network: &'a Network, route: &'a Route) -> Option<&'a [IpNet]> {
    match &route.destination {
        Destination::Cidr(cidr) => Some(std::slice::from_ref(cidr)),
        Destination::PrefixList(id) => {
            let list = network.prefix_lists.iter().find(|list| list.id == *id);
            list.map(|list| list.cidrs.as_slice())
        }
    }
}

/// The VPCs that a way leads from and to.
struct Ends<'a> {
    network: &'a Network,
    from: &'a str,
    to: &'a str,
}

impl Ends<'_> {
    /// Where a table sends packets to an address. `all`: the addresses that it stands for.
    fn judge(&self, table: &RouteTable, to: IpAddr, all: IpNet) -> (Step, Link) {
        let candidates = candidates(self.network, table, to);
        let mut ways: Vec<_> =
            candidates.iter().map(|route| self.by(table, *route, to, all)).collect();
        let (first, link) = ways.swap_remove(0);
        if ways.is_empty() {
            return (first, link);
        }
        let link = if ways.iter().all(|(_, other)| *other == link) { link } else { Link::Unknown };
        let passes = |step: &Step| *step == Step::Passes;
        let stops = |step: &Step| matches!(step, Step::Stops(_));
        let all_of = |is: &dyn Fn(&Step) -> bool| is(&first) && ways.iter().all(|way| is(&way.0));
        if all_of(&passes) || all_of(&stops) {
            return (first, link);
        }
        let unseen = table.routes.iter().find_map(|route| match &route.destination {
            Destination::PrefixList(id) if cidrs_of(self.network, route).is_none() => Some(id),
            _ => None,
        });
        let why = match unseen {
            Some(id) => self.network.out_of_sight(Part::PrefixLists, id),
            None => format!(
                "{} has prefix lists that lead to {to} by several ways, of which AWS takes any",
                table.id
            ),
        };
        (Step::Unsure(why), link)
    }

    /// What becomes of packets by one route.
    fn by(
        &self,
        table: &RouteTable,
        route: Option<&Route>,
        to: IpAddr,
        all: IpNet,
    ) -> (Step, Link) {
        let no_way = |why: fn(NoWay) -> Obstacle| {
            Step::Stops(why(NoWay {
                table: table.id.clone(),
                to: all,
                from_vpc: self.from.into(),
                to_vpc: self.to.into(),
                peering: self.peering().map(|peering| peering.id.clone()),
            }))
        };
        let Some(route) = route else {
            return (no_way(Obstacle::NoRoute), Link::Apart);
        };
        if route.is_blackhole {
            return (no_way(Obstacle::Blackhole), Link::Apart);
        }
        let is_local = self.from == self.to;
        match &route.target {
            Target::Local if is_local => (Step::Passes, Link::SameVpc),
            Target::Local => {
                let obstacle =
                    Obstacle::Overlap { vpc: self.from.into(), other: self.to.into(), address: to };
                (Step::Stops(obstacle), Link::Apart)
            }
            Target::Peering(id) => self.by_peering(id, to, no_way(Obstacle::WrongWay)),
            Target::TransitGateway(id) => (self.by_transit_gateway(id), Link::TransitGateway),
            Target::InternetGateway(_) if to.is_ipv4() => (no_way(Obstacle::NoRoute), Link::Apart),
            Target::InternetGateway(id) | Target::Other(id) => {
                let why = format!(
                    "{} sends packets for {to} to {id}, and what becomes of them there is not \
                     looked at",
                    table.id
                );
                // Behind an appliance nobody is known by a group (Amazon VPC User Guide,
                // "Routing for a middlebox appliance").
                (Step::Unsure(why), Link::Apart)
            }
        }
    }

    /// The peering connection of the two, an active one first.
    fn peering(&self) -> Option<&Peering> {
        let joining = |peering: &&Peering| peering.joins(self.from, self.to);
        let all = &self.network.peerings;
        let active = all.iter().filter(joining).find(|peering| peering.is_active());
        active.filter(|_| self.from != self.to)
    }

    fn by_peering(&self, id: &str, to: IpAddr, wrong_way: Step) -> (Step, Link) {
        let Some(peering) = self.network.peerings.iter().find(|peering| peering.id == *id) else {
            let why = self.network.out_of_sight(Part::Peerings, id);
            return (Step::Unsure(why), Link::Unknown);
        };
        if !peering.joins(self.from, self.to) || self.from == self.to {
            return (wrong_way, Link::Apart);
        }
        if !peering.is_active() {
            let obstacle = Obstacle::PeeringInactive {
                peering: peering.id.clone(),
                status: peering.status.clone(),
                address: to,
            };
            return (Step::Stops(obstacle), Link::Apart);
        }
        let link = if peering.is_within_a_region() { Link::Peering } else { Link::Apart };
        (Step::Passes, link)
    }

    /// What a transit gateway does is in its own route tables, which may be another account's.
    fn by_transit_gateway(&self, id: &str) -> Step {
        let attachment = self
            .network
            .attachments
            .iter()
            .find(|attachment| attachment.gateway == id && attachment.vpc == self.from);
        match attachment {
            Some(attachment) if attachment.state != "available" => {
                Step::Stops(Obstacle::Attachment {
                    gateway: id.into(),
                    vpc: self.from.into(),
                    state: Some(attachment.state.clone()),
                })
            }
            // Whoever owns the VPC sees its attachments, and only of those that could be seen.
            None if !self.network.is_hidden(Part::Attachments)
                && self.network.vpcs.iter().any(|vpc| vpc.id == self.from) =>
            {
                Step::Stops(Obstacle::Attachment {
                    gateway: id.into(),
                    vpc: self.from.into(),
                    state: None,
                })
            }
            _ => Step::Unsure(format!(
                "the way leads through {id}, and the route tables of a transit gateway are not \
                 looked at"
            )),
        }
    }
}

/// What a route that does not lead there is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoWay {
    pub(crate) table: String,
    /// Where packets were to go.
    pub(crate) to: IpNet,
    pub(crate) from_vpc: String,
    pub(crate) to_vpc: String,
    /// An active peering connection of the two.
    pub(crate) peering: Option<String>,
}

/// The routes of which one is taken for an address: mostly one, none where there is none (`None`),
/// and several where nobody can tell.
///
/// The longest prefix is taken; of two that are as long the local one, the static one, that of a
/// prefix list, the propagated one, in this order; of several prefix lists any. No propagated route
/// is taken within what is local (Amazon VPC User Guide, "How AWS evaluates routes").
fn candidates<'a>(network: &Network, table: &'a RouteTable, to: IpAddr) -> Vec<Option<&'a Route>> {
    let longest = |route: &Route| {
        let cidrs = cidrs_of(network, route).unwrap_or_default();
        let matching = cidrs.iter().filter(|cidr| cidr.contains(&to));
        matching.map(IpNet::prefix_len).max()
    };
    let is_local =
        table.routes.iter().any(|route| route.target == Target::Local && longest(route).is_some());
    let rank = |route: &Route| match (&route.target, &route.destination) {
        (Target::Local, _) => 3,
        _ if route.is_propagated => 0,
        (_, Destination::PrefixList(_)) => 1,
        (_, Destination::Cidr(_)) => 2,
    };
    let of_use: Vec<_> =
        table.routes.iter().filter(|route| !(is_local && route.is_propagated)).collect();
    let matching = of_use.iter().filter_map(|route| Some(((longest(route)?, rank(route)), *route)));
    let best = matching.clone().map(|(key, _)| key).max();
    let mut found: Vec<_> =
        matching.filter(|(key, _)| Some(*key) == best).map(|(_, route)| Some(route)).collect();
    if found.is_empty() {
        found.push(None);
    }
    // What nobody saw may be more specific than anything.
    found.extend(of_use.into_iter().filter(|route| cidrs_of(network, route).is_none()).map(Some));
    found
}
