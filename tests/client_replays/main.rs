//! What the model's checker found against each fault of kerbrole-client, on real servers: the same
//! in the same order. With the fault the promise breaks, without it holds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub)]

mod lock;
mod order;

use std::process::ExitCode;

use kerbrole_model::checking::catch;
use kerbrole_model::fault::{Fault, Part};
use kerbrole_model::proved;
use kerbrole_tests::cases;
use kerbrole_tests::fixture::{self, Case, Context, Kind};
use libtest_mimic::Arguments;

use order::{Replay, Seen};

cases! {
    BareEachVersion: no_second_look, wrong_half, two_transactions, lock_outlives_session;
    Nowhere: none_is_left_out;
}

const SUITES: &[(&str, &[Case])] = &[("client_replays", CASES)];

fn main() -> ExitCode {
    match fixture::try_all(SUITES, &[Kind::Bare], &Arguments::from_args()) {
        Ok(conclusion) => conclusion.exit_code(),
        Err(error) => {
            eprintln!("the servers could not be set up: {error}");
            ExitCode::FAILURE
        }
    }
}

fn none_is_left_out(_: &Context<'_>) {
    let replayed: Vec<_> = CASES.iter().map(|case| case.name).collect();
    for fault in Fault::ALL.into_iter().filter(|fault| fault.part() != Part::Extension) {
        assert!(replayed.contains(&fault.name()), "{fault:?}");
    }
}

/// Both are told that it is done, and have put somebody into both together.
fn no_second_look(c: &Context<'_>) {
    let kept = replay(c, Fault::NoSecondLook);
    let ends: Vec<_> = kept.outcomes.iter().map(String::as_str).collect();
    assert_eq!(ends, ["done", "Conflict"], "the one that looks last takes its part back");
}

/// Somebody loses a membership that the client did not give.
fn wrong_half(c: &Context<'_>) {
    let kept = replay(c, Fault::WrongHalf);
    assert!(kept.outcomes.contains(&"Conflict".to_string()), "{kept:?}");
}

/// A principal is there and cannot log in.
fn two_transactions(c: &Context<'_>) {
    let kept = replay(c, Fault::TwoTransactions);
    for seen in [&kept.on_the_way, &kept.at_the_end] {
        assert!(seen.is_whole(), "{kept:?}");
    }
}

/// Who waits for a connection that has been cut.
fn lock_outlives_session(c: &Context<'_>) {
    let fault = Fault::LockOutlivesSession;
    let (world, found) = catch(fault).unwrap();
    let broken = lock::replay(c, &world, &found, true);
    assert_eq!(broken, lock::Ends::WaitsForNobody);
    let kept = lock::replay(c, &world, &found, false);
    assert_eq!(kept, lock::Ends::Done);
    proved::note_replay(c.major(), fault);
}

/// With the fault it comes to what it comes to in the model; without it nobody is in both, and who
/// was a member before still is.
fn replay(c: &Context<'_>, fault: Fault) -> order::Ended {
    let (world, found) = catch(fault).unwrap();
    let last = &found.steps.last().unwrap().0.catalogue;
    let broken = Replay::of(c, &world, &found).run(fault.name());
    println!("PostgreSQL {}: {}: {broken:?}", c.major(), fault.name());
    assert_eq!(broken.on_the_way, Seen::of(last), "{broken:?}");
    let kept = Replay::of(c, &world, &found).run("none");
    println!("PostgreSQL {}: without it: {kept:?}", c.major());
    assert_eq!(kept.at_the_end.in_both(), [""; 0], "{kept:?}");
    let start = Seen::of(&found.steps[0].0.catalogue);
    for membership in &start.memberships {
        assert!(kept.at_the_end.memberships.contains(membership), "{membership:?}: {kept:?}");
    }
    proved::note_replay(c.major(), fault);
    kept
}
