//! Whether packets get from a database to its directory and back: security groups, network ACLs,
//! route tables, and what joins two VPCs.
//!
//! Nothing is asked here. A [`Network`] is what somebody saw of it, and what is not in it is out of
//! sight: it may let everything pass or nothing. A verdict is "cannot judge" where both would agree
//! with what was seen, and nowhere else. What is out of sight in several places is taken to be
//! several things, of which each may be either.
//!
//! Every address that a database may get counts, and so all of its subnets: it moves when it fails
//! over. Each address of the directory counts too.

mod acl;
mod groups;
mod guide;
mod obstacle;
mod route;
mod space;
mod types;

use std::net::IpAddr;

use ipnet::IpNet;

pub(crate) use self::guide::{Needed, WANTED, Wanted};
pub(crate) use self::obstacle::{Direction, NoWay, Obstacle};
pub(crate) use self::types::{
    Acl, AclEntry, Attachment, Destination, End, Network, Part, Peer, Peering, Ports, PrefixList,
    Protocol, Route, RouteTable, Rule, SecurityGroup, Subnet, Target, Vpc,
};

/// Where packets come from, or go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) vpc: String,
    /// The subnets that its addresses are of.
    pub(crate) subnets: Vec<String>,
    /// The security groups of its interfaces. None: nobody could see which.
    pub(crate) groups: Vec<String>,
}

/// What is asked: whether somebody on one side can talk to these addresses on the other.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) from: &'a Side,
    pub(crate) to: &'a Side,
    pub(crate) addresses: &'a [IpAddr],
    pub(crate) protocol: Protocol,
    /// Those that are listened on.
    pub(crate) ports: Ports,
    /// Those that answers go to, which network ACLs have to let pass as well.
    pub(crate) replies: Ports,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All packets pass, from every address of the one side to each of the other, and the answers.
    Allowed,
    /// Some do not. All that stands in the way is here, each once; there is at least one.
    Blocked(Vec<Obstacle>),
    /// Nobody can tell by what was seen. Each reason is here once; there is at least one.
    CannotJudge(Vec<String>),
}

/// What came of one thing on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Passes,
    Stops(Obstacle),
    Unsure(String),
}

/// Follows the packets, and the answers to them.
pub(crate) fn judge(network: &Network, question: &Question<'_>) -> Verdict {
    let mut obstacles = Vec::new();
    let mut doubts = Vec::new();
    for from in &question.from.subnets {
        for to in question.addresses {
            for step in steps(network, question, from, *to) {
                match step {
                    Step::Passes => {}
                    Step::Stops(obstacle) if obstacles.contains(&obstacle) => {}
                    Step::Stops(obstacle) => obstacles.push(obstacle),
                    Step::Unsure(why) if doubts.contains(&why) => {}
                    Step::Unsure(why) => doubts.push(why),
                }
            }
        }
    }
    if question.from.subnets.is_empty() || question.addresses.is_empty() {
        doubts.push("there are no addresses to look at".into());
    }
    if !obstacles.is_empty() {
        Verdict::Blocked(obstacles)
    } else if !doubts.is_empty() {
        Verdict::CannotJudge(doubts)
    } else {
        Verdict::Allowed
    }
}

/// All that packets between a subnet and an address come by.
fn steps(network: &Network, question: &Question<'_>, from: &str, to: IpAddr) -> Vec<Step> {
    let Some(subnet) = network.subnets.iter().find(|subnet| subnet.id == from) else {
        return vec![Step::Unsure(network.out_of_sight(Part::Subnets, from))];
    };
    let sources: Vec<_> = subnet.cidrs.iter().filter(|cidr| same_family(cidr, to)).collect();
    if sources.is_empty() {
        return vec![Step::Stops(Obstacle::NoAddress { subnet: from.into(), to })];
    }
    sources
        .into_iter()
        .flat_map(|source| Walk { network, question, subnet, source: *source, to }.steps())
        .collect()
}

/// Packets from the addresses of a subnet to one address.
struct Walk<'a> {
    network: &'a Network,
    question: &'a Question<'a>,
    subnet: &'a Subnet,
    source: IpNet,
    to: IpAddr,
}

impl Walk<'_> {
    fn steps(&self) -> Vec<Step> {
        let Self { network, question, subnet, source, to } = self;
        let there = self.subnet_there();
        let (asked, answered) = (question.ports, question.replies);
        // Network ACLs and routes are for what leaves a subnet.
        if there.is_some_and(|there| there.id == subnet.id) {
            let link = &route::Link::SameVpc;
            return vec![self.leaves_groups(link), self.enters_groups(link)];
        }
        let host = &IpNet::from(*to);
        let acl = |subnet: &str, direction, remote, ports| {
            acl::judge(network, subnet, direction, remote, question.protocol, ports)
        };
        let (route, link) = route::there(network, question, subnet, *to);
        let mut steps = vec![
            self.leaves_groups(&link),
            acl(&subnet.id, Direction::Out, host, asked),
            route,
            self.enters_groups(&link),
        ];
        match there {
            None => steps.push(Step::Unsure(format!(
                "{to} is in none of the directory's subnets that were seen"
            ))),
            Some(there) => steps.extend([
                acl(&there.id, Direction::In, source, asked),
                acl(&there.id, Direction::Out, source, answered),
                route::back(network, question, there, source),
            ]),
        }
        steps.push(acl(&subnet.id, Direction::In, host, answered));
        steps
    }

    /// The subnet that the address is of.
    fn subnet_there(&self) -> Option<&Subnet> {
        let named = &self.question.to.subnets;
        let is_there = |subnet: &&Subnet| {
            named.contains(&subnet.id) && subnet.cidrs.iter().any(|cidr| cidr.contains(&self.to))
        };
        self.network.subnets.iter().find(is_there)
    }

    /// Where the subnet there was seen, its own addresses: a rule for them outlives the address of
    /// one domain controller.
    fn leaves_groups(&self, link: &route::Link) -> Step {
        let whole = self
            .subnet_there()
            .and_then(|subnet| subnet.cidrs.iter().find(|cidr| cidr.contains(&self.to)).copied());
        groups::judge(&groups::Passage {
            network: self.network,
            direction: Direction::Out,
            own: self.question.from,
            other: self.question.to,
            remote: IpNet::from(self.to),
            for_rule: whole.unwrap_or(IpNet::from(self.to)),
            protocol: self.question.protocol,
            ports: self.question.ports,
            link,
        })
    }

    fn enters_groups(&self, link: &route::Link) -> Step {
        groups::judge(&groups::Passage {
            network: self.network,
            direction: Direction::In,
            own: self.question.to,
            other: self.question.from,
            remote: self.source,
            for_rule: self.source,
            protocol: self.question.protocol,
            ports: self.question.ports,
            link,
        })
    }
}

fn same_family(cidr: &IpNet, address: IpAddr) -> bool {
    cidr.addr().is_ipv4() == address.is_ipv4()
}

#[cfg(test)]
mod tests;
