//! Somebody left.

use kerbrole_tests::psql::log_in;
use kerbrole_tests::sandbox::wait_until;

use crate::cases;
use crate::fixture::{Context, REALM, Session};

cases! {
    EachVersion: a_dropped_principal_leaves_no_trace, what_is_owned_is_never_dropped,
        owners_hand_over, other_databases_are_told_and_the_login_is_closed,
        privileges_that_others_granted, memberships_granted_to_others_stay, who_may_inherit,
        an_heir_that_is_another_one_meanwhile, sessions_are_in_the_way, missing_principals,
        whoever_logs_in_meanwhile_does_not_stay, objects_made_meanwhile_are_not_lost,
        a_privilege_granted_meanwhile, two_drops_at_once, a_rename_meanwhile;
    Guarded: a_grant_meanwhile, a_dropped_principal_leaves_no_trace, privileges_that_others_granted,
        memberships_granted_to_others_stay;
}

/// Everything that may still name an OID.
fn traces_of(su: &mut Session, oid: &str) -> Vec<String> {
    su.column(&format!(
        "SELECT 'role' FROM pg_authid WHERE oid = {oid} \
         UNION ALL SELECT 'membership' FROM pg_auth_members WHERE {oid} IN (roleid, member, \
         grantor) \
         UNION ALL SELECT 'dependency of ' || classid::regclass FROM pg_shdepend WHERE refclassid \
         = 'pg_authid'::regclass AND refobjid = {oid} \
         UNION ALL SELECT 'setting' FROM pg_db_role_setting WHERE setrole = {oid} \
         UNION ALL SELECT 'comment' FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass \
         AND objoid = {oid} \
         UNION ALL SELECT 'access list of ' || c.oid::regclass FROM pg_class c, aclexplode(relacl) \
         a WHERE {oid} IN (a.grantee, a.grantor) \
         UNION ALL SELECT 'default privileges' FROM pg_default_acl d, aclexplode(defaclacl) a \
         WHERE {oid} IN (a.grantee, a.grantor, d.defaclrole) \
         UNION ALL SELECT 'policy ' || polname FROM pg_policy WHERE {oid} = ANY (polroles)"
    ))
}

fn oid_of(su: &mut Session, role: &str) -> String {
    su.one(&format!("SELECT oid FROM pg_roles WHERE rolname = '{role}'"))
}

fn a_dropped_principal_leaves_no_trace(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let role = format!("gone@{REALM}");
    // With everything that a role can have without owning anything, from several hands.
    su.run(&format!(
        "CREATE ROLE team; CREATE ROLE boss CREATEROLE; GRANT team TO boss WITH ADMIN OPTION; \
         CREATE USER \"{role}\" IN ROLE rds_ad; \
         SET ROLE boss; GRANT team TO \"{role}\"; RESET ROLE; CREATE ROLE below; GRANT \"{role}\" \
         TO below; \
         CREATE TABLE t (a int, b int); GRANT SELECT, INSERT ON t TO \"{role}\"; GRANT UPDATE (b) \
         ON t TO \"{role}\"; \
         CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1; GRANT EXECUTE ON FUNCTION f() \
         TO \"{role}\"; \
         GRANT CREATE ON DATABASE postgres TO \"{role}\"; \
         ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO \"{role}\"; ALTER DEFAULT PRIVILEGES \
         FOR ROLE \"{role}\" GRANT SELECT ON TABLES TO PUBLIC; \
         CREATE POLICY p ON t TO \"{role}\"; CREATE POLICY q ON t TO \"{role}\", team; ALTER \
         ROLE \"{role}\" SET work_mem = '8MB'; \
         COMMENT ON ROLE \"{role}\" IS 'left in May'; SELECT lo_create(4711); GRANT SELECT ON \
         LARGE OBJECT 4711 TO \"{role}\""
    ));
    if c.major() >= 15 {
        su.run(&format!("GRANT SET ON PARAMETER work_mem TO \"{role}\""));
    }
    let oid = oid_of(&mut su, &role);
    let ticket = c.kdc.ticket_of("gone").unwrap();
    let login = || log_in(c.server, &ticket, &role).unwrap();
    assert!(login().ok);
    su.wait_for_no_sessions(&role);
    assert_eq!(master.one("SELECT kerb_drop_principal('gone', 'corp.example.com')"), role);
    assert_eq!(master.notices(), [""; 0]);
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
    assert!(!login().ok);
    // What is not the role's is as it was.
    assert_eq!(su.column("SELECT polname FROM pg_policy"), ["q"]);
    assert_eq!(su.one("SELECT pg_has_role('boss', 'team', 'MEMBER')"), "t");
    assert_eq!(
        su.one("SELECT count(*) FROM pg_roles WHERE rolname IN ('below', 'team', 'boss')"),
        "3"
    );
}

