//! A login without any right does its worst while others work: they are never kept waiting by it,
//! and the server stays up.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kerbrole_tests::oracle;
use postgres::NoTls;

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    GuardedEnds: whoever_has_no_right_keeps_nobody_waiting;
}

/// How many connections of it there are.
const CONNECTIONS: usize = 3;

/// How often each kind of ordinary work is done.
const TIMES: u32 = 40;

/// Between two looks, and between two attempts to cancel: each of those is a process of the
/// server's.
const PAUSE: Duration = Duration::from_millis(10);

/// How many roles and members its statements name; `bounds::` has more of them.
const NAMES: usize = 200;

/// One storm at a time, whatever the number of servers: each takes all that the machine has.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn whoever_has_no_right_keeps_nobody_waiting(c: &Context<'_>) {
    let _mine = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE anybody LOGIN; CREATE ROLE other LOGIN; CREATE ROLE team; CREATE ROLE \
        member IN ROLE team",
    );
    su.run(&format!(
        "DO $$ BEGIN FOR i IN 1..{NAMES} LOOP EXECUTE format('CREATE ROLE r%s', i - 1); \
            EXECUTE format('CREATE ROLE u%s', i - 1); \
         END LOOP; END $$"
    ));
    let started = su.one("SELECT pg_postmaster_start_time()");
    let log_before = c.server.log_text().len();
    let alone = work(c, "a");
    let (over, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    let storms = Mutex::new(BTreeMap::new());
    let (beside, held_up) = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(c, &over));
        for number in 0..CONNECTIONS {
            let (over, rounds, storms) = (&over, &rounds, &storms);
            scope.spawn(move || {
                let mut session = c.connect("anybody");
                while !over.load(Ordering::SeqCst) {
                    storm(c, number, &mut session, storms, over);
                    rounds.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        // As long as it takes one of them to go through everything once: each begins elsewhere.
        let mut beside = work(c, "b");
        for more in 0.. {
            if rounds.load(Ordering::SeqCst) > 0 {
                break;
            }
            for ((_, times), (_, further)) in beside.iter_mut().zip(work(c, &format!("b{more}x"))) {
                times.extend(further);
            }
        }
        over.store(true, Ordering::SeqCst);
        (beside, watcher.join().unwrap())
    });
    let storms = storms.into_inner().unwrap();
    for (kind, [alone, beside]) in
        alone.iter().zip(&beside).map(|((kind, alone), (_, beside))| (kind, [alone, beside]))
    {
        println!(
            "PostgreSQL {}: {kind}: {} alone, {} beside the storm",
            c.major(),
            described(alone),
            described(beside)
        );
    }
    println!("PostgreSQL {}: what the storm was told: {storms:?}", c.major());
    assert_eq!(held_up, [[""; 3]; 0], "who waited for whom, and for what");
    assert_eq!(su.one("SELECT pg_postmaster_start_time()"), started);
    let log = c.server.log_text().split_off(log_before);
    for sign in
        ["terminated by signal", "terminating any other active", "PANIC", "not properly shut down"]
    {
        assert!(!log.contains(sign), "{sign}: {log}");
    }
    // What it was after.
    assert!(oracle::in_both(&mut su).is_empty(), "{:?}", oracle::in_both(&mut su));
    assert_eq!(
        su.one("SELECT count(*) FROM pg_auth_members WHERE 'anybody'::regrole IN (roleid, member)"),
        "0"
    );
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname ~ '^made'"), "0");
    assert!(
        storms.keys().any(|told| told == "42501") && storms.keys().any(|told| told == "42622"),
        "{storms:?}"
    );
}

/// How long each piece of work took, by its kind.
type Times = Vec<(&'static str, Vec<Duration>)>;

fn described(times: &[Duration]) -> String {
    let longest = times.iter().max().unwrap();
    let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap();
    format!(
        "{:.1} ms on average, {:.1} ms at most",
        mean.as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3
    )
}

fn each(mut once: impl FnMut(u32)) -> Vec<Duration> {
    (0..TIMES)
        .map(|number| {
            let start = Instant::now();
            once(number);
            start.elapsed()
        })
        .collect()
}

/// An administrator who adds, people who log in, and somebody who grants: all at once. Every
/// statement has to succeed.
fn work(c: &Context<'_>, round: &str) -> Times {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(&format!("CREATE ROLE plain_{round}"));
    master.run(&format!("SELECT kerb_add_principal('in-{round}@a.b')"));
    let person = format!("in-{round}@A.B");
    thread::scope(|scope| {
        let adds = scope.spawn(move || {
            each(|number| {
                let added =
                    master.one(&format!("SELECT kerb_add_principal('{round}{number}@a.b')"));
                assert_eq!(added, format!("{round}{number}@A.B"));
            })
        });
        let logins = scope
            .spawn(|| each(|_| assert_eq!(c.connect(&person).one("SELECT session_user"), person)));
        let grants = scope.spawn(move || {
            each(|number| {
                let (verb, to) = if number % 2 == 0 { ("GRANT", "TO") } else { ("REVOKE", "FROM") };
                su.run(&format!("{verb} team {to} plain_{round}"));
            })
        });
        vec![
            ("adding a principal", adds.join().unwrap()),
            ("logging in", logins.join().unwrap()),
            ("a plain GRANT", grants.join().unwrap()),
        ]
    })
}

/// Looks again and again who waits for a lock that the login without rights holds, or waits for
/// before them.
fn watch(c: &Context<'_>, over: &AtomicBool) -> Vec<Vec<String>> {
    let mut watcher = c.superuser();
    loop {
        let waiting = watcher.rows(
            "SELECT a.usename, a.query, b.query FROM pg_stat_activity a, \
             unnest(pg_blocking_pids(a.pid)) AS blocker \
             JOIN pg_stat_activity b ON b.pid = blocker WHERE b.usename = 'anybody' AND a.usename \
             <> 'anybody'",
        );
        if !waiting.is_empty() || over.load(Ordering::SeqCst) {
            return waiting;
        }
        thread::sleep(PAUSE);
    }
}

/// Goes through everything once, or until it is over.
fn storm(
    c: &Context<'_>,
    number: usize,
    session: &mut Session,
    told: &Mutex<BTreeMap<String, u32>>,
    over: &AtomicBool,
) {
    let list = |of: &str, count: usize| {
        (0..count).map(|i| format!("{of}{i}")).collect::<Vec<_>>().join(", ")
    };
    let (roles, users) = (list("r", NAMES), list("u", NAMES));
    let mut statements = vec![
        format!("GRANT {roles} TO {users}"),
        format!("GRANT x{roles} TO {users}"),
        format!("REVOKE {roles} FROM {users}"),
        format!("CREATE ROLE made IN ROLE {roles} ROLE {users} ADMIN {users}"),
        format!("DROP ROLE {roles}"),
        format!("ALTER GROUP r0 ADD USER {users}"),
        "GRANT rds_iam TO rds_ad".into(),
        "GRANT rds_ad TO rds_iam".into(),
        "REVOKE team FROM member".into(),
        "ALTER ROLE team RENAME TO rds_iam".into(),
        "DROP ROLE member".into(),
        "CREATE ROLE made; CREATE ROLE made2".into(),
        "ALTER ROLE other PASSWORD 'x'".into(),
        "ALTER ROLE anybody PASSWORD 'x'".into(),
        "SELECT kerb_canonicalize(repeat('a', 100000000))".into(),
        "SELECT kerb_canonicalize('ann', repeat('a', 100000000))".into(),
        "SELECT kerb_canonicalize(repeat('a', 60) || i || '@a.b') FROM generate_series(1, 200) \
         i".into(),
        "SELECT kerb_add_principal('made@a.b')".into(),
        "SELECT * FROM kerb_add_principals(array_fill('made@a.b'::text, '{100000}'))".into(),
        "SELECT * FROM kerb_conflicts()".into(),
        "BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN ACCESS SHARE MODE; SELECT pg_sleep(0.05); \
         COMMIT".into(),
        "SELECT pg_advisory_lock(i) FROM generate_series(1, 1000) i".into(),
        "SELECT pg_advisory_unlock_all()".into(),
        "CREATE TEMP TABLE IF NOT EXISTS mine (a int PRIMARY KEY); DROP TABLE mine".into(),
        "DROP OWNED BY anybody; REASSIGN OWNED BY anybody TO other".into(),
        "SET ROLE rds_superuser".into(),
        again_and_again(100),
    ];
    for mode in ["ROW SHARE", "ROW EXCLUSIVE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"] {
        for table in ["pg_auth_members", "pg_authid", "pg_shdepend", "pg_db_role_setting"] {
            statements.push(format!(
                "BEGIN; LOCK TABLE pg_catalog.{table} IN {mode} MODE; SELECT pg_sleep(0.05); COMMIT"
            ));
        }
    }
    for table in ["pg_auth_members", "pg_database"] {
        statements.push(format!("SELECT FROM pg_catalog.{table} FOR SHARE"));
        statements.push(format!("SELECT FROM pg_catalog.{table} FOR UPDATE"));
    }
    if c.nests_creators() {
        // Up to 15 a role may be granted by whoever is logged in as it: that one has a right.
        statements.push("GRANT anybody TO other".into());
    }
    let count = |outcome: String| *told.lock().unwrap().entry(outcome).or_default() += 1;
    // Each connection begins elsewhere.
    let start = statements.len() * number / CONNECTIONS;
    for statement in statements[start..].iter().chain(&statements[..start]) {
        if over.load(Ordering::SeqCst) {
            return;
        }
        count(outcome(session, statement));
    }
    in_transactions(session, &count);
    let prepared = session
        .client
        .prepare("GRANT rds_iam TO rds_ad")
        .and_then(|grant| session.client.execute(&grant, &[]));
    count(prepared.map_or_else(|error| code(&error), |_| "fine".into()));
    cancelled(session, &count);
    cut_off(c, &statements[0]);
    // Away without a word, in the middle of a transaction.
    let _failed = session.client.simple_query("BEGIN; GRANT rds_iam TO rds_ad");
    *session = c.connect("anybody");
}

/// `GRANT rds_iam TO rds_ad` so often, refused each time.
fn again_and_again(times: u32) -> String {
    format!(
        "DO $$ BEGIN FOR i IN 1..{times} LOOP BEGIN EXECUTE 'GRANT rds_iam TO rds_ad'; EXCEPTION \
         WHEN insufficient_privilege THEN NULL; END; END LOOP; END $$"
    )
}

fn code(error: &postgres::Error) -> String {
    error.code().map_or_else(|| error.to_string(), |code| code.code().into())
}

fn outcome(session: &mut Session, statement: &str) -> String {
    let outcome =
        session.client.simple_query(statement).map_or_else(|error| code(&error), |_| "fine".into());
    // What began a transaction may have failed in it.
    let _none = session.client.simple_query("ROLLBACK");
    outcome
}

/// Statements that fail again and again in one transaction, which stays open.
fn in_transactions(session: &mut Session, count: &impl Fn(String)) {
    session.run("BEGIN");
    for number in 0..50 {
        session.run(&format!("SAVEPOINT s{number}"));
        let refused = session.client.simple_query("GRANT rds_iam TO rds_ad");
        count(refused.map_or_else(|error| code(&error), |_| "fine".into()));
        session.run(&format!("ROLLBACK TO s{number}"));
    }
    // Locks of what was refused would be held here.
    session.run("SELECT pg_sleep(0.05)");
    count(outcome(session, "PREPARE TRANSACTION 'x'"));
}

fn cancelled(session: &mut Session, count: &impl Fn(String)) {
    let cancel = session.client.cancel_token();
    let done = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let _too_late = cancel.cancel_query(NoTls);
                thread::sleep(PAUSE);
            }
        });
        let outcome = outcome(session, &again_and_again(1000));
        done.store(true, Ordering::SeqCst);
        outcome
    });
    count(outcome);
    // The last one may hit what comes next.
    while session.client.simple_query("SELECT 1").is_err() {}
}

/// A client that goes away while its statement runs.
fn cut_off(c: &Context<'_>, statement: &str) {
    let socket = c.server.socket().join(format!(".s.PGSQL.{}", c.server.port));
    let mut stream = UnixStream::connect(socket).unwrap();
    let startup = b"\0\x03\0\0user\0anybody\0database\0postgres\0\0";
    let message = |head: &[u8], body: &[u8]| {
        let length = u32::try_from(body.len() + 4).unwrap();
        [head, &length.to_be_bytes(), body].concat()
    };
    stream.write_all(&message(b"", startup)).unwrap();
    let mut heard = Vec::new();
    // Ready for a query: Z, of five bytes, idle.
    while !heard.ends_with(b"Z\0\0\0\x05I") {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "the server closed the connection");
        heard.extend_from_slice(&buffer[..length]);
    }
    stream.write_all(&message(b"Q", &[statement.as_bytes(), b"\0"].concat())).unwrap();
}
