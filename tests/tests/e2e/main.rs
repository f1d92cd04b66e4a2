//! Every suite, against every server: one trial for each PostgreSQL version, value of
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

// The SQL functions, each for itself.
mod functions;
// What holds whatever is called: all or nothing, nobody gains rights, nobody waits, the server
// stays up.
mod guarantees;
// The crate kerbrole-client, by either backend.
mod client;
// The command kerbrole, as a process.
mod command;
// What goes with the code: documents, scripts, the servers that tests get, releases.
mod repository;

use std::process::ExitCode;

use kerbrole_tests::fixture::{Case, Kind};
// The suites' own paths to what they share.
use kerbrole_tests::{cases, fixture};
use libtest_mimic::Arguments;

/// All suites, by name.
pub const SUITES: &[(&str, &[Case])] = &[
    ("apply_access", functions::access::CASES),
    ("add", functions::add::CASES),
    ("as_psql_does", command::as_psql_does::CASES),
    ("atomic", guarantees::atomic::CASES),
    ("attacks::deep_chain", guarantees::attacks::deep_chain::CASES),
    ("attacks::elevation", guarantees::attacks::elevation::CASES),
    ("attacks::event_triggers", guarantees::attacks::event_triggers::CASES),
    ("attacks::guard_by_nobody", guarantees::attacks::guard_by_nobody::CASES),
    ("attacks::inherited_powers", guarantees::attacks::inherited_powers::CASES),
    ("attacks::large_arguments", guarantees::attacks::large_arguments::CASES),
    ("attacks::leavers", guarantees::attacks::leavers::CASES),
    ("attacks::long_lists", guarantees::attacks::long_lists::CASES),
    ("attacks::lookalikes", guarantees::attacks::lookalikes::CASES),
    ("attacks::not_principals", guarantees::attacks::not_principals::CASES),
    ("attacks::opened_again", guarantees::attacks::opened_again::CASES),
    ("attacks::other_encodings", guarantees::attacks::other_encodings::CASES),
    ("attacks::search_path", guarantees::attacks::search_path::CASES),
    ("attacks::settings", guarantees::attacks::settings::CASES),
    ("attacks::sql_injection", guarantees::attacks::sql_injection::CASES),
    ("attacks::temp_schema", guarantees::attacks::temp_schema::CASES),
    ("attacks::wrappers", guarantees::attacks::wrappers::CASES),
    ("aws", command::aws::CASES),
    ("bounds", guarantees::bounds::CASES),
    ("privileges", guarantees::privileges::CASES),
    ("case_audit", functions::case_audit::CASES),
    ("case_rule", functions::case_rule::CASES),
    ("catalogue", functions::catalogue::CASES),
    ("check", functions::check::CASES),
    ("client", client::library::CASES),
    ("command", command::process::CASES),
    ("concurrency", guarantees::concurrency::CASES),
    ("conflicts", functions::conflicts::CASES),
    ("conformance", client::conformance::CASES),
    ("differential", guarantees::differential::CASES),
    ("demo", repository::demo::CASES),
    ("disable", functions::disable::CASES),
    ("doctor", command::doctor::CASES),
    ("doors", repository::doors::CASES),
    ("drop", functions::drop::CASES),
    ("encodings", guarantees::encodings::CASES),
    ("groups", functions::groups::CASES),
    ("guard", guarantees::guard::CASES),
    ("access", client::access::CASES),
    ("kinds", client::kinds::CASES),
    ("keeping", client::keeping::CASES),
    ("web", client::web::CASES),
    ("in_plpgsql", functions::in_plpgsql::CASES),
    ("list", functions::list::CASES),
    ("logging_in", guarantees::logging_in::CASES),
    ("names", functions::names::CASES),
    ("network", client::network::CASES),
    ("notices", functions::notices::CASES),
    ("other_hooks", guarantees::other_hooks::CASES),
    ("pg_regression", guarantees::pg_regression::CASES),
    ("pictures", repository::pictures::CASES),
    ("plain", client::plain::CASES),
    ("properties", guarantees::properties::CASES),
    ("readme", repository::readme::CASES),
    ("release", repository::release::CASES),
    ("rename", functions::rename::CASES),
    ("robustness", guarantees::robustness::CASES),
    ("scale", guarantees::scale::CASES),
    ("scripts", repository::scripts::CASES),
    ("servers", repository::servers::CASES),
    ("settings", functions::settings::CASES),
    ("storm", guarantees::storm::CASES),
    ("api", repository::api::CASES),
    ("structure", repository::structure::CASES),
    ("words", repository::words::CASES),
    ("sync", functions::sync::CASES),
    ("upgrade", functions::upgrade::CASES),
];

fn main() -> ExitCode {
    if let Some(asked) = command::aws::fake::asked() {
        return asked.answer();
    }
    if let Some(asked) = client::conformance::by_ticket::asked() {
        return asked.answer();
    }
    match fixture::try_all(SUITES, &Kind::ALL, &Arguments::from_args()) {
        Ok(conclusion) => conclusion.exit_code(),
        Err(error) => {
            eprintln!("the servers could not be set up: {error}");
            ExitCode::FAILURE
        }
    }
}
