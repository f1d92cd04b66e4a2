//! Cases until the time is over: a number of them where nobody says how long.
//!
//! They come in portions. Each has a seed of its own, by which one that fails comes again at once.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::env;
use std::fs;
use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::{ProptestConfig, Strategy};
use proptest::test_runner::{
    RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner,
};
use rustix::time::{ClockId, clock_gettime};

use crate::change::changed;
use crate::corpus::{Corpus, sample};

/// So many that all of them take half a minute at the most, where nobody asks for another number.
const CASES: u32 = 15_000;
/// How many of them have a seed in common.
const PORTION: u32 = 500;
/// How much of what fails is printed: all of it is in a file.
const SHOWN: usize = 2_000;
/// Where others want the processor too: how much longer than it counts a target may take.
const PATIENCE: u32 = 10;

/// How long a test goes on.
enum Until {
    Cases(u32),
    /// Of a processor's time.
    Seconds(f64),
}

impl Until {
    fn said() -> Self {
        let number = |name: &str| env::var(name).ok().map(|text| (text.clone(), text.parse()));
        match number("FUZZ_SECONDS_EACH") {
            Some((_, Ok(seconds))) => return Self::Seconds(seconds),
            Some((text, Err(error))) => panic!("FUZZ_SECONDS_EACH={text}: {error}"),
            None => {}
        }
        match number("PROPTEST_CASES") {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Some((_, Ok(cases))) => Self::Cases(cases as u32),
            _ => Self::Cases(CASES),
        }
    }
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The seed that `FUZZ_SEED` has, else any.
fn first_seed() -> u64 {
    match env::var("FUZZ_SEED") {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("FUZZ_SEED={text}: {error}")),
        Err(_) => RandomState::new().hash_one(0),
    }
}

fn after(seed: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    hasher.finish()
}

fn generator(seed: u64, name: &str) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    bytes[8..16].copy_from_slice(&hasher.finish().to_be_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// Tries what a strategy makes, and prints how often and with which seed.
///
/// # Panics
/// Where a case fails: the smallest that does is in the message, and in a file.
pub fn run<S: Strategy>(
    target: &str,
    name: &str,
    strategy: S,
    test: impl Fn(S::Value) -> TestCaseResult,
) {
    if env::var_os("FUZZ_INPUT").is_some() {
        return;
    }
    cases(target, name, strategy, test, |value| format!("{value:#?}\n").into_bytes());
}

/// Tries the samples of a corpus as they are, and with something done to them.
///
/// With `FUZZ_INPUT` it tries that file, and nothing else.
///
/// # Panics
/// Where one fails: the smallest that does is written to a file.
pub fn inputs(corpus: &Corpus, name: &str, test: impl Fn(&[u8]) -> TestCaseResult) {
    let target = corpus.target;
    let as_it_is = |name: &str, bytes: &[u8]| match test(bytes) {
        Err(TestCaseError::Fail(why)) => panic!("{target}: {name}: {why}"),
        Err(TestCaseError::Reject(_)) | Ok(()) => {}
    };
    if let Some(path) = env::var_os("FUZZ_INPUT") {
        let path = Path::new(&path);
        as_it_is(&path.display().to_string(), &sample(&workspace().join(path)));
        return println!("fuzz {target}: {name}: {} is fine", path.display());
    }
    for (name, bytes) in &corpus.samples {
        as_it_is(name, bytes);
    }
    cases(target, name, changed(corpus), |bytes| test(&bytes), Clone::clone);
}

fn cases<S: Strategy>(
    target: &str,
    name: &str,
    strategy: S,
    test: impl Fn(S::Value) -> TestCaseResult,
    written: impl Fn(&S::Value) -> Vec<u8>,
) {
    let until = Until::said();
    let (start, begun) = (Instant::now(), processor_time());
    let first = first_seed();
    let (mut seed, tried) = (first, Cell::new(0_u64));
    loop {
        let spent = processor_time().saturating_sub(begun).as_secs_f64();
        let left = match until {
            Until::Cases(cases) => u64::from(cases).saturating_sub(tried.get()),
            Until::Seconds(seconds) => {
                let is_over = spent >= seconds
                    || start.elapsed().as_secs_f64() >= seconds * f64::from(PATIENCE);
                u64::from(!is_over) * u64::from(PORTION)
            }
        };
        if left == 0 {
            let tried = tried.get();
            println!("fuzz {target}: {name}: {tried} cases in {spent:.1} s, seed {first}");
            return;
        }
        let portion = u32::try_from(left).unwrap_or(PORTION).min(PORTION);
        let config = ProptestConfig {
            failure_persistence: None,
            cases: portion,
            max_shrink_iters: 20_000,
            ..ProptestConfig::default()
        };
        let mut runner = TestRunner::new_with_rng(config, generator(seed, name));
        let counted = |value| {
            tried.set(tried.get() + 1);
            test(value)
        };
        match runner.run(&strategy, counted) {
            Ok(()) => {}
            Err(TestError::Abort(why)) => panic!("{target}: {name}: {why}"),
            Err(TestError::Fail(why, value)) => {
                let bytes = written(&value);
                let path = keep(target, name, &bytes);
                let shown = bytes[..bytes.len().min(SHOWN)].escape_ascii();
                panic!(
                    "{target}: {name}: {why}\n{shown}\nThe smallest input that fails: {}\n\
                     Again: FUZZ_SEED={seed} make fuzz FUZZ={target}, or with this input only: \
                     FUZZ_INPUT={} make fuzz FUZZ={target}",
                    path.display(),
                    path.display()
                );
            }
        }
        seed = after(seed);
    }
}

/// The folder with everything.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Writes what failed to a file, whose name comes of what it holds.
fn keep(target: &str, name: &str, bytes: &[u8]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let folder = Path::new("target/fuzz").join(target);
    let path = folder.join(format!("{name}-{:016x}", hasher.finish()));
    let written = fs::create_dir_all(workspace().join(&folder))
        .and_then(|()| fs::write(workspace().join(&path), bytes));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}
