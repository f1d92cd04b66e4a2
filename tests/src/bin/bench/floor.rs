//! Adding 10,000 principals against what the server itself takes for it, in so many rounds that a
//! few hundredths can be seen.

use std::fmt::Write as _;

use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::Result;

use crate::adding::{Setting, one_run};
use crate::cluster::Prototype;
use crate::contestants::Contestant;
use crate::figures::{Paired, Spread, in_turns, machine, thousands};
use crate::goals::Goal;
use crate::names::names;
use crate::{Bench, Report};

const WAYS: [Contestant; 3] = [Contestant::Script, Contestant::Block, Contestant::Many];

/// The report.
///
/// # Errors
/// When a server does not come up, a contestant fails, or not all that it should have made is
/// there.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let (size, rounds) = if bench.smoke { (4, 1) } else { (10_000, 15) };
    let mut text = format!(
        "# Against the floor\n\n\
         {} principals in one transaction, as superuser on a fresh cluster, as in \
         [adding.md](adding.md), and oftener. Seconds, median and the range of the middle half of \
         {rounds} rounds by turns, each on a\n\
         server that was started from the same files; the ratio is the median of the rounds' own \
         ratios, with the interval in which such a median lies 99 times of 100.\n\n\
         Machine: {}.\n\n\
         | PostgreSQL | | | (e) against it |\n| --- | --- | --- | --- |\n",
        thousands(size),
        machine()?
    );
    let mut goals = Vec::new();
    for &major in &bench.versions {
        let setting = Setting { major, user: SUPERUSER, present: 0, sizes: vec![size] };
        let prototype = Prototype::new(bench, &bench.installation(major)?, &[])?;
        let new = names(bench.seed, size);
        eprintln!("PostgreSQL {major}: against the floor");
        let times = in_turns(&WAYS, rounds, true, f64::INFINITY, |way| {
            one_run(bench, &prototype, &setting, *way, &new)
        })?;
        prototype.discard()?;
        let [script, block, many] = &times[..] else { return Err("nothing was measured".into()) };
        for (way, others) in WAYS.iter().zip(&times) {
            let spread = Spread::of(others).ok_or("nothing was measured")?;
            let against = match way {
                Contestant::Many => String::new(),
                _ => Paired::of(others, many)?.shown(),
            };
            let _infallible =
                writeln!(text, "| {major} | {} | {} | {against} |", way.label(), spread.shown());
        }
        let (floor, pairs) = (Paired::of(block, many)?.median, Paired::of(script, many)?.median);
        goals.push(Goal::at_most(
            format!("{major}: `kerb_add_principals` of 10,000 against (b), all checks included"),
            floor,
            1.2,
            "×",
            "perf shows what is not the server's own CREATE ROLE: the plan, statements as text, \
             results",
        ));
        goals.push(Goal::at_most(format!("{major}: the same against (a)"), pairs, 0.6, "×", ""));
    }
    Ok(Report { text, goals: if bench.smoke { Vec::new() } else { goals } })
}
