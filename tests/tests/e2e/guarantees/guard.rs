//! The guard: plain statements that would make a role a member of both.

use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::{lossy, run};

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    Guarded: every_kind_of_statement, statements_inside_others,
        the_implicit_membership_of_a_creator, renaming_to_one_of_the_two, harmless_statements_pass,
        repairing_step_by_step, warn_and_off, waiting_is_bounded, only_the_configuration_sets_it,
        a_restored_dump, functions_under_the_guard;
    EachVersion: nothing_is_guarded_without_preloading;
}

/// A principal in rds_ad and a group in rds_iam, which must not meet.
fn setting(su: &mut Session) {
    su.run(
        "CREATE USER \"alice@A.B\" IN ROLE rds_ad; CREATE ROLE cloud IN ROLE rds_iam; CREATE USER \
         iam_user IN ROLE rds_iam; \
         CREATE ROLE free; CREATE ROLE team ROLE \"alice@A.B\"",
    );
}

const REFUSED: [&str; 15] = [
    "GRANT rds_iam TO \"alice@A.B\"",
    "GRANT cloud TO \"alice@A.B\"",
    "GRANT cloud TO team",
    "GRANT rds_ad TO cloud",
    "GRANT rds_iam TO rds_ad",
    "GRANT rds_ad TO rds_iam",
    "GRANT free, cloud TO iam_user, \"alice@A.B\"",
    "GRANT rds_iam TO team WITH ADMIN OPTION",
    "CREATE ROLE x IN ROLE rds_ad, rds_iam",
    "CREATE USER x IN ROLE team, cloud, rds_ad",
    "CREATE ROLE x IN ROLE rds_iam ROLE \"alice@A.B\"",
    "CREATE ROLE x IN ROLE cloud ADMIN team",
    "CREATE GROUP x IN GROUP rds_ad USER iam_user",
    "ALTER GROUP cloud ADD USER \"alice@A.B\"",
    "ALTER GROUP rds_iam ADD USER free, team",
];

fn every_kind_of_statement(c: &Context<'_>) {
    let mut su = c.superuser();
    setting(&mut su);
    let before = su.traces();
    for statement in REFUSED {
        let error = su.error(statement);
        assert_eq!(error.code().code(), "0LP01", "{statement}: {}", error.message());
        assert!(
            error.message().ends_with("would be a member of both rds_ad and rds_iam"),
            "{}",
            error.message()
        );
        assert!(
            error.detail().unwrap().contains("Path to rds_ad: {") && error.hint().is_some(),
            "{statement}"
        );
        assert_eq!(su.traces(), before, "{statement}");
    }
    let error = su.error("GRANT cloud TO team");
    assert_eq!(error.message(), "role \"alice@A.B\" would be a member of both rds_ad and rds_iam");
    assert_eq!(
        error.detail().unwrap(),
        "Path to rds_ad: {alice@A.B,rds_ad}. Path to rds_iam: {alice@A.B,team,cloud,rds_iam}."
    );
    // The hint names what to revoke first, and then the statement passes.
    let hint = error.hint().unwrap().to_string();
    su.run(&hint[hint.find("REVOKE").unwrap()..]);
    su.run("GRANT cloud TO team");
}

fn statements_inside_others(c: &Context<'_>) {
    let mut su = c.superuser();
    setting(&mut su);
    su.run(
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN GRANT cloud TO team; END'; \
         CREATE FUNCTION s() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'GRANT cloud TO team'; \
         CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN EXECUTE ''GRANT cloud TO team''; END'; \
         CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN CREATE ROLE made; COMMIT; GRANT \
         cloud TO team; END'",
    );
    let before = su.traces();
    for statement in [
        "SELECT f()",
        "SELECT s()",
        "CALL p()",
        "DO 'BEGIN GRANT cloud TO team; END'",
        "DO $$ BEGIN BEGIN GRANT cloud TO team; EXCEPTION WHEN no_data_found THEN NULL; END; END \
         $$",
    ] {
        let error = su.error(statement);
        assert_eq!(error.code().code(), "0LP01", "{statement}");
        assert_eq!(
            error.where_().is_some(),
            !statement.starts_with("GRANT"),
            "{statement}: {:?}",
            error.where_()
        );
        assert_eq!(su.traces(), before, "{statement}");
    }
    // Over the extended protocol.
    let prepared = su.client.execute("GRANT cloud TO team", &[]).unwrap_err();
    assert_eq!(prepared.code().unwrap().code(), "0LP01");
    assert_eq!(su.traces(), before);
    assert_eq!(su.code("CALL commits()"), "0LP01");
    assert_eq!(su.one("SELECT count(*) FROM pg_auth_members WHERE member = 'team'::regrole"), "0");
    // A caught refusal leaves the transaction usable, and nothing behind.
    su.run(
        "DO $$ BEGIN BEGIN GRANT cloud TO team; RAISE 'passed'; EXCEPTION WHEN \
        invalid_grant_operation THEN NULL; END; GRANT free TO team; END $$",
    );
    assert_eq!(
        su.column(
            "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'team'::regrole"
        ),
        ["free"]
    );
}

