//! Network ACLs: numbered, and without memory.

use ipnet::IpNet;

use super::obstacle::{Direction, Obstacle};
use super::types::{AclEntry, LAST, Network, Part, Ports, Protocol};
use super::{Step, space};

/// Whether packets from or to `remote` pass the ACL of a subnet, by the ports that they go to.
pub(super) fn judge(
    network: &Network,
    subnet: &str,
    direction: Direction,
    remote: &IpNet,
    protocol: Protocol,
    ports: Ports,
) -> Step {
    let is_its = |subnets: &[String]| subnets.iter().any(|id| id == subnet);
    let Some(acl) = network.acls.iter().find(|acl| is_its(&acl.subnets)) else {
        return Step::Unsure(
            network.out_of_sight(Part::Acls, &format!("the network ACL of {subnet}")),
        );
    };
    let mut entries: Vec<&AclEntry> = acl
        .entries
        .iter()
        .filter(|entry| entry.is_outbound == (direction == Direction::Out))
        .filter(|entry| entry.protocol.is_none_or(|of_entry| of_entry == protocol))
        .collect();
    entries.sort_by_key(|entry| entry.number);
    let all_ports = space::ports(ports, entries.iter().map(|entry| entry.ports));
    for address in space::addresses(remote, entries.iter().map(|entry| &entry.cidr)) {
        for port in &all_ports {
            let matching =
                |entry: &&&AclEntry| entry.cidr.contains(&address) && entry.ports.contains(*port);
            let first = entries.iter().find(matching);
            if first.is_none_or(|entry| !entry.allows) {
                return Step::Stops(Obstacle::Acl {
                    acl: acl.id.clone(),
                    direction,
                    // The last one, which nobody can change, is no rule of anybody's.
                    by: first.map(|entry| entry.number).filter(|number| *number < LAST),
                    remote: *remote,
                    protocol,
                    ports,
                });
            }
        }
    }
    Step::Passes
}
