//! Logins of a directory's user by the crate tokio-postgres-gssapi: its example `login`, and what
//! the server says of it in pg_stat_gssapi.

mod trusts;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use kerbrole_tests::domain_controller::Asked::AsTyped;
use kerbrole_tests::fixture::Session;
use kerbrole_tests::kerberos::Ticket;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::{lossy, output};
use kerbrole_tests::version::built;

use crate::accounts::MIXED_CASE;
use trusts::users_of_trusted_realms_are_logged_in;

use crate::ad_cases;
use crate::directory::{Context, REALM};

ad_cases! {
    Extension: each_kind_of_connection_is_logged_in_to, users_of_trusted_realms_are_logged_in;
}

/// Which connections each database takes, by its name.
const HBA: &str = "local all all trust\n\
                   hostgssenc encrypted all all gss include_realm=1\n\
                   hostnogssenc unencrypted all all gss include_realm=1\n\
                   hostssl tls all all gss include_realm=1\n\
                   host either all all gss include_realm=1\n";

const REFUSED: &str = "no pg_hba.conf entry";

/// A server of its own, with TLS.
struct Place<'c> {
    c: &'c Context<'c>,
    server: Server,
    /// As whom one logs in.
    role: String,
    /// The file of its certificate, as the example is told.
    ca: String,
}

impl<'c> Place<'c> {
    /// On a server with the key of a realm, where this role may log in.
    fn start(c: &'c Context<'c>, server: Server, role: &str) -> Self {
        let certificate = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        server.write("pg_hba.conf", HBA).unwrap();
        let ca = server.write("server.crt", &certificate.cert.pem()).unwrap();
        let key = server.write("server.key", &certificate.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        let mut su = Session::open(&server, SUPERUSER, "postgres").unwrap();
        su.run("ALTER SYSTEM SET ssl = on");
        if server.major() >= 16 {
            su.run("ALTER SYSTEM SET gss_accept_delegation = on");
        }
        for database in ["encrypted", "unencrypted", "tls", "either"] {
            su.run(&format!("CREATE DATABASE {database}"));
        }
        su.run(&format!("CREATE ROLE \"{role}\" LOGIN"));
        drop(su);
        server.restart().unwrap();
        Self { c, server, role: role.into(), ca: format!("ca={}", ca.display()) }
    }

    /// What the user's login comes to: what the server says, or a part of the error.
    fn expect(&self, ticket: &Ticket, database: &str, words: &[&str], what: &str) {
        let port = self.server.port;
        let role = &self.role;
        let to = format!("host=localhost port={port} user={role} dbname={database}");
        let mut login = Command::new(built("examples").join("login"));
        login
            .arg(&to)
            .args(words)
            .env("KRB5_CONFIG", &ticket.config)
            .env("KRB5CCNAME", &ticket.cache)
            .env_remove("KRB5_CLIENT_KTNAME");
        let said = output(&mut login).unwrap();
        let (out, err) = (lossy(&said.stdout), lossy(&said.stderr));
        let is_so = out.trim() == what || (out.is_empty() && err.contains(what));
        assert!(is_so, "{to} {words:?}: {what} was expected, and came to {out} {err}");
    }
}

fn each_kind_of_connection_is_logged_in_to(c: &Context<'_>) {
    // It makes no difference to a name that is spelled the same everywhere.
    if c.caseins() {
        return;
    }
    let place = Place::start(c, c.another_server(), &format!("{MIXED_CASE}@{REALM}"));
    let ticket = c.ticket(MIXED_CASE, AsTyped);
    let [encrypted, plain, _] = each_mode(&place, &ticket);
    without_a_ticket(&place);
    by_a_keytab(&place, &[("require", &encrypted), ("disable", &plain)]);
    handed_on(&place, &[("require", &encrypted), ("disable", &plain)]);
    place.server.discard().unwrap();
}

/// Every mode on every kind of line, and what a login comes to that is encrypted, one that is not,
/// and one over TLS.
fn each_mode(place: &Place<'_>, ticket: &Ticket) -> [String; 3] {
    let [encrypted, plain, over_tls] =
        ["encrypted", "plain", "plain tls"].map(|what| format!("{} {what}", place.role));
    for (database, mode, without_tls, with_tls) in [
        ("encrypted", "disable", REFUSED, REFUSED),
        ("encrypted", "prefer", &encrypted, &encrypted),
        ("encrypted", "require", &encrypted, &encrypted),
        ("unencrypted", "disable", &plain, &over_tls),
        ("unencrypted", "prefer", &plain, &over_tls),
        ("unencrypted", "require", REFUSED, REFUSED),
        ("tls", "disable", REFUSED, &over_tls),
        ("tls", "prefer", REFUSED, &over_tls),
        ("tls", "require", REFUSED, REFUSED),
        ("either", "disable", &plain, &over_tls),
        ("either", "prefer", &encrypted, &encrypted),
        ("either", "require", &encrypted, &encrypted),
    ] {
        let mode = format!("gssencmode={mode}");
        place.expect(ticket, database, &[&mode], without_tls);
        place.expect(ticket, database, &[&mode, &place.ca], with_tls);
    }
    [encrypted, plain, over_tls]
}

/// A cache that is not there.
fn nobody(place: &Place<'_>) -> Ticket {
    Ticket { cache: "MEMORY:nobody".into(), config: place.c.domain().config() }
}

fn without_a_ticket(place: &Place<'_>) {
    for mode in ["disable", "prefer", "require"] {
        let mode = format!("gssencmode={mode}");
        place.expect(&nobody(place), "either", &[&mode], "NoCredentials: no ticket");
    }
    let unknown = ["gssencmode=require", "krbsrvname=nobody"];
    let ticket = place.c.ticket(MIXED_CASE, AsTyped);
    place.expect(&ticket, "either", &unknown, "UnknownService: ");
}

fn by_a_keytab(place: &Place<'_>, comes: &[(&str, &String)]) {
    let keytab = place.c.domain().keytab_of(MIXED_CASE).unwrap();
    let keytab = format!("client_keytab=FILE:{}", keytab.display());
    for (mode, what) in comes {
        let words = [&format!("gssencmode={mode}"), &keytab, "ccache=MEMORY:keytab"];
        place.expect(&nobody(place), "either", &words, what);
    }
}

fn handed_on(place: &Place<'_>, comes: &[(&str, &String)]) {
    let ticket = place.c.domain().forwardable_ticket(MIXED_CASE).unwrap();
    // Servers before 16 take it, and have no column for it.
    let delegated = if place.server.major() >= 16 { " delegated" } else { "" };
    for (mode, what) in comes {
        let mode = format!("gssencmode={mode}");
        let with = [&mode, "gssdelegation=1"];
        place.expect(&ticket, "either", &with, &format!("{what}{delegated}"));
        place.expect(&ticket, "either", &[&mode], what);
    }
}
