//! Attack: a superuser's ordinary audit of DDL, which resolves its table in the temporary schema of
//! whoever has a principal dropped.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: an_audit_of_ddl_makes_nobody_superuser, an_audit_of_ddl_is_not_in_the_way,
        what_was_done_is_in_the_log;
    Guarded: an_audit_of_ddl_makes_nobody_superuser;
    InPlpgsql: an_audit_of_ddl_runs_as_the_caller;
}

/// The commonest audit there is, and principals with something to revoke, from several hands, and
/// something to hand over.
fn set_up(c: &Context<'_>, su: &mut Session) {
    su.run(
        "CREATE TABLE ddl_log (who name DEFAULT current_user, tag text); GRANT INSERT ON ddl_log \
         TO PUBLIC; \
         CREATE FUNCTION audit() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO \
         ddl_log (tag) VALUES (tg_tag); END'; \
         CREATE ROLE delegate LOGIN; CREATE ROLE middle; CREATE ROLE heir; GRANT heir TO delegate; \
         CREATE TABLE t (a int, b int); GRANT SELECT ON t TO middle WITH GRANT OPTION; GRANT \
         UPDATE (b) ON t TO middle WITH GRANT OPTION",
    );
    c.let_manage(su, "delegate");
    for user in ["ann", "bob", "eve"] {
        su.run(&format!(
            "CREATE USER \"{user}@A.B\" IN ROLE rds_ad; GRANT INSERT ON t TO \"{user}@A.B\"; \
             CREATE SCHEMA {user}; \
             SET ROLE middle; GRANT SELECT ON t TO \"{user}@A.B\"; GRANT UPDATE (b) ON t \
             TO \"{user}@A.B\"; RESET ROLE"
        ));
    }
    su.run("CREATE SEQUENCE s; ALTER SEQUENCE s OWNER TO \"ann@A.B\"");
    su.run("COMMENT ON ROLE \"eve@A.B\" IS '[kerbrole:S-1-5-21-1-1-1-5]'");
    for event in ["ddl_command_start", "ddl_command_end", "sql_drop"] {
        su.run(&format!("CREATE EVENT TRIGGER audit_{event} ON {event} EXECUTE FUNCTION audit()"));
    }
    su.run("DELETE FROM ddl_log");
}

const DROPS: [&str; 3] = [
    "SELECT public.kerb_drop_principal('ann@a.b', reassign_owned_to => 'heir')",
    "SELECT * FROM public.kerb_apply_access('[]', '{}', '{S-1-5-21-1-1-1}', 'drop', false)",
    "SELECT * FROM public.kerb_sync_principals('{cyd@a.b}', 'drop', false)",
];