fn what_is_owned_is_never_dropped(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE DATABASE other");
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t (); CREATE SEQUENCE s; ALTER \
        TABLE t OWNER TO \"ann@A.B\"; ALTER SEQUENCE s OWNER TO \"ann@A.B\"",
    );
    let mut elsewhere = c.try_connect("rdsadmin", "other").unwrap();
    elsewhere.run("CREATE SCHEMA x AUTHORIZATION \"ann@A.B\"");
    let before = su.traces();
    let error = master.error("SELECT kerb_drop_principal('ann@a.b')");
    assert_eq!(
        (error.code().code(), error.message(), error.detail()),
        (
            "2BP01",
            "role \"ann@A.B\" cannot be dropped because it owns objects",
            Some("2 objects in database \"postgres\"; 1 object in database \"other\".")
        )
    );
    assert!(error.hint().unwrap().contains("reassign_owned_to"));
    assert_eq!(su.traces(), before);
    assert_eq!(su.one("SELECT count(*) FROM pg_class WHERE relname IN ('t', 's')"), "2");
    su.run("DROP TABLE t; DROP SEQUENCE s");
    // Nothing is owned here, and something elsewhere.
    assert_eq!(master.code("SELECT kerb_drop_principal('ann@a.b')"), "2BP01");
    su.run("CREATE DATABASE hers OWNER \"ann@A.B\"");
    elsewhere.run("DROP SCHEMA x");
    let error = master.error("SELECT kerb_drop_principal('ann@a.b')");
    assert_eq!(error.detail(), Some("1 object shared by all databases."));
}

fn owners_hand_over(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t (); ALTER TABLE t OWNER \
        TO \"ann@A.B\"; \
            CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1; ALTER FUNCTION \
            f() OWNER TO \"ann@A.B\"; \
            CREATE ROLE reader; GRANT SELECT ON t TO reader",
    );
    su.run("CREATE DATABASE hers OWNER \"ann@A.B\"");
    let oid = oid_of(&mut su, "ann@A.B");
    assert_eq!(
        master.one("SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'rds_master')"),
        "ann@A.B"
    );
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
    assert_eq!(
        su.column(
            "SELECT relowner::regrole::text FROM pg_class WHERE relname = 't' UNION ALL \
            SELECT datdba::regrole::text FROM pg_database WHERE datname = 'hers' \
                   UNION ALL SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'f'"
        ),
        ["rds_master"; 3]
    );
    assert_eq!(
        su.one("SELECT has_table_privilege('reader', 't', 'SELECT')"),
        "t",
        "what the owner granted stays"
    );
}

fn other_databases_are_told_and_the_login_is_closed(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE DATABASE other");
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t (); ALTER TABLE t OWNER \
        TO \"ann@A.B\"; GRANT \"ann@A.B\" TO rds_master",
    );
    let mut elsewhere = c.try_connect("rdsadmin", "other").unwrap();
    elsewhere.run(
        "CREATE EXTENSION pg_kerbrole; CREATE TABLE t (); ALTER TABLE t OWNER \
        TO \"ann@A.B\"; CREATE TABLE u (); GRANT SELECT ON u TO \"ann@A.B\"",
    );
    let oid = oid_of(&mut su, "ann@A.B");
    assert_eq!(
        master.one("SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'rds_master')"),
        "ann@A.B"
    );
    let warning = master.db_notices().remove(0);
    assert_eq!(
        (warning.severity(), warning.message(), warning.detail()),
        (
            "WARNING",
            "role \"ann@A.B\" is disabled (NOLOGIN) and not dropped yet",
            Some("1 object and 1 privilege in database \"other\".")
        )
    );
    assert!(
        warning.hint().unwrap().contains("kerb_drop_principal('ann@A.B')"),
        "{:?}",
        warning.hint()
    );
    assert!(c.try_connect("ann@A.B", "postgres").is_err());
    assert_eq!(su.one("SELECT relowner::regrole FROM pg_class WHERE relname = 't'"), "rds_master");
    // As the hint says: in the other database, where the last thing goes.
    let mut there = c.try_connect("rds_master", "other").unwrap();
    assert_eq!(there.code("SELECT kerb_drop_principal('ann@a.b')"), "2BP01");
    assert_eq!(
        there.one("SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'rds_master')"),
        "ann@A.B"
    );
    assert_eq!(there.notices(), [""; 0]);
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
}

