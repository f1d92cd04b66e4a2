//! Keeping principals out, and letting them in again.

use kerbrole_tests::psql::log_in;
use kerbrole_tests::sandbox::wait_until;

use crate::cases;
use crate::fixture::{Context, REALM, Session};

cases! {
    EachVersion: a_disabled_principal_cannot_log_in_and_keeps_everything,
        sessions_end_with_the_commit_and_not_before, sessions_stay_when_it_is_taken_back,
        a_prepared_transaction_ends_no_session, whoever_logs_in_meanwhile_does_not_stay,
        enabling_says_what_else_is_wrong, what_cannot_be_meant, a_grant_meanwhile;
    Guarded: a_grant_meanwhile, a_disabled_principal_cannot_log_in_and_keeps_everything;
    Every: two_spellings_are_not_opened_again;
}

fn a_disabled_principal_cannot_log_in_and_keeps_everything(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION");
    // Made by somebody else, with a group, a privilege and a table.
    su.run(&format!(
        "CREATE USER \"disabled@{REALM}\" IN ROLE rds_ad, team; CREATE TABLE t (); GRANT SELECT ON \
         t TO \"disabled@{REALM}\""
    ));
    let ticket = c.kdc.ticket_of("disabled").unwrap();
    let role = format!("disabled@{REALM}");
    let may_log_in = || log_in(c.server, &ticket, &role).unwrap().ok;
    assert!(may_log_in());
    let before = su.traces();
    su.wait_for_no_sessions(&role);
    assert_eq!(master.one("SELECT kerb_disable_principal('disabled', 'corp.example.com')"), role);
    assert_eq!(master.notices(), [""; 0]);
    assert!(!may_log_in());
    assert_eq!(master.one("SELECT can_login FROM kerb_principals"), "f");
    // A refused login counts until it has gone.
    wait_until(|| master.one("SELECT sessions FROM kerb_principals") == "0").unwrap();
    // Again: nothing happens, and it is said.
    assert_eq!(master.one("SELECT kerb_disable_principal('disabled@corp.example.com')"), role);
    assert_eq!(master.notices(), [format!("role \"{role}\" is disabled (NOLOGIN) already")]);
    assert_eq!(master.one("SELECT kerb_enable_principal('disabled', 'corp.example.com')"), role);
    assert_eq!(master.notices(), [""; 0]);
    assert!(may_log_in());
    assert_eq!(su.traces(), before);
    assert_eq!(su.one(&format!("SELECT has_table_privilege('{role}', 't', 'SELECT')")), "t");
    assert_eq!(master.one("SELECT kerb_enable_principal('disabled', 'corp.example.com')"), role);
    assert_eq!(master.notices(), [format!("role \"{role}\" can log in already")]);
}

/// Whether the server has ended a session.
fn has_ended(session: &mut Session) -> bool {
    session.client.simple_query("SELECT 1").is_err()
}

fn sessions_end_with_the_commit_and_not_before(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT count(*) FROM kerb_add_principals('{ann@a.b,bob@a.b}')");
    let [mut one, mut two] = [c.connect("ann@A.B"), c.connect("ann@A.B")];
    let mut other = c.connect("bob@A.B");
    master.run("SELECT kerb_disable_principal('ann@a.b')");
    assert_eq!(master.notices(), ["role \"ann@A.B\" still has 2 sessions"]);
    assert!(!has_ended(&mut one), "sessions go on unless they are to end");

    master.run("BEGIN; SELECT kerb_disable_principal('ann@a.b', terminate => true)");
    assert!(
        master.notices().contains(
            &"2 sessions of role \"ann@A.B\" will end when the transaction commits".into()
        )
    );
    assert!(!has_ended(&mut one));
    master.run("COMMIT");
    wait_until(|| has_ended(&mut one) && has_ended(&mut two)).unwrap();
    assert!(!has_ended(&mut other), "somebody else's session");
    wait_until(|| master.column("SELECT sessions FROM kerb_principals") == ["0", "1"]).unwrap();
}

fn sessions_stay_when_it_is_taken_back(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT count(*) FROM kerb_add_principals('{ann@a.b,bob@a.b,cyd@a.b}')");
    let mut sessions = ["ann@A.B", "bob@A.B", "cyd@A.B"].map(|user| c.connect(user));
    let disable =
        |name: &str| format!("SELECT kerb_disable_principal('{name}@a.b', terminate => true);");
    master.run(&format!("BEGIN; {} ROLLBACK", disable("ann")));
    // A savepoint that is rolled back, one that is released, and one within another.
    master.run(&format!(
        "BEGIN; SAVEPOINT a; {} ROLLBACK TO a; SAVEPOINT b; SAVEPOINT c; {} RELEASE c; ROLLBACK TO \
         b; \
         SAVEPOINT d; SAVEPOINT e; {} RELEASE e; RELEASE d; COMMIT",
        disable("ann"),
        disable("bob"),
        disable("cyd")
    ));
    wait_until(|| has_ended(&mut sessions[2])).unwrap();
    assert!(!has_ended(&mut sessions[0]) && !has_ended(&mut sessions[1]));
    assert_eq!(
        master.rows("SELECT role_name, can_login FROM kerb_principals"),
        [["ann@A.B", "t"], ["bob@A.B", "t"], ["cyd@A.B", "f"]]
    );
    // What was asked for in a transaction that failed is forgotten.
    master.run("SELECT kerb_enable_principal('cyd@a.b')");
    master.run("BEGIN");
    master.run(&disable("ann"));
    assert_eq!(master.code("SELECT 1/0"), "22012");
    master.run("COMMIT; SELECT 1");
    assert!(!has_ended(&mut sessions[0]));
}

