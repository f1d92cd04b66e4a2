//! What the guard costs: those who do not touch roles, and those who grant some, in interleaved
//! runs on one server, with the library and without.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use fastrand::Rng;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::{Result, Sandbox, lossy, run};

use crate::cluster::{connect, execute};
use crate::contestants::timed;
use crate::figures::{Paired, Spread, machine, median, thousands};
use crate::goals::Goal;
use crate::large::Large;
use crate::names::names;
use crate::{Bench, Report};

/// How many GRANTs are measured in each round.
const GRANTS: usize = 50;

type Load = (&'static str, &'static [&'static str], Option<&'static str>);

/// What is measured: a name, pgbench's arguments and, where it is not pgbench's own, a script.
const LOADS: [Load; 3] = [
    ("pgbench -S, one connection", &["-S", "-t", "8000"], None),
    ("pgbench -S, two connections", &["-S", "-t", "6000", "-c", "2", "-j", "2"], None),
    (
        "CREATE, ALTER, COMMENT ON and DROP TABLE",
        &["-t", "300"],
        Some(
            "CREATE TABLE bench_ddl (a int); ALTER TABLE bench_ddl ADD b text; COMMENT ON TABLE \
             bench_ddl IS 'x'; DROP TABLE bench_ddl;",
        ),
    ),
];

/// Milliseconds, without the library and with it.
type Times = [Vec<f64>; 2];

/// The report.
///
/// # Errors
/// When a server does not come up, or a load fails.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let (principals, rounds) = if bench.smoke { (500, 1) } else { (100_000, 15) };
    let mut report = Report { text: heading(principals, rounds)?, goals: Vec::new() };
    for &major in &bench.versions {
        // The same cluster for both, restarted in between: two clusters would differ in more than
        // the library.
        let large = Large::new(bench, major, principals)?;
        let server = &large.server;
        run(pgbench(server).args(["-i", "-s", "5", "-q"]))?;
        let roles = names(bench.seed, principals).into_iter().map(|name| name.role).collect();
        let mut grants = Grants::new(bench, large.groups, roles);
        let mut times = LOADS.map(|_| Times::default());
        let mut grant_times = Times::default();
        for round in 0..=rounds {
            eprintln!("PostgreSQL {major}: the guard, round {round} of {rounds}");
            // In turns, and each first as often as the other.
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            let mut measured = [const { Vec::new() }; 2];
            for which in order {
                preload(server, which == 1)?;
                for load in &LOADS {
                    measured[which].push(measure_load(bench, server, load)?);
                }
                measured[which].push(grants.measure(server)?);
            }
            // The first round warms up.
            if round > 0 {
                for (which, measured) in measured.into_iter().enumerate() {
                    for (times, time) in times.iter_mut().chain([&mut grant_times]).zip(measured) {
                        times[which].push(time);
                    }
                }
            }
        }
        for ((name, _, _), times) in LOADS.iter().zip(&times) {
            let (ratio, apart) = line(&mut report.text, major, name, times)?;
            report.goals.push(Goal::indistinguishable(
                format!("{major}, guard on: {name}"),
                ratio,
                apart,
            ));
        }
        let name = format!("GRANT of a group, {} principals", thousands(principals));
        let (ratio, _) = line(&mut report.text, major, &name, &grant_times)?;
        let what =
            format!("{major}, guard on: a GRANT that creates no conflict, 100,000 principals");
        report.goals.push(Goal::at_most(what, ratio, 1.3, "×", ""));
        large.server.discard()?;
    }
    Ok(report)
}

/// Restarts the server with the library preloaded and the guard on, or without it.
pub(crate) fn preload(server: &Server, yes: bool) -> Result<()> {
    let change = if yes {
        "SET shared_preload_libraries = 'pg_kerbrole'"
    } else {
        "RESET shared_preload_libraries"
    };
    run(server.psql(SUPERUSER, "postgres").args(["-q", "-c", &format!("ALTER SYSTEM {change}")]))?;
    server.restart()
}

