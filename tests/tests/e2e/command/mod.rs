//! The command `kerbrole`, as a process: what it prints, how it ends.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::psql::log_in;
use kerbrole_tests::site::wait_until;
use kerbrole_tests::version::{built, workspace};
use rustix::process::{Pid, Signal, kill_process};

use crate::cases;
use crate::world::{Context, REALM, Session};

mod connections;
mod input;
mod results;

use connections::*;
use input::*;
use results::*;

cases! {
    EachVersion: a_life_in_commands, results_in_every_form, files_and_their_mistakes, what_cannot_be_reached, who_is_asked, sql_can_be_pasted,
        a_krb5_conf_by_which_one_logs_in, the_reader_goes_away, an_interrupt_in_the_middle, connections_as_psql_makes_them, tls_modes, demands_are_kept_or_refused, passwords_go_to_their_host, nothing_of_a_string_is_repeated,
        the_page_prints_what_it_says, every_command_in_json, a_terminal_is_asked, rules_that_do_not_hold_are_refused;
    Bare: rules_of_plain_statements, every_command_in_json, a_life_in_commands, results_in_every_form, files_and_their_mistakes, who_is_asked, sql_can_be_pasted;
    BareEachVersion: an_interrupt_in_the_middle;
    Newest: a_hundred_thousand_lines;
    Nowhere: help_completions_and_a_manual_page;
}

/// How it ended, and what it said where.
#[derive(Debug, PartialEq)]
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

fn program() -> Command {
    let mut command = Command::new(built("kerbrole"));
    command.env_clear().env("HOME", "/nonexistent").env("USER", "nobody").stdin(Stdio::null());
    command
}

fn on(c: &Context<'_>, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .env("PGHOST", c.server.socket())
        .env("PGPORT", c.server.port.to_string())
        .env("PGUSER", "rdsadmin")
        .env("PGDATABASE", "postgres");
    command.args(arguments);
    command
}

fn run(c: &Context<'_>, arguments: &[&str]) -> Ended {
    on(c, arguments).output().unwrap().into()
}

/// What it prints when all is well.
fn prints(c: &Context<'_>, arguments: &[&str], out: &str) {
    let ended = run(c, arguments);
    assert_eq!((ended.code, ended.out.as_str()), (0, out), "{arguments:?}: {}", ended.err);
}
