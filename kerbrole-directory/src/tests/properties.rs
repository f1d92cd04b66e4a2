//! Random worlds, with random faults: what is read is what is there, or an error.

use proptest::prelude::*;
use rasn_ldap::ResultCode;

use super::model::{Kind, Thing, World, rows};
use super::server::{Fault, notice};

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        3 => Just(Kind::Group),
        4 => Just(Kind::User),
        1 => Just(Kind::Disabled),
        1 => Just(Kind::Computer),
        1 => Just(Kind::Contact),
    ]
}

/// Things by their kinds and domains; numbers for members and primary groups, which are taken as
/// far as they fit.
fn things() -> impl Strategy<Value = Vec<Thing>> {
    let thing = (0..2usize, kind(), prop::collection::vec(any::<usize>(), 0..8), any::<usize>());
    prop::collection::vec(thing, 1..24).prop_map(|drawn| {
        let count = drawn.len();
        let blank: Vec<_> =
            drawn.iter().map(|(domain, kind, ..)| Thing::new(*domain, *kind)).collect();
        let each = drawn.into_iter().enumerate();
        each.map(|(number, (domain, kind, members, primary))| {
            let mut thing = Thing::new(domain, kind);
            if kind == Kind::Group {
                let mut members: Vec<_> =
                    members.into_iter().map(|member| member % count).collect();
                // A contact is not in groups of another domain, and nothing is twice in one.
                members.retain(|&m| blank[m].domain == domain || blank[m].kind != Kind::Contact);
                members.sort_unstable();
                members.dedup();
                thing.members = members;
            } else if kind != Kind::Contact {
                let group = primary % count;
                let fits = blank[group].kind == Kind::Group && blank[group].domain == domain;
                thing.primary = (fits && group != number).then_some(group);
            }
            thing
        })
        .collect()
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    let code = prop::sample::select(vec![
        ResultCode::Busy,
        ResultCode::Unavailable,
        ResultCode::TimeLimitExceeded,
        ResultCode::SizeLimitExceeded,
        ResultCode::AdminLimitExceeded,
        ResultCode::Referral,
        ResultCode::UnavailableCriticalExtension,
        ResultCode::OperationsError,
    ]);
    prop_oneof![
        Just(Fault::Cut),
        Just(Fault::Half),
        Just(Fault::Silence),
        Just(Fault::Reference),
        Just(Fault::NoControl),
        Just(Fault::WrongNumber),
        Just(Fault::EndlessPages),
        Just(Fault::EndlessPortions),
        Just(Fault::Raw(notice(ResultCode::Unavailable))),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Fault::Raw),
        code.prop_map(Fault::Ends),
    ]
}

fn run(world: &World, groups: &[usize]) -> Result<Vec<super::model::Row>, crate::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
    runtime
        .block_on(async { world.read(&world.mapped(groups)).await })
        .map(|snapshot| rows(&snapshot))
}

fn groups(world: &World) -> Vec<usize> {
    let each = world.things.iter().enumerate();
    each.filter(|(_, thing)| thing.kind == Kind::Group).map(|(number, _)| number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_whole_directory_is_read_whole(
        things in things(),
        page in 1..5usize,
        portion in 1..4usize,
    ) {
        let world = World { page, portion, ..World::new(things) };
        let mapped = groups(&world);
        let read = run(&world, &mapped);
        prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(world.naive(&mapped)));
    }

    #[test]
    fn a_fault_takes_nobody_away(
        things in things(),
        page in 1..5usize,
        portion in 1..4usize,
        domain in 0..2usize,
        at in 0..60usize,
        fault in fault(),
    ) {
        let world = World { page, portion, fault: Some((domain, at, fault)), things };
        let mapped = groups(&world);
        if let Ok(read) = run(&world, &mapped) {
            prop_assert_eq!(read, world.naive(&mapped));
        }
    }

    /// What a message says is not signed: it may say something else. It makes nothing panic.
    #[test]
    fn a_message_with_another_byte_ends_in_an_answer(
        things in things(),
        domain in 0..2usize,
        at in 0..60usize,
        place in any::<usize>(),
        bits in 1..=255u8,
    ) {
        let fault = Some((domain, at, Fault::Turned(place, bits)));
        let world = World { fault, ..World::new(things) };
        let _any_answer = run(&world, &groups(&world));
    }
}
