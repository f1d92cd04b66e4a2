//! Two sessions that each see nothing wrong and together would make a conflict; and many that do
//! what they like.

use std::collections::BTreeMap;
use std::thread;

use kerbrole_tests::oracle;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::cases;
use crate::fixture::{Context, Session, db_error};

cases! {
    Guarded: never_both_in_any_isolation_level, names_that_come_to_mean_something_meanwhile,
        transactions_of_several_statements, eight_connections_at_random;
    EachVersion: a_group_that_is_another_by_the_time_it_is_granted;
}

const LEVELS: [&str; 3] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];

/// Two changes of which each is fine and both together are not. `{n}` keeps the rounds apart.
const PAIRS: [(&str, &str); 6] = [
    // a function and a plain statement
    ("SELECT kerb_add_principal('new{n}@a.b', groups => '{g{n}}')", "GRANT rds_iam TO g{n}"),
    (
        "SELECT kerb_add_principal('lead{n}@a.b', if_not_exists => true)",
        "GRANT \"lead{n}@A.B\" TO cloud{n}",
    ),
    // two plain statements
    ("GRANT g{n} TO \"old{n}@A.B\"", "GRANT rds_iam TO g{n}"),
    ("GRANT rds_ad TO g{n}", "GRANT g{n} TO cloud{n}"),
    ("CREATE USER \"made{n}@A.B\" IN ROLE rds_ad, g{n}", "ALTER GROUP cloud{n} ADD USER g{n}"),
    // two functions: the first makes the name that the second wants
    ("SELECT kerb_add_principal('same{n}@a.b')", "SELECT kerb_add_principal('SAME{n}@a.b')"),
];

fn begin(c: &Context<'_>, level: &str, name: &str) -> Session {
    let mut session = c.superuser();
    session.run(&format!("SET application_name = '{name}'"));
    session.run(&format!("BEGIN ISOLATION LEVEL {level}"));
    // The snapshot of the stricter levels is taken here, before either has changed anything.
    session.run("SELECT count(*) FROM pg_auth_members, pg_authid");
    session
}

/// Runs a statement to the end of its transaction and says how it went.
fn finish(session: &mut Session, statement: &str) -> String {
    let result =
        session.client.simple_query(statement).and_then(|_| session.client.simple_query("COMMIT"));
    match result {
        Ok(_) => "committed".into(),
        Err(error) => {
            session.run("ROLLBACK");
            db_error(&error).code().code().into()
        }
    }
}

fn never_both_in_any_isolation_level(c: &Context<'_>) {
    let mut su = c.superuser();
    let mut n = 0;
    for level in LEVELS {
        for (a, b) in PAIRS.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
            n += 1;
            let name = |text: &str| text.replace("{n}", &n.to_string());
            su.run(&name(
                "CREATE ROLE g{n}; CREATE ROLE cloud{n} IN ROLE rds_iam; CREATE \
                USER \"old{n}@A.B\" IN ROLE rds_ad; CREATE ROLE \"lead{n}@A.B\"",
            ));
            let (mut first, second) = (begin(c, level, "first"), begin(c, level, "second"));
            first.run(&name(a));
            let outcome = thread::scope(|scope| {
                // Should this panic, its sessions end with it: nobody waits for one that is left.
                let (mut first, mut second) = (first, second);
                let second = scope.spawn({
                    let statement = name(b);
                    move || finish(&mut second, &statement)
                });
                su.wait_for_waiting("second");
                first.run("COMMIT");
                second.join().unwrap()
            });
            let expected = if a.contains("same") || a.contains("SAME") { "42710" } else { "0LP01" };
            assert_eq!(outcome, expected, "{level}: {} then {}", name(a), name(b));
            let in_both = oracle::in_both(&mut su);
            assert!(in_both.is_empty(), "{level}: {} then {}: {in_both:?}", name(a), name(b));
        }
    }
}

