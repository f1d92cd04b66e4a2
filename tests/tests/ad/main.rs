//! Logins of the accounts of an Active Directory: one trial for each PostgreSQL version, value of
//! `krb_caseins_users` and case.
//!
//! `KERBROLE_TEST_VERSIONS="15"` tries one version; arguments are those of `cargo test`, so a part
//! of a name picks tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub)]

mod access;
mod access_files;
mod accounts;
mod administrator;
mod advice;
mod crate_logins;
mod directory;
mod directory_read;
mod doctor;
mod ldap;
mod logins;
mod reading;
mod rows;
mod sections;
mod staff;
mod watch;

use std::process::ExitCode;
use std::sync::Arc;

use directory::{Case, Directory};
use kerbrole_tests::tally::Tally;
use kerbrole_tests::version::{described, wanted, workspace};
use libtest_mimic::{Arguments, Failed, Trial};
use sections::REPORT;

const SUITES: &[(&str, &[Case])] = &[
    ("access", access::CASES),
    ("advice", advice::CASES),
    ("crate_logins", crate_logins::CASES),
    ("directory_read", directory_read::CASES),
    ("doctor", doctor::CASES),
    ("ldap", ldap::CASES),
    ("logins", logins::CASES),
    ("reading", reading::CASES),
    ("watch", watch::CASES),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // What a failed test says is shown with its result, together with the place.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        directory::PANICKED_AT.with_borrow_mut(|at| *at = place);
    }));
    let directory = match Directory::open(arguments.list) {
        Ok(directory) => Arc::new(directory),
        Err(error) => {
            eprintln!("the servers could not be set up: {error}");
            return ExitCode::FAILURE;
        }
    };
    let tally = match wanted() {
        Ok(majors) => Arc::new(Tally::new(&majors)),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    let mut number = 0;
    for (suite, cases) in SUITES {
        for &(name, on, case) in *cases {
            number += 1;
            for place in directory.places(on, number) {
                let directory = directory.clone();
                let whole_name = format!("{suite}::{name}::{}", place.label());
                let case_name = format!("{suite}::{name}");
                let tally = tally.clone();
                let name = whole_name.clone();
                let run = move || {
                    let test = || directory.run(place, &case_name, case).map_err(Failed::from);
                    tally.run(place.major, &name, test)
                };
                trials.push(Trial::test(whole_name, run));
            }
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    directory.close();
    if !arguments.list
        && let Err(error) = tally.print(described)
    {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let whole = !arguments.list && arguments.filter.is_none() && arguments.skip.is_empty();
    if whole && !conclusion.has_failed() {
        let path = workspace().join("docs/evidence/logins-active-directory.md");
        if let Err(error) =
            wanted().and_then(|versions| REPORT.keep(&path, &sections::text(), &versions))
        {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    conclusion.exit_code()
}
