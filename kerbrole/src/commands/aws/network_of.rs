//! What AWS said of the network, as what decides which packets pass.

use std::net::IpAddr;

use ipnet::IpNet;

use super::network::{
    Acl, AclEntry, Attachment, Destination, End, Network, Part, Peer, Peering, PrefixList,
    Question, Route, RouteTable, Rule, SecurityGroup, Side, Subnet, Target, Vpc, Wanted,
};
use super::world::{Answer, Place, World, ds, ec2};

/// A network, and the two that talk to each other by it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) network: Network,
    pub(crate) database: Side,
    pub(crate) directory: Side,
    /// Those of the domain controllers.
    pub(crate) addresses: Vec<IpAddr>,
}

impl Seen {
    /// What a question is about, from the database to the directory.
    pub(crate) fn question(&self, wanted: &Wanted) -> Question<'_> {
        Question {
            from: &self.database,
            to: &self.directory,
            addresses: &self.addresses,
            protocol: wanted.protocol,
            ports: wanted.ports,
            replies: Wanted::REPLIES,
        }
    }
}

/// Out of a world, where it is known where both are.
pub(crate) fn network_of(world: &World) -> Option<Seen> {
    let (database, directory) = (world.database_place()?, world.directory_place()?);
    let is_shared = world.directory.got().is_some_and(ds::Directory::is_shared);
    let answers = &world.network;
    let mut reading = Reading::default();
    let mut network = Network {
        subnets: reading.all(&answers.subnets, Part::Subnets, subnet),
        peerings: reading.all(&answers.peerings, Part::Peerings, |one| Some(peering(one))),
        attachments: reading
            .all(&answers.attachments, Part::Attachments, |one| Some(attachment(one))),
        ..Network::default()
    };
    // Of another account's side nothing was asked.
    let sides = [Some(&answers.database), (!is_shared).then_some(&answers.directory)];
    for side in sides.into_iter().flatten() {
        network.groups.extend(reading.all(&side.security_groups, Part::Groups, group));
        network.acls.extend(reading.all(&side.acls, Part::Acls, acl));
        network.tables.extend(reading.all(&side.route_tables, Part::Tables, table));
    }
    // Where both are in one VPC, the same are in both answers.
    keep_first(&mut network.groups, |group| group.id.clone());
    keep_first(&mut network.acls, |acl| acl.id.clone());
    keep_first(&mut network.tables, |table| table.id.clone());
    for list in &answers.prefix_lists {
        let ranges = reading.all(&list.entries, Part::PrefixLists, |one| one.cidr.parse().ok());
        if list.entries.got().is_some_and(|entries| entries.len() == ranges.len()) {
            network.prefix_lists.push(PrefixList { id: list.id.clone(), cidrs: ranges });
        }
    }
    let vpc = |place: &Place| Vpc { id: place.vpc.clone(), cidrs: Vec::new() };
    network.vpcs.push(vpc(&database));
    if !is_shared && database.vpc != directory.vpc {
        network.vpcs.push(vpc(&directory));
    }
    network.hidden = reading.hidden;
    Some(Seen {
        network,
        database: side(database),
        directory: side(directory),
        addresses: addresses(world),
    })
}

/// The domain controllers', as the directory and they themselves have them.
fn addresses(world: &World) -> Vec<IpAddr> {
    let directory = world.directory.got().into_iter().flat_map(ds::Directory::addresses);
    let controllers = world.controllers.got().into_iter().flatten();
    let controllers = controllers.filter_map(|controller| controller.dns_ip_addr.as_ref());
    let mut all: Vec<_> =
        directory.chain(controllers).filter_map(|address| address.parse().ok()).collect();
    keep_first(&mut all, |address: &IpAddr| *address);
    all
}

fn side(place: Place) -> Side {
    Side { vpc: place.vpc, subnets: place.subnets, groups: place.security_groups }
}

/// The first of those that are the same by something.
fn keep_first<T, K: PartialEq>(all: &mut Vec<T>, by: impl Fn(&T) -> K) {
    let keys: Vec<K> = all.iter().map(&by).collect();
    let mut numbers = 0..;
    all.retain(|_| {
        let number = numbers.next().unwrap_or_default();
        !keys[..number].contains(&keys[number])
    });
}

