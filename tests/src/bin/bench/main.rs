//! `make bench`: figures into benches/, each report a file, and benches/README.md with the goals of
//! all. Names as arguments write these reports only; `--smoke` runs all of them with few principals
//! and writes nothing.

mod adding;
mod audits;
mod client;
mod cluster;
mod contestants;
mod directory;
mod figures;
mod floor;
mod functions;
mod goals;
mod guard;
mod large;
mod logins;
mod measured;
mod memory;
mod million;
mod names;
mod one;
mod queries;
mod tools;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::sandbox::{Result, Sandbox};
use kerbrole_tests::version::{Installation, wanted, workspace};

use goals::Goal;

/// What all reports need.
struct Bench {
    sandbox: &'static Sandbox,
    kdc: Kdc,
    versions: Vec<u32>,
    /// Names and memberships come from it.
    seed: u64,
    /// Whether only to see that everything runs, and that the results are right.
    smoke: bool,
    installations: Mutex<HashMap<u32, Arc<Installation>>>,
}

/// One report.
#[derive(Default)]
struct Report {
    text: String,
    goals: Vec<Goal>,
}

type Measure = fn(&Bench) -> Result<Report>;

const REPORTS: [(&str, Measure); 10] = [
    ("adding", adding::measure),
    ("floor", floor::measure),
    ("one", one::measure),
    ("audits", audits::measure),
    ("guard", guard::measure),
    ("memory", memory::measure),
    ("client", client::measure),
    ("functions", functions::measure),
    ("directory", directory::measure),
    ("million", million::measure),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (options, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    if let Some(unknown) = options.iter().find(|option| *option != "--smoke") {
        return Err(format!("{unknown} is no option: there is --smoke"));
    }
    let all = REPORTS.map(|(name, _)| name);
    if let Some(unknown) = names.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(format!("{unknown} is no report: there are {}", all.join(", ")));
    }
    let sandbox = Sandbox::open(false)?;
    let done = Bench::new(sandbox, !options.is_empty()).and_then(|bench| {
        for (name, measure) in REPORTS {
            if names.is_empty() || names.iter().any(|wanted| wanted == name) {
                bench.write_report(name, measure)?;
            }
        }
        Ok(())
    });
    sandbox.close();
    done
}

impl Bench {
    fn new(sandbox: &'static Sandbox, smoke: bool) -> Result<Self> {
        let seed = match std::env::var("KERBROLE_BENCH_SEED") {
            Ok(seed) => {
                seed.parse().map_err(|_| format!("KERBROLE_BENCH_SEED: {seed:?} is no number"))?
            }
            Err(_) => 1,
        };
        let kdc = Kdc::start(sandbox, "CORP.EXAMPLE.COM")?;
        Ok(Self { sandbox, kdc, versions: wanted()?, seed, smoke, installations: Mutex::default() })
    }

    /// How many rounds there are, where so many are enough for a median.
    fn rounds(&self, enough: usize) -> usize {
        if self.smoke { 1 } else { enough }
    }

    /// The server's files, copied once.
    fn installation(&self, major: u32) -> Result<Arc<Installation>> {
        let mut all = self.installations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(installation) = all.get(&major) {
            return Ok(installation.clone());
        }
        let installation = Arc::new(Installation::copy(self.sandbox, major)?);
        all.insert(major, installation.clone());
        Ok(installation)
    }

    /// A file in the sandbox's folder.
    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.sandbox.path().join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(path)
    }

    /// A picture beside the reports; a trial leaves none.
    fn write_picture(&self, name: &str, svg: &str) -> Result<()> {
        if self.smoke {
            return Ok(());
        }
        let path = workspace().join("benches").join(name);
        fs::write(&path, svg).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn write_report(&self, name: &str, measure: Measure) -> Result<()> {
        let start = Instant::now();
        let report = measure(self).map_err(|error| format!("{name}: {error}"))?;
        let seconds = start.elapsed().as_secs();
        if self.smoke {
            println!("{name}: everything ran, and all results are right ({seconds} s)");
            return Ok(());
        }
        eprintln!("{name}: {seconds} s");
        let folder = workspace().join("benches");
        let text = format!("{}{}", report.text, goals::section(&report.goals));
        let into = |file: &str, text: String| {
            let path = folder.join(file);
            fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
        };
        into(&format!("{name}.md"), text)?;
        into("README.md", goals::gather(&folder, &REPORTS.map(|(name, _)| name))?)
    }
}
