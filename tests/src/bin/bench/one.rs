//! One principal more where there are many.

use std::fmt::Write as _;

use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::Result;

use crate::cluster::{Prototype, connect, execute};
use crate::contestants::timed;
use crate::figures::{Spread, in_turns, machine, thousands};
use crate::goals::Goal;
use crate::names::names;
use crate::{Bench, Report};

/// The report.
///
/// # Errors
/// When a server does not come up, or not all are there in the end.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let (present, rounds) = if bench.smoke { (100, 3) } else { (100_000, 301) };
    let mut report = Report {
        text: format!(
            "# One principal more\n\n\
             Microseconds, median and the range of the middle half of {rounds} rounds by turns in \
             one session, as superuser, each in a transaction of its own: one call, and the two \
             statements in one message.\n\n\
             Machine: {}.\n\n\
             | PostgreSQL | principals present | `CREATE USER; GRANT` | `kerb_add_principal` | \
             ratio of medians |\n| --- | --- | --- | --- | --- |\n",
            machine()?
        ),
        goals: Vec::new(),
    };
    for &major in &bench.versions {
        let all = names(bench.seed, present + 2 * (rounds + 1));
        for present in [0, present] {
            eprintln!("PostgreSQL {major}: one principal more than {}", thousands(present));
            let prototype = Prototype::new(bench, &bench.installation(major)?, &all[..present])?;
            let server = prototype.fresh()?;
            let mut client = connect(&server, SUPERUSER)?;
            let new = &all[present..present + 2 * (rounds + 1)];
            let mut turn = new.iter();
            let times = in_turns(&[false, true], rounds, true, f64::INFINITY, |&by_function| {
                let Some(name) = turn.next() else { return Err("too few names".into()) };
                let sql = if by_function {
                    format!("SELECT kerb_add_principal('{}')", name.typed)
                } else {
                    format!("CREATE USER \"{0}\"; GRANT rds_ad TO \"{0}\"", name.role)
                };
                Ok(timed(|| execute(&mut client, &sql))? * 1e6)
            })?;
            prototype.verify(&server, new)?;
            drop(client);
            server.discard()?;
            prototype.discard()?;
            let [Some(raw), Some(call)] = [0, 1].map(|way: usize| Spread::of(&times[way])) else {
                continue;
            };
            let ratio = call.median / raw.median;
            let _infallible = writeln!(
                report.text,
                "| {major} | {} | {} | {} | {ratio:.2} |",
                thousands(present),
                raw.shown(),
                call.shown()
            );
            if present > 0 {
                let what = format!(
                    "{major}: one `kerb_add_principal` with 100,000 present, against the two \
                     statements"
                );
                report.goals.push(Goal::at_most(what, ratio, 3.0, "×", ""));
            }
        }
    }
    Ok(report)
}
