//! Whether the database reaches the directory: the way between the two, and the ports that a member
//! of a domain asks.

use super::database;
use super::directory::why_unknown;
use super::row::{Row, Step, allow, command};
use crate::commands::aws::network::{
    Destination, Direction, Needed, NoWay, Obstacle, Ports, Protocol, Question, Verdict, WANTED,
    Wanted, judge,
};
use crate::commands::aws::network_of::{Seen, denied, network_of, without_filters};
use crate::commands::aws::world::World;

const STEP: Step = Step::Network;

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "way to the directory";
    let Some(seen) = network_of(world) else {
        return vec![Row::unseen(STEP, WHAT, why_unseen(world))];
    };
    let way = way(world, &seen);
    let has_way = way.is_ok();
    let mut rows = vec![way.unwrap_or_else(|row| row)];
    for (needed, what) in [
        (Needed::Always, "ports that logins need"),
        (Needed::ForSome, "ports that tools of the domain need"),
    ] {
        rows.push(ports(world, &seen, needed, what, has_way));
    }
    rows
}

fn why_unseen(world: &World) -> &'static str {
    if !world.names_database() {
        return database::UNKNOWN;
    }
    match (world.database_place(), world.directory_id()) {
        (None, _) if world.has_database() => "the database is in no VPC that could be looked at",
        (None, _) => "the database could not be looked at",
        (_, None) => why_unknown(world),
        _ if world.directory.got().is_some() => "AWS does not say where the directory is",
        _ => "the directory could not be looked at",
    }
}

/// What a question is about, from the database to the directory.
fn question<'s>(seen: &'s Seen, wanted: &Wanted) -> Question<'s> {
    Question {
        from: &seen.database,
        to: &seen.directory,
        addresses: &seen.addresses,
        protocol: wanted.protocol,
        ports: wanted.ports,
        replies: Wanted::REPLIES,
    }
}

/// Routes and what joins the two VPCs, whatever security groups and network ACLs say.
///
/// # Errors
/// Where there is no way, or nobody can tell.
fn way(world: &World, seen: &Seen) -> Result<Row, Row> {
    const WHAT: &str = "way to the directory";
    let open = without_filters(&seen.network, [&seen.database, &seen.directory]);
    let (from, to) = (&seen.database.vpc, &seen.directory.vpc);
    match judge(&open, &question(seen, &WANTED[0])) {
        Verdict::Allowed if from == to => Ok(Row::ok(STEP, WHAT, format!("within {from}"))),
        Verdict::Allowed => {
            let through = through(seen);
            Ok(Row::ok(STEP, WHAT, format!("from {from} to {to}{through}, and back")))
        }
        Verdict::Blocked(obstacles) => {
            let (said, fix) = told(world, seen, &obstacles);
            Err(Row::wrong(STEP, WHAT, said).fix(fix))
        }
        Verdict::CannotJudge(doubts) => Err(unsure(world, WHAT, &doubts)),
    }
}

fn through(seen: &Seen) -> String {
    let (from, to) = (&seen.database.vpc, &seen.directory.vpc);
    let mut all = seen.network.peerings.iter();
    let peering = all.find(|peering| peering.joins(from, to) && peering.is_active());
    peering.map(|peering| format!(" through {}", peering.id)).unwrap_or_default()
}

fn unsure(world: &World, what: &str, doubts: &[String]) -> Row {
    let owner = world.directory.got().filter(|directory| directory.is_shared());
    let owner = owner.and_then(|directory| directory.owner_directory_description.as_ref());
    let said = match owner.and_then(|owner| owner.account_id.as_deref()) {
        Some(owner) => format!("cannot judge: the directory's side is seen by {owner} only"),
        None => format!("cannot judge: {}", doubts.join("; ")),
    };
    let row = Row::unseen(STEP, what, said);
    let denied = denied(world);
    match denied.is_empty() {
        true => row,
        false => row.fix(allow(world, &denied.join(", "))),
    }
}

