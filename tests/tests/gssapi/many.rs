//! Hundreds of logins by one program, and what is left of them.
//!
//! For more of them: `KERBROLE_TEST_LOGINS=10000 make test-gssapi TESTS=many`.

use std::thread;

use crate::Case;
use crate::world::Place;

pub const CASES: &[Case] = &[("many_logins_leave_nothing", many_logins_leave_nothing)];

/// The least that a login takes and could forget to give back is a context with its keys, some
/// thousand bytes; a packet's buffer is 16,384, a thread's stack more. What the allocator keeps
/// back is no more for many logins than for few.
const MOST_BYTES_OF_EACH: u64 = 1_000;

fn many_logins_leave_nothing(place: &Place<'_>) {
    if !place.is_newest {
        return;
    }
    let by_hand = std::env::var("KERBROLE_TEST_LOGINS").ok();
    let count: u64 = by_hand.as_ref().map_or(300, |count| count.parse().unwrap());
    let (alice, to, number) = (place.alice(), place.to("either"), count.to_string());
    let (alice, to, number) = (&alice, &*to, &*number);
    let ways = [&["disable", number][..], &["require", number], &["require", number, "dropped"]];
    let all = thread::scope(|scope| {
        ways.map(|words| scope.spawn(move || place.run("many", alice, &[&[to], words].concat())))
            .map(|running| running.join().unwrap())
    });
    for (words, said) in ways.iter().zip(all) {
        let numbers: Vec<u64> = said.out.split(' ').map(|n| n.parse().unwrap_or(0)).collect();
        let [before, after, threads] = numbers[..] else { panic!("{words:?}: {said:?}") };
        if by_hand.is_some() {
            println!("{words:?}: {before} kB, then {after} kB");
        }
        let most = before * 1_024 + count * MOST_BYTES_OF_EACH;
        assert!(before > 0 && after * 1_024 <= most, "{words:?}: {before} kB, then {after} kB");
        assert_eq!(threads, 1, "{words:?}");
    }
}
