//! What is read of a directory is whole or changes nothing, and means what a table says.

mod crowd;
mod faults;
mod nothing_changes;
mod refused;
mod table;

use kerbrole_tests::domain_controller::{Account, Domain};
use once_cell::sync::OnceCell;

use crate::access_files::READER;
use crate::ad_cases;
use crate::directory::Context;
use faults::each_message_and_search_is_needed;
use nothing_changes::a_fault_changes_nothing;
use refused::what_would_be_wrong_to_take_over_is_refused;
use table::hard_cases_are_as_the_table_says;

ad_cases! {
    EachBackend: hard_cases_are_as_the_table_says;
    Once: each_message_and_search_is_needed, a_fault_changes_nothing,
        what_would_be_wrong_to_take_over_is_refused;
}

/// A realm that trusts the one of the other tests.
const REALM: &str = "READING.EXAMPLE.ORG";

fn domain(c: &Context<'_>) -> &'static Domain {
    static DOMAIN: OnceCell<Domain> = OnceCell::new();
    DOMAIN
        .get_or_try_init(|| -> Result<_, String> {
            let domain = Domain::start(c.sandbox(), REALM)?;
            domain.add(&[Account::user(READER)])?;
            domain.trust(c.domain())?;
            Ok(domain)
        })
        .unwrap()
}
