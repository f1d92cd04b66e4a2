//! Who logs in with a ticket, and what is said when that does not do.

use std::net::TcpListener;

use kerbrole_tests::kdc::Ticket;

use super::*;

/// `boss`, who has no password and is the server's master as far as a directory's user can be.
fn boss(c: &Context<'_>) -> String {
    let boss = format!("boss@{REALM}");
    let mut su = c.superuser();
    su.run(&format!("CREATE ROLE \"{boss}\" LOGIN CREATEROLE IN ROLE rds_superuser, rds_ad"));
    if c.kind.is_bare() {
        su.run(&format!("GRANT rds_ad TO \"{boss}\" WITH ADMIN OPTION"));
    }
    boss
}

/// kerbrole over TCP with this ticket and nothing else.
fn by_ticket(c: &Context<'_>, ticket: &Ticket, string: &str, arguments: &[&str]) -> Command {
    let mut command = program();
    let port = c.server.port;
    command
        .args(arguments)
        .arg("-d")
        .arg(format!("host=localhost port={port} dbname=postgres user=boss@{REALM} {string}"))
        .env("KRB5_CONFIG", &ticket.config)
        .env("KRB5CCNAME", &ticket.cache);
    command
}

pub(super) fn an_administrator_has_no_password(c: &Context<'_>) {
    let boss = boss(c);
    let ticket = c.kdc.ticket_of("boss").unwrap();
    for (at, mode) in ["gssencmode=require", "gssencmode=disable", ""].into_iter().enumerate() {
        let name = format!("carol{at}");
        let add = ["add", &name, "--realm", REALM];
        let ended = Ended::from(by_ticket(c, &ticket, mode, &add).output().unwrap());
        assert_eq!(ended.code, 0, "{mode}: {}", ended.err);
        let is_there = format!("SELECT count(*) FROM pg_roles WHERE rolname = '{name}@{REALM}'");
        assert_eq!(c.superuser().one(&is_there), "1", "{mode}");
    }
    let own = c.own_server("delegated", &["log_connections = on"]);
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    su.run(&format!("CREATE ROLE \"{boss}\" LOGIN IN ROLE rds_ad"));
    if c.major() >= 16 {
        su.run("ALTER SYSTEM SET gss_accept_delegation = on");
        own.0.restart().unwrap();
    }
    let ticket = c.kdc.forwardable_ticket("boss").unwrap();
    for (wish, is_wished) in [("0", false), ("1", true)] {
        let mut probe = by_ticket(
            c,
            &ticket,
            &format!("port={} application_name=wish{wish} gssdelegation={wish}", own.0.port),
            &["probe", "-q"],
        );
        let ended = Ended::from(probe.output().unwrap());
        assert_eq!(ended.code, 0, "{wish}: {}", ended.err);
        let log = own.0.log_text();
        let line = log.lines().find(|line| line.contains(&format!("application_name=wish{wish} ")));
        let line = line.unwrap_or_else(|| panic!("{wish} is not in the log: {log}"));
        assert!(
            line.contains(&format!("principal={boss}")) && line.contains("encrypted=yes"),
            "{line}"
        );
        // The log says so since the server can be told to take such a ticket.
        if c.major() >= 16 {
            assert_eq!(line.contains("delegated_credentials=yes"), is_wished, "{line}");
        }
    }
}