/// What was read, and what could not be.
#[derive(Default)]
struct Reading {
    hidden: Vec<(Part, String)>,
}

impl Reading {
    /// All that can be read. One that cannot be hides its kind, since it may let everything pass or
    /// nothing.
    fn all<T, U>(
        &mut self,
        answer: &Answer<Vec<T>>,
        part: Part,
        read: impl Fn(&T) -> Option<U>,
    ) -> Vec<U> {
        let why = match answer {
            Answer::Got(all) => {
                let seen: Vec<_> = all.iter().filter_map(read).collect();
                if seen.len() < all.len() {
                    self.hide(part, "AWS answered in a form that is not known".into());
                }
                return seen;
            }
            Answer::NotAsked => return Vec::new(),
            Answer::Denied { permission } => format!("not allowed: {permission}"),
            Answer::Missing => "it is not there any more".into(),
            Answer::Failed { why } => why.clone(),
        };
        self.hide(part, why);
        Vec::new()
    }

    fn hide(&mut self, part: Part, why: String) {
        if !self.hidden.contains(&(part, why.clone())) {
            self.hidden.push((part, why));
        }
    }
}

fn subnet(subnet: &ec2::Subnet) -> Option<Subnet> {
    let six = subnet.ipv6_cidr_block_association_set.iter().map(|one| &one.ipv6_cidr_block);
    let cidrs = subnet.cidr_block.iter().chain(six).map(|cidr| cidr.parse());
    Some(Subnet {
        id: subnet.subnet_id.clone(),
        vpc: subnet.vpc_id.clone(),
        cidrs: cidrs.collect::<Result<_, _>>().ok()?,
    })
}

fn group(group: &ec2::SecurityGroup) -> Option<SecurityGroup> {
    Some(SecurityGroup {
        id: group.group_id.clone(),
        inbound: rules(&group.ip_permissions)?,
        outbound: rules(&group.ip_permissions_egress)?,
    })
}

/// A permission is a rule for each that it is for.
fn rules(permissions: &[ec2::IpPermission]) -> Option<Vec<Rule>> {
    let mut rules = Vec::new();
    for permission in permissions {
        let cidrs = permission.ip_ranges.iter().map(|range| &range.cidr_ip);
        let cidrs = cidrs.chain(permission.ipv6_ranges.iter().map(|range| &range.cidr_ipv6));
        let mut peers = Vec::new();
        for cidr in cidrs {
            peers.push(Peer::Cidr(cidr.parse().ok()?));
        }
        let lists = permission.prefix_list_ids.iter().map(|list| list.prefix_list_id.clone());
        peers.extend(lists.map(Peer::PrefixList));
        let groups = permission.user_id_group_pairs.iter().filter_map(|pair| pair.group_id.clone());
        peers.extend(groups.map(Peer::Group));
        let ec2::IpPermission { ip_protocol: protocol, from_port, to_port, .. } = permission;
        let rule = |peer| Rule::of(protocol, *from_port, *to_port, peer);
        rules.extend(peers.into_iter().filter_map(rule));
    }
    Some(rules)
}

fn acl(acl: &ec2::NetworkAcl) -> Option<Acl> {
    let mut entries = Vec::new();
    for entry in &acl.entries {
        let cidr: IpNet =
            entry.cidr_block.as_ref().or(entry.ipv6_cidr_block.as_ref())?.parse().ok()?;
        let number = u16::try_from(entry.rule_number).ok()?;
        let allows = match entry.rule_action.as_str() {
            "allow" => true,
            "deny" => false,
            _ => return None,
        };
        let ports = entry.port_range.and_then(|range| Some((range.from?, range.to?)));
        entries.extend(AclEntry::of(number, entry.egress, allows, &entry.protocol, ports, cidr));
    }
    let subnets = acl.associations.iter().filter_map(|one| one.subnet_id.clone());
    Some(Acl { id: acl.network_acl_id.clone(), subnets: subnets.collect(), entries })
}

fn table(table: &ec2::RouteTable) -> Option<RouteTable> {
    let subnets = table.associations.iter().filter_map(|one| one.subnet_id.clone());
    Some(RouteTable {
        id: table.route_table_id.clone(),
        vpc: table.vpc_id.clone(),
        is_main: table.associations.iter().any(|one| one.main),
        subnets: subnets.collect(),
        routes: table.routes.iter().map(route).collect::<Option<_>>()?,
    })
}

