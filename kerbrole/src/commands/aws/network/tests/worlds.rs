//! Random small worlds, and what becomes of packets in them.

use std::net::IpAddr;

use ipnet::IpNet;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::super::*;
use super::naive::{self, Outcome};

const PORTS: Ports = Ports { first: 50, last: 53 };
const REPLIES: Ports = Ports { first: 60, last: 62 };

/// Networks of addresses by which rules may tell the subnets' addresses apart.
const CIDRS: &[&str] = &[
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/26",
    "10.0.0.0/29",
    "10.0.0.4/30",
    "10.0.0.7/32",
    "10.0.0.8/29",
    "10.0.0.9/32",
    "10.1.0.0/26",
    "10.1.0.0/29",
    "10.1.0.2/32",
    "10.1.0.3/32",
    "10.1.0.2/31",
    "fd00:1::/125",
    "::/0",
];

fn cidr() -> impl Strategy<Value = IpNet> {
    prop_oneof![
        2 => Just("0.0.0.0/0"),
        2 => Just("10.0.0.0/8"),
        3 => select(CIDRS),
    ]
    .prop_map(|cidr| cidr.parse().unwrap())
}

fn protocol() -> impl Strategy<Value = Option<Protocol>> {
    prop_oneof![
        3 => Just(None),
        3 => Just(Some(Protocol::Tcp)),
        1 => Just(Some(Protocol::Udp)),
    ]
}

fn ports() -> impl Strategy<Value = Ports> {
    prop_oneof![
        3 => Just(Ports::ALL),
        2 => Just(Ports { first: 50, last: 62 }),
        1 => (49..55_u16, 0..4_u16).prop_map(|(first, more)| Ports { first, last: first + more }),
        1 => (59..63_u16, 0..4_u16).prop_map(|(first, more)| Ports { first, last: first + more }),
    ]
}

/// Some that are seen, and one that is not.
fn prefix_list() -> impl Strategy<Value = String> {
    select(vec!["pl-a", "pl-b", "pl-unseen"]).prop_map(String::from)
}

fn rule() -> impl Strategy<Value = Rule> {
    let peer = prop_oneof![
        4 => cidr().prop_map(Peer::Cidr),
        2 => select(vec!["sg-db", "sg-db2", "sg-dir", "sg-other"])
            .prop_map(|group| Peer::Group(group.into())),
        1 => prefix_list().prop_map(Peer::PrefixList),
    ];
    (protocol(), ports(), peer).prop_map(|(protocol, ports, peer)| Rule { protocol, ports, peer })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let all =
        Rule { protocol: None, ports: Ports::ALL, peer: Peer::Cidr("0.0.0.0/0".parse().unwrap()) };
    prop_oneof![1 => Just(vec![all]), 2 => prop::collection::vec(rule(), 0..4)]
}

fn group(id: &'static str) -> impl Strategy<Value = Option<SecurityGroup>> {
    let group = (rules(), rules()).prop_map(move |(inbound, outbound)| SecurityGroup {
        id: id.into(),
        inbound,
        outbound,
    });
    prop::option::weighted(0.9, group)
}

fn acl(subnet: &'static str) -> impl Strategy<Value = Option<Acl>> {
    let entry = (1..300_u16, any::<bool>(), prop::bool::weighted(0.8), protocol(), ports(), cidr());
    let entry = entry.prop_map(|(number, is_outbound, allows, protocol, ports, cidr)| AclEntry {
        number,
        is_outbound,
        allows,
        protocol,
        ports,
        cidr,
    });
    let all = |is_outbound| AclEntry {
        number: 300,
        is_outbound,
        allows: true,
        protocol: None,
        ports: Ports::ALL,
        cidr: "0.0.0.0/0".parse().unwrap(),
    };
    let entries = (prop::collection::vec(entry, 0..4), prop::bool::weighted(0.85));
    let acl = entries.prop_map(move |(mut entries, is_open)| {
        if is_open {
            entries.extend([all(true), all(false)]);
        }
        // A number is there once in each direction.
        entries.sort_by_key(|entry| (entry.is_outbound, entry.number));
        entries.dedup_by_key(|entry| (entry.is_outbound, entry.number));
        Acl { id: format!("acl-{subnet}"), subnets: vec![subnet.into()], entries }
    });
    prop::option::weighted(0.95, acl)
}

fn route() -> impl Strategy<Value = Route> {
    let destination = prop_oneof![
        5 => cidr().prop_map(Destination::Cidr),
        1 => prefix_list().prop_map(Destination::PrefixList),
    ];
    let target =
        select(vec!["pcx-1", "pcx-1", "pcx-1", "pcx-2", "pcx-unseen", "tgw-1", "igw-1", "nat-1"]);
    (destination, target, prop::bool::weighted(0.05), prop::bool::weighted(0.1)).prop_map(
        |(destination, target, is_blackhole, is_propagated)| Route {
            destination,
            target: Target::of(target),
            is_blackhole,
            is_propagated,
        },
    )
}

