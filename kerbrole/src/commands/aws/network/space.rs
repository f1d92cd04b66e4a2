//! Addresses and ports, so far as rules tell them apart.
//!
//! A network of addresses holds another one or has nothing in common with it. So whatever rules say
//! changes at the first address of a rule and behind its last one, and nowhere in between: what
//! holds for the addresses where it changes holds for all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::types::Ports;

/// One address for each part of a network that rules for `cidrs` can treat apart.
pub(super) fn addresses<'a>(within: &IpNet, cidrs: impl Iterator<Item = &'a IpNet>) -> Vec<IpAddr> {
    let mut found = vec![within.network()];
    for cidr in cidrs {
        let edges = [Some(cidr.network()), after(cidr.broadcast())];
        found.extend(edges.into_iter().flatten().filter(|edge| within.contains(edge)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// One port for each part of a range that rules for `ranges` can treat apart.
pub(super) fn ports(within: Ports, ranges: impl Iterator<Item = Ports>) -> Vec<u16> {
    let mut found = vec![within.first];
    for range in ranges {
        let edges = [Some(range.first), range.last.checked_add(1)];
        found.extend(edges.into_iter().flatten().filter(|edge| within.contains(*edge)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn after(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits().checked_add(1)?).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits().checked_add(1)?).into(),
    })
}
