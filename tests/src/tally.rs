//! How many tests passed and failed on each PostgreSQL version, and which took longest, for the
//! last lines of a run; and an end to a run in which a test does not end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::sandbox::{Result, abandon, descendants, lock};

/// After so many seconds a test is taken for one that waits for what does not come, unless
/// `KERBROLE_TEST_LIMIT` has another number. The slowest takes about a minute.
const LIMIT: u64 = 15 * 60;

/// How many of the slowest are named.
const SLOWEST: usize = 12;

/// The counts of one run. Each version that was asked for has its line, also where nothing ran.
#[derive(Debug)]
pub struct Tally {
    counts: Mutex<BTreeMap<u32, [usize; 2]>>,
    took: Mutex<Vec<(Duration, String)>>,
    running: Arc<Mutex<BTreeMap<String, Instant>>>,
    /// Dropped with the tally, which ends the thread that watches.
    _watch: Sender<()>,
}

impl Tally {
    /// For these major versions.
    pub fn new(majors: &[u32]) -> Self {
        let running = Arc::new(Mutex::new(BTreeMap::new()));
        let (watch, over) = channel();
        let watched = running.clone();
        thread::spawn(move || end_what_does_not_end(&watched, &over));
        Self {
            counts: Mutex::new(majors.iter().map(|&major| (major, [0, 0])).collect()),
            took: Mutex::default(),
            running,
            _watch: watch,
        }
    }

    /// Runs a test on this version and counts it.
    ///
    /// # Errors
    /// The test's.
    pub fn run<E>(
        &self,
        major: u32,
        name: &str,
        test: impl FnOnce() -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let start = Instant::now();
        lock(&self.running).insert(name.into(), start);
        let outcome = test();
        lock(&self.running).remove(name);
        lock(&self.took).push((start.elapsed(), name.into()));
        if let Some(count) = lock(&self.counts).get_mut(&major) {
            count[usize::from(outcome.is_err())] += 1;
        }
        outcome
    }

    /// Prints those that took longest, and a line for each version, with what `describe` says of
    /// it.
    ///
    /// # Errors
    /// As `describe` does.
    pub fn print(&self, describe: impl Fn(u32) -> Result<String>) -> Result<()> {
        let mut took = std::mem::take(&mut *lock(&self.took));
        // Of a few that somebody picked nobody asks this.
        if took.len() > 4 * SLOWEST {
            took.sort_by(|a, b| b.cmp(a));
            println!("Those that took longest, with what they waited for each other:");
            for (duration, name) in took.iter().take(SLOWEST) {
                println!("  {:>4} s  {name}", duration.as_secs());
            }
        }
        for (&major, [passed, failed]) in &*lock(&self.counts) {
            println!("PostgreSQL {}: {passed} tests passed, {failed} failed", describe(major)?);
        }
        Ok(())
    }
}

/// Waits until the run is over, and ends it when a test runs for too long: with what the tests are,
/// and what the processes that they wait for are doing. Whoever ends a run from outside would know
/// neither.
fn end_what_does_not_end(running: &Mutex<BTreeMap<String, Instant>>, over: &Receiver<()>) {
    let limit = std::env::var("KERBROLE_TEST_LIMIT").ok().and_then(|seconds| seconds.parse().ok());
    let limit = Duration::from_secs(limit.unwrap_or(LIMIT));
    while over.recv_timeout(Duration::from_secs(5)) == Err(RecvTimeoutError::Timeout) {
        let running = lock(running).clone();
        if running.values().all(|start| start.elapsed() < limit) {
            continue;
        }
        let mut said = String::from("A test does not end. These run:\n");
        for (name, start) in &running {
            let _written = writeln!(said, "  {name}, for {} s", start.elapsed().as_secs());
        }
        said.push_str("and of their processes:\n");
        for process in descendants() {
            let _written = writeln!(said, "  {process}");
        }
        eprint!("{said}");
        abandon();
        std::process::exit(1);
    }
}
