//! Security groups: whatever one rule of one group lets pass, passes.

use std::net::IpAddr;

use ipnet::IpNet;

use super::obstacle::{Direction, Obstacle};
use super::route::Link;
use super::types::{Network, Part, Peer, Ports, Protocol, Rule, SecurityGroup};
use super::{Side, Step, space};

/// Packets that go out of a side's groups or into them.
pub(super) struct Passage<'a> {
    pub(super) network: &'a Network,
    pub(super) direction: Direction,
    /// Whose groups are asked.
    pub(super) own: &'a Side,
    pub(super) other: &'a Side,
    /// The addresses on the other side.
    pub(super) remote: IpNet,
    /// What a rule that mends it would name.
    pub(super) for_rule: IpNet,
    pub(super) protocol: Protocol,
    pub(super) ports: Ports,
    /// What is between the two.
    pub(super) link: &'a Link,
}

/// What a rule says of an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Passes,
    Nothing,
    Unsure,
}

pub(super) fn judge(passage: &Passage<'_>) -> Step {
    let Passage { network, direction, own, remote, ports, .. } = passage;
    let seen: Vec<_> =
        network.groups.iter().filter(|group| own.groups.contains(&group.id)).collect();
    let rules: Vec<&Rule> = seen
        .iter()
        .flat_map(|group| rules_of(group, *direction))
        .filter(|rule| passage.is_for(rule))
        .collect();
    let cidrs = rules.iter().flat_map(|rule| passage.cidrs(rule));
    let addresses = space::addresses(remote, cidrs);
    let all_ports = space::ports(*ports, rules.iter().map(|rule| rule.ports));

    let unseen = own.groups.iter().find(|id| !seen.iter().any(|group| group.id == **id));
    let mut doubt = None;
    for address in addresses {
        for port in &all_ports {
            let at = |rule: &&&Rule| rule.ports.contains(*port);
            let says: Vec<_> =
                rules.iter().filter(at).map(|rule| (passage.says(rule, address), *rule)).collect();
            if says.iter().any(|(says, _)| *says == Says::Passes) {
                continue;
            }
            // A group that nobody saw may have a rule for it.
            let unsure = says.iter().find(|(says, _)| *says == Says::Unsure);
            match (unseen, unsure) {
                (Some(group), _) => {
                    doubt.get_or_insert(network.out_of_sight(Part::Groups, group));
                }
                (None, _) if own.groups.is_empty() => {
                    doubt.get_or_insert(
                        network.out_of_sight(Part::Groups, "which security groups it has"),
                    );
                }
                (None, Some((_, rule))) => {
                    doubt.get_or_insert(passage.why_unsure(rule));
                }
                (None, None) => return Step::Stops(passage.obstacle()),
            }
        }
    }
    doubt.map_or(Step::Passes, Step::Unsure)
}

fn rules_of(group: &SecurityGroup, direction: Direction) -> &[Rule] {
    match direction {
        Direction::Out => &group.outbound,
        Direction::In => &group.inbound,
    }
}

impl Passage<'_> {
    fn is_for(&self, rule: &Rule) -> bool {
        rule.protocol.is_none_or(|protocol| protocol == self.protocol)
            && rule.ports.first <= self.ports.last
            && self.ports.first <= rule.ports.last
    }

    /// The networks that a rule tells apart from all others.
    fn cidrs<'a>(&'a self, rule: &'a Rule) -> &'a [IpNet] {
        match &rule.peer {
            Peer::Cidr(cidr) => std::slice::from_ref(cidr),
            Peer::Group(_) => &[],
            Peer::PrefixList(id) => self.listed(id).unwrap_or_default(),
        }
    }

    fn listed(&self, id: &str) -> Option<&[IpNet]> {
        let list = self.network.prefix_lists.iter().find(|list| list.id == id);
        list.map(|list| list.cidrs.as_slice())
    }

    fn says(&self, rule: &Rule, address: IpAddr) -> Says {
        let passes_if = |yes| if yes { Says::Passes } else { Says::Nothing };
        match &rule.peer {
            Peer::Cidr(cidr) => passes_if(cidr.contains(&address)),
            Peer::PrefixList(id) => match self.listed(id) {
                Some(cidrs) => passes_if(cidrs.iter().any(|cidr| cidr.contains(&address))),
                None => Says::Unsure,
            },
            Peer::Group(_) if self.other.groups.is_empty() => match self.link {
                Link::Apart => Says::Nothing,
                _ => Says::Unsure,
            },
            Peer::Group(id) if !self.other.groups.contains(id) => Says::Nothing,
            Peer::Group(_) => match self.link {
                Link::SameVpc | Link::Peering => Says::Passes,
                Link::Apart => Says::Nothing,
                // A transit gateway makes nothing of groups in outbound rules (Amazon VPC Transit
                // Gateways, "Security group referencing").
                Link::TransitGateway if self.direction == Direction::Out => Says::Nothing,
                Link::TransitGateway | Link::Unknown => Says::Unsure,
            },
        }
    }

    fn why_unsure(&self, rule: &Rule) -> String {
        match &rule.peer {
            Peer::PrefixList(id) => self.network.out_of_sight(Part::PrefixLists, id),
            Peer::Group(id) if self.link == &Link::TransitGateway => format!(
                "a rule for {id} holds across a transit gateway only where gateway and attachments \
                 are set to it"
            ),
            Peer::Group(id) if self.other.groups.is_empty() => {
                format!("a rule is for {id}, and which groups the other side has is out of sight")
            }
            Peer::Group(id) => {
                format!("a rule is for {id}, and by which way packets go is out of sight")
            }
            Peer::Cidr(cidr) => format!("a rule is for {cidr}"),
        }
    }

    fn obstacle(&self) -> Obstacle {
        Obstacle::Groups {
            direction: self.direction,
            groups: self.own.groups.clone(),
            remote: self.for_rule,
            protocol: self.protocol,
            ports: self.ports,
        }
    }
}