/// DROP OWNED leaves what somebody granted who does not own the object, and DROP ROLE then fails.
fn privileges_that_others_granted(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE owner; CREATE ROLE giver; CREATE ROLE \"odd \"\"giver\"; CREATE \
        USER \"ann@A.B\" IN ROLE rds_ad; CREATE ROLE further; \
            CREATE TABLE t (a int); ALTER TABLE t OWNER TO owner; CREATE SCHEMA \"odd; schema\" \
            AUTHORIZATION owner; GRANT USAGE ON SCHEMA \"odd; schema\" TO \
            giver, \"odd \"\"giver\"; \
            CREATE TABLE \"odd; schema\".\"T'\" (); ALTER TABLE \"odd; schema\".\"T'\" OWNER TO \
            owner; SET ROLE owner; \
            GRANT SELECT ON t, \"odd; schema\".\"T'\" TO giver, \"odd \"\"giver\" WITH GRANT \
            OPTION; RESET ROLE; \
            SET ROLE giver; GRANT SELECT ON t TO \"ann@A.B\" WITH GRANT OPTION; RESET ROLE; SET \
            ROLE \"odd \"\"giver\"; GRANT SELECT ON \"odd; schema\".\"T'\" TO \"ann@A.B\"; RESET \
            ROLE; \
            SET ROLE \"ann@A.B\"; GRANT SELECT ON t TO further; RESET ROLE; \
            CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql RETURN 1; CREATE SEQUENCE s; \
            CREATE TYPE y AS ENUM (); \
            GRANT EXECUTE ON FUNCTION f TO giver WITH GRANT OPTION; GRANT USAGE ON SEQUENCE s TO \
            giver WITH GRANT OPTION; GRANT USAGE ON TYPE y TO giver WITH GRANT OPTION; \
            GRANT CREATE ON DATABASE postgres TO giver WITH GRANT OPTION; GRANT CREATE ON SCHEMA \
            public TO giver WITH GRANT OPTION; \
            SELECT lo_create(4712); GRANT SELECT ON LARGE OBJECT 4712 TO giver WITH GRANT OPTION; \
            GRANT UPDATE (a) ON t TO giver WITH GRANT OPTION; SET ROLE giver; \
            GRANT EXECUTE ON FUNCTION f TO \"ann@A.B\"; GRANT USAGE ON SEQUENCE s TO \"ann@A.B\"; \
            GRANT USAGE ON TYPE y TO \"ann@A.B\"; GRANT CREATE ON DATABASE postgres \
            TO \"ann@A.B\"; \
            GRANT CREATE ON SCHEMA public TO \"ann@A.B\"; GRANT SELECT ON LARGE OBJECT 4712 \
            TO \"ann@A.B\"; GRANT UPDATE (a) ON t TO \"ann@A.B\"; RESET ROLE",
    );
    if c.major() >= 15 {
        su.run(
            "GRANT SET ON PARAMETER work_mem TO giver WITH GRANT OPTION; SET ROLE giver; GRANT \
            SET ON PARAMETER work_mem TO \"ann@A.B\"; RESET ROLE",
        );
    }
    if c.major() >= 19 {
        // Who is neither owner nor grantor may name the grantor (GRANTED BY of an object's
        // privileges means something since 19).
        su.run(
            "GRANT INSERT ON t TO giver WITH GRANT OPTION GRANTED BY owner; GRANT INSERT ON t \
            TO \"ann@A.B\" GRANTED BY giver",
        );
        assert_eq!(
            su.one(
                "SELECT count(*) FROM pg_class c, aclexplode(relacl) a WHERE relname = \
            't' AND a.grantor = 'giver'::regrole AND a.grantee = '\"ann@A.B\"'::regrole AND \
            a.privilege_type = 'INSERT'"
            ),
            "1"
        );
    }
    let oid = oid_of(&mut su, "ann@A.B");
    assert_eq!(master.one("SELECT kerb_drop_principal('ann@a.b')"), "ann@A.B");
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
    assert_eq!(su.one("SELECT has_table_privilege('giver', 't', 'SELECT WITH GRANT OPTION')"), "t");
    assert_eq!(
        master.rows("SELECT current_user, session_user, current_setting('role')"),
        [["rds_master", "rds_master", "none"]]
    );
}

