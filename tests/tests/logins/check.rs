//! What `kerb_check_principal` says, and what comes of the login: a ticket opens the role if and only if every row is ok.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kerbrole_tests::kdc::Ticket;
use kerbrole_tests::postgres_server::{HBA, Server};
use kerbrole_tests::report::{Evidence, Key};
use kerbrole_tests::site::wait_until;

use crate::world::{Context, REALM, Session};
use crate::{CHECK, REPORT, cases};

cases! {
    Every: every_row_is_ok_if_and_only_if_the_login_succeeds;
}

/// A set-up: what is done on top of nothing, and the rows that are not ok.
struct SetUp {
    what: &'static str,
    /// Run as the superuser. `$U` is the username, which no other set-up has.
    sql: &'static str,
    /// pg_hba.conf for TCP instead of the usual one.
    hba: Option<&'static str>,
    ident: &'static str,
    wrong: &'static [&'static str],
}

const USER: &str = "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad";

const fn set_up(what: &'static str, sql: &'static str, wrong: &'static [&'static str]) -> SetUp {
    SetUp { what, sql, hba: None, ident: "", wrong }
}

const fn hba(what: &'static str, hba: &'static str, wrong: &'static [&'static str]) -> SetUp {
    SetUp { what, sql: USER, hba: Some(hba), ident: "", wrong }
}

const fn map(what: &'static str, ident: &'static str, wrong: &'static [&'static str]) -> SetUp {
    SetUp { what, sql: USER, hba: Some("host all all 127.0.0.1/32 gss map=people"), ident, wrong }
}

const MISSING: &[&str] = &["role_exists", "rds_ad", "not_rds_iam", "pg_hba", "login", "connection_limit", "connect"];
const STOPPED: &[&str] = &["pg_hba"];

