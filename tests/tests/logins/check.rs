//! What `kerb_check_principal` says, and what comes of the login: a ticket opens the role where
//! every row is ok, and does not where one is not.

mod names;
mod set_ups;
mod startup;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kerbrole_tests::kdc::Ticket;
use kerbrole_tests::postgres_server::{HBA, Server};
use kerbrole_tests::report::{Evidence, Key, Said};
use kerbrole_tests::sandbox::wait_until;

use names::{databases_of_other_names_and_encodings, words_of_other_files};
use set_ups::{BEFORE_16, SET_UPS, SINCE_16};
use startup::{a_library_shows_when_it_is_loaded, connections_that_are_left, event_triggers};

use crate::fixture::{Context, REALM, Session};
use crate::{CHECK, REPORT, cases};

cases! {
    Every: every_row_is_ok_if_and_only_if_the_login_succeeds;
    EachVersion: connections_that_are_left, databases_of_other_names_and_encodings;
}

/// A server with a database `app`, in which the one who asks stays logged in.
struct Scene<'c> {
    server: &'c Server,
    rows: Evidence<'c>,
    su: Session,
    app: Session,
}

fn said(not_ok: &[&str], unknown: &[&str]) -> Said {
    let rows = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Said { not_ok: rows(not_ok), unknown: rows(unknown) }
}

impl<'c> Scene<'c> {
    fn new(server: &'c Server, rows: Evidence<'c>) -> Self {
        let mut su = Session::open(server, "rdsadmin", "postgres").unwrap();
        su.run("CREATE DATABASE app");
        let mut app = Session::open(server, "rdsadmin", "app").unwrap();
        app.run("CREATE EXTENSION pg_kerbrole");
        Self { server, rows, su, app }
    }

    /// Waits until the configuration that is there now holds for logins.
    fn reload(&mut self) {
        let before = self.su.one("SELECT clock_timestamp()");
        self.su.run("SELECT pg_reload_conf()");
        let is_loaded = || {
            let mut new = Session::open(self.server, "rdsadmin", "postgres").unwrap();
            new.one(&format!("SELECT pg_conf_load_time() >= '{before}'")) == "t"
        };
        wait_until(is_loaded).unwrap();
    }

    fn hba(&mut self, lines: &str, ident: &str) {
        self.server.write("pg_hba.conf", &format!("local all all trust\n{lines}\n")).unwrap();
        self.server.write("pg_ident.conf", &format!("{ident}\n")).unwrap();
        self.reload();
    }

    /// What is wrong, and what is not known.
    fn said(&mut self, user: &str) -> Said {
        let mut rows = |which: &str| {
            self.app.column(&format!(
                "SELECT check_name FROM kerb_check_principal('{user}', '{REALM}') WHERE {which}"
            ))
        };
        Said { not_ok: rows("NOT ok"), unknown: rows("ok IS NULL") }
    }

    /// Asks, tries the login, and takes both down. Whether somebody got in.
    fn compare(&mut self, what: &str, user: &str, ticket: &Ticket, expected: &[&str]) -> bool {
        self.compare_with(what, user, ticket, &said(expected, &[]), expected.is_empty())
    }

    fn compare_with(
        &mut self,
        what: &str,
        user: &str,
        ticket: &Ticket,
        should: &Said,
        gets_in: bool,
    ) -> bool {
        let principal = format!("{user}@{REALM}");
        let said = self.said(user);
        self.rows.checked(
            what,
            Key::Ticket(ticket, &principal),
            &principal,
            "app",
            (&said, should),
            gets_in,
        )
    }

    fn clean_up(&mut self) {
        self.su.run(
            "ALTER DATABASE app ALLOW_CONNECTIONS true; ALTER DATABASE app CONNECTION \
            LIMIT -1; GRANT CONNECT ON DATABASE app TO PUBLIC",
        );
        self.su.run("ALTER DATABASE app RESET ALL; ALTER ROLE ALL RESET ALL");
        let roles =
            "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384 AND rolname !~ '^rds'";
        for role in self.su.column(roles) {
            self.su.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        }
    }
}

fn every_row_is_ok_if_and_only_if_the_login_succeeds(c: &Context<'_>) {
    let (name, setting) = if c.caseins {
        ("check-caseins", "krb_caseins_users = on")
    } else {
        ("check", "krb_caseins_users = off")
    };
    let own = c.own_server(name, &[setting]);
    let rows = REPORT.evidence(CHECK, &own.0, c.caseins, "hand");
    let mut scene = Scene::new(&own.0, rows);
    let by_version = if c.major() >= 16 { SINCE_16 } else { BEFORE_16 };
    let mut logins = [0, 0];
    for (number, set_up) in SET_UPS.iter().chain(by_version).enumerate() {
        let user = format!("checked-{number}");
        let insert = |text: &str| text.replace("$U", &user).replace("$X", &user.to_uppercase());
        let ticket = c.kdc.ticket_of(&user).unwrap();
        if !set_up.sql.is_empty() {
            for statement in insert(set_up.sql).split("; ") {
                scene.su.run(statement);
            }
        }
        if let Some(lines) = set_up.hba {
            scene.hba(&insert(lines), &insert(set_up.ident));
        }
        let should = said(set_up.wrong, set_up.unknown);
        logins[usize::from(scene.compare_with(
            set_up.what,
            &user,
            &ticket,
            &should,
            set_up.gets_in,
        ))] += 1;
        scene.su.wait_for_no_sessions(&format!("{user}@{REALM}"));
        scene.clean_up();
        if set_up.hba.is_some() {
            scene.hba(HBA, "");
        }
    }
    assert!(logins[0] >= 30 && logins[1] >= 20, "{logins:?}");
    sessions_count(c, &mut scene);
    a_library_shows_when_it_is_loaded(&mut scene);
    event_triggers(c, &mut scene);
    words_of_other_files(c, &mut scene);
    keytabs(c, &mut scene);
    names(&mut scene);
    nobody_listens(c, &mut scene);
}

