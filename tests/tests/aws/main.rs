//! What `kerbrole aws plan` and `policy` print, by AWS's own tools: both versions of `aws`, their
//! models of the services, and moto, which stands for AWS.
//!
//! `make test-aws` gets the tools. Where root runs it, it has a network of its own, in which there
//! is nothing but loopback.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub)]

mod commands;
mod moto;
mod policies;
mod tools;

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use kerbrole_tests::sandbox::Sandbox;
use libtest_mimic::{Arguments, Trial};

/// Set in a network of its own.
const ALONE: &str = "KERBROLE_TEST_ALONE";

/// The tests, which share no state.
const TESTS: &[(&str, fn())] = &[
    ("commands::both_versions_of_aws_take_what_is_planned", commands::both_versions_take_them),
    ("commands::a_password_is_in_no_command_line", commands::a_password_is_in_no_command_line),
    ("moto::what_is_planned_is_done_and_planned_no_more", moto::what_is_planned_is_done),
    ("policies::every_action_is_one", policies::every_action_is_one),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list
        && let Some(error) = alone()
    {
        eprintln!("there is no network of its own: {error}");
        return ExitCode::FAILURE;
    }
    let trial = |(name, run): &(&str, fn())| {
        let run = *run;
        Trial::test(*name, move || {
            run();
            Ok(())
        })
    };
    let conclusion = libtest_mimic::run(&arguments, TESTS.iter().map(trial).collect());
    if let Ok(sandbox) = Sandbox::open(false) {
        sandbox.close();
    }
    conclusion.exit_code()
}

/// Goes on in a network of its own, where root may make one.
fn alone() -> Option<std::io::Error> {
    if !rustix::process::geteuid().is_root() || std::env::var_os(ALONE).is_some() {
        return None;
    }
    let own = std::env::current_exe().unwrap();
    let script = "ip link set lo up && exec \"$0\" \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", script]).arg(own).args(std::env::args_os().skip(1));
    Some(command.env(ALONE, "yes").exec())
}
