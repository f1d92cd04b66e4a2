//! Fuzzing by proptest: samples of a corpus with something done to them, for a number of cases, or
//! for as long as `make fuzz` says.
//!
//! libFuzzer learns from what its inputs reach, which takes a nightly compiler. Here what an input
//! is made of is known instead: lines, words of the format, parts of other samples.

// It is a part of tests, which end so.
#![allow(clippy::unwrap_used, clippy::panic)]

mod change;
mod corpus;
mod oracle;
mod run;

pub use corpus::Corpus;
pub use oracle::Oracle;
pub use proptest;
pub use run::{inputs, run};

/// Tests over strategies, as `proptest!` has them, that go on for as long as `make fuzz` says.
#[macro_export]
macro_rules! fuzz {
    ($target:literal; $(
        $(#[$meta:meta])+
        fn $name:ident($($pattern:pat in $strategy:expr),+ $(,)?) $body:block
    )+) => { $(
        $(#[$meta])+
        fn $name() {
            $crate::run($target, stringify!($name), ($($strategy,)+), |($($pattern,)+)| {
                $body
                Ok(())
            });
        }
    )+ };
}
