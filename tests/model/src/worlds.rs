//! The places and the menus.

use crate::catalogue::Catalogue;
use crate::catalogue::Name::{Ad, G, H, Iam, Old, P};
use crate::fault::Fault;
use crate::model::World;
use crate::program::Statement::{Add, Create, Drop, Grant, Rename, Revoke, SqlAdd};
use crate::program::{How, Program};

/// Every start.
fn starts() -> Vec<Catalogue> {
    vec![
        Catalogue::of(&[P, G, H], &[]),
        Catalogue::of(&[P, G, H], &[(P, Ad), (H, Iam)]),
        Catalogue::of(&[P, G, H], &[(P, Ad), (P, G)]),
        Catalogue::of(&[G, H], &[(H, Iam)]),
        Catalogue::of(&[P, H], &[(P, Ad), (H, Iam)]),
        Catalogue::of(&[P, G, H], &[(P, Ad), (P, Iam), (H, Iam)]),
    ]
}

fn typed() -> Vec<Program> {
    let mut menu = Vec::new();
    let all = [Ad, Iam, P, G, H];
    for role in all {
        for member in all {
            if role != member && role != P {
                menu.push(Program::typed(Grant { role, member }));
            }
        }
    }
    for (role, member) in [(Iam, H), (Ad, P), (Iam, P), (G, P)] {
        menu.push(Program::typed(Revoke { role, member }));
    }
    for (from, to) in [(H, G), (G, H), (G, P)] {
        menu.push(Program::typed(Rename { from, to }));
    }
    menu.push(Program::typed(Drop { role: H }));
    menu.push(Program::typed(Create { name: G, roles: [Some(Iam), None] }));
    menu.push(Program::typed(Create { name: P, roles: [Some(Ad), Some(G)] }));
    for group in [None, Some(G), Some(H)] {
        menu.push(Program::typed(Add { group }));
    }
    menu.push(Program::both(Add { group: None }, Grant { role: Iam, member: P }));
    menu.push(Program::both(Grant { role: G, member: P }, Add { group: None }));
    menu.push(Program::both(Revoke { role: Iam, member: H }, Grant { role: H, member: P }));
    menu.push(Program::both(Rename { from: G, to: P }, Grant { role: H, member: P }));
    menu.push(Program::both(Rename { from: G, to: Old }, Rename { from: H, to: G }));
    menu
}

/// With the guard on.
pub fn guarded(sessions: usize) -> World {
    World {
        name: "the extension, its guard on",
        extension: true,
        guard: true,
        breaks: true,
        sessions,
        menu: typed(),
        starts: starts(),
        fault: None,
    }
}

/// The same under REPEATABLE READ.
pub fn guarded_repeatable(sessions: usize) -> World {
    // A grant to one of the two roles, and repairs, are tried under READ COMMITTED.
    let is_short = |program: &Program| match program.statements[0] {
        Some(Grant { role, member }) => role < member || member == P,
        Some(Add { .. } | Create { .. } | Rename { .. }) => true,
        _ => program.statements[1].is_some(),
    };
    let menu = typed().into_iter().filter(is_short).map(Program::repeatable).collect();
    World { name: "the extension, its guard on, REPEATABLE READ", menu, ..guarded(sessions) }
}

/// With the functions only.
pub fn functions(sessions: usize) -> World {
    World { name: "the extension, without its guard", guard: false, ..guarded(sessions) }
}

/// Managed: everybody waits for the lock by COMMENT ON ROLE.
pub fn managed(sessions: usize) -> World {
    let mut menu = Vec::new();
    for group in [None, Some(G), Some(H)] {
        menu.push(Program::typed(SqlAdd { group }));
        menu.push(Program::client(How::Functions, SqlAdd { group }));
        menu.push(Program::client(How::Plain { locks: true }, SqlAdd { group }));
    }
    for (role, member) in grants() {
        let grant = Program::client(How::Plain { locks: true }, Grant { role, member });
        menu.push(grant);
        menu.push(grant.repeatable());
    }
    World { name: "no extension, everybody waits", menu, ..unlocked(sessions) }
}

fn grants() -> [(crate::catalogue::Name, crate::catalogue::Name); 5] {
    [(Iam, G), (G, P), (Ad, G), (H, G), (Iam, H)]
}

/// Managed: clients some of which may not take that lock.
pub fn unlocked(sessions: usize) -> World {
    let mut menu = Vec::new();
    for group in [None, Some(G), Some(H)] {
        menu.push(Program::client(How::Functions, SqlAdd { group }));
        menu.push(Program::client(How::Plain { locks: false }, SqlAdd { group }));
    }
    for (role, member) in grants() {
        menu.push(Program::client(How::Plain { locks: true }, Grant { role, member }));
        menu.push(Program::client(How::Plain { locks: false }, Grant { role, member }));
    }
    World {
        name: "no extension, not everybody waits",
        extension: false,
        guard: false,
        breaks: true,
        sessions,
        menu,
        starts: starts()[..4].to_vec(),
        fault: None,
    }
}

/// Managed, and somebody at psql who types GRANT.
pub fn typing(sessions: usize) -> World {
    let mut menu = Vec::new();
    for group in [None, Some(G)] {
        menu.push(Program::typed(SqlAdd { group }));
        menu.push(Program::client(How::Functions, SqlAdd { group }));
        menu.push(Program::client(How::Plain { locks: true }, SqlAdd { group }));
        menu.push(Program::client(How::Plain { locks: false }, SqlAdd { group }));
    }
    for (role, member) in [(Iam, G), (G, P), (H, G)] {
        menu.push(Program::client(How::Plain { locks: true }, Grant { role, member }));
        menu.push(Program::typed(Grant { role, member }));
    }
    World { name: "no extension, somebody types GRANT", menu, ..unlocked(sessions) }
}

/// All in which everything has to hold.
pub fn all() -> Vec<World> {
    vec![guarded(3), guarded_repeatable(3), functions(3), managed(3), unlocked(3), typing(3)]
}

/// Where a fault shows, with two sessions.
pub fn broken(fault: Fault) -> World {
    let only_grants = |world: World| {
        let is_grant = |program: &Program| {
            program.statements[1].is_none() && matches!(program.statements[0], Some(Grant { .. }))
        };
        let starts = vec![Catalogue::of(&[P, G, H], &[(P, Ad), (H, Iam)])];
        World { menu: world.menu.into_iter().filter(is_grant).collect(), starts, ..world }
    };
    // Whoever may create a principal and grant rds_ad may comment on it.
    let only_adopting = |world: World| {
        let starts = world.starts.iter().filter(|start| start.role(P).is_some());
        World { starts: starts.copied().collect(), ..world }
    };
    let world = match fault {
        Fault::NoLock | Fault::LockLate | Fault::CheckBefore => only_grants(guarded(2)),
        Fault::Snapshot => only_grants(guarded_repeatable(2)),
        Fault::FunctionLooksOnce => functions(2),
        Fault::NoSecondLook | Fault::WrongHalf => only_adopting(unlocked(2)),
        Fault::TwoTransactions | Fault::LockOutlivesSession => managed(2),
        _ => guarded(2),
    };
    World { fault: Some(fault), ..world }
}