fn an_audit_of_ddl_makes_nobody_superuser(c: &Context<'_>) {
    let mut su = c.superuser();
    set_up(c, &mut su);
    su.run("ALTER DATABASE postgres SET kerbrole.sync_max_removals = 100");
    let mut delegate = c.connect("delegate");
    su.run(
        "ALTER EVENT TRIGGER audit_ddl_command_start DISABLE; ALTER EVENT TRIGGER \
        audit_ddl_command_end DISABLE; ALTER EVENT TRIGGER audit_sql_drop DISABLE",
    );
    delegate.run(
        "CREATE FUNCTION pg_temp.rise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN ALTER ROLE \
         delegate SUPERUSER; RETURN NEW; END'; \
         CREATE TEMP TABLE ddl_log (who name, tag text); \
         CREATE TRIGGER rise BEFORE INSERT ON ddl_log FOR EACH ROW EXECUTE FUNCTION pg_temp.rise()",
    );
    su.run(
        "ALTER EVENT TRIGGER audit_ddl_command_start ENABLE ALWAYS; ALTER EVENT TRIGGER \
        audit_ddl_command_end ENABLE ALWAYS; ALTER EVENT TRIGGER audit_sql_drop ENABLE ALWAYS",
    );
    for drop in DROPS {
        delegate.run(drop);
        assert_eq!(
            su.one("SELECT rolsuper FROM pg_roles WHERE rolname = 'delegate'"),
            "f",
            "{drop}"
        );
    }
    assert_eq!(delegate.one("SELECT count(*) FROM pg_temp.ddl_log"), "0");
    assert_eq!(su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"), ["cyd@A.B"]);
    assert_eq!(su.one("SELECT relowner::regrole FROM pg_class WHERE relname = 's'"), "heir");
    // What `middle` and the owner have themselves is as it was.
    assert_eq!(
        su.column("SELECT relacl::text FROM pg_class WHERE relname = 't'"),
        ["{rdsadmin=arwdDxtm/rdsadmin,middle=r*/rdsadmin}"
            .replace("Dxtm", if c.major() >= 17 { "Dxtm" } else { "Dxt" })]
    );
    assert_eq!(
        su.column(
            "SELECT attacl::text FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'b'"
        ),
        ["{middle=w*/rdsadmin}"]
    );
}

/// The functions in PL/pgSQL change objects with the rights of their caller, and nothing that an
/// event trigger calls is called with their owner's.
fn an_audit_of_ddl_runs_as_the_caller(c: &Context<'_>) {
    let mut su = c.superuser();
    set_up(c, &mut su);
    // A REASSIGN fires no event trigger, a DROP OWNED does.
    su.run(
        "GRANT \"ann@A.B\" TO delegate; REVOKE ALL ON t FROM middle, \"ann@A.B\" CASCADE; \
         CREATE TABLE hers (); ALTER TABLE hers OWNER TO delegate; GRANT SELECT ON hers TO \
         \"ann@A.B\"",
    );
    c.let_change(&mut su);
    let mut delegate = c.connect("delegate");
    let events = ["ddl_command_start", "ddl_command_end", "sql_drop"];
    let switch = |su: &mut Session, to: &str| {
        for event in events {
            su.run(&format!("ALTER EVENT TRIGGER audit_{event} {to}"));
        }
    };
    switch(&mut su, "DISABLE");
    delegate.run(
        "CREATE TEMP TABLE ran (who name); GRANT ALL ON ran TO PUBLIC; \
         CREATE FUNCTION pg_temp.rise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO \
         pg_temp.ran VALUES (current_user); RETURN NEW; END'; \
         CREATE TEMP TABLE ddl_log (who name, tag text); GRANT ALL ON ddl_log TO PUBLIC; \
         CREATE TRIGGER rise BEFORE INSERT ON ddl_log FOR EACH ROW EXECUTE FUNCTION pg_temp.rise()",
    );
    switch(&mut su, "ENABLE ALWAYS");
    let drop = "SELECT kerb_drop_principal('ann@a.b', reassign_owned_to => 'heir')";
    assert_eq!(delegate.one(drop), "ann@A.B");
    assert_eq!(
        su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' ORDER BY 1"),
        ["bob@A.B", "eve@A.B"]
    );
    assert_eq!(delegate.column("SELECT DISTINCT who FROM pg_temp.ran"), ["delegate"]);
}

/// Without an attacker: the table of the audit is not in the search path that the functions are
/// pinned to.
fn an_audit_of_ddl_is_not_in_the_way(c: &Context<'_>) {
    let mut su = c.superuser();
    set_up(c, &mut su);
    su.run("ALTER DATABASE postgres SET kerbrole.sync_max_removals = 100");
    let mut delegate = c.connect("delegate");
    for drop in DROPS {
        delegate.run(drop);
    }
    assert_eq!(su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"), ["cyd@A.B"]);
    // The audit goes on for those who type statements.
    su.run("CREATE TABLE u ()");
    assert_eq!(su.column("SELECT DISTINCT tag FROM ddl_log"), ["CREATE TABLE"]);
}

/// Since no statement says so any more.
fn what_was_done_is_in_the_log(c: &Context<'_>) {
    let mut su = c.superuser();
    set_up(c, &mut su);
    let log = c.server.log_text();
    c.connect("delegate").run(DROPS[0]);
    let new = c.server.log_text().split_off(log.len());
    for line in [
        "LOG:  pg_kerbrole gave what role \"ann@A.B\" owns in database \"postgres\" to \
         role \"heir\", as role \"delegate\" asked for",
        "LOG:  pg_kerbrole ended the privileges of role \"ann@A.B\" in database \"postgres\", as \
         role \"delegate\" asked for",
    ] {
        assert_eq!(new.matches(line).count(), 1, "{line}\n{new}");
    }
}
