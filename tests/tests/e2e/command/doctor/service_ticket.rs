//! The ticket for the server: one thing wrong at a time, with a KDC of its own. Whether there is
//! something wrong MIT's kvno says, and where the doctor's advice can be followed, it helps.

use std::io::Write;
use std::net::UdpSocket;
use std::process::Stdio;
use std::time::Duration;

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::sandbox::{lossy, run};
use kerbrole_tests::version::workspace;

use super::*;

const HOME: &str = "FAULTS.COM";
const OTHER: &str = "ONPREM.COM";

/// A KDC that may be spoilt, and what a client needs.
struct Bench<'c> {
    c: &'c Context<'c>,
    home: Kdc,
    folder: tempfile::TempDir,
}

/// A call, and what is different about it.
#[derive(Clone)]
struct Call {
    host: String,
    kdc: u16,
    config: PathBuf,
    ticket: String,
    principal: String,
    keytab: Option<PathBuf>,
    environment: Vec<(&'static str, String)>,
}

/// A row: what was looked at, `yes`, `no` or `?`, what was found, how to mend it.
type Row = [String; 4];

impl<'c> Bench<'c> {
    /// `name` keeps apart what tests that run at once make.
    fn start(c: &'c Context<'c>, name: &str) -> Self {
        c.superuser().run("ALTER ROLE rds_master PASSWORD 'only here'");
        let home = Kdc::start(c.sandbox, &format!("{name}.{HOME}")).unwrap();
        let folder = tempfile::tempdir_in(c.sandbox.path()).unwrap();
        Self { c, home, folder }
    }

    fn domain(&self) -> String {
        self.home.realm.to_lowercase()
    }

    /// Alice with a new ticket, at localhost.
    fn healthy(&self) -> Call {
        let Ticket { cache, config } = self.home.ticket_of("alice").unwrap();
        Call {
            host: "localhost".into(),
            kdc: self.home.port,
            config,
            ticket: cache,
            principal: format!("alice@{}", self.home.realm),
            keytab: None,
            environment: Vec::new(),
        }
    }

    fn at(&self, host: &str) -> Call {
        Call { host: host.into(), ..self.healthy() }
    }

    /// The harness' own krb5.conf, changed.
    fn config(&self, changes: &[(&str, &str)]) -> PathBuf {
        self.changed(self.home.config(), changes)
    }

