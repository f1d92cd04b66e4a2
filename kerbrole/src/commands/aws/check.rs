//! What AWS said, held against the steps of its guide: pure, from a [`World`] to rows in the order
//! of the guide, each the answer to one question.
//!
//! A row is "ok" only where everything that it depends on was answered; what is not known here, a
//! new status say, is "cannot look" and never "ok".

mod account;
mod database;
mod directory;
pub(super) mod documents;
mod membership;
mod network;
mod parameters;
mod role;
mod row;
mod trust;
mod users;

use super::world::World;

pub(crate) use self::row::{Row, Status, Step};

/// All rows about the control plane.
pub(crate) fn rows(world: &World) -> Vec<Row> {
    let steps = [
        account::rows,
        directory::rows,
        trust::rows,
        role::rows,
        users::rows,
        network::rows,
        database::rows,
        membership::rows,
        parameters::rows,
    ];
    steps.iter().flat_map(|step| step(world)).collect()
}

#[cfg(test)]
mod tests;
