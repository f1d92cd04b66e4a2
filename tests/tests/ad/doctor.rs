//! `kerbrole doctor` and a directory's KDC: it is right about realm, clock, accounts and tickets,
//! and its advice ends in a login.

use std::process::Command;

use kerbrole_tests::answering_port::somebody;
use kerbrole_tests::domain_controller::Asked;
use kerbrole_tests::kerberos::Ticket;
use kerbrole_tests::report::Expected::LogsIn;
use kerbrole_tests::sandbox::lossy;
use kerbrole_tests::version::built;

use crate::accounts::{
    ACCENT_IN_UPPER_CASE, COMPUTER, DISABLED, MIXED_CASE, OTHER_SUFFIX, SPACE_AND_APOSTROPHE,
    UMLAUT,
};
use crate::ad_cases;
use crate::administrator::Administrator;
use crate::directory::{Context, REALM};

ad_cases! {
    Extension:
    nothing_is_wrong_where_all_is_well,
    the_port_for_passwords_is_there,
    another_realm_is_found_out,
    accounts_without_a_ticket_are_told_apart,
    a_ticket_in_another_case_is_led_to_its_role,
    a_ticket_for_a_upn_is_led_to_another,
    a_ticket_for_the_server_is_got_or_its_fault_named;
}

use Asked::{AsTyped, Canonical, Enterprise};

/// The command with the Kerberos of a ticket, and a database that a password opens.
struct Machine<'c> {
    c: &'c Context<'c>,
    ticket: Ticket,
    realm: &'c str,
    host: &'c str,
    dns: u16,
    passwords: u16,
}

/// A row: what was looked at, `yes`, `no` or `?`, what was found, how to mend it.
type Row = [String; 4];

impl<'c> Machine<'c> {
    fn with(c: &'c Context<'c>, ticket: Ticket) -> Self {
        c.superuser().run("ALTER ROLE rds_master PASSWORD 'only here'");
        // Samba serves no names here, and its port for passwords has a test of its own.
        let port = somebody(c.domain().address).unwrap();
        Self { c, ticket, realm: REALM, host: "localhost", dns: port, passwords: port }
    }

    fn database(&self) -> String {
        let port = self.c.server.port;
        format!(
            "host={} hostaddr=127.0.0.1 port={port} user=rds_master password='only here' \
             dbname=postgres sslmode=disable",
            self.host
        )
    }

    /// The exit code, and the rows.
    fn kerbrole(&self, arguments: &[&str]) -> (i32, Vec<Row>) {
        let output = Command::new(built("kerbrole"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent")
            .env("KRB5_CONFIG", &self.ticket.config)
            .env("KRB5CCNAME", &self.ticket.cache)
            .args(arguments)
            .args(["--format", "csv", "-d", &self.database()])
            .output()
            .unwrap();
        let code = output.status.code().unwrap();
        assert!(code <= 1, "{arguments:?}: {}", lossy(&output.stderr));
        let rows = csv::Reader::from_reader(&output.stdout[..]).into_records().map(|record| {
            let record = record.unwrap();
            // A check has the principal before it.
            [4, 3, 2, 1].map(|from_the_end| record[record.len() - from_the_end].to_string())
        });
        (code, rows.collect())
    }

    fn doctor(&self, principal: &str) -> (i32, Vec<Row>) {
        let domain = self.c.domain();
        let kdc = format!("{}:{}", domain.address, domain.port);
        let keytab = domain.keytab().display().to_string();
        let (dns, passwords) = (self.dns.to_string(), self.passwords.to_string());
        self.kerbrole(&[
            "doctor",
            "--realm",
            self.realm,
            "--kdc",
            &kdc,
            "--principal",
            principal,
            "--timeout",
            "2",
            "--dns-port",
            &dns,
            "--password-port",
            &passwords,
            "--keytab",
            &keytab,
        ])
    }
}

fn wrong(rows: &[Row]) -> Vec<&str> {
    rows.iter().filter(|row| row[1] == "no").map(|row| row[0].as_str()).collect()
}

fn row<'r>(rows: &'r [Row], what: &str) -> &'r Row {
    rows.iter().find(|row| row[0] == what).unwrap_or_else(|| panic!("no row {what}: {rows:#?}"))
}

