//! `kerbrole doctor`: a set-up where all is well, and one thing wrong at a time.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use kerbrole_tests::answering_port::somebody;
use kerbrole_tests::kdc::Ticket;
use kerbrole_tests::sandbox::wait_until;
use kerbrole_tests::version::built;

use crate::cases;
use crate::fixture::{Context, REALM};

mod krb5_conf;
mod options;
mod service_ticket;

use krb5_conf::*;
use options::*;
use service_ticket::*;

cases! {
    EachVersion: rules_of_others_are_refused, whoever_has_no_realm_is_of_the_directory;
    Ends: each_fault_is_named;
    BareEnds: rules_are_gone_by;
    Newest: a_host_is_of_the_realm_that_mit_takes_it_for, a_ticket_without_a_rule_is_no_fault,
        a_file_is_read_as_mit_reads_it, what_comes_from_a_module_is_not_known,
        nothing_is_wrong_with_a_ticket_where_all_is_well, each_fault_of_a_service_ticket_is_named,
        each_fault_on_the_way_to_a_kdc_is_named, each_fault_of_a_keytab_is_named;
}

/// A KDC whose clock is a year behind: the answers of another, with the year changed.
fn slow_kdc(real: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut question = vec![0; 4];
            if client.read_exact(&mut question).is_err() {
                continue;
            }
            question.resize(4 + u32::from_be_bytes(*question.first_chunk().unwrap()) as usize, 0);
            client.read_exact(&mut question[4..]).unwrap();
            let mut kdc = TcpStream::connect(("127.0.0.1", real)).unwrap();
            kdc.write_all(&question).unwrap();
            let mut answer = Vec::new();
            kdc.read_to_end(&mut answer).unwrap();
            // GeneralizedTime: tag, length, YYYYMMDDHHMMSSZ.
            for at in 0..answer.len().saturating_sub(17) {
                if answer[at..].starts_with(&[0x18, 15, b'2', b'0']) {
                    answer[at + 5] = if answer[at + 5] == b'0' { b'1' } else { answer[at + 5] - 1 };
                }
            }
            client.write_all(&answer).unwrap();
        }
    });
    port
}

/// Everything that a call depends on; each fault changes one of them.
struct SetUp {
    realm: String,
    kdc: String,
    dns: u16,
    passwords: u16,
    database: String,
    config: PathBuf,
    ticket: String,
    principal: String,
}