const SET_UPS: &[SetUp] = &[
    set_up("all is well", USER, &[]),
    set_up("nobody made a role", "", MISSING),
    set_up("the role is in upper case", "CREATE USER \"$X@CORP.EXAMPLE.COM\" IN ROLE rds_ad", MISSING),
    set_up(
        "the realm is in lower case",
        "CREATE USER \"$U@corp.example.com\" IN ROLE rds_ad",
        &["role_exists", "realm_case", "rds_ad", "not_rds_iam", "pg_hba", "login", "connection_limit", "connect"],
    ),
    set_up("disabled", "CREATE ROLE \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad", &["login"]),
    set_up("not in rds_ad", "CREATE USER \"$U@CORP.EXAMPLE.COM\"", &["rds_ad", "pg_hba"]),
    set_up(
        "in rds_ad three deep, without INHERIT",
        "CREATE ROLE g1 IN ROLE rds_ad; CREATE ROLE g2 NOINHERIT IN ROLE g1; CREATE USER \"$U@CORP.EXAMPLE.COM\" NOINHERIT IN ROLE g2",
        &[],
    ),
    set_up(
        "in rds_iam as well",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad, rds_iam",
        &["not_rds_iam", "pg_hba"],
    ),
    set_up(
        "in rds_iam two deep",
        "CREATE ROLE c1 IN ROLE rds_iam; CREATE ROLE c2 IN ROLE c1; CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad, c2",
        &["not_rds_iam", "pg_hba"],
    ),
    set_up(
        "in rds_iam only",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_iam",
        &["rds_ad", "not_rds_iam", "pg_hba"],
    ),
    set_up(
        "a group in both",
        "CREATE ROLE b IN ROLE rds_ad, rds_iam; CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE b",
        &["not_rds_iam", "pg_hba"],
    ),
    set_up(
        "no connections for the role",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" CONNECTION LIMIT 0 IN ROLE rds_ad",
        &["connection_limit"],
    ),
    set_up("one connection for the role", "CREATE USER \"$U@CORP.EXAMPLE.COM\" CONNECTION LIMIT 1 IN ROLE rds_ad", &[]),
    set_up(
        "a superuser's limit",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" SUPERUSER CONNECTION LIMIT 0 IN ROLE rds_ad",
        &[],
    ),
    set_up("VALID UNTIL is past", "CREATE USER \"$U@CORP.EXAMPLE.COM\" VALID UNTIL '2001-01-01' IN ROLE rds_ad", &[]),
    set_up("a password as well", "CREATE USER \"$U@CORP.EXAMPLE.COM\" PASSWORD 'x' IN ROLE rds_ad", &[]),
    set_up(
        "no CONNECT",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; REVOKE CONNECT ON DATABASE app FROM PUBLIC",
        &["connect"],
    ),
    set_up(
        "CONNECT by a group",
        "CREATE ROLE g IN ROLE rds_ad; CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE g; REVOKE CONNECT ON DATABASE app FROM PUBLIC; GRANT CONNECT ON DATABASE app TO g",
        &[],
    ),
    set_up(
        "the database takes no connections",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app ALLOW_CONNECTIONS false",
        &["database"],
    ),
    set_up(
        "the database is full",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app CONNECTION LIMIT 1",
        &["database"],
    ),
    set_up(
        "the database has room",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app CONNECTION LIMIT 3",
        &[],
    ),
    set_up(
        "the database takes nobody",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; ALTER DATABASE app CONNECTION LIMIT 0",
        &["database"],
    ),
    set_up(
        "two spellings",
        "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad; CREATE USER \"$X@CORP.EXAMPLE.COM\" IN ROLE rds_ad",
        &[],
    ),
    set_up(
        "two things at once",
        "CREATE ROLE \"$U@CORP.EXAMPLE.COM\" CONNECTION LIMIT 0 IN ROLE rds_ad",
        &["login", "connection_limit"],
    ),
    SetUp {
        what: "outside rds_ad, and everybody by ticket",
        sql: "CREATE USER \"$U@CORP.EXAMPLE.COM\"",
        hba: Some("host all all all gss"),
        ident: "",
        wrong: &[],
    },
    SetUp {
        what: "in both, and everybody by ticket",
        sql: "CREATE USER \"$U@CORP.EXAMPLE.COM\" IN ROLE rds_ad, rds_iam",
        hba: Some("host all all all gss"),
        ident: "",
        wrong: &[],
    },
    hba("everybody is refused first", "host all all 127.0.0.1/32 reject\nhost all +rds_ad 127.0.0.1/32 gss", STOPPED),
    hba("a password comes first", "host all all all scram-sha-256\nhost all +rds_ad all gss", STOPPED),
    hba("no gss at all", "host all all 127.0.0.1/32 scram-sha-256", STOPPED),
    hba("no line", "host other all 127.0.0.1/32 gss", STOPPED),
    hba("another database", "host postgres,other +rds_ad all gss\nhost all all all reject", STOPPED),
    hba("this database among others", "host other,app +rds_ad all gss\nhost all all all reject", &[]),
    hba("another user", "host all \"somebody@CORP.EXAMPLE.COM\" all gss\nhost all all all reject", STOPPED),
    hba("a group of others", "host all +rds_superuser all gss\nhost all all all reject", STOPPED),
    hba("everybody by ticket", "host all all all gss", &[]),
    hba("another realm", "host all all all gss krb_realm=ELSEWHERE.COM", STOPPED),
    hba("the same realm", "host all all all gss include_realm=1 krb_realm=CORP.EXAMPLE.COM", &[]),
    hba("without the realm", "host all all all gss include_realm=0", STOPPED),
    hba("TLS only", "hostssl all all all gss\nhost all all all reject", STOPPED),
    hba("GSSAPI encryption only", "hostgssenc all all all gss\nhost all all all reject", &[]),
    hba("everything but TLS", "hostnossl all all all gss", &[]),
    hba("sameuser", "host sameuser all all gss", STOPPED),
    hba("samerole", "host samerole all all gss", STOPPED),
    hba("replication only", "host replication all all gss", STOPPED),
    hba("others are refused", "host all all 10.0.0.0/8 reject\nhost all all ::1/128 reject\nhost all all all gss", &[]),
    hba("a wider line comes first", "host all all 127.0.0.0/8 reject\nhost all all 127.0.0.1/32 gss", STOPPED),
    map("nobody is mapped", "", STOPPED),
    map("somebody else is mapped", "people somebody@CORP.EXAMPLE.COM \"$U@CORP.EXAMPLE.COM\"", STOPPED),
    map("mapped", "people \"$U@CORP.EXAMPLE.COM\" \"$U@CORP.EXAMPLE.COM\"", &[]),
    map("mapped to another role", "people \"$U@CORP.EXAMPLE.COM\" somebody", STOPPED),
    map("mapped by a pattern", "people /^(.*)@CORP\\.EXAMPLE\\.COM$ \\1@CORP.EXAMPLE.COM", &[]),
    map("mapped by a pattern in whatever case", "people /(?i)^(.*)@corp\\.example\\.com$ \\1@CORP.EXAMPLE.COM", &[]),
    map("mapped by a pattern that refers back", "people /^(.*)@(C)ORP\\.EXAMPLE\\.\\2OM$ \\1@CORP.EXAMPLE.COM", &[]),
    map("mapped by another pattern", "people /^(.*)@CORP\\.EXAMPLE\\.COM$ \\1", STOPPED),
];

