//! What lets packets through between the database and the directory.

use ipnet::IpNet;

use super::action::{Action, GroupRule};
use super::step::{Step, capitalized};
use crate::commands::aws::network::{
    Acl, AclEntry, Destination, Direction, Needed, NoWay, Obstacle, Ports, Protocol, Verdict,
    WANTED, Wanted, judge,
};
use crate::commands::aws::network_of::{Seen, network_of};
use crate::commands::aws::world::World;

/// For the ports that logins need. Whoever wants the others of a domain adds them.
///
/// Beside the step, whether packets pass once it is done, as far as that is known.
pub(super) fn step(world: &World) -> (Step, bool) {
    let mut step = Step::new("Network");
    let Some(seen) = network_of(world) else { return (step, true) };
    let (mut obstacles, mut doubts) = (Vec::new(), Vec::new());
    for wanted in WANTED.iter().filter(|wanted| wanted.needed == Needed::Always) {
        match judge(&seen.network, &seen.question(wanted)) {
            Verdict::Allowed => {}
            Verdict::Blocked(some) => {
                some.into_iter().for_each(|one| push_new(&mut obstacles, one))
            }
            Verdict::CannotJudge(some) => {
                some.into_iter().for_each(|one| push_new(&mut doubts, one))
            }
        }
    }
    let has_ways = ways(&mut step, world, &seen, &obstacles);
    groups(&mut step, &obstacles);
    let has_numbers = acls(&mut step, &seen, &obstacles);
    if obstacles.is_empty() && !doubts.is_empty() {
        let note = format!("Look at this yourself: {}.", doubts.join("; "));
        step.note("whether packets pass cannot be judged from here", note);
    }
    (step, has_ways && has_numbers)
}

fn push_new<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// What joins the two VPCs, and the routes there. Whether that is all that it takes.
fn ways(step: &mut Step, world: &World, seen: &Seen, obstacles: &[Obstacle]) -> bool {
    let mut is_all = true;
    let mut planned = Vec::new();
    for obstacle in obstacles {
        let action = match obstacle {
            Obstacle::Groups { .. } | Obstacle::Acl { .. } => continue,
            Obstacle::NoRoute(way) => route(seen, way, false),
            Obstacle::Blackhole(way) | Obstacle::WrongWay(way) => route(seen, way, true),
            Obstacle::PeeringInactive { peering, status, .. } if status == "pending-acceptance" => {
                Some(Action::AcceptPeering { peering: peering.clone() })
            }
            _ => None,
        };
        is_all &= action.is_some();
        let Some(action) = action.or_else(|| peer(world, seen, obstacle)) else {
            step.note(obstacle.by(), capitalized(&obstacle.mend()) + ".");
            continue;
        };
        if planned.contains(&action) {
            continue;
        }
        step.now(obstacle.by(), action.clone());
        if matches!(action, Action::Peer { .. }) {
            step.note("", "It has to be accepted. The routes through it are in the next plan.");
        }
        planned.push(action);
    }
    is_all
}

/// A new route is for a whole subnet; one that is there is replaced as it is.
fn route(seen: &Seen, way: &NoWay, replaces: bool) -> Option<Action> {
    let peering = way.peering.clone()?;
    let there = seen.network.tables.iter().find(|table| table.id == way.table)?;
    let existing = there
        .routes
        .iter()
        .filter_map(|route| match &route.destination {
            Destination::Cidr(cidr) => Some(*cidr),
            Destination::PrefixList(_) => None,
        })
        .filter(|cidr| cidr.contains(&way.to))
        .max_by_key(IpNet::prefix_len);
    let subnets = seen.network.subnets.iter().flat_map(|subnet| &subnet.cidrs);
    let whole = subnets.copied().find(|cidr| cidr.contains(&way.to));
    let cidr = if replaces { existing? } else { whole.unwrap_or(way.to) };
    Some(Action::Route { table: way.table.clone(), cidr, peering, replaces })
}