fn memberships_granted_to_others_stay(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE team; CREATE USER \"ann@A.B\" IN ROLE rds_ad; GRANT team TO \"ann@A.B\" \
        WITH ADMIN OPTION; CREATE ROLE bob; CREATE ROLE cyd; CREATE ROLE dan; \
            SET ROLE \"ann@A.B\"; GRANT team TO bob WITH ADMIN OPTION; GRANT team TO cyd; RESET \
            ROLE; SET ROLE bob; GRANT team TO dan; RESET ROLE",
    );
    let oid = oid_of(&mut su, "ann@A.B");
    let members = "SELECT member::regrole::text, admin_option FROM pg_auth_members WHERE roleid = \
        'team'::regrole ORDER BY 1";
    let expected = [["bob", "t"], ["cyd", "f"], ["dan", "f"]];
    assert_eq!(su.rows(members)[1..], expected, "and ann herself");
    assert_eq!(master.one("SELECT kerb_drop_principal('ann@a.b')"), "ann@A.B");
    assert_eq!(su.rows(members), expected);
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
}

/// Between the look at the heir and the lock on it the name becomes another role's, one that the
/// caller could not act for.
fn an_heir_that_is_another_one_meanwhile(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE heir; CREATE ROLE app_of_somebody; CREATE ROLE delegate LOGIN; GRANT heir \
        TO delegate; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t (); \
        ALTER TABLE t OWNER TO \"ann@A.B\"",
    );
    c.let_manage(&mut su, "delegate");
    let drop = "SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'heir')";
    let mut delegate = c.connect("delegate");
    delegate.run("SET application_name = 'delegate'");
    let mut holder = c.superuser();
    // Only the role's row is locked, and not yet the memberships.
    holder.run("BEGIN; ALTER ROLE heir RENAME TO was_heir");
    let code = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| delegate.code(drop));
        su.wait_for_waiting("delegate");
        holder.run("ALTER ROLE app_of_somebody RENAME TO heir; COMMIT");
        waiting.join().unwrap()
    });
    assert_eq!(code, "42501");
    assert_eq!(su.one("SELECT relowner::regrole FROM pg_class WHERE relname = 't'"), "\"ann@A.B\"");
}

fn who_may_inherit(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE app; CREATE ROLE delegate LOGIN; CREATE USER \"ann@A.B\" IN ROLE rds_ad; \
            CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1; ALTER FUNCTION \
            f() OWNER TO \"ann@A.B\"",
    );
    c.let_manage(&mut su, "delegate");
    let before = su.traces();
    let mut delegate = c.connect("delegate");
    // Whoever could give a function to a superuser would be one.
    for (user, heir, code) in [
        ("delegate", "rdsadmin", "42501"),
        ("delegate", "app", "42501"),
        ("delegate", "rds_superuser", "42501"),
        ("delegate", "ann@A.B", "22023"),
        ("delegate", "nobody", "42704"),
        ("rds_master", "rdsadmin", "42501"),
        ("rds_master", "App", "42704"),
        ("rds_master", "app", "42501"),
    ] {
        let call = format!("SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => '{heir}')");
        assert_eq!(c.connect(user).code(&call), code, "{heir} by {user}");
    }
    assert_eq!(su.traces(), before);
    su.run("GRANT app TO delegate");
    if c.major() >= 16 {
        su.run("GRANT app TO delegate WITH SET FALSE");
        assert_eq!(
            delegate.code("SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'app')"),
            "42501"
        );
        su.run("GRANT app TO delegate WITH SET TRUE, INHERIT TRUE");
    }
    assert_eq!(
        delegate.one("SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'app')"),
        "ann@A.B"
    );
    assert_eq!(su.one("SELECT proowner::regrole FROM pg_proc WHERE proname = 'f'"), "app");
}