/// While a statement waits, the roles that it names are made, or renamed: what counts is what they
/// are when it runs.
fn names_that_come_to_mean_something_meanwhile(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE ad_group IN ROLE rds_ad; CREATE ROLE cloud IN ROLE rds_iam; CREATE \
        USER \"alice@A.B\" IN ROLE rds_ad",
    );
    for (meanwhile, statement, undo) in [
        (
            "CREATE USER late IN ROLE rds_iam",
            "ALTER GROUP ad_group ADD USER late",
            "DROP ROLE late",
        ),
        ("CREATE USER late IN ROLE rds_iam", "GRANT ad_group TO late", "DROP ROLE late"),
        (
            "CREATE ROLE late IN ROLE rds_iam",
            "CREATE USER new IN ROLE late, ad_group",
            "DROP ROLE late",
        ),
        (
            "ALTER ROLE cloud RENAME TO late",
            "GRANT late TO \"alice@A.B\"",
            "ALTER ROLE late RENAME TO cloud",
        ),
    ] {
        let (mut first, second) =
            (begin(c, "READ COMMITTED", "first"), begin(c, "READ COMMITTED", "second"));
        first.run(meanwhile);
        let outcome = thread::scope(|scope| {
            let (mut first, mut second) = (first, second);
            let second = scope.spawn(move || finish(&mut second, statement));
            su.wait_for_waiting("second");
            first.run("COMMIT");
            second.join().unwrap()
        });
        assert_eq!(outcome, "0LP01", "{meanwhile}, then {statement}");
        let in_both = oracle::in_both(&mut su);
        assert!(in_both.is_empty(), "{meanwhile}, then {statement}: {in_both:?}");
        su.run(undo);
    }
}

/// The library is not preloaded, and so nobody's ALTER ROLE waits for a function: between its plan
/// and its GRANT another role can take the name of the group.
fn a_group_that_is_another_by_the_time_it_is_granted(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team; CREATE ROLE cloud; GRANT rds_iam TO cloud; CREATE ROLE spare");
    // The function has its lock and its plan by the time it is at CREATE ROLE, which waits to hear
    // whether there will be such a role.
    let mut holder = c.superuser();
    holder.run("BEGIN; ALTER ROLE spare RENAME TO \"new@A.B\"");
    let add = "SELECT kerb_add_principal('new@a.b', groups => '{team}')";
    let mut other = c.superuser();
    let outcome = c.while_it_waits(&mut su, add, || {
        other.run("ALTER ROLE team RENAME TO old; ALTER ROLE cloud RENAME TO team");
        holder.run("ROLLBACK");
    });
    assert_eq!(outcome, "0LP01");
    assert_eq!(oracle::in_both(&mut su), BTreeMap::new());
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'new@A.B'"), "0");
}

/// Whatever the order in which two transactions do their work, one waits for the other, and never
/// each for the other.
fn transactions_of_several_statements(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE g; CREATE ROLE h; CREATE ROLE spare1; CREATE ROLE spare2; CREATE \
         USER \"old@A.B\" IN ROLE rds_ad",
    );
    let first_steps = [
        "REVOKE g FROM \"old@A.B\"",
        "GRANT g TO \"old@A.B\"",
        "SELECT kerb_add_principal('x@a.b')",
        "DROP ROLE spare1",
    ];
    let second_steps = [
        "REVOKE h FROM \"old@A.B\"",
        "SELECT kerb_add_principal('y@a.b', groups => '{h}')",
        "DROP ROLE spare2",
    ];
    for first_step in first_steps {
        for second_step in second_steps {
            let (mut first, second) =
                (begin(c, "READ COMMITTED", "first"), begin(c, "READ COMMITTED", "second"));
            first.run(first_step);
            let outcome = thread::scope(|scope| {
                let (mut first, mut second) = (first, second);
                let second = scope.spawn(move || {
                    let result = second
                        .try_rows(second_step)
                        .and_then(|_| second.try_rows("GRANT h TO \"old@A.B\""));
                    second.run("ROLLBACK");
                    result.map_or_else(|e| e.code().code().to_string(), |_| "fine".into())
                });
                su.wait_for_waiting("second");
                // The first goes on and writes memberships again: it holds what it needs already.
                first.run("GRANT h TO \"old@A.B\"");
                first.run("ROLLBACK");
                second.join().unwrap()
            });
            assert_eq!(outcome, "fine", "{first_step}, then {second_step}");
        }
    }
}

const CONNECTIONS: u8 = 8;
const STATEMENTS: u32 = 150;

