//! Going through all states of a world.

use stateright::{Checker, HasDiscoveries, Model};

use crate::fault::Fault;
use crate::model::{Action, World};
use crate::state::State;
use crate::worlds;

/// What was found of a world that has to hold.
#[derive(Debug)]
pub struct Held {
    /// Which.
    pub world: World,
    /// From how many beginnings.
    pub beginnings: usize,
    /// How many states there are.
    pub states: usize,
    /// How many steps the longest way takes.
    pub depth: usize,
    /// What does not hold, each with a way there.
    pub broken: Vec<Counterexample>,
}

/// A way to a state in which something is not so.
#[derive(Debug)]
pub struct Counterexample {
    /// What is not so.
    pub property: &'static str,
    /// Each state, and what happens then.
    pub steps: Vec<(State, Option<Action>)>,
}

/// Tries everything.
pub fn check(world: World) -> Held {
    let checker = world.clone().checker().threads(1).spawn_bfs().join();
    let found = checker.discoveries().into_iter();
    let mut broken: Vec<_> =
        found.map(|(property, path)| Counterexample { property, steps: path.into_vec() }).collect();
    broken.sort_by_key(|counterexample| counterexample.property);
    Held {
        beginnings: world.init_states().len(),
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        broken,
        world,
    }
}

/// A shortest way to what a fault breaks, if it breaks anything.
pub fn catch(fault: Fault) -> Option<(World, Counterexample)> {
    // The checker keeps the last that it finds. Where the way may be no longer than the shortest
    // one, that is a shortest one.
    (2..LONGEST).find_map(|depth| {
        let world = worlds::broken(fault);
        let checker = world
            .clone()
            .checker()
            .threads(1)
            .target_max_depth(depth)
            .finish_when(HasDiscoveries::AnyOf([fault.breaks()].into()))
            .spawn_bfs()
            .join();
        let path = checker.discovery(fault.breaks())?;
        Some((world, Counterexample { property: fault.breaks(), steps: path.into_vec() }))
    })
}

/// No way is as long as that.
const LONGEST: usize = 40;