fn sessions_are_in_the_way(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    master.run("SELECT kerb_add_principal('ann@a.b')");
    let _sessions = [c.connect("ann@A.B"), c.connect("ann@A.B")];
    let before = su.traces();
    let error =
        master.error("SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'rds_master')");
    assert_eq!(
        (error.code().code(), error.detail()),
        ("55006", Some("It has 2 sessions on this server."))
    );
    assert_eq!(su.traces(), before);
    // As the hint says.
    master.run("SELECT kerb_disable_principal('ann@A.B', terminate => true)");
    su.wait_for_no_sessions("ann@A.B");
    assert_eq!(master.one("SELECT kerb_drop_principal('ann@a.b')"), "ann@A.B");
}

fn missing_principals(c: &Context<'_>) {
    let mut master = c.master();
    assert_eq!(master.code("SELECT kerb_drop_principal('ann@a.b')"), "42704");
    assert_eq!(master.one("SELECT kerb_drop_principal('ann@a.b', if_exists => true)"), "ann@A.B");
    assert_eq!(master.notices(), ["principal \"ann@A.B\" does not exist, nothing to do"]);
    assert_eq!(master.code("SELECT kerb_drop_principal('ann', if_exists => true)"), "22023");
}

fn whoever_logs_in_meanwhile_does_not_stay(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principal('ann@a.b')");
    master.run("BEGIN; SELECT kerb_drop_principal('ann@a.b')");
    let mut late = c.connect("ann@A.B");
    master.run("COMMIT");
    wait_until(|| late.client.simple_query("SELECT 1").is_err()).unwrap();
}

/// Somebody gives the principal an object, and commits while the drop waits.
fn objects_made_meanwhile_are_not_lost(c: &Context<'_>) {
    let (mut su, mut first) = (c.superuser(), c.superuser());
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    first.run(
        "BEGIN; CREATE TABLE precious AS SELECT 1 AS one; ALTER TABLE precious OWNER \
        TO \"ann@A.B\"",
    );
    let outcome =
        c.while_it_waits(&mut su, "SELECT kerb_drop_principal('ann@a.b')", || first.run("COMMIT"));
    assert_eq!(outcome, "2BP01");
    assert_eq!(su.one("SELECT one FROM precious"), "1");
    // The other way round: the drop comes first, and whoever comes later is told.
    su.run("DROP TABLE precious; CREATE TABLE t ()");
    let mut master = c.master();
    master.run("BEGIN; SELECT kerb_drop_principal('ann@a.b')");
    let outcome =
        c.while_it_waits(&mut su, "ALTER TABLE t OWNER TO \"ann@A.B\"", || master.run("COMMIT"));
    assert_eq!(outcome, "42704");
}

fn two_drops_at_once(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    for (second, outcome) in [
        ("SELECT kerb_drop_principal('ann@a.b')", "42704"),
        ("SELECT kerb_drop_principal('ann@a.b', if_exists => true)", "fine"),
        ("DROP ROLE \"ann@A.B\"", "42704"),
        ("SELECT kerb_disable_principal('ann@a.b')", "42704"),
        ("SELECT kerb_rename_principal('ann', 'a.b', 'anna')", "42704"),
        ("SELECT kerb_add_principal('ann@a.b')", "fine"),
    ] {
        master.run("SELECT kerb_add_principal('ann@a.b', if_not_exists => true)");
        master.run("BEGIN; SELECT kerb_drop_principal('ann@a.b')");
        assert_eq!(c.while_it_waits(&mut su, second, || master.run("COMMIT")), outcome, "{second}");
        // And taken back: the second one wins.
        master.run("SELECT kerb_add_principal('ann@a.b', if_not_exists => true)");
        master.run("BEGIN; SELECT kerb_drop_principal('ann@a.b')");
        let expected = if second.contains("kerb_add") { "42710" } else { "fine" };
        assert_eq!(
            c.while_it_waits(&mut su, second, || master.run("ROLLBACK")),
            expected,
            "{second} after a rollback"
        );
        su.run("DROP ROLE IF EXISTS \"anna@A.B\"");
    }
}