fn route(route: &ec2::Route) -> Option<Route> {
    let cidr = route.destination_cidr_block.as_ref().or(route.destination_ipv6_cidr_block.as_ref());
    let destination = match (cidr, &route.destination_prefix_list_id) {
        (Some(cidr), _) => Destination::Cidr(cidr.parse().ok()?),
        (None, Some(list)) => Destination::PrefixList(list.clone()),
        (None, None) => return None,
    };
    let named = [
        &route.vpc_peering_connection_id,
        &route.transit_gateway_id,
        &route.nat_gateway_id,
        &route.network_interface_id,
        &route.gateway_id,
    ];
    let named = named.into_iter().flatten().map(String::as_str).next();
    // Whose instance it is and an address lead nowhere.
    let other = route.other.iter().filter(|(key, _)| *key != "InstanceOwnerId");
    let other = || other.clone().find_map(|(_, value)| value.as_str());
    Some(Route {
        destination,
        target: Target::of(named.or_else(other).unwrap_or("a target that is not known")),
        is_blackhole: route.state.as_deref() == Some("blackhole"),
        is_propagated: route.origin.as_deref() == Some("EnableVgwRoutePropagation"),
    })
}

fn peering(peering: &ec2::Peering) -> Peering {
    let end = |vpc: &Option<ec2::PeeringVpc>| {
        let of = |of: fn(&ec2::PeeringVpc) -> Option<String>| vpc.as_ref().and_then(of);
        End {
            vpc: of(|vpc| vpc.vpc_id.clone()).unwrap_or_default(),
            region: of(|vpc| vpc.region.clone()).unwrap_or_default(),
        }
    };
    let status = peering.status.as_ref().and_then(|status| status.code.clone());
    Peering {
        id: peering.vpc_peering_connection_id.clone(),
        status: status.unwrap_or_else(|| "in no state".into()),
        requester: end(&peering.requester_vpc_info),
        accepter: end(&peering.accepter_vpc_info),
    }
}

fn attachment(attachment: &ec2::TransitGatewayAttachment) -> Attachment {
    Attachment {
        gateway: attachment.transit_gateway_id.clone(),
        vpc: attachment.vpc_id.clone(),
        state: attachment.state.clone().unwrap_or_else(|| "in no state".into()),
    }
}

/// For rules that let all pass, by which the way is looked at alone.
pub(crate) fn without_filters(network: &Network, sides: [&Side; 2]) -> Network {
    let everything = || -> Vec<Rule> {
        let all = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|all| all.parse().ok());
        all.filter_map(|all| Rule::of("-1", None, None, Peer::Cidr(all))).collect()
    };
    let open = |id: &String| SecurityGroup {
        id: id.clone(),
        inbound: everything(),
        outbound: everything(),
    };
    let entries = [true, false].into_iter().flat_map(|is_outbound| {
        let all = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|all| all.parse().ok());
        (1..).zip(all).filter_map(move |(number, all)| {
            AclEntry::of(number, is_outbound, true, "-1", None, all)
        })
    });
    let subnets = sides.iter().flat_map(|side| side.subnets.iter().cloned()).collect();
    Network {
        groups: sides.iter().flat_map(|side| &side.groups).map(open).collect(),
        acls: vec![Acl { id: "acl-open".into(), subnets, entries: entries.collect() }],
        ..network.clone()
    }
}

/// The permissions that were missing.
pub(crate) fn denied(world: &World) -> Vec<&'static str> {
    fn of<T>(answer: &Answer<T>) -> Option<&'static str> {
        match answer {
            Answer::Denied { permission } => Some(permission),
            _ => None,
        }
    }
    let network = &world.network;
    let sides = [&network.database, &network.directory]
        .into_iter()
        .flat_map(|side| [of(&side.security_groups), of(&side.acls), of(&side.route_tables)]);
    let others = [of(&network.subnets), of(&network.peerings), of(&network.attachments)];
    let lists = network.prefix_lists.iter().map(|list| of(&list.entries));
    let mut all: Vec<_> = others.into_iter().chain(sides).chain(lists).flatten().collect();
    all.sort_unstable();
    all.dedup();
    all
}