fn table(
    id: &'static str,
    vpc: &'static str,
    local: &'static str,
    other: &'static str,
    subnets: &'static [&'static str],
) -> impl Strategy<Value = Option<RouteTable>> {
    let fixed = |cidr: &str, target: &str| Route {
        destination: Destination::Cidr(cidr.parse().unwrap()),
        target: Target::of(target),
        is_blackhole: false,
        is_propagated: false,
    };
    let drawn = (prop::collection::vec(route(), 0..3), prop::bool::weighted(0.7));
    let table = drawn.prop_map(move |(mut routes, is_joined)| {
        routes.push(fixed(local, "local"));
        if is_joined {
            routes.push(fixed(other, "pcx-1"));
        }
        // A destination is there once, of each origin.
        let mut seen = Vec::new();
        routes.retain(|route| {
            let key = (route.destination.clone(), route.is_propagated);
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        });
        RouteTable {
            id: id.into(),
            vpc: vpc.into(),
            is_main: subnets.is_empty(),
            subnets: subnets.iter().copied().map(String::from).collect(),
            routes,
        }
    });
    prop::option::weighted(0.95, table)
}

fn peering(id: &'static str, other: &'static str) -> impl Strategy<Value = Peering> {
    (prop::bool::weighted(0.9), prop::bool::weighted(0.8)).prop_map(move |(is_active, is_near)| {
        Peering {
            id: id.into(),
            status: if is_active { "active" } else { "pending-acceptance" }.into(),
            requester: End { vpc: "vpc-a".into(), region: "eu-west-1".into() },
            accepter: End {
                vpc: other.into(),
                region: if is_near { "eu-west-1" } else { "eu-west-2" }.into(),
            },
        }
    })
}

fn network() -> impl Strategy<Value = Network> {
    let subnet = |id: &str, vpc: &str, cidrs: &[&str]| Subnet {
        id: id.into(),
        vpc: vpc.into(),
        cidrs: cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect(),
    };
    let subnets = [
        subnet("a1", "vpc-a", &["10.0.0.0/29", "fd00:1::/126"]),
        subnet("a2", "vpc-a", &["10.0.0.8/29"]),
        subnet("b1", "vpc-b", &["10.1.0.0/29", "fd00:1::8/126"]),
    ];
    let lists = prop::collection::vec(prop::collection::vec(cidr(), 0..3), 2);
    let groups = (group("sg-db"), group("sg-db2"), group("sg-dir"));
    let acls = (acl("a1"), acl("a2"), acl("b1"));
    let tables = (
        table("rtb-a1", "vpc-a", "10.0.0.0/26", "10.1.0.0/26", &["a1"]),
        table("rtb-a", "vpc-a", "10.0.0.0/26", "10.1.0.0/26", &[]),
        table("rtb-b", "vpc-b", "10.1.0.0/26", "10.0.0.0/26", &[]),
    );
    let peerings = (peering("pcx-1", "vpc-b"), peering("pcx-2", "vpc-c"));
    let attachment = prop::option::of(select(vec!["available", "pending"]));
    (lists, groups, acls, tables, peerings, attachment, any::<bool>(), any::<bool>()).prop_map(
        move |(lists, groups, acls, tables, peerings, attachment, is_hidden, has_b1)| Network {
            vpcs: [("vpc-a", "10.0.0.0/26"), ("vpc-b", "10.1.0.0/26")]
                .map(|(id, cidr)| Vpc { id: id.into(), cidrs: vec![cidr.parse().unwrap()] })
                .into(),
            subnets: subnets[..2 + usize::from(has_b1)].to_vec(),
            groups: [groups.0, groups.1, groups.2].into_iter().flatten().collect(),
            acls: [acls.0, acls.1, acls.2].into_iter().flatten().collect(),
            tables: [tables.0, tables.1, tables.2].into_iter().flatten().collect(),
            prefix_lists: ["pl-a", "pl-b"]
                .into_iter()
                .zip(lists)
                .map(|(id, cidrs)| PrefixList { id: id.into(), cidrs })
                .collect(),
            peerings: vec![peerings.0, peerings.1],
            attachments: attachment
                .map(|state| Attachment {
                    gateway: "tgw-1".into(),
                    vpc: "vpc-a".into(),
                    state: state.into(),
                })
                .into_iter()
                .collect(),
            hidden: is_hidden
                .then(|| (Part::Attachments, "nobody may".into()))
                .into_iter()
                .collect(),
        },
    )
}