/// A plain ALTER ROLE is open when a function comes: it waits, and then goes by what the role is
/// called and may do by then.
fn a_rename_meanwhile(c: &Context<'_>) {
    let mut su = c.superuser();
    for (first, second, outcome) in [
        (
            "ALTER ROLE \"ann@A.B\" RENAME TO \"anna@A.B\"",
            "kerb_drop_principal('ann@a.b')",
            "42704",
        ),
        (
            "ALTER ROLE \"ann@A.B\" RENAME TO \"anna@A.B\"",
            "kerb_disable_principal('ann@a.b')",
            "42704",
        ),
        (
            "ALTER ROLE \"ann@A.B\" RENAME TO \"anna@A.B\"",
            "kerb_rename_principal('ann', 'a.b', 'anne')",
            "42704",
        ),
        ("ALTER ROLE \"ann@A.B\" SUPERUSER", "kerb_drop_principal('ann@a.b')", "42501"),
        ("ALTER ROLE \"ann@A.B\" CREATEROLE", "kerb_disable_principal('ann@a.b')", "42501"),
        ("ALTER ROLE \"ann@A.B\" CREATEDB", "kerb_rename_principal('ann', 'a.b', 'anne')", "42501"),
        ("ALTER ROLE \"ann@A.B\" NOLOGIN", "kerb_disable_principal('ann@a.b')", "fine"),
        ("ALTER ROLE \"ann@A.B\" CONNECTION LIMIT 3", "kerb_disable_principal('ann@a.b')", "fine"),
        (
            "ALTER ROLE \"ann@A.B\" CONNECTION LIMIT 3",
            "kerb_rename_principal('ann', 'a.b', 'anne')",
            "fine",
        ),
        (
            "ALTER ROLE \"ann@A.B\" RENAME TO x; ALTER ROLE \"bob@A.B\" RENAME TO \"ann@A.B\"",
            "kerb_drop_principal('ann@a.b')",
            "fine",
        ),
        (
            "ALTER ROLE \"ann@A.B\" CONNECTION LIMIT 3",
            "kerb_rename_realm('a.b', 'b.c', false)",
            "fine",
        ),
        ("ALTER ROLE \"ann@A.B\" SUPERUSER", "kerb_rename_realm('a.b', 'b.c', false)", "42501"),
    ] {
        su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad");
        let mut holder = c.superuser();
        holder.run(&format!("BEGIN; {first}"));
        let seen = c.while_it_waits(&mut su, &format!("SELECT {second}"), || holder.run("COMMIT"));
        assert_eq!(seen, outcome, "{first}, then {second}");
        if first.contains("TO x") {
            assert_eq!(
                su.column(
                    "SELECT rolname FROM pg_roles WHERE rolname IN ('x', 'bob@A.B', 'ann@A.B')"
                ),
                ["x"],
                "the one that has the name now"
            );
        }
        let left = su.column(
            "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE rolname LIKE '%@%' \
             OR rolname = 'x'",
        );
        su.run(&format!("DROP ROLE {}", left[0]));
    }
}

/// With the guard, a GRANT waits before it looks names up. (Without it, up to 17, the server grants
/// to an OID that is gone by then.)
fn a_grant_meanwhile(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE team; CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    let oid = oid_of(&mut su, "ann@A.B");
    master.run("BEGIN; SELECT kerb_drop_principal('ann@a.b')");
    assert_eq!(
        c.while_it_waits(&mut su, "GRANT team TO \"ann@A.B\"", || master.run("COMMIT")),
        "42704"
    );
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
    // The other way round: the GRANT is open, and goes with the role.
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    let oid = oid_of(&mut su, "ann@A.B");
    let mut holder = c.superuser();
    holder.run("BEGIN; GRANT team TO \"ann@A.B\"");
    assert_eq!(
        c.while_it_waits(&mut su, "SELECT kerb_drop_principal('ann@a.b')", || holder.run("COMMIT")),
        "fine"
    );
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
}

/// Whoever grants a privilege on an object holds a lock on the grantee to the end of the
/// transaction (shdepLockAndCheckObject in src/backend/catalog/pg_shdepend.c): the drop waits, and
/// then takes that privilege along.
fn a_privilege_granted_meanwhile(c: &Context<'_>) {
    let (mut su, mut first) = (c.superuser(), c.superuser());
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t ()");
    let oid = oid_of(&mut su, "ann@A.B");
    first.run("BEGIN; GRANT SELECT ON t TO \"ann@A.B\"");
    let ended =
        c.while_it_waits(&mut su, "SELECT kerb_drop_principal('ann@a.b')", || first.run("COMMIT"));
    assert_eq!(ended, "fine");
    assert_eq!(traces_of(&mut su, &oid), [""; 0]);
}