fn add(c: &Context<'_>, username: &str) -> String {
    c.master().call("SELECT kerb_add_principal($1, $2)", &[&username, &REALM]).unwrap()
}

/// A ticket that is not there.
fn none(c: &Context<'_>) -> Ticket {
    Ticket { cache: "FILE:/nonexistent/ticket".into(), config: c.domain().config() }
}

/// Whatever the account is called, and with the ticket that Windows would ask for, also where the
/// role is in lower case and the ticket is not.
fn nothing_is_wrong_where_all_is_well(c: &Context<'_>) {
    for account in
        [MIXED_CASE, OTHER_SUFFIX.0, ACCENT_IN_UPPER_CASE, UMLAUT, COMPUTER, SPACE_AND_APOSTROPHE]
    {
        let role = add(c, account);
        let ticket = c.ticket(account, Canonical);
        let (code, rows) = Machine::with(c, ticket.clone()).doctor(&role);
        assert_eq!((code, wrong(&rows)), (0, vec![]), "{account}: {rows:#?}");
        let user = role.rsplit_once('@').unwrap().0;
        for what in [
            "clock",
            &format!("KDC: {user}"),
            "ticket",
            "service ticket: localhost",
            "keytab: localhost",
            &format!("TCP {} (Kerberos)", c.domain().port),
        ] {
            assert_eq!(row(&rows, what)[1], "yes", "{account}: {rows:#?}");
        }
        c.log_in(account, &Canonical.command(account), &ticket, &role, LogsIn);
    }
}

fn the_port_for_passwords_is_there(c: &Context<'_>) {
    let role = add(c, MIXED_CASE);
    let passwords = c.domain().password_port;
    let machine = Machine { passwords, ..Machine::with(c, c.ticket(MIXED_CASE, Canonical)) };
    let (code, rows) = machine.doctor(&role);
    assert_eq!((code, wrong(&rows)), (0, vec![]), "{rows:#?}");
    assert_eq!(row(&rows, &format!("TCP {passwords} (password changes)"))[1], "yes");
}

/// The configuration is what tells. Samba's KDC does not, nor does MIT's: both say of a realm that
/// they have not got that the user is not known.
fn another_realm_is_found_out(c: &Context<'_>) {
    let role = add(c, MIXED_CASE);
    let machine =
        Machine { realm: "other.com", ..Machine::with(c, c.ticket(MIXED_CASE, Canonical)) };
    let (code, rows) = machine.doctor(&role);
    let config = format!("krb5.conf ({})", c.domain().config().display());
    assert_eq!(
        (code, wrong(&rows)),
        (1, vec![&*config, "krb5.conf: realm", "krb5.conf: localhost"]),
        "{rows:#?}"
    );
}

fn accounts_without_a_ticket_are_told_apart(c: &Context<'_>) {
    let machine = Machine::with(c, none(c));
    // Samba's KDC says only to whom has the password that an account is disabled.
    let disabled = add(c, DISABLED);
    let user = disabled.rsplit_once('@').unwrap().0;
    let (code, rows) = machine.doctor(&disabled);
    assert_eq!((code, wrong(&rows)), (1, vec!["ticket"]), "{rows:#?}");
    assert!(row(&rows, &format!("KDC: {user}"))[2].contains("without a password"), "{rows:#?}");

    let stranger = add(c, "stranger");
    let (code, rows) = machine.doctor(&stranger);
    assert_eq!((code, wrong(&rows)), (1, vec!["KDC: stranger", "ticket"]), "{rows:#?}");
    assert!(row(&rows, "KDC: stranger")[2].contains("not known"), "{rows:#?}");
}

