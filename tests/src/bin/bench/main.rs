//! `make bench`: figures into benches/, each report a file. A name as the argument writes one report only.

mod audits;
mod client;
mod guard;

use std::fs;
use std::process::{Command, ExitCode};

use kerbrole_tests::site::{Result, Site, lossy, run};
use kerbrole_tests::version::workspace;

type Report = fn(&'static Site) -> Result<String>;

const REPORTS: [(&str, Report); 3] =
    [("audits", audits::measure), ("client", client::measure), ("guard", guard::measure)];

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1);
    for (name, measure) in
        REPORTS.into_iter().filter(|(name, _)| wanted.as_deref().is_none_or(|wanted| wanted == *name))
    {
        let result = Site::open(false).and_then(|site| {
            let report = measure(site);
            site.close();
            report
        });
        let path = workspace().join(format!("benches/{name}.md"));
        if let Err(error) =
            result.and_then(|report| fs::write(&path, report).map_err(|e| format!("{}: {e}", path.display())))
        {
            eprintln!("bench: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The processor and how many there are.
fn machine() -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = lossy(&run(&mut Command::new("nproc"))?.stdout);
    Ok(format!("{cpu}, {} cores", cores.trim()))
}

/// The median of some values, and the range of their middle half.
fn middle(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let quarter = values.len() / 4;
    (values[values.len() / 2], values[quarter], values[values.len() - 1 - quarter])
}
