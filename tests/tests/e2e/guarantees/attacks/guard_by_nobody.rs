//! Attack: a login without any right does what makes the guard work, for its memory, its time, and
//! the others' waiting.

use kerbrole_tests::sandbox::wait_until;

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    Guarded: names_by_the_thousand_cost_little, whoever_has_no_right_waits_for_nobody,
        whoever_gets_the_right_meanwhile_begins_again, those_with_a_right_are_guarded;
}

fn peak_of(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn list(of: &str, count: u32) -> String {
    (0..count).map(|i| format!("{of}{i}")).collect::<Vec<_>>().join(", ")
}

/// Before, a product of the two lists was made: nearly a gigabyte.
fn names_by_the_thousand_cost_little(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE anybody LOGIN; CREATE ROLE team");
    let postmaster = su.one("SELECT pg_postmaster_start_time()");
    let mut anybody = c.connect("anybody");
    let pid = anybody.one("SELECT pg_backend_pid()");
    let (roles, users) = (list("r", 3000), list("u", 3000));
    // What it takes to read the same statement without one that is about roles.
    anybody.run(&format!("DO $$ BEGIN PERFORM 1 WHERE false; /* {roles} {users} */ END $$"));
    assert_eq!(anybody.code("GRANT r0 TO u0"), "42704");
    let before = peak_of(&pid);
    for (statement, code) in [
        (format!("GRANT {roles} TO {users}"), "42704"),
        (format!("REVOKE {roles} FROM {users}"), "42704"),
        (format!("GRANT team TO {users}"), "42704"),
        (format!("CREATE ROLE x IN ROLE {roles} ROLE {users}"), "42501"),
        (format!("DROP ROLE {roles}"), "42501"),
    ] {
        assert_eq!(anybody.code(&statement), code, "{}", &statement[..40]);
    }
    let after = peak_of(&pid);
    assert!(after < before + 30 * 1024, "{before} kB before, {after} kB after");
    // The same by somebody who may, with names that mean something.
    let mut su = c.superuser();
    let pid = su.one("SELECT pg_backend_pid()");
    su.run(
        "DO $$ BEGIN FOR i IN 0..2999 LOOP EXECUTE format('CREATE ROLE r%s', i); EXECUTE \
        format('CREATE ROLE u%s', i); END LOOP; END $$",
    );
    su.run("GRANT rds_iam TO r0; GRANT rds_ad TO u2999");
    let before = peak_of(&pid);
    let error = su.error(&format!("GRANT {} TO {users}", list("r", 3)));
    assert_eq!(error.code().code(), "0LP01");
    assert!(peak_of(&pid) < before + 30 * 1024, "{before} kB before, {} kB after", peak_of(&pid));
    assert_eq!(su.one("SELECT pg_postmaster_start_time()"), postmaster);
}

/// Somebody else holds the lock that the guard takes for those who may change memberships.
fn whoever_has_no_right_waits_for_nobody(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE anybody LOGIN; CREATE ROLE team; CREATE ROLE other; CREATE ROLE member IN \
        ROLE team; GRANT team TO anybody",
    );
    let mut anybody = c.connect("anybody");
    anybody.run("SET lock_timeout = '10s'");
    su.run("BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE ROW EXCLUSIVE MODE");
    for statement in [
        "GRANT rds_iam TO rds_ad",
        "GRANT team TO other",
        "GRANT team, other TO anybody",
        "REVOKE team FROM member",
        "CREATE ROLE x IN ROLE rds_ad, rds_iam",
        "CREATE ROLE x",
        "ALTER GROUP team ADD USER other",
        "ALTER GROUP team DROP USER member",
        "DROP ROLE member",
        "ALTER ROLE member RENAME TO rds_iam2",
    ] {
        assert_eq!(anybody.code(statement), "42501", "{statement}");
    }
    assert_eq!(anybody.code("GRANT nothing TO other"), "42704");
    // Whoever has the right waits.
    su.run("COMMIT");
    su.run("GRANT team TO anybody WITH ADMIN OPTION");
    su.run("BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE ROW EXCLUSIVE MODE");
    anybody.run("SET lock_timeout = '100ms'");
    assert_eq!(anybody.code("GRANT team TO other"), "55P03");
    su.run("COMMIT");
}

/// The server lets through what was sure to be refused when the guard looked: that must not go past
/// the guard.
fn whoever_gets_the_right_meanwhile_begins_again(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE anybody LOGIN; CREATE ROLE cloud IN ROLE rds_iam; CREATE ROLE \"ann@A.B\" \
        IN ROLE rds_ad",
    );
    let mut anybody = c.connect("anybody");
    let grant = "GRANT cloud TO \"ann@A.B\"";
    // What it looks at lies in its caches from now on.
    assert_eq!(anybody.code(grant), "42501");
    anybody.run("SET application_name = 'gets the right'");
    let mut watcher = c.superuser();
    su.run(
        "BEGIN; GRANT cloud TO anybody WITH ADMIN OPTION; LOCK TABLE pg_catalog.pg_authid IN \
        ACCESS EXCLUSIVE MODE",
    );
    let outcome = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| anybody.code(grant));
        // pg_stat_activity would read pg_authid, which is locked.
        wait_until(|| {
            watcher.one("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 1260")
                != "0"
        })
        .unwrap();
        su.run("COMMIT");
        waiting.join().unwrap()
    });
    assert_eq!(outcome, "40001");
    assert_eq!(su.one("SELECT count(*) FROM kerb_conflicts()"), "0");
    assert_eq!(anybody.code(grant), "0LP01");
}

/// With the least that allows each statement.
fn those_with_a_right_are_guarded(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE admin LOGIN; CREATE ROLE maker LOGIN CREATEROLE; CREATE ROLE cloud IN ROLE \
         rds_iam; CREATE ROLE \"ann@A.B\" IN ROLE rds_ad; \
         CREATE ROLE owners; GRANT cloud TO owners WITH ADMIN OPTION; GRANT owners TO admin; GRANT \
         cloud TO maker WITH ADMIN OPTION; \
         CREATE ROLE empty",
    );
    let refused = |session: &mut Session, statement: &str| {
        assert_eq!(session.code(statement), "0LP01", "{statement}");
    };
    let (mut admin, mut maker) = (c.connect("admin"), c.connect("maker"));
    refused(&mut admin, "GRANT cloud TO \"ann@A.B\"");
    refused(&mut maker, "GRANT cloud TO empty, \"ann@A.B\"");
    refused(&mut maker, "CREATE ROLE x IN ROLE cloud ROLE \"ann@A.B\"");
    refused(&mut su, "ALTER GROUP cloud ADD USER \"ann@A.B\"");
    refused(&mut su, "GRANT cloud TO \"ann@A.B\"");
}
