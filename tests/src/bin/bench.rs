//! `make bench`: what the guard costs those who do not touch roles, in interleaved runs on two servers that differ in nothing else.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::site::{Result, Site, lossy, run};
use kerbrole_tests::version::{Installation, wanted, workspace};

/// Odd, so that there is a median.
const ROUNDS: usize = 21;

/// What is measured: a name, pgbench's arguments and, where it is not pgbench's own, a script.
const LOADS: [(&str, &[&str], Option<&str>); 3] = [
    ("pgbench -S, one connection", &["-S", "-t", "20000"], None),
    ("pgbench -S, two connections", &["-S", "-t", "10000", "-c", "2", "-j", "2"], None),
    (
        "CREATE, ALTER, COMMENT ON and DROP TABLE",
        &["-t", "700"],
        Some(
            "CREATE TABLE bench_ddl (a int); ALTER TABLE bench_ddl ADD b text; COMMENT ON TABLE bench_ddl IS 'x'; DROP TABLE bench_ddl;",
        ),
    ),
];

fn main() -> ExitCode {
    let result = Site::open(false).and_then(|site| {
        let report = measure(site);
        site.close();
        report
    });
    let path = workspace().join("benches/guard.md");
    match result.and_then(|report| fs::write(&path, report).map_err(|e| format!("{}: {e}", path.display()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(site: &'static Site) -> Result<String> {
    let kdc = Kdc::start(site, "CORP.EXAMPLE.COM")?;
    let mut report = heading()?;
    for major in wanted()? {
        let installation = Arc::new(Installation::copy(site, major)?);
        let start = |name: &str, settings: &[&str]| -> Result<Server> {
            let server = Server::start(site, installation.clone(), &kdc, &format!("{name}-{major}"), settings)?;
            run(pgbench(&server).args(["-i", "-s", "5", "-q"]))?;
            Ok(server)
        };
        let without = start("without", &[])?;
        let with = start("with", &["shared_preload_libraries = 'pg_kerbrole'", "kerbrole.guard = on"])?;
        for (name, arguments, script) in LOADS {
            eprintln!("PostgreSQL {major}: {name}, {ROUNDS} rounds ...");
            let script = match script {
                Some(text) => {
                    let path = site.path().join("script.sql");
                    fs::write(&path, text).map_err(|e| e.to_string())?;
                    vec!["-f".into(), path.display().to_string()]
                }
                None => vec![],
            };
            let mut seconds = [Vec::new(), Vec::new()];
            for round in 0..=ROUNDS {
                // In turns, and each first as often as the other.
                let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
                for which in order {
                    let server = [&without, &with][which];
                    let milliseconds = latency(pgbench(server).arg("-n").args(arguments).args(&script))?;
                    // The first round warms up.
                    if round > 0 {
                        seconds[which].push(milliseconds);
                    }
                }
            }
            line(&mut report, major, name, seconds);
        }
        without.stop();
        with.stop();
    }
    Ok(report)
}

fn heading() -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = lossy(&run(&mut Command::new("nproc"))?.stdout);
    Ok(format!(
        "# What the guard costs those who do not touch roles\n\n\
         Written by `make bench`. Two servers of the same version, one with the library preloaded and `kerbrole.guard = on`, one without it,\n\
         asked in turns, {ROUNDS} rounds; milliseconds per transaction, median and the range of the middle half of the rounds.\n\
         \"Can be told apart\" means that these two ranges do not overlap.\n\n\
         Machine: {cpu}, {} cores.\n\n\
         | PostgreSQL | load | without | with | ratio of medians | can be told apart |\n| --- | --- | --- | --- | --- | --- |\n",
        cores.trim()
    ))
}

fn line(report: &mut String, major: u32, name: &str, milliseconds: [Vec<f64>; 2]) {
    let [without, with] = milliseconds.map(|mut values| {
        values.sort_by(f64::total_cmp);
        let quarter = values.len() / 4;
        (values[values.len() / 2], values[quarter], values[values.len() - 1 - quarter])
    });
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
