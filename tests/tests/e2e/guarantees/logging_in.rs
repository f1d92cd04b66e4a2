//! Whoever is in the middle of a login while a principal is disabled or dropped: no session of it
//! works once the call has returned.
//!
//! The server looks a role up while it authenticates a client, and once more afterwards; the second
//! time it takes what it knows from the first, unless it has been told that the role has changed.
//! Between the moment in which a commit can be seen and that in which the others are told of it, a
//! login passes that a moment later would be refused.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::proxy::Proxy;
use kerbrole_tests::sandbox::wait_until;
use postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::{Context, OwnServer, Session};

cases! {
    Ends: who_comes_while_a_commit_is_not_yet_told_does_not_stay,
        who_is_asked_for_the_password_is_refused_and_keeps_nobody_waiting;
}

/// What ends the principal ann@A.B for good. The calls that end sessions are all that there are.
const CALLS: [&str; 3] = [
    "SELECT kerb_disable_principal('ann@a.b', terminate => true)",
    "SELECT kerb_drop_principal('ann@a.b')",
    "SELECT * FROM kerb_sync_principals('{bob@a.b,cyd@a.b}', absent => 'drop', dry_run => false)",
];

/// SCRAM: the server reads the role before it asks for the second answer.
const LAST_ANSWER: usize = 1;

/// A server that asks for passwords, and a proxy in front of it that can stop a login in the
/// middle.
fn setting(c: &Context<'_>, name: &str) -> (OwnServer, Proxy, Session) {
    let own = c.own_server(name, &[]);
    let server = &own.0;
    server.write("pg_hba.conf", "local all +rds_ad scram-sha-256\nlocal all all trust\n").unwrap();
    server.restart().unwrap();
    let mut su = Session::open(server, SUPERUSER, "postgres").unwrap();
    su.run("CREATE EXTENSION pg_kerbrole");
    let proxy = Proxy::start(server, Duration::ZERO).unwrap();
    (own, proxy, su)
}

/// The three principals, as new.
fn begin(su: &mut Session) {
    su.run("DROP ROLE IF EXISTS \"ann@A.B\"");
    su.run(
        "SELECT count(*) FROM kerb_add_principals('{ann@a.b,bob@a.b,cyd@a.b}', if_not_exists => \
        true)",
    );
    su.run("ALTER ROLE \"ann@A.B\" PASSWORD 'secret'");
}

fn log_in(proxy: &Proxy) -> Result<Client, postgres::Error> {
    let mut config = postgres::Config::new();
    config.host("127.0.0.1").port(proxy.port).user("ann@A.B").password("secret").dbname("postgres");
    config.connect(NoTls)
}

fn who_comes_while_a_commit_is_not_yet_told_does_not_stay(c: &Context<'_>) {
    let (own, proxy, mut su) = setting(c, "late");
    let library = own.0.compile("late_commit").unwrap();
    let mut admin = Session::open(&own.0, SUPERUSER, "postgres").unwrap();
    let held = own.0.socket().join("held");
    let waiting = PathBuf::from(format!("{}.waiting", held.display()));
    admin.run(&format!(
        "LOAD '{}'; SET late_commit.while = '{}'",
        library.display(),
        held.display()
    ));
    for call in CALLS {
        begin(&mut su);
        proxy.hold_answer(LAST_ANSWER);
        let mut ann = thread::scope(|scope| {
            let login = scope.spawn(|| log_in(&proxy));
            wait_until(|| proxy.held() == 1).unwrap();
            fs::write(&held, "").unwrap();
            let disabling = scope.spawn(|| admin.run(call));
            wait_until(|| waiting.exists()).unwrap();
            proxy.let_go();
            let mut ann = login.join().unwrap().expect("the login passes by what it was told last");
            assert_eq!(
                ann.query_one("SELECT session_user::text", &[]).unwrap().get::<_, &str>(0),
                "ann@A.B"
            );
            fs::remove_file(&held).unwrap();
            disabling.join().unwrap();
            ann
        });
        // The call has returned. There is nothing to wait for.
        let after = ann.query_one("SELECT 'still here'::text", &[]);
        assert!(after.is_err(), "{call}: {:?}", after.map(|row| row.get::<_, String>(0)));
        assert!(log_in(&proxy).is_err(), "{call}");
    }
}

fn who_is_asked_for_the_password_is_refused_and_keeps_nobody_waiting(c: &Context<'_>) {
    let (_own, proxy, mut su) = setting(c, "asked");
    for call in CALLS {
        for answer in 0..=LAST_ANSWER {
            begin(&mut su);
            proxy.hold_answer(answer);
            thread::scope(|scope| {
                let logins: Vec<_> =
                    (0..4).map(|_| scope.spawn(|| log_in(&proxy).map(drop))).collect();
                wait_until(|| proxy.held() == logins.len()).unwrap();
                // It returns while they are still in the middle.
                su.run(call);
                assert_eq!(proxy.held(), logins.len());
                proxy.let_go();
                for login in logins {
                    assert!(login.join().unwrap().is_err(), "{call}");
                }
            });
        }
    }
}