/// GRANTs of a group to a principal, all different, drawn from the seed.
pub(crate) struct Grants {
    rng: Rng,
    groups: usize,
    roles: Vec<String>,
}

impl Grants {
    pub(crate) fn new(bench: &Bench, groups: usize, roles: Vec<String>) -> Self {
        Self { rng: Rng::with_seed(bench.seed), groups, roles }
    }

    /// The median, of GRANTs whose transactions are rolled back: the cluster stays as it is.
    pub(crate) fn measure(&mut self, server: &Server) -> Result<f64> {
        let mut client = connect(server, SUPERUSER)?;
        let mut times = Vec::new();
        for number in 0..=GRANTS {
            let grant = format!(
                "GRANT group{} TO \"{}\"",
                self.rng.usize(..self.groups),
                self.roles[self.rng.usize(..self.roles.len())]
            );
            execute(&mut client, "BEGIN")?;
            let time = timed(|| execute(&mut client, &grant))?;
            execute(&mut client, "ROLLBACK")?;
            // The first fills the session's caches.
            if number > 0 {
                times.push(time * 1000.0);
            }
        }
        median(&times)
    }
}

fn measure_load(bench: &Bench, server: &Server, (_, arguments, script): &Load) -> Result<f64> {
    let mut command = pgbench(server);
    command.arg("-n").args(*arguments);
    if bench.smoke {
        // Of two options the later one counts.
        command.args(["-t", "20"]);
    }
    if let Some(text) = script {
        command.arg("-f").arg(script_file(bench.sandbox, text)?);
    }
    latency(&mut command)
}

fn script_file(sandbox: &Sandbox, text: &str) -> Result<std::path::PathBuf> {
    let path = sandbox.path().join("script.sql");
    fs::write(&path, text).map_err(|e| e.to_string())?;
    Ok(path)
}

fn heading(principals: usize, rounds: usize) -> Result<String> {
    Ok(format!(
        "# What the guard costs\n\n\
         One server with {} principals, restarted in turns with the library preloaded and \
         `kerbrole.guard = on` and without it, {rounds} rounds;\n\
         milliseconds per transaction, median and the range of the middle half of the rounds. Of a \
         GRANT the statement alone, in each round the median of {GRANTS} that are rolled back.\n\
         The ratio is the median of the rounds' own ratios, with the interval in which such a \
         median lies 99 times of 100; \"can be told apart\" means that 1 is not in it.\n\n\
         Machine: {}.\n\n\
         | PostgreSQL | load | without | with | ratio | can be told apart |\n| --- | --- | --- | \
         --- | --- | --- |\n",
        thousands(principals),
        machine()?
    ))
}

/// The median of the rounds' ratios, and whether the two can be told apart.
fn line(report: &mut String, major: u32, name: &str, times: &Times) -> Result<(f64, bool)> {
    let [Some(without), Some(with)] = [0, 1].map(|which: usize| Spread::of(&times[which])) else {
        return Err(format!("{name}: nothing was measured"));
    };
    let paired = Paired::of(&times[0], &times[1]).map_err(|error| format!("{name}: {error}"))?;
    let _infallible = writeln!(
        report,
        "| {major} | {name} | {} | {} | {} | {} |",
        without.shown(),
        with.shown(),
        paired.shown(),
        if paired.apart() { "yes" } else { "no" }
    );
    Ok((paired.median, paired.apart()))
}

fn pgbench(server: &Server) -> Command {
    let mut pgbench = server.command("pgbench");
    pgbench.arg("-h").arg(server.socket()).args([
        "-p",
        &server.port.to_string(),
        "-U",
        SUPERUSER,
        "postgres",
    ]);
    pgbench
}

/// The average latency that pgbench reports, in milliseconds.
fn latency(command: &mut Command) -> Result<f64> {
    let said = lossy(&run(command)?.stdout);
    let average =
        said.lines().find_map(|line| line.strip_prefix("latency average = ")?.strip_suffix(" ms"));
    average
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| format!("pgbench reported no latency:\n{said}"))
}