fn a_prepared_transaction_ends_no_session(c: &Context<'_>) {
    let own = c.own_server("prepared", &["max_prepared_transactions = 2"]);
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    su.run("CREATE EXTENSION pg_kerbrole; SELECT kerb_add_principal('ann@a.b')");
    let mut ann = Session::open(&own.0, "ann@A.B", "postgres").unwrap();
    su.run("BEGIN; SELECT kerb_disable_principal('ann@a.b', terminate => true)");
    assert_eq!(su.code("PREPARE TRANSACTION 'x'"), "0A000");
    for statement in [
        "BEGIN",
        "SELECT kerb_disable_principal('ann@a.b')",
        "PREPARE TRANSACTION 'x'",
        "COMMIT PREPARED 'x'",
    ] {
        su.run(statement);
    }
    assert!(!has_ended(&mut ann));
    assert_eq!(su.one("SELECT can_login FROM kerb_principals"), "f");
    // Once the call is undone nothing is left to end.
    su.run("BEGIN; SAVEPOINT before; SELECT kerb_disable_principal('ann@a.b', terminate => true)");
    for statement in ["ROLLBACK TO before", "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'"] {
        su.run(statement);
    }
    assert!(!has_ended(&mut ann));
}

/// A login that comes while the transaction is open is let in, by what is committed then, and ended
/// with the commit.
fn whoever_logs_in_meanwhile_does_not_stay(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principal('ann@a.b')");
    master.run("BEGIN; SELECT kerb_disable_principal('ann@a.b', terminate => true)");
    let mut late = c.connect("ann@A.B");
    master.run("COMMIT");
    wait_until(|| has_ended(&mut late)).unwrap();
    assert!(c.try_connect("ann@A.B", "postgres").is_err());
}

fn enabling_says_what_else_is_wrong(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE \"ann@A.B\"; CREATE ROLE cloud IN ROLE rds_iam; CREATE ROLE \"bob@A.B\" IN \
         ROLE rds_ad, cloud; \
            GRANT cloud TO rds_master WITH ADMIN OPTION",
    );
    assert_eq!(master.one("SELECT kerb_enable_principal('ann@a.b')"), "ann@A.B");
    assert_eq!(
        master.notices(),
        ["role \"ann@A.B\" is not a member of rds_ad: no ticket opens it"]
    );
    assert_eq!(master.one("SELECT kerb_enable_principal('bob@a.b')"), "bob@A.B");
    assert_eq!(master.notices(), ["role \"bob@A.B\" is a member of both rds_ad and rds_iam now"]);
    su.run(
        "ALTER DATABASE postgres SET kerbrole.allowed_realms = 'C.D'; ALTER ROLE \"ann@A.B\" \
        NOLOGIN",
    );
    let mut master = c.master();
    assert_eq!(master.code("SELECT kerb_enable_principal('ann@a.b')"), "22023");
    assert_eq!(
        master.one("SELECT kerb_disable_principal('bob@a.b')"),
        "bob@A.B",
        "what was allowed once can be ended"
    );
}

fn what_cannot_be_meant(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE USER \"Ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@a.b\" IN ROLE rds_ad; CREATE \
        USER app",
    );
    for (call, code, hint) in [
        ("kerb_disable_principal('ann@a.b')", "42704", "Did you mean 'Ann@A.B'?"),
        (
            "kerb_disable_principal('bob@a.b')",
            "42704",
            "ALTER ROLE \"bob@a.b\" RENAME TO \"bob@A.B\";",
        ),
        ("kerb_disable_principal('cyd@a.b')", "42704", "kerb_list_principals()"),
        ("kerb_disable_principal('app')", "22023", "realm"),
        ("kerb_disable_principal(NULL)", "22023", "value"),
        ("kerb_enable_principal('cyd@a.b')", "42704", "kerb_list_principals()"),
    ] {
        let error = master.error(&format!("SELECT {call}"));
        assert_eq!(error.code().code(), code, "{call}");
        assert!(error.hint().unwrap().contains(hint), "{call}: {:?}", error.hint());
    }
}

/// Of two roles that differ by case only each can be named, and only one can be opened.
fn two_spellings_are_not_opened_again(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE USER \"Ann@A.B\" IN ROLE rds_ad; CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    assert_eq!(master.one("SELECT kerb_disable_principal('Ann@a.b')"), "Ann@A.B");
    assert_eq!(master.code("SELECT kerb_enable_principal('Ann@a.b')"), "42710");
    assert_eq!(master.one("SELECT kerb_disable_principal('ann@a.b')"), "ann@A.B");
    assert_eq!(master.one("SELECT kerb_enable_principal('Ann@a.b')"), "Ann@A.B");
    assert_eq!(master.code("SELECT kerb_enable_principal('ann@a.b')"), "42710");
}

/// One waits for the other, and both hold: a GRANT does not undo NOLOGIN, nor the other way round.
fn a_grant_meanwhile(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team; CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    let disable = "SELECT kerb_disable_principal('ann@a.b')";
    let grant = "GRANT team TO \"ann@A.B\"";
    for (first, second) in [(disable, grant), (grant, disable)] {
        let mut holder = c.superuser();
        holder.run(&format!("BEGIN; {first}"));
        assert_eq!(
            c.while_it_waits(&mut su, second, || holder.run("COMMIT")),
            "fine",
            "{first}, then {second}"
        );
        assert_eq!(su.rows("SELECT can_login, groups FROM kerb_principals"), [["f", "{team}"]]);
        su.run("REVOKE team FROM \"ann@A.B\"; ALTER ROLE \"ann@A.B\" LOGIN");
    }
}
