//! Whether the database reaches the directory: the way between the two, and the ports that a member
//! of a domain asks.

mod told;

use self::told::{listed, told};
use super::database;
use super::directory::why_unknown;
use super::row::{Row, Step, allow};
use crate::commands::aws::network::{Needed, Obstacle, Verdict, WANTED, judge};
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

/// Routes and what joins the two VPCs, whatever security groups and network ACLs say.
///
/// # Errors
/// Where there is no way, or nobody can tell.
fn way(world: &World, seen: &Seen) -> Result<Row, Row> {
    const WHAT: &str = "way to the directory";
    let open = without_filters(&seen.network, [&seen.database, &seen.directory]);
    let (from, to) = (&seen.database.vpc, &seen.directory.vpc);
    match judge(&open, &seen.question(&WANTED[0])) {
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
    let denied = denied(world).join(", ");
    // Where a permission is missing, what it would have shown is no news.
    let said = match owner.and_then(|owner| owner.account_id.as_deref()) {
        _ if !denied.is_empty() => format!("cannot judge: not allowed: {denied}"),
        Some(owner) => format!("cannot judge: the directory's side is seen by {owner} only"),
        None => format!("cannot judge: {}", doubts.join("; ")),
    };
    let row = Row::unseen(STEP, what, said);
    if denied.is_empty() { row } else { row.fix(allow(world, &denied)) }
}

/// What security groups and network ACLs make of ports. The way is told in a row of its own.
fn ports(world: &World, seen: &Seen, needed: Needed, what: &str, has_way: bool) -> Row {
    let wanted: Vec<_> = WANTED.iter().filter(|wanted| wanted.needed == needed).collect();
    let (mut obstacles, mut doubts) = (Vec::new(), Vec::new());
    for one in &wanted {
        match judge(&seen.network, &seen.question(one)) {
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
