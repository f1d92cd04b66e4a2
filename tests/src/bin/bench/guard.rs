//! What the guard costs those who do not touch roles, in interleaved runs on one server, with the library and without.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::site::{Result, Site, lossy, run};
use kerbrole_tests::version::{Installation, wanted};

use crate::{machine, middle};

/// Odd, so that there is a median.
const ROUNDS: usize = 15;

type Load = (&'static str, &'static [&'static str], Option<&'static str>);

/// What is measured: a name, pgbench's arguments and, where it is not pgbench's own, a script.
const LOADS: [Load; 3] = [
    ("pgbench -S, one connection", &["-S", "-t", "15000"], None),
    ("pgbench -S, two connections", &["-S", "-t", "10000", "-c", "2", "-j", "2"], None),
    (
        "CREATE, ALTER, COMMENT ON and DROP TABLE",
        &["-t", "700"],
        Some(
            "CREATE TABLE bench_ddl (a int); ALTER TABLE bench_ddl ADD b text; COMMENT ON TABLE bench_ddl IS 'x'; DROP TABLE bench_ddl;",
        ),
    ),
];

/// The report, as Markdown.
///
/// # Errors
/// When a server does not come up, or a load fails.
pub(crate) fn measure(site: &'static Site) -> Result<String> {
    let kdc = Kdc::start(site, "CORP.EXAMPLE.COM")?;
    let mut report = heading()?;
    for major in wanted()? {
        let installation = Arc::new(Installation::copy(site, major)?);
        // The same cluster for both, restarted in between: two clusters would differ in more than the library.
        let server = Server::start(site, installation, &kdc, &format!("bench-{major}"), &["autovacuum = off"])?;
        run(pgbench(&server).args(["-i", "-s", "5", "-q"]))?;
        let mut milliseconds = LOADS.map(|_| [Vec::new(), Vec::new()]);
        for round in 0..=ROUNDS {
            eprintln!("PostgreSQL {major}: round {round} of {ROUNDS}");
            // In turns, and each first as often as the other.
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for which in order {
                preload(&server, which == 1)?;
                for (load, times) in LOADS.iter().zip(&mut milliseconds) {
                    let time = measure_load(site, &server, load)?;
                    // The first round warms up.
                    if round > 0 {
                        times[which].push(time);
                    }
                }
            }
        }
        for ((name, _, _), times) in LOADS.into_iter().zip(milliseconds) {
            line(&mut report, major, name, times);
        }
        server.stop();
    }
    Ok(report)
}

/// Restarts the server with the library preloaded and the guard on, or without it.
fn preload(server: &Server, yes: bool) -> Result<()> {
    let change = if yes { "SET shared_preload_libraries = 'pg_kerbrole'" } else { "RESET shared_preload_libraries" };
    run(server.psql(SUPERUSER, "postgres").args(["-q", "-c", &format!("ALTER SYSTEM {change}")]))?;
    server.restart()
}

fn measure_load(site: &Site, server: &Server, (_, arguments, script): &Load) -> Result<f64> {
    let mut command = pgbench(server);
    command.arg("-n").args(*arguments);
    if let Some(text) = script {
        let path = site.path().join("script.sql");
        fs::write(&path, text).map_err(|e| e.to_string())?;
        command.arg("-f").arg(path);
    }
    latency(&mut command)
}

fn heading() -> Result<String> {
    Ok(format!(
        "# What the guard costs those who do not touch roles\n\n\
         Written by `make bench`. One server, restarted in turns with the library preloaded and `kerbrole.guard = on` and without it, {ROUNDS} rounds;\n\
         milliseconds per transaction, median and the range of the middle half of the rounds.\n\
         \"Can be told apart\" means that these two ranges do not overlap.\n\n\
         Machine: {}.\n\n\
         | PostgreSQL | load | without | with | ratio of medians | can be told apart |\n| --- | --- | --- | --- | --- | --- |\n",
        machine()?
    ))
}

fn line(report: &mut String, major: u32, name: &str, milliseconds: [Vec<f64>; 2]) {
    let [without, with] = milliseconds.map(middle);
    let shown = |(median, low, high): (f64, f64, f64)| format!("{median:.4} ({low:.4}–{high:.4})");
    let apart = if without.1 > with.2 || with.1 > without.2 { "yes" } else { "no" };
    let _infallible = writeln!(
        report,
        "| {major} | {name} | {} | {} | {:.3} | {apart} |",
        shown(without),
        shown(with),
        with.0 / without.0
    );
}

fn pgbench(server: &Server) -> Command {
    let mut pgbench = server.command("pgbench");
    pgbench.arg("-h").arg(server.socket()).args(["-p", &server.port.to_string(), "-U", SUPERUSER, "postgres"]);
    pgbench
}

/// The average latency that pgbench reports, in milliseconds.
fn latency(command: &mut Command) -> Result<f64> {
    let said = lossy(&run(command)?.stdout);
    let average = said.lines().find_map(|line| line.strip_prefix("latency average = ")?.strip_suffix(" ms"));
    average.and_then(|number| number.parse().ok()).ok_or_else(|| format!("pgbench reported no latency:\n{said}"))
}