fn groups(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let some = prop::sample::subsequence(of, 1..=of.len());
    prop_oneof![20 => some, 1 => Just(vec![])]
        .prop_map(|ids| ids.into_iter().map(String::from).collect())
}

fn sides() -> impl Strategy<Value = (Side, Side, Vec<IpAddr>)> {
    let from = select(vec![vec!["a1"], vec!["a2"], vec!["a1", "a2"], vec!["a1", "gone"]]);
    let to = select(vec![
        ("vpc-b", "b1", vec!["10.1.0.2"]),
        ("vpc-b", "b1", vec!["10.1.0.2", "10.1.0.3"]),
        ("vpc-b", "b1", vec!["fd00:1::9"]),
        ("vpc-a", "a2", vec!["10.0.0.9", "10.0.0.12"]),
        ("vpc-a", "a1", vec!["10.0.0.7"]),
    ]);
    let sides = (from, to, groups(&["sg-db", "sg-db2"]), groups(&["sg-dir", "sg-db2"]));
    sides.prop_map(|(from, (vpc, subnet, addresses), own, other)| {
        let side = |vpc: &str, subnets: &[&str], groups| Side {
            vpc: vpc.into(),
            subnets: subnets.iter().copied().map(String::from).collect(),
            groups,
        };
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        (side("vpc-a", &from, own), side(vpc, &[subnet], other), addresses)
    })
}

fn question() -> impl Strategy<Value = (Protocol, Ports)> {
    let protocol = select(vec![Protocol::Tcp, Protocol::Udp]);
    (protocol, select(vec![PORTS, Ports::one(51), Ports { first: 50, last: 51 }]))
}

fn kind(verdict: &Verdict) -> Outcome {
    match verdict {
        Verdict::Allowed => Outcome::Allowed,
        Verdict::Blocked(_) => Outcome::Blocked,
        Verdict::CannotJudge(_) => Outcome::CannotJudge,
    }
}

/// The network after somebody did what takes an obstacle away; none where that is more than a rule.
fn mended(network: &Network, obstacle: &Obstacle) -> Option<Network> {
    let mut network = network.clone();
    match obstacle {
        Obstacle::Groups { direction, groups, remote, protocol, ports } => {
            let group = network.groups.iter_mut().find(|group| group.id == groups[0])?;
            let rules = match direction {
                Direction::In => &mut group.inbound,
                Direction::Out => &mut group.outbound,
            };
            let peer = Peer::Cidr(*remote);
            rules.push(Rule { protocol: Some(*protocol), ports: *ports, peer });
        }
        Obstacle::Acl { acl, direction, by, remote, protocol, ports } => {
            let acl = network.acls.iter_mut().find(|candidate| candidate.id == *acl)?;
            let number = acl.number_below(*direction, *by)?;
            acl.entries.push(AclEntry {
                number,
                is_outbound: *direction == Direction::Out,
                allows: true,
                protocol: Some(*protocol),
                ports: *ports,
                cidr: *remote,
            });
        }
        _ => return None,
    }
    Some(network)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is said of all packets at once is what becomes of each of them, and each obstacle that
    /// a rule takes away is gone with that rule.
    #[test]
    fn a_verdict_is_what_becomes_of_each_packet(
        network in network(),
        (from, to, addresses) in sides(),
        (protocol, ports) in question(),
    ) {
        let question = Question {
            from: &from, to: &to, addresses: &addresses, protocol, ports, replies: REPLIES,
        };
        let verdict = judge(&network, &question);
        prop_assert_eq!(kind(&verdict), naive::outcome(&network, &question), "{:?}", verdict);
        let Verdict::Blocked(obstacles) = verdict else { return Ok(()) };
        for obstacle in &obstacles {
            if let Some(network) = mended(&network, obstacle)
                && let Verdict::Blocked(left) = judge(&network, &question)
            {
                prop_assert!(!left.contains(obstacle), "{:?} is still there", obstacle);
            }
        }
    }
}

/// The worlds above would show little if all of them came to the same.
#[test]
fn worlds_come_to_everything() {
    let mut runner = TestRunner::deterministic();
    let (mut allowed, mut blocked, mut unsure) = (0, 0, 0);
    for _ in 0..400 {
        let drawn = (network(), sides(), question()).new_tree(&mut runner).unwrap().current();
        let (network, (from, to, addresses), (protocol, ports)) = drawn;
        let question = Question {
            from: &from,
            to: &to,
            addresses: &addresses,
            protocol,
            ports,
            replies: REPLIES,
        };
        match judge(&network, &question) {
            Verdict::Allowed => allowed += 1,
            Verdict::Blocked(_) => blocked += 1,
            Verdict::CannotJudge(_) => unsure += 1,
        }
    }
    assert!(allowed > 20 && blocked > 40 && unsure > 40, "{allowed} {blocked} {unsure}");
}
