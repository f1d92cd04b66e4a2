//! What must be so in every state.

use stateright::Property;

use crate::catalogue::{AD, Edges, Name, created_by};
use crate::model::World;
use crate::program::{How, Program, Statement};
use crate::state::{Outcome, SESSIONS, Session, State};

/// With the guard on nobody's commit puts anybody into both.
pub const NEVER_BOTH: &str = "never-both";
/// Without the guard no function's commit does.
pub const FUNCTION_ADDS_NONE: &str = "function-adds-none";
/// Two clients that were both told "done" have not made a conflict together.
pub const NEVER_BOTH_KEPT: &str = "never-both-kept";
/// A principal that is there is in all that it was to be in.
pub const WHOLE_OR_ABSENT: &str = "whole-or-absent";
/// What a client takes back is what it has made.
pub const OWN_PART_ONLY: &str = "own-part-only";
/// As long as somebody has not ended, somebody can go on.
pub const NOBODY_WAITS_FOREVER: &str = "nobody-waits-forever";
/// No two wait for each other.
pub const NO_DEADLOCK: &str = "no-deadlock";

/// All of them, each with what it promises.
pub const ALL: [(&str, &str); 7] = [
    (NEVER_BOTH, "With the guard on, no commit puts a role into both that was not."),
    (
        FUNCTION_ADDS_NONE,
        "Without the guard, no commit of a function does, whatever others type meanwhile.",
    ),
    (
        NEVER_BOTH_KEPT,
        "Without the extension: where everybody waits for the lock on `rds_ad` and goes by the \
         latest snapshot, nobody is in both in any state. Where not, nobody is when all have \
         ended, unless a connection was cut between a commit and the look after it.",
    ),
    (
        WHOLE_OR_ABSENT,
        "A principal that a client has created is in `rds_ad` and in its groups, or is not there, \
         whatever is cut and whenever.",
    ),
    (
        OWN_PART_ONLY,
        "What a client takes back by plain statements is what its own transaction wrote.",
    ),
    (NOBODY_WAITS_FOREVER, "As long as somebody has not ended, somebody can go on."),
    (NO_DEADLOCK, "With the guard, or without the extension, no two sessions wait for each other."),
];

/// Those that hold in a world.
pub(crate) fn of(world: &World) -> Vec<Property<World>> {
    let mut all = vec![Property::always(NOBODY_WAITS_FOREVER, nobody_waits_forever)];
    if world.guard {
        all.push(Property::always(NEVER_BOTH, never_both));
    } else if world.extension {
        all.push(Property::always(FUNCTION_ADDS_NONE, function_adds_none));
    } else {
        let types = |program: &Program| program.how == How::Typed && !program.is_one_function();
        if !world.menu.iter().any(types) {
            all.push(Property::always(NEVER_BOTH_KEPT, never_both_kept));
        }
        all.push(Property::always(WHOLE_OR_ABSENT, whole_or_absent));
        all.push(Property::always(OWN_PART_ONLY, own_part_only));
    }
    // A plain GRANT and then a function, without the guard, ask for the weaker lock first.
    if world.guard || !world.extension {
        all.push(Property::always(NO_DEADLOCK, no_deadlock));
    }
    all
}

fn never_both(_: &World, state: &State) -> bool {
    state.sessions.iter().all(|session| !session.broke)
}

fn function_adds_none(world: &World, state: &State) -> bool {
    state.sessions.iter().all(|s| !(s.broke && world.program(s).is_one_function()))
}

/// Where everybody waits for the lock and goes by the latest snapshot there is no conflict in any
/// state. Where not, there is none at the end, unless a connection was cut between a commit and the
/// look after it.
fn never_both_kept(world: &World, state: &State) -> bool {
    let all_wait = state.sessions[..world.sessions].iter().all(|session| {
        let program = world.program(session);
        program.how != (How::Plain { locks: false }) && !program.repeatable_read
    });
    let knew = state.sessions.iter().any(|session| session.met);
    let is_cut = state.sessions.iter().any(|s| s.gone || s.ended == Some(Outcome::Cut));
    let counts = all_wait || (state.is_over() && !is_cut && !knew);
    !counts || state.catalogue.edges.in_both() == 0
}

fn whole_or_absent(world: &World, state: &State) -> bool {
    let Some(role) = state.catalogue.role(Name::P) else { return true };
    let by_functions = |session: &Session| {
        session.ended == Some(Outcome::TakenBack) && world.program(session).how == How::Functions
    };
    if state.sessions.iter().any(by_functions) {
        return true;
    }
    (0..SESSIONS).filter(|&session| created_by(session) == role).all(|session| {
        let session = &state.sessions[session];
        // Others may have added to it before its creator took its part back.
        if session.ended == Some(Outcome::TakenBack) {
            return true;
        }
        let groups = match world.program(session).statements[0] {
            Some(Statement::Add { group } | Statement::SqlAdd { group }) => group,
            _ => None,
        };
        let group = groups.and_then(|name| state.catalogue.role(name));
        let wanted = group.map_or(Edges::default(), |group| Edges::one(role, group));
        wanted.and(Edges::one(role, AD)).without(state.catalogue.edges).is_empty()
    })
}

fn own_part_only(_: &World, state: &State) -> bool {
    state.sessions.iter().all(|session| !session.took)
}

fn nobody_waits_forever(world: &World, state: &State) -> bool {
    state.is_over()
        || (0..SESSIONS).any(|session| {
            world.can_go_on(state, session) || world.waits_in_a_circle(state, session)
        })
}

fn no_deadlock(world: &World, state: &State) -> bool {
    (0..SESSIONS)
        .all(|session| !state.sessions[session].waits || !world.waits_in_a_circle(state, session))
}
