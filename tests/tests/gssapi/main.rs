//! Logins with a ticket and encryption by GSSAPI, by the crate tokio-postgres-gssapi: its example
//! `login` against MIT Kerberos and each PostgreSQL version.
//!
//! What is compared is what the server says in pg_stat_gssapi.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub)]

mod clients;
mod faults;
mod lines;
mod many;
mod modes;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use kerbrole_tests::tally::Tally;
use kerbrole_tests::version::{described, wanted};
use libtest_mimic::{Arguments, Trial};

use crate::world::{Place, World};

/// A test and its name, on each version.
type Case = (&'static str, fn(&Place<'_>));

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let majors = wanted().unwrap();
    let world = Arc::new((!arguments.list).then(|| World::start(&majors).unwrap()));
    // What a failed test says is shown with its result.
    std::panic::set_hook(Box::new(|_| {}));
    let tally = Arc::new(Tally::new(&majors));
    let mut trials = Vec::new();
    let suites = [modes::CASES, lines::CASES, many::CASES, faults::CASES, clients::CASES];
    for (name, run) in suites.concat() {
        for (at, major) in majors.iter().copied().enumerate() {
            let (world, tally) = (world.clone(), tally.clone());
            let name = format!("{name}::pg{major}");
            trials.push(Trial::test(name.clone(), move || {
                let place = (*world).as_ref().unwrap().place(at);
                tally.run(major, &name, || {
                    catch_unwind(AssertUnwindSafe(|| run(&place))).map_err(|panic| {
                        let text = panic.downcast_ref::<String>().cloned();
                        text.unwrap_or_else(|| "it panicked".into()).into()
                    })
                })
            }));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(world) = &*world {
        world.close();
        tally.print(described).unwrap();
    }
    conclusion.exit_code()
}