fn eight_connections_at_random(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("DO $$ BEGIN FOR i IN 1..6 LOOP EXECUTE format('CREATE ROLE g%s', i); END LOOP; END $$");
    let tallies: Vec<BTreeMap<String, u32>> = thread::scope(|scope| {
        let running: Vec<_> =
            (0..CONNECTIONS).map(|seed| scope.spawn(move || random_statements(c, seed))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut total: BTreeMap<String, u32> = BTreeMap::new();
    for (outcome, count) in tallies.into_iter().flatten() {
        *total.entry(outcome).or_default() += count;
    }
    let tried: u32 = total.values().sum();
    let of = |outcome: &str| total.get(outcome).copied().unwrap_or(0);
    println!(
        "PostgreSQL {}: {tried} statements of {CONNECTIONS} connections: {} carried out, {} \
         refused by the rule, others {:?}",
        c.major(),
        of("fine"),
        of("0LP01"),
        total
            .iter()
            .filter(|(outcome, _)| !["fine", "0LP01"].contains(&outcome.as_str()))
            .collect::<Vec<_>>(),
    );
    assert_eq!(tried, u32::from(CONNECTIONS) * STATEMENTS);
    assert!(of("fine") > tried / 10 && of("0LP01") > 10, "{total:?}");
    // A role that another connection dropped or made in between: nothing else may go wrong. No
    // deadlock (40P01), no internal error (XX000).
    let expected = ["fine", "0LP01", "42704", "42710"];
    assert!(total.keys().all(|outcome| expected.contains(&outcome.as_str())), "{total:?}");
    // Not what kerb_conflicts() says, which is what is on trial.
    let in_both = oracle::in_both(&mut su);
    assert!(in_both.is_empty(), "{in_both:?}");
}

/// The SQLSTATE, and of an internal error all that is known.
fn outcome(error: &postgres::error::DbError, statement: &str) -> String {
    match error.code().code() {
        "XX000" => format!("XX000 {} in {statement}", error.message()),
        code => code.into(),
    }
}

/// Some in transactions of three, some alone.
fn random_statements(c: &Context<'_>, seed: u8) -> BTreeMap<String, u32> {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut pick = move |n: u32| rng.next_u32() % n;
    let mut session = c.superuser();
    let mut tally = BTreeMap::new();
    let mut done = 0;
    while done < STATEMENTS {
        let transaction = pick(3) == 0;
        if transaction {
            session.run(&format!("BEGIN ISOLATION LEVEL {}", LEVELS[pick(3) as usize]));
        }
        for _ in 0..(if transaction { 3 } else { 1 }).min(STATEMENTS - done) {
            let statement = random_statement(&mut pick);
            done += 1;
            let outcome = session
                .try_rows(&statement)
                .map_or_else(|e| outcome(&e, &statement), |_| "fine".into());
            let failed = outcome != "fine";
            *tally.entry(outcome).or_default() += 1;
            if failed && transaction {
                break;
            }
        }
        if transaction {
            session.run(if pick(5) == 0 { "ROLLBACK" } else { "COMMIT" });
        }
    }
    tally
}

fn random_statement(pick: &mut impl FnMut(u32) -> u32) -> String {
    let group = |n: u32| match n {
        0 => "rds_ad".to_string(),
        1 => "rds_iam".to_string(),
        n => format!("g{}", n - 1),
    };
    let user = |n: u32| if n.is_multiple_of(2) { format!("\"u{n}@A.B\"") } else { format!("u{n}") };
    let (g, h, u) = (group(pick(8)), group(2 + pick(6)), user(pick(12)));
    let principal = 2 * pick(6);
    match pick(8) {
        0 => format!("GRANT {g} TO {h}"),
        1 => format!("GRANT {g} TO {u}"),
        2 => format!("REVOKE {g} FROM {h}, {u}"),
        3 => format!("CREATE USER {u} IN ROLE {g}"),
        4 => format!("DROP ROLE {u}"),
        5 => format!("ALTER GROUP {h} ADD USER {u}"),
        _ => format!(
            "SELECT kerb_add_principal('u{principal}@a.b', groups => '{{{h}}}', if_not_exists => \
             true)"
        ),
    }
}
