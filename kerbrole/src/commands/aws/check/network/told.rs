//! What stands in the way, in as few words as it can be said in, and what takes it away: a command
//! where there is one.

use ipnet::IpNet;

use crate::commands::aws::check::row::command;
use crate::commands::aws::network::{
    Destination, Direction, NoWay, Obstacle, Ports, Protocol, Wanted,
};
use crate::commands::aws::network_of::Seen;
use crate::commands::aws::world::World;

/// `TCP and UDP 53, 88; TCP 135`.
pub(super) fn listed(all: &[(Protocol, Ports)]) -> String {
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
pub(super) fn told(world: &World, seen: &Seen, obstacles: &[Obstacle]) -> (String, String) {
    let mut filters: Vec<Filter<'_>> = Vec::new();
    let mut routes: Vec<Routes<'_>> = Vec::new();
    let (mut said, mut fixes) = (Vec::new(), Vec::new());
    for obstacle in obstacles {
        match obstacle {
            Obstacle::Groups { remote, protocol, ports, .. }
            | Obstacle::Acl { remote, protocol, ports, .. } => {
                let known = filters.iter().position(|one| is_same_place(one.of, obstacle));
                let at = known.unwrap_or_else(|| {
                    filters.push(Filter { of: obstacle, ports: vec![], remotes: vec![] });
                    filters.len() - 1
                });
                push_new(&mut filters[at].ports, (*protocol, *ports));
                push_new(&mut filters[at].remotes, remote.to_string());
            }
            Obstacle::NoRoute(way) | Obstacle::Blackhole(way) | Obstacle::WrongWay(way) => {
                let is_same = |one: &Routes<'_>| {
                    std::mem::discriminant(one.of) == std::mem::discriminant(obstacle)
                        && one.way.table == way.table
                };
                let at = routes.iter().position(is_same).unwrap_or_else(|| {
                    routes.push(Routes { of: obstacle, way, to: vec![] });
                    routes.len() - 1
                });
                push_new(&mut routes[at].to, way.to);
            }
            // Which of the addresses says nothing more.
            Obstacle::PeeringInactive { peering, status, .. } => {
                push_new(&mut said, format!("{peering} is {status}"));
                push_new(&mut fixes, of_peering(world, obstacle, peering, status));
            }
            other => {
                push_new(&mut said, other.by());
                push_new(&mut fixes, other.mend());
            }
        }
    }
    for one in &routes {
        push_new(&mut said, one.by());
        one.mend(world, seen).into_iter().for_each(|fix| push_new(&mut fixes, fix));
    }
    for filter in &filters {
        push_new(&mut said, filter.by());
        push_new(&mut fixes, filter.mend(world));
    }
    let are_commands = fixes.iter().all(|fix| fix.starts_with("aws "));
    (said.join("; "), fixes.join(if are_commands { " && " } else { "; " }))
}

/// Routes of one table that are missing, or lead elsewhere.
struct Routes<'o> {
    /// One of the obstacles.
    of: &'o Obstacle,
    way: &'o NoWay,
    to: Vec<IpNet>,
}

impl Routes<'_> {
    fn by(&self) -> String {
        let NoWay { table, from_vpc, to_vpc, .. } = self.way;
        let to = self.to.iter().map(IpNet::to_string).collect::<Vec<_>>().join(" and ");
        match self.of {
            Obstacle::Blackhole(_) => {
                format!("the route of {table} to {to} is a blackhole: its target is gone")
            }
            Obstacle::WrongWay(_) => format!(
                "the route of {table} to {to} leads into a peering connection that does not join \
                 {from_vpc} and {to_vpc}"
            ),
            _ => format!("{table} has no route to {to}"),
        }
    }

    fn mend(&self, world: &World, seen: &Seen) -> Vec<String> {
        let NoWay { table, from_vpc, to_vpc, peering, .. } = self.way;
        if let Some(peering) = peering {
            return self.to.iter().map(|to| self.route(world, seen, peering, to)).collect();
        }
        let mut ends = [from_vpc, to_vpc];
        ends.sort();
        let join = format!("join {} and {} by a peering connection", ends[0], ends[1]);
        let to = self.to.iter().map(|to| whole(seen, to).to_string()).collect::<Vec<_>>();
        let route = match self.of {
            Obstacle::NoRoute(_) => "add to",
            _ => "replace in",
        };
        vec![join, format!("{route} {table} the routes to {}, through it", to.join(" and "))]
    }

    /// A new route is for the whole subnet; one that is there is replaced as it is.
    fn route(&self, world: &World, seen: &Seen, peering: &str, to: &IpNet) -> String {
        let table = &self.way.table;
        let there = seen.network.tables.iter().find(|one| one.id == *table);
        let existing = there.into_iter().flat_map(|table| &table.routes);
        let existing = existing
            .filter_map(|route| match &route.destination {
                Destination::Cidr(cidr) => Some(*cidr),
                Destination::PrefixList(_) => None,
            })
            .filter(|cidr| cidr.contains(to))
            .max_by_key(IpNet::prefix_len);
        let (operation, to) = match (self.of, existing) {
            (Obstacle::Blackhole(_) | Obstacle::WrongWay(_), Some(existing)) => {
                ("replace-route", existing)
            }
            _ => ("create-route", whole(seen, to)),
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
            table,
            option,
            &to,
            "--vpc-peering-connection-id",
            peering,
        ];
        command(world, &words)
    }
}

/// The subnet that something is in, where it was seen.
fn whole(seen: &Seen, to: &IpNet) -> IpNet {
    let mut subnets = seen.network.subnets.iter().flat_map(|subnet| &subnet.cidrs);
    subnets.find(|cidr| cidr.contains(to)).copied().unwrap_or(*to)
}

fn of_peering(world: &World, obstacle: &Obstacle, peering: &str, status: &str) -> String {
    match status {
        "pending-acceptance" => {
            let option = "--vpc-peering-connection-id";
            command(world, &["ec2", "accept-vpc-peering-connection", option, peering])
        }
        _ => obstacle.mend(),
    }
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
