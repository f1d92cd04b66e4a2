//! What a large batch takes of the backend's memory.

use std::fmt::Write as _;
use std::fs;

use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;

use crate::cluster::{Prototype, block, connect, execute, prepare, said};
use crate::figures::{Spread, in_turns, machine, median, thousands};
use crate::goals::Goal;
use crate::names::{Name, names};
use crate::{Bench, Report};

const WAYS: [(&str, Option<&str>); 2] = [
    ("the DO block (b)", None),
    (
        "`kerb_add_principals`",
        Some("SELECT count(*) FROM kerb_add_principals((SELECT typed FROM names))"),
    ),
];

/// The report.
///
/// # Errors
/// When a server does not come up, or not all are there in the end.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let batch = if bench.smoke { 100 } else { 100_000 };
    let rounds = bench.rounds(3);
    let mut report = Report {
        text: format!(
            "# Memory of the backend\n\n\
             The most that the backend had in memory (VmHWM), shared memory included, in MB, after \
             {} principals in one transaction: median and the range of the middle half of {rounds} \
             runs, each in a session of its own on a\n\
             server that was started from the same files.\n\n\
             Machine: {}.\n\n\
             | PostgreSQL | {} | {} | difference of medians |\n| --- | --- | --- | --- |\n",
            thousands(batch),
            machine()?,
            WAYS[0].0,
            WAYS[1].0
        ),
        goals: Vec::new(),
    };
    let names = names(bench.seed, batch);
    for &major in &bench.versions {
        eprintln!("PostgreSQL {major}: memory");
        let prototype = Prototype::new(bench, &bench.installation(major)?, &[])?;
        let found = in_turns(&WAYS, rounds, false, f64::INFINITY, |(_, call)| {
            let server = prototype.fresh()?;
            let most = one_run(&server, &names, *call)?;
            prototype.verify(&server, &names)?;
            server.discard()?;
            Ok(most)
        })?;
        prototype.discard()?;
        let more = median(&found[1])? - median(&found[0])?;
        let shown =
            |values: &[f64]| Spread::of(values).map_or(String::new(), |spread| spread.shown());
        let _infallible = writeln!(
            report.text,
            "| {major} | {} | {} | {more:.0} |",
            shown(&found[0]),
            shown(&found[1])
        );
        let what = format!("{major}: memory of the backend for a batch of 100,000, above (b)");
        report.goals.push(Goal::at_most(what, more, 100.0, "MB", ""));
    }
    Ok(report)
}

/// The backend's VmHWM in the end.
fn one_run(server: &Server, names: &[Name], call: Option<&str>) -> Result<f64> {
    prepare(server, names)?;
    let mut client = connect(server, SUPERUSER)?;
    execute(&mut client, call.unwrap_or(&block()))?;
    let row = client.query_one("SELECT pg_backend_pid()", &[]).map_err(|e| said(&e))?;
    let path = format!("/proc/{}/status", row.get::<_, i32>(0));
    let status = fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let most =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    let kilobytes: f64 =
        most.and_then(|number| number.parse().ok()).ok_or_else(|| format!("{path}: no VmHWM"))?;
    Ok(kilobytes / 1024.0)
}
