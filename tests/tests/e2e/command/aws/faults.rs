//! Faults: a world in which all is well, what is different, and the rows that say so. No other row
//! may be other than in the world where all is well.

mod cluster;
mod database;
mod directory;
mod network;
mod role;

/// One fault.
pub struct Fault {
    pub name: &'static str,
    /// The world that it is in.
    pub world: &'static str,
    pub changes: &'static [&'static str],
    /// Arguments beside those of the world.
    pub arguments: &'static [&'static str],
    /// `step/what: status` of the rows that are other than where all is well.
    pub rows: &'static [&'static str],
}

const fn fault(
    name: &'static str,
    world: &'static str,
    changes: &'static [&'static str],
    rows: &'static [&'static str],
) -> Fault {
    Fault { name, world, changes, arguments: &[], rows }
}

/// All of them.
pub const ALL: &[&[Fault]] = &[
    directory::DIRECTORY,
    directory::TRUST,
    directory::USERS,
    role::ROLE,
    network::NETWORK,
    database::DATABASE,
    database::PARAMETERS,
    cluster::CLUSTER,
];