/// What security groups and network ACLs make of ports. The way is told in a row of its own.
fn ports(world: &World, seen: &Seen, needed: Needed, what: &str, has_way: bool) -> Row {
    let wanted: Vec<_> = WANTED.iter().filter(|wanted| wanted.needed == needed).collect();
    let (mut obstacles, mut doubts) = (Vec::new(), Vec::new());
    for one in &wanted {
        match judge(&seen.network, &question(seen, one)) {
            Verdict::Allowed => {}
            Verdict::Blocked(some) => obstacles.extend(some),
            Verdict::CannotJudge(some) => doubts.extend(some),
        }
    }
    doubts.sort();
    doubts.dedup();
    let is_filter =
        |obstacle: &Obstacle| matches!(obstacle, Obstacle::Groups { .. } | Obstacle::Acl { .. });
    let is_blocked = !obstacles.is_empty();
    obstacles.retain(is_filter);
    if !obstacles.is_empty() {
        let (said, fix) = told(world, seen, &obstacles);
        return match needed {
            Needed::Always => Row::wrong(STEP, what, said),
            Needed::ForSome => Row::warning(STEP, what, said),
        }
        .fix(fix);
    }
    if is_blocked || !has_way && doubts.is_empty() {
        return Row::unseen(STEP, what, "cannot judge before there is a way");
    }
    if !doubts.is_empty() {
        return unsure(world, what, &doubts);
    }
    let all = wanted.iter().map(|wanted| (wanted.protocol, wanted.ports)).collect::<Vec<_>>();
    Row::ok(STEP, what, listed(&all))
}

/// `TCP and UDP 53, 88; TCP 135`.
fn listed(all: &[(Protocol, Ports)]) -> String {
    let has = |protocol, ports: Ports| all.contains(&(protocol, ports));
    let mut ports: Vec<Ports> = Vec::new();
    for (_, one) in all {
        if !ports.contains(one) {
            ports.push(*one);
        }
    }
    let of = |name: &str, is: &dyn Fn(Ports) -> bool| {
        let those: Vec<_> =
            ports.iter().filter(|ports| is(**ports)).map(Ports::to_string).collect();
        (!those.is_empty()).then(|| format!("{name} {}", those.join(", ")))
    };
    let (tcp, udp) = (Protocol::Tcp, Protocol::Udp);
    let parts = [
        of("TCP and UDP", &|ports| has(tcp, ports) && has(udp, ports)),
        of("TCP", &|ports| has(tcp, ports) && !has(udp, ports)),
        of("UDP", &|ports| !has(tcp, ports) && has(udp, ports)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What stands in the way at one place, for all ports and addresses that it is about.
struct Filter<'o> {
    /// One of the obstacles.
    of: &'o Obstacle,
    ports: Vec<(Protocol, Ports)>,
    remotes: Vec<String>,
}

/// What stands in the way, and what takes it away.
fn told(world: &World, seen: &Seen, obstacles: &[Obstacle]) -> (String, String) {
    let mut filters: Vec<Filter<'_>> = Vec::new();
    let (mut said, mut fixes) = (Vec::new(), Vec::new());
    for obstacle in obstacles {
        match obstacle {
            Obstacle::Groups { remote, protocol, ports, .. }
            | Obstacle::Acl { remote, protocol, ports, .. } => {
                let known = filters.iter_mut().find(|filter| is_same_place(filter.of, obstacle));
                let filter = match known {
                    Some(filter) => filter,
                    None => {
                        filters.push(Filter { of: obstacle, ports: vec![], remotes: vec![] });
                        let Some(last) = filters.last_mut() else { continue };
                        last
                    }
                };
                push_new(&mut filter.ports, (*protocol, *ports));
                push_new(&mut filter.remotes, remote.to_string());
            }
            other => {
                push_new(&mut said, other.by());
                push_new(&mut fixes, of_way(world, seen, other));
            }
        }
    }
    for filter in &filters {
        push_new(&mut said, filter.by());
        push_new(&mut fixes, filter.mend(world));
    }
    (said.join("; "), fixes.join(" && "))
}

fn push_new<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Whether two are of the same rules, and for the same of questions and answers.
fn is_same_place(one: &Obstacle, other: &Obstacle) -> bool {
    match (one, other) {
        (
            Obstacle::Groups { direction: d1, groups: g1, .. },
            Obstacle::Groups { direction: d2, groups: g2, .. },
        ) => d1 == d2 && g1 == g2,
        (
            Obstacle::Acl { acl: a1, direction: d1, by: b1, ports: p1, .. },
            Obstacle::Acl { acl: a2, direction: d2, by: b2, ports: p2, .. },
        ) => {
            let is_answer = |ports: &Ports| *ports == Wanted::REPLIES;
            (a1, d1, b1) == (a2, d2, b2) && is_answer(p1) == is_answer(p2)
        }
        _ => false,
    }
}

impl Filter<'_> {
    fn by(&self) -> String {
        let (ports, remotes) = (listed(&self.ports), self.remotes.join(" and "));
        match self.of {
            Obstacle::Groups { direction, groups, .. } => {
                let groups = groups.join(", ");
                format!("no {direction} rule of {groups} lets {ports} {} {remotes}", to(*direction))
            }
            Obstacle::Acl { acl, direction, by, ports: of_one, .. } => {
                let rule = match by {
                    Some(number) => format!("{direction} rule {number} of {acl} denies"),
                    None => format!("no {direction} rule of {acl} allows"),
                };
                let what = if *of_one == Wanted::REPLIES { " the answers by" } else { "" };
                format!("{rule}{what} {ports} {} {remotes}", to(*direction))
            }
            other => other.by(),
        }
    }

    fn mend(&self, world: &World) -> String {
        match self.of {
            Obstacle::Groups { direction, groups, .. } => {
                let operation = match direction {
                    Direction::In => "authorize-security-group-ingress",
                    Direction::Out => "authorize-security-group-egress",
                };
                let group = groups.first().map_or("GROUP", String::as_str);
                let mut words = vec!["ec2", operation, "--group-id", group, "--ip-permissions"];
                let permissions: Vec<_> =
                    self.ports.iter().map(|one| self.permission(one)).collect();
                words.extend(permissions.iter().map(String::as_str));
                command(world, &words)
            }
            Obstacle::Acl { acl, direction, by, .. } => {
                let below = match by {
                    Some(number) => format!(" with a number below {number}"),
                    None => String::new(),
                };
                let (ports, remotes) = (listed(&self.ports), self.remotes.join(" and "));
                let to = to(*direction);
                format!("add {direction} rules to {acl}{below} that allow {ports} {to} {remotes}")
            }
            other => other.mend(),
        }
    }

    /// In the CLI's shorthand.
    fn permission(&self, (protocol, ports): &(Protocol, Ports)) -> String {
        let ranges = |key: &str, those: Vec<&String>| {
            let those: Vec<_> = those.iter().map(|one| format!("{{{key}={one}}}")).collect();
            (!those.is_empty()).then(|| those.join(","))
        };
        let (six, four): (Vec<_>, Vec<_>) =
            self.remotes.iter().partition(|remote| remote.contains(':'));
        let four = ranges("CidrIp", four).map(|all| format!(",IpRanges=[{all}]"));
        let six = ranges("CidrIpv6", six).map(|all| format!(",Ipv6Ranges=[{all}]"));
        format!(
            "IpProtocol={},FromPort={},ToPort={}{}{}",
            protocol.name(),
            ports.first,
            ports.last,
            four.unwrap_or_default(),
            six.unwrap_or_default()
        )
    }
}

fn to(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in from",
        Direction::Out => "out to",
    }
}

