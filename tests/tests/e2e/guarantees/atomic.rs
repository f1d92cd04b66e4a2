//! All of a call or nothing of it, and never two at once.

use std::thread;

use crate::cases;
use crate::fixture::{Context, db_error};

cases! {
    EachVersion: a_failed_call_leaves_nothing, a_cancelled_call_leaves_nothing,
        a_caught_error_leaves_nothing_and_the_callers_identity, a_rollback_takes_everything_back,
        read_only_transactions, two_calls_wait_for_each_other, the_lock_timeout_is_respected,
        write_skew_in_every_isolation_level;
    InPlpgsql: a_cancelled_call_leaves_nothing,
        a_caught_error_leaves_nothing_and_the_callers_identity,
        a_failed_call_leaves_nothing, a_rollback_takes_everything_back,
        read_only_transactions;
}

fn a_failed_call_leaves_nothing(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE \"Last@A.B\"; CREATE ROLE locked_away");
    let before = su.traces();
    let calls = [
        // the last of many is malformed, collides, exists
        (
            "SELECT * FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM \
             generate_series(1, 300) i) || 'x y z@'::text)",
            "22023",
        ),
        (
            "SELECT * FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM \
             generate_series(1, 300) i) || 'last@a.b'::text)",
            "42710",
        ),
        // it goes wrong only after the roles were made
        ("SELECT (SELECT count(*) FROM kerb_add_principals('{u1@a.b,u2@a.b}')) / 0", "22012"),
    ];
    for (call, code) in calls {
        assert_eq!(master.code(call), code, "{call}");
        assert_eq!(su.traces(), before, "{call}");
    }
    su.run("CREATE ROLE delegate LOGIN");
    c.let_manage(&mut su, "delegate");
    let before = su.traces();
    // The server refuses the caller's GRANT after the roles were created.
    assert_eq!(
        c.connect("delegate").code(
            "SELECT * FROM kerb_add_principals('{u1@a.b,u2@a.b}', groups => '{locked_away}')"
        ),
        "42501"
    );
    assert_eq!(su.traces(), before);
}

fn a_cancelled_call_leaves_nothing(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let before = su.traces();
    master.run("SET statement_timeout = '20ms'");
    // Far more than can be done in that time.
    let error = master.error(
        "SELECT count(*) FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM \
         generate_series(1, 200000) i))",
    );
    assert_eq!(error.code().code(), "57014");
    assert_eq!(su.traces(), before);

    // Cancelled in the middle, when roles have been made already: 200 ms are many of them, and far
    // from all.
    master.run("SET statement_timeout = '400ms'");
    assert_eq!(
        master.code(
            "SELECT count(*) FROM kerb_add_principals(ARRAY(SELECT 'u' || i || \
        '@a.b' FROM generate_series(1, 200000) i))"
        ),
        "57014"
    );
    assert_eq!(su.traces(), before);
    master.run("RESET statement_timeout");
    assert_eq!(master.one("SELECT kerb_add_principal('u1@a.b')"), "u1@A.B");
}

fn a_caught_error_leaves_nothing_and_the_callers_identity(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE wrong IN ROLE rds_iam; CREATE ROLE secret; CREATE TABLE hidden (a int)");
    let before = su.traces();
    // The first fails before anything is made, the second in the server's own GRANT after the roles
    // were made.
    for groups in ["{wrong}", "{rdsadmin}"] {
        master.run(&format!(
            "DO $$ BEGIN PERFORM kerb_add_principal('alice@a.b', groups => '{groups}'); RAISE 'not \
             refused'; \
             EXCEPTION WHEN invalid_grant_operation OR insufficient_privilege THEN \
             IF current_user <> 'rds_master' THEN RAISE 'now I am %', current_user; END IF; END $$"
        ));
        assert_eq!(master.code("SELECT * FROM hidden"), "42501");
        assert_eq!(su.traces(), before);
    }
}

