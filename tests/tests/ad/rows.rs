//! A login, why it failed by the server's own log, and the row of it in the report.

use std::fs;
use std::sync::{Mutex, PoisonError};

use kerbrole_tests::kerberos::Ticket;
use kerbrole_tests::psql::psql_with_ticket;
use kerbrole_tests::site::{lossy, output, wait_until};
use kerbrole_tests::version::workspace;

use crate::directory::Context;

pub const YES: &str = "yes";

/// One login that was tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub case: String,
    pub who: String,
    pub ticket: String,
    pub role: String,
    pub setting: String,
    pub version: u32,
    pub expected: String,
    pub seen: String,
}

/// All of them.
#[derive(Default)]
pub struct Rows(Mutex<Vec<Row>>);

impl Rows {
    pub fn add(&self, row: Row) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    }

    /// Writes them where whoever looks into a failure finds them.
    pub fn write(&self) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        rows.sort();
        let lines = rows.iter().map(|row| {
            let Row { case, who, ticket, role, setting, version, expected, seen } = row;
            format!("| {case} | {who} | {ticket} | {role} | {setting} | {version} | {expected} | {seen} |\n")
        });
        let head = "| case | who | ticket | role | krb_caseins_users | version | expected | seen |\n|---|---|---|---|---|---|---|---|\n";
        let text: String = [head.to_string()].into_iter().chain(lines).collect();
        if let Err(error) = fs::write(workspace().join("target/ad-logins.md"), text) {
            eprintln!("target/ad-logins.md: {error}");
        }
    }
}

/// What the server logs when a ticket is not for the role that is asked for.
pub fn not_a_match(role: &str, principal: &str) -> String {
    format!("no: provided user name ({role}) and authenticated user name ({principal}) do not match")
}

/// What it logs when there is no such role: the login fell to the line for passwords.
pub fn no_such_role(role: &str) -> String {
    format!("no: Role \"{role}\" does not exist.")
}

impl Context<'_> {
    /// What comes of a login, in the words of the server's log.
    pub fn seen(&self, ticket: &Ticket, role: &str) -> String {
        let before = self.server.log_text().len();
        let mut psql = psql_with_ticket(self.server, ticket, role, "postgres");
        // With a password to refuse, the server tells its log why.
        psql.env("PGPASSWORD", "nobody has this one");
        psql.args(["-At", "-c", "SELECT session_user, principal FROM pg_stat_gssapi WHERE pid = pg_backend_pid()"]);
        let output = output(&mut psql).unwrap();
        // A session counts until it has gone, and so does a refused one; a role that has some is not renamed.
        let mut su = self.superuser();
        wait_until(|| su.one("SELECT coalesce(sum(sessions), 0) FROM kerb_principals") == "0").unwrap();
        if output.status.success() {
            let expected = format!("{role}|{}", ticket.principal().unwrap());
            let said = lossy(&output.stdout);
            return if said.trim() == expected { YES.into() } else { format!("yes, as {}", said.trim()) };
        }
        let log = self.server.log_text().split_off(before);
        format!("no: {}", reason(&log).unwrap_or_else(|| lossy(&output.stderr).trim().into()))
    }

    /// Logs in, and takes down what came of it. `who` says whose account it is, and `how` the ticket was asked for.
    pub fn log_in(&self, who: &str, how: &str, ticket: &Ticket, role: &str, expected: &str) {
        let seen = self.seen(ticket, role);
        let ticket = format!("{} ({how})", ticket.principal().unwrap());
        self.take_down(who, &ticket, role, expected, &seen);
    }

    /// Takes down a row, and fails where it is not as expected.
    pub fn take_down(&self, who: &str, ticket: &str, role: &str, expected: &str, seen: &str) {
        self.rows.add(Row {
            case: self.case.into(),
            who: who.into(),
            ticket: ticket.into(),
            role: role.into(),
            setting: if self.caseins() { "on" } else { "off" }.into(),
            version: self.major(),
            expected: expected.into(),
            seen: seen.into(),
        });
        assert_eq!(seen, expected, "{who}, ticket {ticket}, role {role}");
    }
}

/// The line that says why: the one about names before those that follow from it.
fn reason(log: &str) -> Option<String> {
    let find = |has: &str| log.lines().find(|line| line.contains(has)).and_then(|line| line.split_once(":  "));
    let line = find("do not match").or_else(|| find("DETAIL:  Role ")).or_else(|| find("FATAL:  "))?;
    Some(line.1.trim().to_string())
}
