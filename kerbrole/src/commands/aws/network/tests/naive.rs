//! The same question answered packet by packet, for worlds that are small enough.
//!
//! What is out of sight is an answer that nobody knows, and each is tried: a packet that passes by
//! all of them passes, one that passes by none is blocked.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::*;

/// What comes of all packets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Allowed,
    Blocked,
    CannotJudge,
}

/// Answers to what nobody knows, of which each combination has its turn.
#[derive(Default)]
struct Oracle {
    given: Vec<bool>,
    asked: usize,
}

impl Oracle {
    fn ask(&mut self) -> bool {
        if self.asked == self.given.len() {
            self.given.push(true);
        }
        self.asked += 1;
        self.given[self.asked - 1]
    }

    /// The next combination, if there is one.
    fn next(&mut self) -> bool {
        self.given.truncate(self.asked);
        self.asked = 0;
        while self.given.last() == Some(&false) {
            self.given.pop();
        }
        match self.given.last_mut() {
            Some(last) => {
                *last = false;
                true
            }
            None => false,
        }
    }
}

#[derive(Clone, Copy)]
struct Packet {
    from: IpAddr,
    to: IpAddr,
    from_port: u16,
    to_port: u16,
}

impl Packet {
    fn answer(self) -> Self {
        Self { from: self.to, to: self.from, from_port: self.to_port, to_port: self.from_port }
    }
}

/// What a route came to.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Lost,
    Within,
    Across { same_region: bool },
    Gateway,
    Appliance,
    Whatever,
}

pub(super) fn outcome(network: &Network, question: &Question<'_>) -> Outcome {
    let mut all_pass = true;
    let mut may_be_well = true;
    for subnet in &question.from.subnets {
        for to in question.addresses {
            let Some(subnet) = network.subnets.iter().find(|seen| seen.id == *subnet) else {
                all_pass = false;
                continue;
            };
            let cidrs: Vec<_> =
                subnet.cidrs.iter().filter(|cidr| cidr.addr().is_ipv4() == to.is_ipv4()).collect();
            if cidrs.is_empty() {
                return Outcome::Blocked;
            }
            for from in cidrs.into_iter().flat_map(every_address) {
                for to_port in question.ports.first..=question.ports.last {
                    for from_port in question.replies.first..=question.replies.last {
                        let packet = Packet { from, to: *to, from_port, to_port };
                        let world = World { network, question, subnet };
                        let (ever, always) = world.try_all(packet);
                        all_pass &= always;
                        may_be_well &= ever;
                    }
                }
            }
        }
    }
    match (all_pass, may_be_well) {
        (_, false) => Outcome::Blocked,
        (true, true) => Outcome::Allowed,
        (false, true) => Outcome::CannotJudge,
    }
}

fn every_address(cidr: &IpNet) -> Vec<IpAddr> {
    match cidr {
        IpNet::V4(cidr) => (0..1 << (32 - cidr.prefix_len()))
            .map(|nth| std::net::Ipv4Addr::from_bits(cidr.network().to_bits() + nth).into())
            .collect(),
        IpNet::V6(cidr) => (0..1 << (128 - cidr.prefix_len()))
            .map(|nth| std::net::Ipv6Addr::from_bits(cidr.network().to_bits() + nth).into())
            .collect(),
    }
}

struct World<'a> {
    network: &'a Network,
    question: &'a Question<'a>,
    subnet: &'a Subnet,
}

