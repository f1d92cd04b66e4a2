//! A login with a ticket of the directory, and the row of it in the report.

use kerbrole_tests::kerberos::Ticket;
use kerbrole_tests::report::{Expected, Key};
use kerbrole_tests::sandbox::wait_until;

use crate::directory::Context;

impl Context<'_> {
    /// Logs in, and takes down what came of it. `who` says whose account it is, and `how` the
    /// ticket was asked for.
    pub fn log_in(&self, who: &str, how: &str, ticket: &Ticket, role: &str, expected: Expected) {
        let principal = ticket.principal().unwrap();
        let shown = format!("`{principal}` ({how})");
        self.evidence.login_by(who, Key::Ticket(ticket, &principal), &shown, role, expected);
        // A session counts until it has gone, and so does a refused one; a role that has some is
        // not renamed.
        let mut su = self.superuser();
        wait_until(|| {
            su.one("SELECT count(*) FROM pg_stat_activity WHERE usename LIKE '%@%'") == "0"
        })
        .unwrap();
    }

    /// Takes down something else that was seen, and fails where it is not as expected.
    pub fn take_down(&self, who: &str, ticket: &str, role: &str, expected: &str, seen: &str) {
        self.evidence.note(who, ticket, role, expected, seen);
    }
}
