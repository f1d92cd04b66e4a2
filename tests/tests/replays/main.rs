//! What the model's checker found against each fault, on real servers that are built with it: the
//! same statements, in the same order. With the fault the promise breaks, without it holds.
//!
//! The servers are those of `make stage-faults`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub)]

mod interleavings;
mod order;

use std::process::ExitCode;

use kerbrole_model::catalogue::Name;
use kerbrole_model::checking::catch;
use kerbrole_model::fault::{Fault, Part};
use kerbrole_model::properties::NO_DEADLOCK;
use kerbrole_model::proved;
use kerbrole_tests::cases;
use kerbrole_tests::fixture::{self, Case, Context, Kind};
use libtest_mimic::Arguments;

use order::Replay;

cases! {
    Guarded: no_lock, lock_late, snapshot, check_before, names_before_wait, asleep_inside,
        asleep_after;
    EachVersion: function_looks_once;
    Nowhere: none_is_left_out;
}

const SUITES: &[(&str, &[Case])] = &[("replays", CASES), ("interleavings", interleavings::CASES)];

fn main() -> ExitCode {
    match fixture::try_all(
        SUITES,
        &[Kind::Plain, Kind::Guarded, Kind::Bare],
        &Arguments::from_args(),
    ) {
        Ok(conclusion) => conclusion.exit_code(),
        Err(error) => {
            eprintln!("the servers could not be set up: {error}");
            ExitCode::FAILURE
        }
    }
}

fn none_is_left_out(_: &Context<'_>) {
    let replayed: Vec<_> = CASES.iter().map(|case| case.name).collect();
    for fault in Fault::ALL.into_iter().filter(|fault| fault.part() == Part::Extension) {
        assert!(replayed.contains(&fault.name()), "{fault:?}");
    }
}

fn no_lock(c: &Context<'_>) {
    replay(c, Fault::NoLock);
}

fn lock_late(c: &Context<'_>) {
    replay(c, Fault::LockLate);
}

fn snapshot(c: &Context<'_>) {
    replay(c, Fault::Snapshot);
}

fn check_before(c: &Context<'_>) {
    replay(c, Fault::CheckBefore);
}

fn names_before_wait(c: &Context<'_>) {
    replay(c, Fault::NamesBeforeWait);
}

fn asleep_inside(c: &Context<'_>) {
    replay(c, Fault::AsleepInside);
}

fn asleep_after(c: &Context<'_>) {
    replay(c, Fault::AsleepAfter);
}

fn function_looks_once(c: &Context<'_>) {
    replay(c, Fault::FunctionLooksOnce);
}

/// With the fault, and once more without.
fn replay(c: &Context<'_>, fault: Fault) {
    let setting = fault.name();
    let (world, found) = catch(fault).unwrap();
    let last = &found.steps.last().unwrap().0.catalogue;
    let is_in_both =
        |name: &Name| last.role(*name).is_some_and(|role| last.edges.in_both() >> role & 1 == 1);
    let mut should: Vec<String> =
        Name::ALL.into_iter().filter(is_in_both).map(|n| n.sql().replace('"', "")).collect();
    should.sort();
    let broken = Replay::of(c, &world, &found).run(setting);
    println!("PostgreSQL {}: {setting}: {broken:?}", c.major());
    if fault.breaks() == NO_DEADLOCK {
        assert!(broken.outcomes.iter().any(|code| code == "40P01"), "{broken:?}");
    } else {
        assert!(!should.is_empty());
        assert_eq!(broken.in_both, should, "{broken:?}");
    }
    let kept = Replay::of(c, &world, &found).run("none");
    println!("PostgreSQL {}: without it: {kept:?}", c.major());
    assert!(kept.in_both.is_empty(), "{kept:?}");
    let codes = ["done", "0LP01"];
    assert!(kept.outcomes.iter().all(|code| codes.contains(&code.as_str())), "{kept:?}");
    assert!(kept.outcomes.iter().any(|code| code == "0LP01"), "nobody was refused: {kept:?}");
    proved::note_replay(c.major(), fault);
}