/// Before, these are letters like others.
const BEFORE_16: &[SetUp] = &[
    hba("what would be a pattern", "host all /^.*@CORP\\.EXAMPLE\\.COM$ all gss\nhost all all all reject", STOPPED),
    map("mapped to what would be a group", "people \"$U@CORP.EXAMPLE.COM\" +rds_ad", STOPPED),
    map("mapped to what would be all", "people \"$U@CORP.EXAMPLE.COM\" all", STOPPED),
];

/// Since 16 pg_hba.conf and the right side of pg_ident.conf take patterns.
const SINCE_16: &[SetUp] = &[
    hba("a pattern", "host /^a.*$ /^.*@CORP\\.EXAMPLE\\.COM$ all gss", &[]),
    hba("another pattern", "host all /^.*@corp\\.example\\.com$ all gss", STOPPED),
    map("mapped to a group", "people \"$U@CORP.EXAMPLE.COM\" +rds_ad", &[]),
    map("mapped to all", "people \"$U@CORP.EXAMPLE.COM\" all", &[]),
];

/// A server with a database `app`, in which the one who asks stays logged in.
struct Scene<'c> {
    server: &'c Server,
    rows: Evidence<'c>,
    su: Session,
    app: Session,
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

    fn wrong(&mut self, user: &str) -> Vec<String> {
        self.app.column(&format!("SELECT check_name FROM kerb_check_principal('{user}', '{REALM}') WHERE NOT ok"))
    }

    /// Asks what is wrong, tries the login, and takes both down. Whether somebody got in.
    fn compare(&mut self, what: &str, user: &str, ticket: &Ticket, expected: &[&str]) -> bool {
        let principal = format!("{user}@{REALM}");
        let wrong = self.wrong(user);
        self.rows.checked(what, Key::Ticket(ticket, &principal), &principal, "app", &wrong, expected)
    }

    fn clean_up(&mut self) {
        self.su.run("ALTER DATABASE app ALLOW_CONNECTIONS true; ALTER DATABASE app CONNECTION LIMIT -1; GRANT CONNECT ON DATABASE app TO PUBLIC");
        let roles = "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384 AND rolname !~ '^rds'";
        for role in self.su.column(roles) {
            self.su.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        }
    }
}

fn every_row_is_ok_if_and_only_if_the_login_succeeds(c: &Context<'_>) {
    let (name, setting) =
        if c.caseins { ("check-caseins", "krb_caseins_users = on") } else { ("check", "krb_caseins_users = off") };
    let own = c.own_server(name, &[setting]);
    let rows = REPORT.evidence(CHECK, &own.0, c.caseins, "hand");
    let mut scene = Scene::new(&own.0, rows);
    let since_16: &[SetUp] = if c.major() >= 16 { SINCE_16 } else { BEFORE_16 };
    let mut logins = [0, 0];
    for (number, set_up) in SET_UPS.iter().chain(since_16).enumerate() {
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
        logins[usize::from(scene.compare(set_up.what, &user, &ticket, set_up.wrong))] += 1;
        scene.su.wait_for_no_sessions(&format!("{user}@{REALM}"));
        scene.clean_up();
        if set_up.hba.is_some() {
            scene.hba(HBA, "");
        }
    }
    assert!(logins[0] >= 25 && logins[1] >= 15, "{logins:?}");
    sessions_count(c, &mut scene);
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
        ("the keytab, with FILE: before its name", format!("FILE:{}", copy.display()), 0o600, "postgres/localhost"),
        ("the keytab", copy.display().to_string(), 0o600, "postgres/localhost"),
        ("a keytab that the server may not read", copy.display().to_string(), 0o000, "ermission denied"),
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
        let said = scene
            .app
            .one(&format!("SELECT detail FROM kerb_check_principal('keyed', '{REALM}') WHERE check_name = 'keytab'"));
        assert!(said.contains(detail), "{name}: {said}");
    }
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    set(scene, &real.display().to_string());
    assert_eq!(scene.wrong("keyed"), [""; 0]);
    scene.clean_up();
}

/// Names that the server cuts.
fn names(scene: &mut Scene<'_>) {
    let long = format!("{}@corp.example.com", "é".repeat(30));
    assert_eq!(
        scene.app.column(&format!("SELECT check_name FROM kerb_check_principal('{long}') WHERE NOT ok")),
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