fn a_rollback_takes_everything_back(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let before = su.traces();
    master.run("BEGIN");
    master.run("SELECT kerb_add_principal('alice@a.b')");
    master.run("SAVEPOINT s");
    master.run("SELECT kerb_add_principal('bob@a.b')");
    master.run("ROLLBACK TO s");
    assert_eq!(
        master.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"),
        ["alice@A.B"]
    );
    // Its own changes count: within one transaction the name is taken.
    assert_eq!(master.code("SELECT kerb_add_principal('alice@a.b')"), "42710");
    master.run("ROLLBACK");
    assert_eq!(su.traces(), before);
}

fn read_only_transactions(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SET default_transaction_read_only = on");
    assert_eq!(master.code("SELECT kerb_add_principal('alice@a.b')"), "25006");
    assert_eq!(master.code("SELECT * FROM kerb_add_principals('{alice@a.b}')"), "25006");
    assert_eq!(master.one("SELECT kerb_canonicalize('alice@a.b')"), "alice@A.B");
    assert_eq!(master.rows("SELECT * FROM kerb_conflicts()").len(), 0);
}

fn two_calls_wait_for_each_other(c: &Context<'_>) {
    let (mut su, mut first) = (c.superuser(), c.master());
    first.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    first.run("SELECT kerb_add_principal('alice@a.b')");
    thread::scope(|scope| {
        let second = scope.spawn(|| {
            let mut second = c.master();
            second.run("SET application_name = 'second'");
            // It sees what the first one committed meanwhile, also in a snapshot from before.
            second.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
            second.run("SELECT count(*) FROM pg_roles");
            second.code("SELECT kerb_add_principal('alice@a.b')")
        });
        su.wait_for_waiting("second");
        first.run("COMMIT");
        assert_eq!(second.join().unwrap(), "42710");
    });
}

fn the_lock_timeout_is_respected(c: &Context<'_>) {
    let (mut first, mut second) = (c.master(), c.master());
    first.run("BEGIN");
    first.run("SELECT kerb_add_principal('alice@a.b')");
    second.run("SET lock_timeout = '50ms'");
    let error = second.error("SELECT kerb_add_principal('bob@a.b')");
    assert_eq!(error.code().code(), "55P03");
    assert_eq!(
        error.message(),
        "role memberships are being changed by another transaction, and lock_timeout ran out"
    );
    // What the hint says can be pasted, and finds who it is.
    let query = error.hint().unwrap().split("Who holds the lock: ").nth(1).unwrap().to_string();
    assert_eq!(second.column(&query), first.column("SELECT pg_backend_pid()"));
    first.run("COMMIT");
    assert_eq!(second.one("SELECT kerb_add_principal('bob@a.b')"), "bob@A.B");
}

/// One adds a member to a group, the other puts the group into rds_iam; each alone is fine, both
/// together are not.
fn write_skew_in_every_isolation_level(c: &Context<'_>) {
    let mut su = c.superuser();
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        su.run("CREATE ROLE g; GRANT g TO rds_master WITH ADMIN OPTION");
        let mut granter = c.superuser();
        granter.run(&format!("BEGIN ISOLATION LEVEL {level}"));
        granter.run("SELECT count(*) FROM pg_auth_members");
        granter.run("GRANT rds_iam TO g");
        thread::scope(|scope| {
            let adder = scope.spawn(|| {
                let mut adder = c.master();
                adder.run("SET application_name = 'adder'");
                adder.run(&format!("BEGIN ISOLATION LEVEL {level}"));
                adder.run("SELECT count(*) FROM pg_auth_members");
                let result = adder
                    .client
                    .simple_query("SELECT kerb_add_principal('alice@a.b', groups => '{g}')");
                let code = result
                    .map_or_else(|e| db_error(&e).code().code().to_string(), |_| "none".into());
                adder.run(if code == "none" { "COMMIT" } else { "ROLLBACK" });
                code
            });
            su.wait_for_waiting("adder");
            granter.run("COMMIT");
            assert_eq!(adder.join().unwrap(), "0LP01", "{level}");
        });
        assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 0, "{level}");
        su.run("DROP ROLE g");
    }
}