/// Two VPCs that nothing joins.
fn peer(world: &World, seen: &Seen, obstacle: &Obstacle) -> Option<Action> {
    let (Obstacle::NoRoute(way) | Obstacle::Blackhole(way) | Obstacle::WrongWay(way)) = obstacle
    else {
        return None;
    };
    let (from, to) = (&seen.database.vpc, &seen.directory.vpc);
    if from == to || way.peering.is_some() {
        return None;
    }
    let between = seen.network.peerings.iter().find(|peering| {
        peering.joins(from, to) && matches!(peering.status.as_str(), "pending-acceptance")
    });
    if let Some(pending) = between {
        return Some(Action::AcceptPeering { peering: pending.id.clone() });
    }
    let owner = world.directory.got().filter(|directory| directory.is_shared());
    let owner = owner.and_then(|directory| directory.owner_directory_description.as_ref());
    Some(Action::Peer {
        from: from.clone(),
        to: to.clone(),
        owner: owner.and_then(|owner| owner.account_id.clone()),
    })
}

/// One command for each group and direction.
fn groups(step: &mut Step, obstacles: &[Obstacle]) {
    let mut found: Vec<(String, Direction, Vec<GroupRule>)> = Vec::new();
    for obstacle in obstacles {
        let Obstacle::Groups { direction, groups, remote, protocol, ports } = obstacle else {
            continue;
        };
        let Some(group) = groups.first() else { continue };
        let rule = GroupRule { protocol: *protocol, ports: *ports, cidr: *remote };
        match found.iter_mut().find(|(id, way, _)| id == group && way == direction) {
            Some((_, _, rules)) => push_new(rules, rule),
            None => found.push((group.clone(), *direction, vec![rule])),
        }
    }
    for (group, direction, rules) in found {
        let ports = listed(rules.iter().map(|rule| (rule.protocol, rule.ports)));
        let why = format!("no {direction} rule of {group} lets {ports} pass");
        step.now(why, Action::AllowInGroup { group, direction, rules });
    }
}

/// The ports, each once.
fn listed(ports: impl Iterator<Item = (Protocol, Ports)>) -> String {
    let mut words = Vec::new();
    ports.for_each(|(protocol, ports)| push_new(&mut words, format!("{protocol} {ports}")));
    words.join(", ")
}

/// What one entry of an ACL would be for.
struct Entry {
    acl: String,
    direction: Direction,
    by: Option<u16>,
    protocol: Protocol,
    ports: Ports,
    cidr: IpNet,
}

/// An ACL has few entries: one for all ports from the first to the last, for each protocol and
/// network. Which of them answer is for security groups to say. Whether that is all that it takes.
fn acls(step: &mut Step, seen: &Seen, obstacles: &[Obstacle]) -> bool {
    let mut is_all = true;
    let mut found: Vec<Entry> = Vec::new();
    for obstacle in obstacles {
        let Obstacle::Acl { acl, direction, by, remote, protocol, ports } = obstacle else {
            continue;
        };
        let is_answer = |ports: &Ports| *ports == Wanted::REPLIES;
        let known = found.iter_mut().find(|entry| {
            entry.acl == *acl
                && entry.direction == *direction
                && entry.protocol == *protocol
                && entry.cidr == *remote
                && is_answer(&entry.ports) == is_answer(ports)
        });
        match known {
            Some(entry) => {
                entry.ports.first = entry.ports.first.min(ports.first);
                entry.ports.last = entry.ports.last.max(ports.last);
                // Before the first that denies some of it.
                entry.by = match (entry.by, *by) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            None => found.push(Entry {
                acl: acl.clone(),
                direction: *direction,
                by: *by,
                protocol: *protocol,
                ports: *ports,
                cidr: *remote,
            }),
        }
    }
    let mut acls: Vec<Acl> = seen.network.acls.clone();
    for entry in found {
        let Entry { acl, direction, by, protocol, ports, cidr } = entry;
        let denies = match by {
            Some(number) => format!("rule {number} of {acl} denies"),
            None => format!("no rule of {acl} allows"),
        };
        let why = format!("{denies} {direction} {protocol} {ports}");
        let there = acls.iter_mut().find(|one| one.id == acl);
        let number = there.as_ref().and_then(|one| one.number_below(direction, by));
        let (Some(there), Some(number)) = (there, number) else {
            is_all = false;
            step.note(
                why,
                format!(
                    "There is no number left before that rule: give it another one, and allow \
                     {protocol} {ports} for {cidr} before it."
                ),
            );
            continue;
        };
        // Its number is taken for those that come.
        there.entries.push(AclEntry {
            number,
            is_outbound: direction == Direction::Out,
            allows: true,
            protocol: Some(protocol),
            ports,
            cidr,
        });
        step.now(why, Action::AllowInAcl { acl, direction, number, protocol, ports, cidr });
    }
    is_all
}