/// The last connection that a limit allows is taken.
fn sessions_count(c: &Context<'_>, scene: &mut Scene<'_>) {
    let role = format!("counted@{REALM}");
    let ticket = c.kdc.ticket_of("counted").unwrap();
    for (what, limit, wrong) in [
        ("one session of two that the role may have", 2, &[][..]),
        ("the only session that the role may have", 1, &["connection_limit"]),
    ] {
        scene.su.run(&format!("CREATE USER \"{role}\" CONNECTION LIMIT {limit} IN ROLE rds_ad"));
        let session = Session::open(scene.server, &role, "app").unwrap();
        scene.compare(what, "counted", &ticket, wrong);
        drop(session);
        scene.su.wait_for_no_sessions(&role);
        scene.clean_up();
    }
}

fn keytabs(c: &Context<'_>, scene: &mut Scene<'_>) {
    scene.su.run(&format!("CREATE USER \"keyed@{REALM}\" IN ROLE rds_ad"));
    let ticket = c.kdc.ticket_of("keyed").unwrap();
    let real = c.kdc.keytab();
    let copy = scene.server.write("copy.keytab", "").unwrap();
    fs::copy(&real, &copy).unwrap();
    let garbage = scene.server.write("garbage.keytab", "no keytab").unwrap();
    let empty = scene.server.write("empty.keytab", "").unwrap();
    let other = c.kdc.keytab_of("HTTP/localhost").unwrap();
    let set = |scene: &mut Scene<'_>, name: &str| {
        scene.su.run(&format!("ALTER SYSTEM SET krb_server_keyfile = '{name}'"));
        scene.reload();
    };
    for (what, name, mode, detail) in [
        (
            "the keytab, with FILE: before its name",
            format!("FILE:{}", copy.display()),
            0o600,
            "postgres/localhost",
        ),
        ("the keytab", copy.display().to_string(), 0o600, "postgres/localhost"),
        (
            "a keytab that the server may not read",
            copy.display().to_string(),
            0o000,
            "ermission denied",
        ),
        ("a keytab of garbage", garbage.display().to_string(), 0o600, "no keytab"),
        ("an empty keytab", empty.display().to_string(), 0o600, "no keytab"),
        ("a keytab that is not there", "/nonexistent/keytab".into(), 0o600, "No such file"),
        ("the keytab of another service", other.display().to_string(), 0o600, "HTTP/localhost"),
        ("no keytab", String::new(), 0o600, "not set"),
    ] {
        fs::set_permissions(&copy, fs::Permissions::from_mode(mode)).unwrap();
        set(scene, &name);
        let good = detail == "postgres/localhost";
        scene.compare(what, "keyed", &ticket, if good { &[] } else { &["keytab"] });
        let said = scene.app.one(&format!(
            "SELECT detail FROM kerb_check_principal('keyed', '{REALM}') WHERE \
                check_name = 'keytab'"
        ));
        assert!(said.contains(detail), "{name}: {said}");
    }
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    set(scene, &real.display().to_string());
    assert_eq!(scene.said("keyed"), Said::default());
    scene.clean_up();
}

/// Names that the server cuts.
fn names(scene: &mut Scene<'_>) {
    let long = format!("{}@corp.example.com", "é".repeat(30));
    assert_eq!(
        scene
            .app
            .column(&format!("SELECT check_name FROM kerb_check_principal('{long}') WHERE NOT ok")),
        ["name_length"]
    );
    assert_eq!(scene.app.code("SELECT * FROM kerb_check_principal('a b@')"), "22023");
    assert_eq!(scene.app.code("SELECT * FROM kerb_check_principal('app')"), "22023");
}

fn nobody_listens(c: &Context<'_>, scene: &mut Scene<'_>) {
    scene.su.run(&format!("CREATE USER \"heard@{REALM}\" IN ROLE rds_ad; SELECT pg_reload_conf()"));
    scene.su.run("ALTER SYSTEM SET listen_addresses = ''");
    scene.server.restart().unwrap();
    scene.app = Session::open(scene.server, "rdsadmin", "app").unwrap();
    let ticket = c.kdc.ticket_of("heard").unwrap();
    scene.compare("the server does not listen", "heard", &ticket, &["listening"]);
}