/// What mends a way, as a command where there is one.
fn of_way(world: &World, seen: &Seen, obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NoRoute(way) => route(world, seen, way, "create-route", obstacle),
        Obstacle::Blackhole(way) | Obstacle::WrongWay(way) => {
            route(world, seen, way, "replace-route", obstacle)
        }
        Obstacle::PeeringInactive { peering, status, .. } if status == "pending-acceptance" => {
            let option = "--vpc-peering-connection-id";
            command(world, &["ec2", "accept-vpc-peering-connection", option, peering])
        }
        other => other.mend(),
    }
}

/// A new route is for the whole subnet; one that is there is replaced as it is.
fn route(world: &World, seen: &Seen, way: &NoWay, operation: &str, obstacle: &Obstacle) -> String {
    let Some(peering) = &way.peering else { return obstacle.mend() };
    let subnets = seen.network.subnets.iter().flat_map(|subnet| &subnet.cidrs);
    let mut whole = subnets.filter(|cidr| cidr.contains(&way.to));
    let there = seen.network.tables.iter().find(|table| table.id == way.table);
    let routes = there.into_iter().flat_map(|table| &table.routes);
    let existing = routes
        .filter_map(|route| match &route.destination {
            Destination::Cidr(cidr) => Some(cidr),
            _ => None,
        })
        .filter(|cidr| cidr.contains(&way.to))
        .max_by_key(|cidr| cidr.prefix_len());
    let to = match operation {
        "replace-route" => existing.copied().unwrap_or(way.to),
        _ => whole.next().copied().unwrap_or(way.to),
    };
    let option = match to.addr().is_ipv4() {
        true => "--destination-cidr-block",
        false => "--destination-ipv6-cidr-block",
    };
    let to = to.to_string();
    let words = [
        "ec2",
        operation,
        "--route-table-id",
        &way.table,
        option,
        &to,
        "--vpc-peering-connection-id",
        peering,
    ];
    command(world, &words)
}