impl SetUp {
    /// Exit code, the names of what is wrong, and all that was printed.
    fn examine(&self) -> (i32, Vec<String>, String) {
        let output = Command::new(built("kerbrole"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent")
            .env("KRB5_CONFIG", &self.config)
            .env("KRB5CCNAME", &self.ticket)
            .args([
                "doctor",
                "--realm",
                &self.realm,
                "--kdc",
                &self.kdc,
                "--principal",
                &self.principal,
                "--timeout",
                "2",
                "--format",
                "csv",
            ])
            .args([
                "--dns-port",
                &self.dns.to_string(),
                "--password-port",
                &self.passwords.to_string(),
                "-d",
                &self.database,
            ])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        let wrong = csv::Reader::from_reader(&output.stdout[..])
            .records()
            .map(|record| record.unwrap())
            .filter(|record| &record[1] == "no")
            .map(|record| {
                // An answer about a role that is not there has no fix of its own.
                assert!(
                    !record[2].is_empty()
                        && (!record[3].is_empty() || &record[2] == "there is no role to look at"),
                    "what and how to mend it: {record:?}"
                );
                record[0].to_string()
            })
            .collect();
        (output.status.code().unwrap_or(-1), wrong, text)
    }
}

fn each_fault_is_named(c: &Context<'_>) {
    let user = format!("patient{}", c.major());
    c.master().run(&format!("SELECT kerb_add_principal('{user}@{REALM}')"));
    c.superuser().run("ALTER ROLE rds_master PASSWORD 'only here'");
    let Ticket { cache, config } = c.kdc.ticket_of(&user).unwrap();
    let folder = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let good = fs::read_to_string(&config).unwrap();
    let database = |host: &str, port: u16| {
        format!(
            "{host} port={port} user=rds_master password='only here' dbname=postgres \
             sslmode=disable"
        )
    };
    let healthy = || SetUp {
        realm: REALM.to_lowercase(),
        kdc: format!("127.0.0.1:{}", c.kdc.port),
        dns: somebody(Ipv4Addr::LOCALHOST).unwrap(),
        passwords: somebody(Ipv4Addr::LOCALHOST).unwrap(),
        database: database("host=localhost hostaddr=127.0.0.1", c.server.port),
        config: config.clone(),
        ticket: cache.clone(),
        principal: format!("{user}@{REALM}"),
    };
    let (code, wrong, text) = healthy().examine();
    assert_eq!((code, wrong), (0, vec![]), "{text}");
    assert!(!text.contains("only here"));

    let conf = |path: &PathBuf| format!("krb5.conf ({})", path.display());
    let other_default = file(
        "default",
        good.replace(&format!("default_realm = {REALM}"), "default_realm = OTHER.COM"),
    );
    let no_realm = file("realm", good.replace(&format!(" {REALM} = {{"), " OTHER.COM = {"));
    let improper = file("improper", format!("{good}}}\n"));
    let wrong_domain = file(
        "wrong-domain",
        good.replace(&format!(" localhost = {REALM}"), " localhost = OTHER.COM"),
    );
    let expired = expired_ticket(c, &user);
    let someone = c.kdc.ticket_of("someone-else").unwrap().cache;
    let slow = slow_kdc(c.kdc.port);
    // Somebody else's ticket, and no role for whoever is asked about.
    let nobody = || {
        [
            "ticket",
            "server: role_exists",
            "server: rds_ad",
            "server: not_rds_iam",
            "server: login",
            "server: connection_limit",
            "server: connection_slots",
            "server: connect",
        ]
        .map(String::from)
    };
    let faults: Vec<(SetUp, Vec<String>)> = vec![
        (SetUp { kdc: "kdc.invalid".into(), ..healthy() }, vec!["name kdc.invalid".into()]),
        (
            SetUp { kdc: "127.0.0.1:1".into(), ..healthy() },
            vec!["TCP 1 (Kerberos)".into(), "UDP 1 (Kerberos)".into()],
        ),
        (
            SetUp { kdc: format!("127.0.0.1:{}", c.server.port), ..healthy() },
            vec![
                format!("TCP {} (Kerberos)", c.server.port),
                format!("UDP {} (Kerberos)", c.server.port),
            ],
        ),
        (
            SetUp { kdc: format!("127.0.0.1:{slow}"), ..healthy() },
            vec!["clock".into(), format!("UDP {slow} (Kerberos)")],
        ),
        (
            SetUp { realm: "other.com".into(), ..healthy() },
            vec![conf(&config), "krb5.conf: realm".into(), "krb5.conf: localhost".into()],
        ),
        (SetUp { dns: 1, ..healthy() }, vec!["TCP 1 (DNS)".into(), "UDP 1 (DNS)".into()]),
        (
            SetUp { passwords: 1, ..healthy() },
            vec!["TCP 1 (password changes)".into(), "UDP 1 (password changes)".into()],
        ),
        (
            SetUp { database: database("host=localhost hostaddr=127.0.0.1", 1), ..healthy() },
            vec!["database localhost:1".into()],
        ),
        (
            SetUp { database: database("host=db.invalid", 5432), ..healthy() },
            vec!["database db.invalid:5432".into(), "service ticket: db.invalid".into()],
        ),
        (
            SetUp { config: "/nonexistent/krb5.conf".into(), ..healthy() },
            vec!["krb5.conf (/nonexistent/krb5.conf)".into()],
        ),
        (SetUp { config: other_default.clone(), ..healthy() }, vec![conf(&other_default)]),
        (SetUp { config: no_realm.clone(), ..healthy() }, vec!["krb5.conf: realm".into()]),
        (SetUp { config: improper.clone(), ..healthy() }, vec![conf(&improper), "ticket".into()]),
        (
            SetUp { config: wrong_domain.clone(), ..healthy() },
            vec!["krb5.conf: localhost".into(), "service ticket: localhost".into()],
        ),
        (SetUp { ticket: "FILE:/nonexistent/ticket".into(), ..healthy() }, vec!["ticket".into()]),
        (SetUp { ticket: someone, ..healthy() }, vec!["ticket".into()]),
        (SetUp { ticket: expired, ..healthy() }, vec!["ticket".into()]),
        (
            SetUp { principal: format!("stranger{}@{REALM}", c.major()), ..healthy() },
            [format!("KDC: stranger{}", c.major())].into_iter().chain(nobody()).collect(),
        ),
        (SetUp { principal: format!("{user}@ELSEWHERE.COM"), ..healthy() }, nobody().to_vec()),
    ];
    assert!(faults.len() >= 10);
    for (set_up, expected) in faults {
        let (code, mut wrong, text) = set_up.examine();
        let mut expected = expected;
        wrong.sort();
        expected.sort();
        assert_eq!((code, wrong), (1, expected), "{text}");
    }
    c.kdc.disable_user(&user).unwrap();
    let (code, wrong, text) = healthy().examine();
    assert_eq!((code, wrong), (1, vec![format!("KDC: {user}")]), "{text}");
    assert!(text.contains("disabled, locked or expired"), "{text}");
    c.master().run(&format!("SELECT kerb_disable_principal('{user}@{REALM}')"));
    let (code, wrong, text) = healthy().examine();
    assert_eq!(
        (code, wrong),
        (1, vec![format!("KDC: {user}"), "server: login".to_string()]),
        "{text}"
    );
}

fn expired_ticket(c: &Context<'_>, user: &str) -> String {
    let short = c.kdc.short_ticket(user, "1s").unwrap();
    let is_good = || {
        Command::new("klist")
            .arg("-s")
            .env("KRB5CCNAME", &short.cache)
            .env("KRB5_CONFIG", &short.config)
            .status()
            .unwrap()
            .success()
    };
    wait_until(|| !is_good()).unwrap();
    short.cache
}