/// The role is in lower case, the account is not, and the client asks for the canonical name: the
/// doctor names what to check, and that what to run.
fn a_ticket_in_another_case_is_led_to_its_role(c: &Context<'_>) {
    let role = add(c, &MIXED_CASE.to_lowercase());
    let ticket = c.ticket(MIXED_CASE, Canonical);
    let machine = Machine::with(c, ticket.clone());
    let (code, rows) = machine.doctor(&role);
    if c.caseins() {
        assert_eq!((code, wrong(&rows)), (0, vec![]), "{rows:#?}");
        c.log_in(MIXED_CASE, &Canonical.command(MIXED_CASE), &ticket, &role, LogsIn);
        return;
    }
    assert_eq!((code, wrong(&rows)), (1, vec!["ticket"]), "{rows:#?}");
    let fix = row(&rows, "ticket")[3].clone();

    // One way: kinit spells the ticket as it is told to.
    let typed = fix.strip_prefix("kinit ").and_then(|rest| rest.split_once([';', '@'])).unwrap().0;
    c.log_in(
        MIXED_CASE,
        &format!("{}, by the doctor", AsTyped.command(typed)),
        &c.ticket(typed, AsTyped),
        &role,
        LogsIn,
    );

    // The other: the role has to be spelled as the ticket.
    let principal = fix.split_once("kerbrole check ").unwrap().1;
    let (code, rows) = machine.kerbrole(&["check", principal]);
    assert_eq!(code, 1, "{rows:#?}");
    let exists = row(&rows, "role_exists").clone();
    c.master().run(&exists[3]);
    let (code, rows) = machine.doctor(principal);
    assert_eq!((code, wrong(&rows)), (0, vec![]), "{rows:#?}");
    c.log_in(
        MIXED_CASE,
        &format!("{}, by the doctor", Canonical.command(MIXED_CASE)),
        &ticket,
        principal,
        LogsIn,
    );
}

fn a_ticket_for_a_upn_is_led_to_another(c: &Context<'_>) {
    let (account, upn) = OTHER_SUFFIX;
    let role = add(c, account);
    let (code, rows) = Machine::with(c, c.ticket(upn, Enterprise)).doctor(&role);
    assert_eq!((code, wrong(&rows)), (1, vec!["ticket"]), "{rows:#?}");
    let fix = row(&rows, "ticket")[3].clone();
    let name = fix.strip_prefix("kinit -C ").and_then(|rest| rest.split_once('@')).unwrap().0;
    let ticket = c.ticket(name, Canonical);
    c.log_in(
        account,
        &format!("{}, by the doctor", Canonical.command(name)),
        &ticket,
        &role,
        LogsIn,
    );
    // What the check of the ticket itself says is for the same role.
    assert_eq!(Administrator::of(c, account).mend(&ticket), role);
}

/// The directory does not look at the case of a name, and MIT's KDC does.
fn a_ticket_for_the_server_is_got_or_its_fault_named(c: &Context<'_>) {
    fn at_host(c: &Context<'_>, host: &str, role: &str) -> (i32, Vec<Row>) {
        Machine { host, ..Machine::with(c, c.ticket(MIXED_CASE, Canonical)) }.doctor(role)
    }

    let role = add(c, MIXED_CASE);
    let at = |host: &str| format!("{host}.{}", REALM.to_lowercase());
    let ticket = |host: &str| format!("service ticket: {host}");

    // Registered as servers on Windows were once; the keytab is another account's.
    let upper = at("upper");
    let (code, found) = at_host(c, &upper, &role);
    let keytab = format!("keytab: {upper}");
    assert_eq!((code, wrong(&found)), (1, vec![&*keytab]), "{found:#?}");
    assert!(row(&found, &ticket(&upper))[2].contains(&format!("postgres/{upper}@{REALM}")));
    assert!(row(&found, &keytab)[2].contains("no key of the ticket's server"), "{found:#?}");

    // Registered by the short name only.
    let long = at("short");
    let (code, found) = at_host(c, &long, &role);
    assert_eq!((code, wrong(&found)), (1, vec![&*ticket(&long)]), "{found:#?}");
    assert!(row(&found, &ticket(&long))[2].contains("postgres/short@"), "{found:#?}");
    assert!(row(&found, &ticket(&long))[3].contains("connect to short"), "{found:#?}");
    let (_, found) = at_host(c, "short", &role);
    assert_eq!(row(&found, &ticket("short"))[1], "yes", "{found:#?}");

    // Nowhere.
    let nowhere = at("nowhere");
    let (code, found) = at_host(c, &nowhere, &role);
    assert_eq!((code, wrong(&found)), (1, vec![&*ticket(&nowhere)]), "{found:#?}");
    assert!(row(&found, &ticket(&nowhere))[3].contains("setspn -S"), "{found:#?}");
}