pub(super) fn what_is_wrong_with_a_ticket_is_said(c: &Context<'_>) {
    let boss = boss(c);
    let ticket = c.kdc.ticket_of("boss").unwrap();
    let nobody_s = Ticket {
        cache: format!("FILE:{}", c.sandbox.path().join("no-cache").display()),
        config: c.kdc.config(),
    };
    // One that no service ticket lies beside.
    let mut unreachable = c.kdc.ticket_of("boss").unwrap();
    unreachable.config = configured(c, 1);
    let short = c.kdc.short_ticket("boss", "1s").unwrap();
    // The KDC is lenient for a while with what is over.
    let is_over =
        || by_ticket(c, &short, "", &["list"]).output().is_ok_and(|o| !o.status.success());
    wait_until(is_over).unwrap();
    c.superuser().run(&format!("CREATE ROLE \"other@{REALM}\" LOGIN IN ROLE rds_ad"));
    let own = c.own_server("encrypts", &[]);
    own.0.write("pg_hba.conf", "hostgssenc all all all gss include_realm=1\n").unwrap();
    own.0.restart().unwrap();
    let only_encrypted = format!("port={}", own.0.port);
    let other = format!("user=other@{REALM} gssencmode=disable");
    for (ticket, string, says, hint) in [
        (&nobody_s, "", "no ticket: ", "kinit"),
        (&nobody_s, "gssencmode=require", "no ticket: ", "kinit"),
        (&nobody_s, &only_encrypted, "no pg_hba.conf entry", "No ticket was used: no ticket: "),
        (&ticket, "krbsrvname=somebody", "somebody/localhost@", "registered"),
        (&ticket, &other, "other@", "The ticket at hand is of boss@"),
        (&short, "", "expired", "kinit"),
        (&unreachable, "", "KDC", "krb5.conf"),
        (&ticket, "require_auth=scram-sha-256 gssencmode=disable", "gss", "PGREQUIREAUTH"),
        (&ticket, "require_auth=md5,gss,!none", "require_auth", ""),
        (&ticket, "gssencmode=sometimes", "gssencmode", ""),
    ] {
        let wrong = string.contains("!none") || string.contains("sometimes");
        let list = ["list", "--format", "json"];
        let ended = Ended::from(by_ticket(c, ticket, string, &list).output().unwrap());
        assert_eq!(ended.code, if wrong { 2 } else { 3 }, "{string}: {}", ended.err);
        let said: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
        let (message, advice) = (&said["error"]["message"], &said["error"]["hint"]);
        let (message, advice) = (message.as_str().unwrap(), advice.as_str().unwrap_or_default());
        assert!(message.contains(says) && advice.contains(hint), "{string}: {}", ended.err);
    }
    // Who has no ticket connects once, as with psql.
    let own = c.own_server("once", &["log_connections = on"]);
    own.0.write("pg_hba.conf", "local all all trust\nhost all all all trust\n").unwrap();
    own.0.restart().unwrap();
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    su.run(&format!("CREATE ROLE \"{boss}\" LOGIN"));
    let received = || own.0.log_text().matches("connection received: host=127.0.0.1").count();
    assert_eq!(received(), 0);
    let once = format!("port={} sslmode=disable", own.0.port);
    let ended = by_ticket(c, &nobody_s, &once, &["probe", "-q"]).output().unwrap();
    assert_eq!((Ended::from(ended).code, received()), (0, 1));
    // The same on lines.
    let list = by_ticket(c, &nobody_s, "", &["list"]).output().unwrap();
    let said = Ended::from(list).err;
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines.len() == 2
            && lines[0].starts_with("kerbrole: cannot connect to localhost port ")
            && lines[1].starts_with("HINT:  "),
        "{boss}: {said}"
    );
}

/// A krb5.conf in which the KDC is at this port.
fn configured(c: &Context<'_>, port: u16) -> std::path::PathBuf {
    let text = fs::read_to_string(c.kdc.config()).unwrap();
    let path = c.sandbox.path().join(format!("krb5-{}-{port}.conf", c.server.port));
    let here = format!("127.0.0.1:{}", c.kdc.port);
    assert!(text.contains(&here));
    fs::write(&path, text.replace(&here, &format!("127.0.0.1:{port}"))).unwrap();
    path
}

/// MIT's library asks a KDC that says nothing for half a minute.
pub(super) fn a_silent_kdc_holds_nobody_up(c: &Context<'_>) {
    boss(c);
    // Whoever connects waits in its queue.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut ticket = c.kdc.ticket_of("boss").unwrap();
    ticket.config = configured(c, silent.local_addr().unwrap().port());
    for mode in ["gssencmode=require", "gssencmode=disable", "gssencmode=prefer"] {
        let string = format!("connect_timeout=2 {mode}");
        let ended = Ended::from(by_ticket(c, &ticket, &string, &["list"]).output().unwrap());
        assert!(
            ended.code == 3 && ended.err.contains("no answer in 2 s"),
            "{mode}: {} {}",
            ended.code,
            ended.err
        );
    }
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    ticket.config = configured(c, silent.local_addr().unwrap().port());
    let mut waiting = by_ticket(c, &ticket, "", &["list"]).spawn().unwrap();
    let _asked = silent.accept().unwrap();
    kill_process(Pid::from_child(&waiting), Signal::INT).unwrap();
    let status = waiting.wait().unwrap();
    assert!(!status.success() && status.code() != Some(3), "{status:?}");
}
