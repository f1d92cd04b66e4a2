//! What holds whatever a directory answers and whatever stands in a file: what is in `corpus`, with
//! something done to it.
//!
//! For as long as one likes: `PROPTEST_CASES=10000000 cargo test -p kerbrole-directory fuzz`.

mod answers;
mod change;
mod corpus;
mod files;
mod nested;
mod tree;
mod values;

use proptest::prelude::ProptestConfig;

/// So many that all of them take half a minute at the most, where nobody asks for another number.
fn some() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 15_000;
    }
    config
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}