/// Since 16 a creator that is no superuser becomes a member of what it creates.
fn the_implicit_membership_of_a_creator(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE boss LOGIN CREATEROLE IN ROLE rds_iam; CREATE ROLE grp; GRANT grp TO boss \
        WITH ADMIN OPTION",
    );
    let mut boss = c.connect("boss");
    if c.major() < 16 {
        boss.run("CREATE ROLE x IN ROLE rds_ad");
        return;
    }
    su.run("REVOKE grp FROM boss; GRANT rds_ad TO grp; CREATE ROLE helper");
    boss.run("CREATE ROLE fine");
    // The one who may grant rds_ad is another; the edge comes from creating.
    assert_eq!(su.code("GRANT rds_ad TO fine"), "0LP01");
    let error = su.error("GRANT grp TO fine");
    assert_eq!(
        error.detail().unwrap(),
        "Path to rds_ad: {boss,fine,grp,rds_ad}. Path to rds_iam: {boss,rds_iam}."
    );
}

fn renaming_to_one_of_the_two(c: &Context<'_>) {
    let mut su = c.superuser();
    setting(&mut su);
    // With rds_iam away nobody is in both; whoever then gets its name may bring members along.
    su.run("ALTER ROLE rds_iam RENAME TO away");
    su.run("GRANT away TO team");
    assert_eq!(su.code("ALTER ROLE away RENAME TO rds_iam"), "0LP01");
    assert_eq!(su.code("ALTER ROLE team RENAME TO rds_iam"), "0LP01");
    su.run("ALTER ROLE free RENAME TO rds_iam");
    su.run(
        "ALTER ROLE rds_iam RENAME TO free; REVOKE away FROM team; ALTER ROLE away RENAME TO \
        rds_iam",
    );
    assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 0);
    su.run("ALTER ROLE rds_ad RENAME TO away; GRANT away TO cloud");
    let error = su.error("ALTER ROLE away RENAME TO rds_ad");
    assert_eq!(error.code().code(), "0LP01");
    assert_eq!(su.code("CREATE ROLE rds_ad ROLE iam_user"), "0LP01");
}

fn harmless_statements_pass(c: &Context<'_>) {
    let mut su = c.superuser();
    setting(&mut su);
    for statement in [
        "GRANT free TO \"alice@A.B\"",
        "GRANT free TO cloud",
        "GRANT rds_ad TO team",
        "CREATE USER \"bob@A.B\" IN ROLE rds_ad, team",
        "CREATE ROLE plain",
        "CREATE ROLE other ROLE team ADMIN free",
        "ALTER GROUP team ADD USER \"bob@A.B\"",
        "ALTER GROUP team DROP USER \"bob@A.B\"",
        "ALTER ROLE plain RENAME TO plainer",
        "REVOKE free FROM cloud",
        "DROP ROLE plainer",
        "DROP ROLE IF EXISTS nobody",
    ] {
        su.run(statement);
    }
    // What fails by itself fails with the server's own words.
    for (statement, code) in [
        ("GRANT nobody TO team", "42704"),
        ("GRANT team TO nobody", "42704"),
        ("GRANT team TO PUBLIC", "42704"),
        ("GRANT team TO team", "0LP01"),
        ("CREATE ROLE team", "42710"),
        ("DROP ROLE nobody", "42704"),
        ("ALTER ROLE nobody RENAME TO rds_adx", "42704"),
    ] {
        assert_eq!(su.code(statement), code, "{statement}");
    }
}

fn repairing_step_by_step(c: &Context<'_>) {
    let mut su = c.superuser();
    c.set_guard(&mut su, "off");
    setting(&mut su);
    su.run(
        "GRANT rds_iam TO team; GRANT cloud TO \"alice@A.B\"; CREATE USER \"both@A.B\" IN ROLE \
        rds_ad, rds_iam",
    );
    c.set_guard(&mut su, "on");
    assert_eq!(su.column("SELECT role_name FROM kerb_conflicts()"), ["alice@A.B", "both@A.B"]);
    // Other work goes on, on the very roles too.
    su.run(
        "GRANT free TO \"alice@A.B\"; GRANT cloud TO \"both@A.B\"; CREATE USER \"new@A.B\" IN \
        ROLE rds_ad; REVOKE cloud FROM \"both@A.B\"",
    );
    assert_eq!(su.code("GRANT cloud TO \"new@A.B\""), "0LP01");
    for role in ["alice@A.B", "both@A.B"] {
        let fix = su.one(&format!("SELECT fix FROM kerb_conflicts() WHERE role_name = '{role}'"));
        su.run(&fix);
    }
    assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 0);
    assert_eq!(su.code("GRANT cloud TO \"alice@A.B\""), "0LP01");
}