impl World<'_> {
    /// Whether a packet ever passes, and whether it always does.
    fn try_all(&self, packet: Packet) -> (bool, bool) {
        let mut oracle = Oracle::default();
        let (mut ever, mut always) = (false, true);
        loop {
            let passes = self.passes(packet, &mut oracle);
            ever |= passes;
            always &= passes;
            if !oracle.next() {
                return (ever, always);
            }
        }
    }

    fn passes(&self, packet: Packet, oracle: &mut Oracle) -> bool {
        let Self { network, question, subnet } = self;
        let there = network.subnets.iter().find(|candidate| {
            question.to.subnets.contains(&candidate.id)
                && candidate.cidrs.iter().any(|cidr| cidr.contains(&packet.to))
        });
        if there.is_some_and(|there| there.id == subnet.id) {
            return self.leaves(packet, Way::Within, oracle)
                && self.enters(packet, Way::Within, oracle);
        }
        let from_vpc = &subnet.vpc;
        let way = self.route(&subnet.id, from_vpc, &question.to.vpc, packet.to, oracle);
        if way == Way::Lost
            || !self.leaves(packet, way, oracle)
            || !self.acl(&subnet.id, true, packet.to, packet.to_port, oracle)
            || !self.enters(packet, way, oracle)
        {
            return false;
        }
        let answer = packet.answer();
        let gets_back = match there {
            None => oracle.ask(),
            Some(there) => {
                self.acl(&there.id, false, packet.from, packet.to_port, oracle)
                    && self.acl(&there.id, true, answer.to, answer.to_port, oracle)
                    && self.route(&there.id, &there.vpc, &question.from.vpc, answer.to, oracle)
                        != Way::Lost
            }
        };
        gets_back && self.acl(&subnet.id, false, answer.from, answer.to_port, oracle)
    }

    fn leaves(&self, packet: Packet, way: Way, oracle: &mut Oracle) -> bool {
        let Question { from, to, .. } = self.question;
        self.groups(from, to, true, packet.to, packet.to_port, way, oracle)
    }

    fn enters(&self, packet: Packet, way: Way, oracle: &mut Oracle) -> bool {
        let Question { from, to, .. } = self.question;
        self.groups(to, from, false, packet.from, packet.to_port, way, oracle)
    }

    #[allow(clippy::too_many_arguments)]
    fn groups(
        &self,
        own: &Side,
        other: &Side,
        is_out: bool,
        remote: IpAddr,
        port: u16,
        way: Way,
        oracle: &mut Oracle,
    ) -> bool {
        let mut unseen = own.groups.is_empty();
        for id in &own.groups {
            let Some(group) = self.network.groups.iter().find(|group| group.id == *id) else {
                unseen = true;
                continue;
            };
            for rule in if is_out { &group.outbound } else { &group.inbound } {
                let is_for = rule.protocol.is_none_or(|of_rule| of_rule == self.question.protocol)
                    && port >= rule.ports.first
                    && port <= rule.ports.last;
                if is_for && self.is_peer(&rule.peer, other, is_out, remote, way, oracle) {
                    return true;
                }
            }
        }
        unseen && oracle.ask()
    }

    fn is_peer(
        &self,
        peer: &Peer,
        other: &Side,
        is_out: bool,
        remote: IpAddr,
        way: Way,
        oracle: &mut Oracle,
    ) -> bool {
        let group = match peer {
            Peer::Cidr(cidr) => return cidr.contains(&remote),
            Peer::PrefixList(id) => return self.is_listed(id, remote, oracle),
            Peer::Group(group) => group,
        };
        let is_member = if other.groups.is_empty() {
            oracle.ask()
        } else {
            other.groups.iter().any(|id| id == group)
        };
        is_member
            && match way {
                Way::Within | Way::Across { same_region: true } => true,
                Way::Across { same_region: false } | Way::Appliance | Way::Lost => false,
                Way::Gateway => !is_out && oracle.ask(),
                Way::Whatever => oracle.ask(),
            }
    }

    fn is_listed(&self, id: &str, address: IpAddr, oracle: &mut Oracle) -> bool {
        match self.network.prefix_lists.iter().find(|list| list.id == id) {
            Some(list) => list.cidrs.iter().any(|cidr| cidr.contains(&address)),
            None => oracle.ask(),
        }
    }

    fn acl(
        &self,
        subnet: &str,
        is_outbound: bool,
        remote: IpAddr,
        port: u16,
        oracle: &mut Oracle,
    ) -> bool {
        let acls = &self.network.acls;
        let Some(acl) = acls.iter().find(|acl| acl.subnets.iter().any(|id| id == subnet)) else {
            return oracle.ask();
        };
        for number in 0..=400 {
            for entry in acl.entries.iter().filter(|entry| entry.number == number) {
                if entry.is_outbound == is_outbound
                    && entry.protocol.is_none_or(|of_entry| of_entry == self.question.protocol)
                    && entry.cidr.contains(&remote)
                    && (entry.ports.first..=entry.ports.last).contains(&port)
                {
                    return entry.allows;
                }
            }
        }
        false
    }

    fn route(
        &self,
        subnet: &str,
        from_vpc: &str,
        to_vpc: &str,
        to: IpAddr,
        oracle: &mut Oracle,
    ) -> Way {
        let its = |table: &&RouteTable| table.subnets.iter().any(|id| id == subnet);
        let main = |table: &&RouteTable| table.is_main && table.vpc == from_vpc;
        let tables = &self.network.tables;
        let Some(table) = tables.iter().find(its).or_else(|| tables.iter().find(main)) else {
            return match oracle.ask() {
                false => Way::Lost,
                true if from_vpc == to_vpc => Way::Within,
                true => Way::Whatever,
            };
        };
        let Some(route) = self.taken(table, to, oracle) else { return Way::Lost };
        if route.is_blackhole {
            return Way::Lost;
        }
        let pass = |yes, way| if yes { way } else { Way::Lost };
        match &route.target {
            Target::Local => pass(from_vpc == to_vpc, Way::Within),
            Target::Peering(id) => {
                match self.network.peerings.iter().find(|peering| peering.id == *id) {
                    None => pass(oracle.ask(), Way::Whatever),
                    Some(peering) => {
                        let (one, other) = (&peering.requester, &peering.accepter);
                        let joins = (one.vpc == from_vpc && other.vpc == to_vpc)
                            || (other.vpc == from_vpc && one.vpc == to_vpc);
                        let same_region = one.region == other.region;
                        let yes = joins && from_vpc != to_vpc && peering.status == "active";
                        pass(yes, Way::Across { same_region })
                    }
                }
            }
            Target::TransitGateway(id) => {
                let attached = self
                    .network
                    .attachments
                    .iter()
                    .find(|attachment| attachment.gateway == *id && attachment.vpc == from_vpc);
                let is_known = self.network.vpcs.iter().any(|vpc| vpc.id == from_vpc)
                    && self.network.hidden.iter().all(|(part, _)| *part != Part::Attachments);
                let may = match attached {
                    Some(attachment) => attachment.state == "available",
                    None => !is_known,
                };
                pass(may && oracle.ask(), Way::Gateway)
            }
            Target::InternetGateway(_) if to.is_ipv4() => Way::Lost,
            Target::InternetGateway(_) | Target::Other(_) => pass(oracle.ask(), Way::Appliance),
        }
    }

    /// The route that is taken, searched from the longest prefix to the shortest.
    fn taken<'a>(
        &self,
        table: &'a RouteTable,
        to: IpAddr,
        oracle: &mut Oracle,
    ) -> Option<&'a Route> {
        let list = |id: &str| self.network.prefix_lists.iter().find(|list| list.id == id);
        let has = |route: &Route, length: u8| {
            let cidrs = match &route.destination {
                Destination::Cidr(cidr) => vec![*cidr],
                Destination::PrefixList(id) => {
                    list(id).map(|list| list.cidrs.clone()).unwrap_or_default()
                }
            };
            cidrs.iter().any(|cidr| cidr.prefix_len() == length && cidr.contains(&to))
        };
        let is_local = table.routes.iter().any(|route| {
            route.target == Target::Local && (0..=128).any(|length| has(route, length))
        });
        let usable: Vec<_> =
            table.routes.iter().filter(|route| !(is_local && route.is_propagated)).collect();
        // A list that nobody saw may have the most specific address of all.
        for route in &usable {
            if let Destination::PrefixList(id) = &route.destination
                && list(id).is_none()
                && oracle.ask()
            {
                return Some(route);
            }
        }
        for length in (0..=128).rev() {
            let here: Vec<_> = usable.iter().filter(|route| has(route, length)).collect();
            let of_list = |route: &Route| matches!(route.destination, Destination::PrefixList(_));
            if let Some(local) = here.iter().find(|route| route.target == Target::Local) {
                return Some(local);
            }
            let fixed = here.iter().find(|route| !route.is_propagated && !of_list(route));
            if let Some(fixed) = fixed {
                return Some(fixed);
            }
            let mut listed: Vec<_> =
                here.iter().filter(|route| !route.is_propagated && of_list(route)).collect();
            if let Some(last) = listed.pop() {
                // Any of them.
                return Some(listed.into_iter().find(|_| oracle.ask()).unwrap_or(last));
            }
            if let Some(propagated) = here.first() {
                return Some(propagated);
            }
        }
        None
    }
}
