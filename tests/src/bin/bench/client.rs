//! What distance costs those who add principals over the network, by either backend.

use std::fmt::Write as _;
use std::time::Duration;

use kerbrole_client::Backend;
use kerbrole_tests::postgres_server::MASTER;
use kerbrole_tests::proxy::Proxy;
use kerbrole_tests::sandbox::Result;

use crate::cluster::Prototype;
use crate::contestants::add_by_client;
use crate::figures::{Spread, in_turns, machine, median, thousands};
use crate::goals::Goal;
use crate::names::names;
use crate::{Bench, Report};

/// In each direction.
const DELAY: Duration = Duration::from_millis(20);

const BACKENDS: [(Backend, &str); 2] = [
    (Backend::Extension, "kerbrole-client, extension"),
    (Backend::PlainSql, "kerbrole-client, plain statements"),
];

/// The report.
///
/// # Errors
/// When a server does not come up, or not all are there in the end.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let principals = if bench.smoke { 50 } else { 10_000 };
    let mut report = Report {
        text: format!(
            "# What distance costs\n\n\
             Seconds for {0} principals as the master user, an rds_superuser that is no superuser, \
             through a proxy on loopback that holds back what it forwards; connecting and looking \
             at the server included, in\n\
             portions of kerbrole-client's own size. Median and the range of the middle half of up \
             to {1} runs by turns, each on a server that was started from the same files, the \
             principals counted afterwards.\n\n\
             Machine: {2}.\n\n\
             | PostgreSQL | {0} principals by | on loopback | with 20 ms in each direction | \
             difference |\n| --- | --- | --- | --- | --- |\n",
            thousands(principals),
            bench.rounds(5),
            machine()?
        ),
        goals: Vec::new(),
    };
    let names = names(bench.seed, principals);
    for &major in &bench.versions {
        let prototype = Prototype::new(bench, &bench.installation(major)?, &[])?;
        for (backend, label) in BACKENDS {
            eprintln!("PostgreSQL {major}: {label}, near and far");
            let times =
                in_turns(&[Duration::ZERO, DELAY], bench.rounds(5), false, 8.0, |&delay| {
                    let server = prototype.fresh()?;
                    let proxy = Proxy::start(&server, delay)?;
                    let mut config = tokio_postgres::Config::new();
                    config.host("127.0.0.1").port(proxy.port).user(MASTER).dbname("postgres");
                    let time = add_by_client(&config, &names, backend)?;
                    prototype.verify(&server, &names)?;
                    server.discard()?;
                    Ok(time)
                })?;
            let more = median(&times[1])? - median(&times[0])?;
            let [near, far] = [0, 1].map(|place: usize| {
                Spread::of(&times[place]).map_or(String::new(), |spread| spread.shown())
            });
            let _infallible =
                writeln!(report.text, "| {major} | {label} | {near} | {far} | {more:.2} |");
            let what = format!("{major}: {label}, 10,000 at 40 ms there and back, above loopback");
            report.goals.push(Goal::at_most(what, more, 2.0, "s", ""));
        }
        prototype.discard()?;
    }
    Ok(report)
}