    fn changed(&self, config: PathBuf, changes: &[(&str, &str)]) -> PathBuf {
        let mut text = fs::read_to_string(config).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}: {text}");
            text = text.replace(from, to);
        }
        let number = fs::read_dir(self.folder.path()).unwrap().count();
        let path = self.folder.path().join(format!("krb5-{number}.conf"));
        fs::write(&path, text).unwrap();
        path
    }

    fn program(&self, name: impl AsRef<std::ffi::OsStr>, call: &Call) -> Command {
        let mut command = Command::new(name);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("KRB5_CONFIG", &call.config)
            .env("KRB5CCNAME", &call.ticket)
            .envs(call.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The exit code, and the rows.
    fn doctor(&self, call: &Call) -> (i32, Vec<Row>) {
        let port = somebody(Ipv4Addr::LOCALHOST).unwrap().to_string();
        let database = format!(
            "host={} hostaddr=127.0.0.1 port={} user=rds_master password='only here' \
             dbname=postgres sslmode=disable",
            call.host, self.c.server.port
        );
        let mut command = self.program(built("kerbrole"), call);
        command.args(["doctor", "--realm", &self.home.realm, "--principal", &call.principal]);
        command.args(["--kdc", &format!("127.0.0.1:{}", call.kdc), "--timeout", "3"]);
        command.args(["--dns-port", &port, "--password-port", &port, "--format", "csv"]);
        command.args(call.keytab.iter().flat_map(|path| ["--keytab".as_ref(), path.as_os_str()]));
        let output = command.args(["-d", &database]).output().unwrap();
        let code = output.status.code().unwrap();
        assert!(code <= 1, "{}", lossy(&output.stderr));
        let rows = csv::Reader::from_reader(&output.stdout[..]).into_records().map(|record| {
            let record = record.unwrap();
            [0, 1, 2, 3].map(|at| record[at].to_string())
        });
        (code, rows.collect())
    }

    /// Whether MIT's own program gets the ticket, and opens it with the keytab.
    fn kvno(&self, call: &Call) -> bool {
        let mut kvno = self.program("kvno", call);
        kvno.args(call.keytab.iter().flat_map(|path| ["-k".as_ref(), path.as_os_str()]));
        kvno.args(["-S", "postgres", &call.host]).output().unwrap().status.success()
    }

    /// The row by itself, where kvno would wait for half a minute.
    fn said(&self, what: &str, call: &Call) -> Row {
        let what = format!("{what}: {}", call.host);
        let (code, rows) = self.doctor(call);
        let row = rows.iter().find(|row| row[0] == what);
        let row = row.unwrap_or_else(|| panic!("no row {what}: {rows:#?}")).clone();
        assert!(code == 1 || row[1] != "no", "{rows:#?}");
        row
    }

    /// The row, which is as MIT's own program has it.
    fn row(&self, what: &str, call: &Call) -> Row {
        let row = self.said(what, call);
        assert_eq!(row[1] == "no", !self.kvno(call), "kvno and the doctor differ: {row:?}");
        row
    }

    /// The fault is named with these words, and the fix has these.
    fn names(&self, what: &str, call: &Call, words: &[&str], advice: &[&str]) {
        has(&self.row(what, call), words, advice);
    }

    fn is_well(&self, what: &str, call: &Call) {
        let row = self.row(what, call);
        assert_eq!(row[1], "yes", "{row:?}");
    }

    /// The library that has other names in DNS, and another clock.
    fn world(&self) -> String {
        let library = self.folder.path().join("names_and_clock.so");
        if !library.exists() {
            let source = workspace().join("tests/src/c/names_and_clock.c");
            let mut cc = Command::new("cc");
            cc.args(["-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(&library).arg(source);
            run(cc.arg("-ldl")).unwrap();
        }
        library.display().to_string()
    }
}

/// It is a fault, with these words in it, and these in the fix.
fn has(row: &Row, words: &[&str], advice: &[&str]) {
    assert_eq!(row[1], "no", "{row:?}");
    for word in words {
        assert!(row[2].contains(word), "{word}: {row:?}");
    }
    for word in advice {
        assert!(row[3].contains(word), "{word}: {row:?}");
    }
}

const TICKET: &str = "service ticket";
const KEYTAB: &str = "keytab";

/// With the KDC of the server's realm, with one that it trusts, and with a keytab of the client's
/// instead of a ticket; and each time the server's keytab is right.
pub(super) fn nothing_is_wrong_with_a_ticket_where_all_is_well(c: &Context<'_>) {
    let bench = Bench::start(c, "WELL");
    let server = Some(bench.home.keytab());
    let trusted = Kdc::start(c.sandbox, &format!("WELL.{OTHER}")).unwrap();
    bench.home.trust(&trusted).unwrap();
    trusted.add_user("carol").unwrap();
    let config = bench.home.config_with(&[&trusted]).unwrap();
    let carol = trusted.ticket_by("carol", &config).unwrap();
    let robot = bench.home.keytab_of("robot").unwrap();
    let empty = bench.folder.path().join("got-by-keytab");
    let calls = [
        Call { keytab: server.clone(), ..bench.healthy() },
        Call {
            keytab: server.clone(),
            config,
            ticket: carol.cache,
            principal: format!("carol@{}", trusted.realm),
            ..bench.healthy()
        },
        Call {
            keytab: server,
            ticket: format!("FILE:{}", empty.display()),
            principal: format!("robot@{}", bench.home.realm),
            environment: vec![("KRB5_CLIENT_KTNAME", robot.display().to_string())],
            ..bench.healthy()
        },
    ];
    for call in &calls {
        c.master().run(&format!("SELECT kerb_add_principal('{}')", call.principal));
        let (code, rows) = bench.doctor(call);
        let wrong: Vec<_> = rows.iter().filter(|row| row[1] == "no").collect();
        assert!(code == 0 && wrong.is_empty(), "{}: {wrong:#?}", call.principal);
        bench.is_well(TICKET, call);
        bench.is_well(KEYTAB, call);
    }
    // Without a ticket there is nothing to ask with, which is said once.
    let nobody = Call { ticket: "FILE:/nonexistent/ticket".into(), ..bench.healthy() };
    let (_, rows) = bench.doctor(&nobody);
    let ok = |what: &str| rows.iter().find(|row| row[0] == what).map(|row| row[1].as_str());
    assert_eq!((ok("ticket"), ok("service ticket: localhost")), (Some("no"), Some("?")));
    // Nor does anybody ask over a socket.
    let mut socket = bench.program(built("kerbrole"), &bench.healthy());
    socket.args(["doctor", "--realm", &bench.home.realm, "--timeout", "1", "--format", "csv"]);
    let output = socket.args(["-h", "/nonexistent"]).output().unwrap();
    let text = lossy(&output.stdout);
    assert!(text.contains("service ticket: /nonexistent,?,"), "{text}");
}

/// What the KDC knows and does not know.
pub(super) fn each_fault_of_a_service_ticket_is_named(c: &Context<'_>) {
    let bench = Bench::start(c, "NAMES");
    let (home, realm, domain) = (&bench.home, &bench.home.realm, &bench.domain());
    let host = |name: &str| format!("{name}.{domain}");
    let service = |name: &str| format!("postgres/{}", host(name));

    // Nobody has the name.
    let missing = bench.at(&host("missing"));
    bench.names(TICKET, &missing, &[&format!("{}@{realm}", service("missing"))], &["setspn -S"]);
    home.add_service(&service("missing")).unwrap();
    bench.is_well(TICKET, &missing);

    // It is there under its short name, and the other way round.
    home.add_service("postgres/short").unwrap();
    bench.names(
        TICKET,
        &bench.at(&host("short")),
        &[&format!("postgres/short@{realm}")],
        &["to short"],
    );
    bench.is_well(TICKET, &bench.at("short"));
    home.add_service(&service("long")).unwrap();
    bench.names(TICKET, &bench.at("long"), &[&service("long")], &[&host("long")]);
    bench.is_well(TICKET, &bench.at(&host("long")));

    // It is there as servers on Windows were called once.
    home.add_service(&format!("POSTGRES/{}", host("old"))).unwrap();
    bench.names(
        TICKET,
        &bench.at(&host("old")),
        &[&format!("POSTGRES/{}", host("old"))],
        &["krbsrvname=POSTGRES"],
    );

    // DNS leads to another name, by an alias or by the address.
    home.add_service(&service("alias")).unwrap();
    let by_dns = ("dns_canonicalize_hostname = false", "dns_canonicalize_hostname = true");
    let world = |reverse: Option<&str>| {
        let alias = format!("{}={}", host("alias"), host("canonical"));
        let mut world = vec![("LD_PRELOAD", bench.world()), ("FAKE_ALIAS", alias)];
        world.extend(reverse.map(|name| ("FAKE_REVERSE", host(name))));
        world
    };
    let aliased = Call {
        config: bench.config(&[by_dns]),
        environment: world(None),
        ..bench.at(&host("alias"))
    };
    let advice = "dns_canonicalize_hostname = false";
    bench.names(TICKET, &aliased, &[&service("canonical"), &service("alias")], &[advice]);
    bench.is_well(TICKET, &Call { config: home.config(), ..aliased.clone() });
    let reversed = Call {
        config: bench.config(&[by_dns, ("rdns = false", "rdns = true")]),
        environment: world(Some("ip-10-0-0-5")),
        ..bench.at(&host("alias"))
    };
    bench.names(TICKET, &reversed, &[&service("ip-10-0-0-5"), &service("alias")], &[advice]);
    bench.is_well(TICKET, &Call { config: home.config(), ..reversed });
    // Where both names are there it is no fault, and other clients ask for the one that was typed.
    home.add_service(&service("canonical")).unwrap();
    let row = bench.row(TICKET, &Call { ticket: bench.healthy().ticket, ..aliased });
    assert_eq!(row[1], "yes", "{row:?}");
    assert!(row[2].contains("Java") && row[2].contains(&service("alias")), "{row:?}");

    // An address is no name.
    bench.names(TICKET, &bench.at("127.0.0.1"), &["postgres/127.0.0.1"], &["by the name"]);

    // An account that gets nobody in.
    home.add_service(&service("expired")).unwrap();
    home.change(&service("expired"), "-expire yesterday").unwrap();
    bench.names(TICKET, &bench.at(&host("expired")), &["has expired"], &["modprinc -expire"]);
    home.change(&service("expired"), "-expire never").unwrap();
    bench.is_well(TICKET, &bench.at(&host("expired")));
    home.add_service(&service("person")).unwrap();
    home.change(&service("person"), "-allow_svr").unwrap();
    bench.names(TICKET, &bench.at(&host("person")), &["is no service"], &["+allow_svr"]);
    home.change(&service("person"), "+allow_svr").unwrap();
    bench.is_well(TICKET, &bench.at(&host("person")));

    // No type of encryption in common with the server, or with the ticket that is there.
    let only =
        |kind: &str| bench.config(&[(" rdns", &format!(" permitted_enctypes = {kind}\n rdns"))]);
    home.add_service(&service("aes128")).unwrap();
    home.session_keys(&service("aes128"), "aes128-cts-hmac-sha1-96").unwrap();
    let strict = Call { config: only("aes256-cts-hmac-sha1-96"), ..bench.at(&host("aes128")) };
    bench.names(TICKET, &strict, &["no encryption type in common"], &["permitted_enctypes"]);
    bench.is_well(TICKET, &Call { config: home.config(), ..strict });
    let strict = Call { config: only("aes128-cts-hmac-sha1-96"), ..bench.healthy() };
    bench.names(TICKET, &strict, &["no encryption type in common"], &["permitted_enctypes"]);

    // hostaddr alone.
    let mut alone = bench.program(built("kerbrole"), &bench.healthy());
    alone.args(["doctor", "--realm", realm, "--timeout", "1", "--format", "csv"]);
    let output = alone.args(["-d", "hostaddr=127.0.0.1 port=1"]).output().unwrap();
    assert!(lossy(&output.stdout).contains("service ticket: 127.0.0.1,no,"), "{output:?}");
}

/// Realms, ports, datagrams, clocks, and a KDC that has forgotten the ticket.
pub(super) fn each_fault_on_the_way_to_a_kdc_is_named(c: &Context<'_>) {
    let bench = Bench::start(c, "WAYS");
    let (home, realm) = (&bench.home, &bench.home.realm);
    let kdc = format!("kdc = 127.0.0.1:{}", home.port);

    // The host is said to be of a realm to which no way leads.
    let rule = format!(" localhost = {realm}");
    let elsewhere = bench.config(&[(&rule, " localhost = ELSEWHERE.COM")]);
    let call = Call { config: elsewhere, ..bench.healthy() };
    bench.names(TICKET, &call, &["is of ELSEWHERE.COM", "no way"], &["[domain_realm]"]);

    // The ticket is of a realm that the server's does not trust, until it does.
    let other = Kdc::start(c.sandbox, &format!("WAYS.{OTHER}")).unwrap();
    other.add_user("carol").unwrap();
    let config = home.config_with(&[&other]).unwrap();
    let carol = || Call {
        ticket: other.ticket_by("carol", &config).unwrap().cache,
        principal: format!("carol@{}", other.realm),
        config: config.clone(),
        ..bench.healthy()
    };
    bench.names(TICKET, &carol(), &[realm, "no way"], &["trust"]);
    home.trust(&other).unwrap();
    bench.is_well(TICKET, &carol());

    // An endpoint that is called otherwise than the directory, and no rule says so.
    let endpoint = "db.c1.eu-central-1.rds.amazonaws.com";
    home.add_service(&format!("postgres/{endpoint}")).unwrap();
    let rds = Call { host: endpoint.into(), ..carol() };
    let advice = format!("{endpoint} = {realm}");
    let there = format!("postgres/{endpoint}@{realm}");
    bench.names(TICKET, &rds, &["no rule", &there], &[&advice, "[domain_realm]"]);
    let ruled = bench.changed(config.clone(), &[(&rule, &format!("{rule}\n {advice}"))]);
    bench.is_well(TICKET, &Call { config: ruled, ..rds });

    // The KDC that krb5.conf names is another one than that which was asked before.
    let closed = bench.config(&[(&kdc, "kdc = 127.0.0.1:1")]);
    let call = Call { config: closed, ..bench.healthy() };
    bench.names(TICKET, &call, &[realm], &[&format!("{realm} = {{ kdc")]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let silent_kdc = bench.config(&[(&kdc, &format!("kdc = 127.0.0.1:{port}"))]);
    let call = Call { config: silent_kdc, ..bench.healthy() };
    has(&bench.said(TICKET, &call), &["no answer within"], &[&format!("{realm} = {{ kdc")]);
    drop(silent);

    // Datagrams get through while they are short.
    let relay = short_datagrams(home.port);
    let datagrams = bench.config(&[(&kdc, &format!("kdc = 127.0.0.1:{relay}"))]);
    let call = Call { config: datagrams, kdc: relay, ..bench.healthy() };
    has(&bench.said(TICKET, &call), &["TCP is closed", "datagram"], &["open TCP"]);

    // The clock of this machine.
    let clock = vec![("LD_PRELOAD", bench.world()), ("FAKE_CLOCK", "3600".to_string())];
    let ahead = Call { environment: clock, ..bench.healthy() };
    bench.names(TICKET, &ahead, &["clocks"], &["clock"]);

    // The KDC's own key is another one since the ticket was got.
    let before = bench.healthy();
    home.renew_key(&format!("krbtgt/{realm}"), "").unwrap();
    bench.names(TICKET, &before, &["KDC"], &["kinit"]);
    bench.is_well(TICKET, &bench.healthy());
}

/// The server's keytab beside the ticket.
pub(super) fn each_fault_of_a_keytab_is_named(c: &Context<'_>) {
    let bench = Bench::start(c, "KEYTABS");
    let (home, realm) = (&bench.home, &bench.home.realm);
    let service = format!("postgres/db.{}", bench.domain());
    let with = |keytab: PathBuf| Call {
        keytab: Some(keytab),
        ..bench.at(&format!("db.{}", bench.domain()))
    };
    let first = home.keytab_of(&service).unwrap();
    let early = with(first.clone());
    bench.is_well(KEYTAB, &early);

    // The key has changed, and the keytab is of before: or the ticket is.
    home.renew_key(&service, "").unwrap();
    let late = with(first.clone());
    bench.names(KEYTAB, &late, &["key version", &service], &["kadmin ktadd"]);
    let renewed = home.keytab_again(&service).unwrap();
    bench.is_well(KEYTAB, &with(renewed.clone()));
    let stale = Call { keytab: Some(renewed), ..early };
    bench.names(KEYTAB, &stale, &["key version", &service], &["kinit anew"]);

    // Another server's.
    bench.names(KEYTAB, &with(home.keytab()), &["no key of the ticket's server"], &["ktadd"]);

    // Only of another type, and of another key under the same number.
    let by_password = |name: &str, kind: &str| {
        let path = bench.folder.path().join(name);
        let mut ktutil = Command::new("ktutil");
        ktutil.env("KRB5_CONFIG", home.config()).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut ktutil = ktutil.spawn().unwrap();
        let said = format!(
            "addent -password -p {service}@{realm} -k 2 -e {kind}\nanything\nwkt {}\n",
            path.display()
        );
        ktutil.stdin.take().unwrap().write_all(said.as_bytes()).unwrap();
        assert!(ktutil.wait().unwrap().success() && path.exists(), "{said}");
        path
    };
    let other_kind = by_password("kind.keytab", "aes128-cts-hmac-sha1-96");
    bench.names(KEYTAB, &with(other_kind), &["encryption type"], &["-crypto All"]);
    let other_key = by_password("key.keytab", "aes256-cts-hmac-sha1-96");
    bench.names(KEYTAB, &with(other_key), &["another key"], &["ktadd"]);

    // None at all.
    bench.names(KEYTAB, &with("/nonexistent/krb5.keytab".into()), &["not there"], &["as the user"]);
}

/// A KDC behind a wall that lets only short answers through, and no TCP.
fn short_datagrams(kdc: u16) -> u16 {
    let outside = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = outside.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut buffer = [0; 65_535];
        while let Ok((length, from)) = outside.recv_from(&mut buffer) {
            let inside = UdpSocket::bind("127.0.0.1:0").unwrap();
            inside.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            inside.send_to(&buffer[..length], ("127.0.0.1", kdc)).unwrap();
            let answer = inside.recv(&mut buffer);
            if let Some(length) = answer.ok().filter(|length| *length < 512) {
                outside.send_to(&buffer[..length], from).unwrap();
            }
        }
    });
    port
}