fn warn_and_off(c: &Context<'_>) {
    let mut su = c.superuser();
    setting(&mut su);
    c.set_guard(&mut su, "warn");
    su.notices();
    su.run("GRANT cloud TO team");
    assert_eq!(su.notices(), ["role \"alice@A.B\" is a member of both rds_ad and rds_iam now"]);
    su.run("GRANT cloud TO team WITH ADMIN OPTION");
    assert_eq!(su.notices(), [""; 0], "that was so before");
    su.run("REVOKE cloud FROM team");
    c.set_guard(&mut su, "off");
    su.run("GRANT cloud TO team");
    assert_eq!(su.notices(), [""; 0]);
}

fn waiting_is_bounded(c: &Context<'_>) {
    let (mut first, mut second) = (c.superuser(), c.superuser());
    setting(&mut first);
    first.run("BEGIN; GRANT free TO team");
    second.run("SET lock_timeout = '50ms'");
    for statement in [
        "GRANT free TO cloud",
        "CREATE ROLE x",
        "DROP ROLE iam_user",
        "ALTER ROLE free RENAME TO freer",
        "SELECT kerb_add_principal('x@a.b')",
    ] {
        let error = second.error(statement);
        assert_eq!(error.code().code(), "55P03", "{statement}");
        assert_eq!(
            error.message(),
            "role memberships are being changed by another transaction, and lock_timeout ran out"
        );
        assert!(error.hint().unwrap().contains("pg_locks"), "{statement}");
    }
    // What is not about memberships does not wait: passwords, attributes, tables.
    second.run(
        "ALTER ROLE iam_user PASSWORD 'x' CONNECTION LIMIT 3; CREATE TABLE t (a int); GRANT \
        SELECT ON t TO team; DROP TABLE t",
    );
    first.run("COMMIT");
    second.run("GRANT free TO cloud");
}

fn only_the_configuration_sets_it(c: &Context<'_>) {
    for user in [SUPERUSER, "rds_master"] {
        assert_eq!(c.connect(user).code("SET kerbrole.guard = off"), "55P02", "{user}");
    }
    let mut master = c.master();
    assert_eq!(master.one("SHOW kerbrole.guard"), "on");
    assert_ne!(master.code("ALTER SYSTEM SET kerbrole.guard = off"), "00000");
}

/// pg_dumpall orders roles and memberships in its own way; a cluster without conflicts comes back
/// whole.
fn a_restored_dump(c: &Context<'_>) {
    let mut su = c.superuser();
    setting(&mut su);
    su.run(
        "GRANT free TO team WITH ADMIN OPTION; CREATE ROLE boss CREATEROLE; SELECT count(*) \
        FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM generate_series(1, 50) i))",
    );
    let before = su.traces();
    let mut dump = c.server.command("pg_dumpall");
    dump.args(["--roles-only", "-h"]).arg(c.server.socket()).args([
        "-p",
        &c.server.port.to_string(),
        "-U",
        SUPERUSER,
    ]);
    let script = lossy(&run(&mut dump).unwrap().stdout);
    su.run("DROP EXTENSION pg_kerbrole");
    for role in su.column("SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384") {
        su.run(&format!("DROP ROLE {role}"));
    }
    // What psql has and the protocol has not; the bootstrap superuser is there already.
    let statements = script.lines().filter(|line| {
        !line.starts_with('\\')
            && !line.contains(&format!("ROLE {SUPERUSER}"))
            && !line.starts_with("--")
    });
    su.run(&statements.collect::<Vec<_>>().join("\n"));
    assert_eq!(su.traces(), before);
}

fn functions_under_the_guard(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    setting(&mut su);
    su.run("GRANT free, cloud TO rds_master WITH ADMIN OPTION");
    assert_eq!(master.one("SELECT kerb_add_principal('bob@a.b', groups => '{free}')"), "bob@A.B");
    let error = master.error("SELECT kerb_add_principal('carol@a.b', groups => '{cloud}')");
    assert_eq!(
        error.hint().unwrap().split(',').next().unwrap(),
        "Leave out the group \"cloud\"",
        "the function's own hint"
    );
    assert_eq!(
        master.one(
            "SELECT count(*) FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM \
             generate_series(1, 3000) i))"
        ),
        "3000"
    );
    // The guard is awake again afterwards, also after an error inside.
    assert_eq!(su.code("GRANT cloud TO \"bob@A.B\""), "0LP01");
    assert_eq!(
        master.code("SELECT kerb_add_principal('dan@a.b', groups => '{rdsadmin}')"),
        "42501"
    );
    assert_eq!(master.code("GRANT cloud TO \"bob@A.B\""), "0LP01");
}

fn nothing_is_guarded_without_preloading(c: &Context<'_>) {
    let mut su = c.superuser();
    setting(&mut su);
    su.run("SELECT kerb_canonicalize('a@a.b'); GRANT cloud TO team");
    assert_eq!(su.column("SELECT role_name FROM kerb_conflicts()"), ["alice@A.B"]);
}
