//! Who asks, and where.

use super::row::{Row, Step};
use crate::commands::aws::world::World;

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "who asks";
    let region = &world.asked.region;
    // Without it nothing else would have been asked.
    vec![match world.caller.got() {
        Some(caller) => Row::ok(Step::Account, WHAT, format!("{}, in {region}", caller.arn)),
        None => Row::unseen(Step::Account, WHAT, format!("somebody, in {region}")),
    }]
}
