//! Every suite, against every server: one trial for each PostgreSQL version, value of `krb_caseins_users` and case.
//!
//! `KERBROLE_TEST_VERSIONS="15"` tries one version; arguments are those of `cargo test`, so a part of a name picks tests.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(missing_docs, unreachable_pub)]

mod add;
mod as_psql_does;
mod atomic;
mod attacks;
mod bounds;
mod callers;
mod case_audit;
mod case_rule;
mod catalogue;
mod check;
mod client;
mod command;
mod concurrency;
mod conflicts;
mod conformance;
mod demo;
mod disable;
mod doctor;
mod drop;
mod encodings;
mod groups;
mod guard;
mod list;
mod logging_in;
mod names;
mod network;
mod other_hooks;
mod pg_regression;
mod plain;
mod properties;
mod readme;
mod release;
mod rename;
mod robustness;
mod scale;
mod scripts;
mod servers;
mod settings;
mod storm;
mod structure;
mod sync;
mod upgrade;

use std::process::ExitCode;

use kerbrole_tests::world::{Case, Kind};
// The suites' own paths to what they share.
use kerbrole_tests::{cases, world};
use libtest_mimic::Arguments;

/// All suites, by name.
pub const SUITES: &[(&str, &[Case])] = &[
    ("add", add::CASES),
    ("as_psql_does", as_psql_does::CASES),
    ("atomic", atomic::CASES),
    ("attacks::deep_chain", attacks::deep_chain::CASES),
    ("attacks::elevation", attacks::elevation::CASES),
    ("attacks::event_triggers", attacks::event_triggers::CASES),
    ("attacks::guard_by_nobody", attacks::guard_by_nobody::CASES),
    ("attacks::inherited_powers", attacks::inherited_powers::CASES),
    ("attacks::large_arguments", attacks::large_arguments::CASES),
    ("attacks::leavers", attacks::leavers::CASES),
    ("attacks::long_lists", attacks::long_lists::CASES),
    ("attacks::lookalikes", attacks::lookalikes::CASES),
    ("attacks::not_principals", attacks::not_principals::CASES),
    ("attacks::opened_again", attacks::opened_again::CASES),
    ("attacks::other_encodings", attacks::other_encodings::CASES),
    ("attacks::search_path", attacks::search_path::CASES),
    ("attacks::settings", attacks::settings::CASES),
    ("attacks::sql_injection", attacks::sql_injection::CASES),
    ("attacks::temp_schema", attacks::temp_schema::CASES),
    ("attacks::wrappers", attacks::wrappers::CASES),
    ("bounds", bounds::CASES),
    ("callers", callers::CASES),
    ("case_audit", case_audit::CASES),
    ("case_rule", case_rule::CASES),
    ("catalogue", catalogue::CASES),
    ("check", check::CASES),
    ("client", client::CASES),
    ("command", command::CASES),
    ("concurrency", concurrency::CASES),
    ("conflicts", conflicts::CASES),
    ("conformance", conformance::CASES),
    ("demo", demo::CASES),
    ("disable", disable::CASES),
    ("doctor", doctor::CASES),
    ("drop", drop::CASES),
    ("encodings", encodings::CASES),
    ("groups", groups::CASES),
    ("guard", guard::CASES),
    ("list", list::CASES),
    ("logging_in", logging_in::CASES),
    ("names", names::CASES),
    ("network", network::CASES),
    ("other_hooks", other_hooks::CASES),
    ("pg_regression", pg_regression::CASES),
    ("plain", plain::CASES),
    ("properties", properties::CASES),
    ("readme", readme::CASES),
    ("release", release::CASES),
    ("rename", rename::CASES),
    ("robustness", robustness::CASES),
    ("scale", scale::CASES),
    ("scripts", scripts::CASES),
    ("servers", servers::CASES),
    ("settings", settings::CASES),
    ("storm", storm::CASES),
    ("structure", structure::CASES),
    ("sync", sync::CASES),
    ("upgrade", upgrade::CASES),
];

fn main() -> ExitCode {
    match world::try_all(SUITES, &Kind::ALL, &Arguments::from_args()) {
        Ok(conclusion) => conclusion.exit_code(),
        Err(error) => {
            eprintln!("the servers could not be set up: {error}");
            ExitCode::FAILURE
        }
    }
}
