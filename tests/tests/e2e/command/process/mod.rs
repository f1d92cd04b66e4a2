//! The command `kerbrole`, as a process: what it prints, how it ends.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::psql::log_in;
use kerbrole_tests::sandbox::wait_until;
use kerbrole_tests::version::{built, workspace};
use rustix::process::{Pid, Signal, kill_process};

use crate::cases;
use crate::fixture::{Context, REALM, Session};

mod client_config;
mod connections;
mod defaults;
mod drawings;
mod endings;
mod first_week;
mod input;
mod installing;
mod krb5_conf;
mod lists;
mod looking;
mod plans;
pub mod programs;
mod results;
mod tickets;

use client_config::*;
use connections::*;
use defaults::*;
use drawings::*;
use endings::*;
use first_week::*;
use input::*;
use installing::*;
use krb5_conf::*;
use lists::*;
use looking::*;
use plans::*;
use programs::*;
use results::*;
use tickets::*;

cases! {
    EachVersion: a_life_in_commands, a_plan_is_one_script_or_data, no_half_of_a_plan_is_shown,
        sql_can_be_pasted, the_page_prints_what_it_says, a_lost_connection_claims_nothing,
        each_row_gets_its_groups, groups_are_not_passed_over_in_silence,
        a_name_with_a_realm_beside_another_one, what_the_library_has,
        the_same_answers_as_the_functions, what_is_confirmed_is_what_runs, the_limit_comes_first,
        a_list_has_a_scope, a_new_realm_is_told;
    Bare: rules_of_plain_statements;
    BareEachVersion: the_first_week_is_as_the_page_has_it, what_is_confirmed_is_what_runs,
        the_limit_comes_first, a_list_has_a_scope, a_new_realm_is_told, what_the_library_has,
        a_plan_is_one_script_or_data, each_row_gets_its_groups, a_life_in_commands,
        sql_can_be_pasted;
    Ends: an_interrupt_in_the_middle, a_wrong_last_row_begins_nothing, results_in_every_form,
        files_and_their_mistakes, what_cannot_be_reached, who_is_asked,
        a_krb5_conf_by_which_one_logs_in, the_reader_goes_away, connections_as_psql_makes_them,
        tls_modes, demands_are_kept_or_refused, passwords_go_to_their_host,
        nothing_of_a_string_is_repeated, every_command_in_json, a_terminal_is_asked,
        rules_that_do_not_hold_are_refused, half_done_work_is_told_though_nobody_reads,
        no_ending_depends_on_the_reader, a_long_list_goes_on_though_nobody_listens,
        a_number_sign_makes_nobody_else_of_a_name, a_header_in_quotes_is_no_principal,
        json_is_as_the_schema_says, those_who_are_described, the_terminal_s_width_and_colours,
        all_mistakes_of_a_list_are_told, defaults_are_no_demands,
        what_is_wrong_with_the_file_is_said, the_examples_of_the_help_run, memberships_can_be_drawn,
        who_waits_sees_that_it_goes_on, an_administrator_has_no_password,
        what_is_wrong_with_a_ticket_is_said, a_silent_kdc_holds_nobody_up;
    BareEnds: an_interrupt_in_the_middle, a_wrong_last_row_begins_nothing,
        no_ending_depends_on_the_reader, rules_may_stand_in_a_file, the_file_on_the_page_is_one,
        json_is_as_the_schema_says, those_who_are_described,
        half_done_work_is_told_though_nobody_reads, every_command_in_json, results_in_every_form,
        files_and_their_mistakes, who_is_asked, the_functions_are_installed_and_upgraded;
    Newest: a_hundred_thousand_lines, addresses_and_ports_are_where_mit_looks,
        a_realm_trusted_twice_has_all_its_kdcs, an_endpoint_is_of_the_realm_however_it_is_written;
    Nowhere: tasks_are_in_groups, help_is_where_somebody_looks, errors_of_usage_are_json_too,
        help_completions_and_a_manual_page, a_string_in_the_wrong_place_is_not_repeated,
        what_no_file_can_say_is_an_error, the_script_is_printed_without_a_server,
        each_client_is_told_the_same, the_server_is_said_as_elsewhere,
        files_of_clients_that_are_not_tried, what_no_client_can_log_in_by_is_an_error,
        a_silent_directory_is_given_up;
}

/// How it ended, and what it said where.
#[derive(Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
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
