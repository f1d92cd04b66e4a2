//! Who may do what: nobody, a delegate with EXECUTE only, an rds_superuser.

use crate::cases;
use crate::world::Context;

cases! {
    EachVersion: a_nobody_may_only_ask_for_names, a_delegate_creates_principals_and_nothing_else, the_rds_superuser_needs_no_grant,
        a_caller_gains_nothing, wrappers_do_not_lend_rights, shadowed_names_are_not_used, the_install_script_creates_no_role;
}

fn a_nobody_may_only_ask_for_names(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE nobody LOGIN CREATEROLE");
    let mut nobody = c.connect("nobody");
    assert_eq!(nobody.one("SELECT kerb_canonicalize('alice', 'a.b')"), "alice@A.B");
    for call in [
        "kerb_add_principal('alice@a.b')",
        "kerb_add_principals('{alice@a.b}')",
        "kerb_conflicts()",
        "kerb_preview_grant('rds_iam', 'rds_ad')",
    ] {
        let error = nobody.error(&format!("SELECT {call}"));
        assert_eq!(error.code().code(), "42501", "{call}");
        assert!(error.message().starts_with("permission denied for function"), "{}", error.message());
    }
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
}

fn a_delegate_creates_principals_and_nothing_else(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO delegate");
    let mut delegate = c.connect("delegate");
    assert_eq!(delegate.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");
    for statement in [
        "CREATE ROLE x",
        "DROP ROLE \"alice@A.B\"",
        "ALTER ROLE \"alice@A.B\" NOLOGIN",
        "GRANT rds_ad TO delegate",
        "GRANT \"alice@A.B\" TO delegate",
        "SET ROLE \"alice@A.B\"",
        "SET SESSION AUTHORIZATION \"alice@A.B\"",
        "SELECT * FROM pg_authid",
    ] {
        assert_eq!(delegate.code(statement), "42501", "{statement}");
    }
    // Names that are no principals cannot be spelled; roles that are there are not the delegate's to take.
    for call in ["'delegate'", "'rds_superuser'", "'rdsadmin'"] {
        assert_eq!(
            delegate.code(&format!("SELECT kerb_add_principal({call}, if_not_exists => true)")),
            "22023",
            "{call}"
        );
    }
    assert_eq!(
        su.column("SELECT member::regrole::text FROM pg_auth_members WHERE roleid IN ('rds_ad'::regrole, '\"alice@A.B\"'::regrole)"),
        ["\"alice@A.B\""]
    );
}

fn the_rds_superuser_needs_no_grant(c: &Context<'_>) {
    let mut master = c.master();
    assert_eq!(master.one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "f");
    assert_eq!(master.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");
    assert_eq!(master.one("SELECT count(*) FROM kerb_add_principals('{bob@a.b}')"), "1");
    assert_eq!(master.rows("SELECT * FROM kerb_conflicts()").len(), 0);
}

fn a_caller_gains_nothing(c: &Context<'_>) {
    let mut master = c.master();
    let before = master.rows("SELECT * FROM pg_auth_members WHERE member = 'rds_master'::regrole");
    let who = "SELECT current_user, session_user, current_setting('role'), current_setting('is_superuser')";
    let identity = master.rows(who);
    master.run("SELECT kerb_add_principal('alice@a.b')");
    assert_eq!(master.rows(who), identity);
    assert_eq!(master.rows("SELECT * FROM pg_auth_members WHERE member = 'rds_master'::regrole"), before);
    assert_eq!(
        master.one("SELECT pg_has_role('rds_ad', 'MEMBER')"),
        "f",
        "the administrator is not nested under rds_ad"
    );
}

fn wrappers_do_not_lend_rights(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE nobody LOGIN; CREATE ROLE owner; CREATE ROLE g; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO owner; GRANT CREATE, USAGE ON SCHEMA public TO owner");
    // A SECURITY DEFINER wrapper acts with its owner's rights: EXECUTE yes, the right to grant g no.
    su.run(
        "CREATE FUNCTION wrapped(name text, groups text[]) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT kerb_add_principal($1, groups => $2)'; \
         ALTER FUNCTION wrapped(text, text[]) OWNER TO owner; GRANT EXECUTE ON FUNCTION wrapped(text, text[]) TO nobody",
    );
    let mut nobody = c.connect("nobody");
    assert_eq!(nobody.code("SELECT wrapped('alice@a.b', '{g}')"), "42501");
    assert_eq!(nobody.one("SELECT wrapped('alice@a.b', '{}')"), "alice@A.B");
    su.run("GRANT owner TO nobody");
    assert_eq!(nobody.one("SET ROLE owner; SELECT kerb_add_principal('bob@a.b')"), "bob@A.B");
    assert_eq!(nobody.code("SELECT kerb_add_principal('carol@a.b', groups => '{g}')"), "42501");
}

fn shadowed_names_are_not_used(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO delegate; CREATE SCHEMA evil; GRANT ALL ON SCHEMA evil TO delegate");
    let mut delegate = c.connect("delegate");
    delegate.run(
        "CREATE TABLE evil.pg_roles (rolname name); CREATE TABLE evil.pg_auth_members (roleid oid); \
         CREATE TEMP TABLE pg_authid (rolname name); CREATE TEMP TABLE pg_roles (rolname name); \
         CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END'; \
         CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; END'; \
         CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq); \
         SET search_path = evil, pg_temp, pg_catalog, public",
    );
    assert_eq!(delegate.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");
    assert_eq!(delegate.one("SELECT kerb_canonicalize('bob@a.b')"), "bob@A.B");
    assert_eq!(delegate.code("SELECT kerb_add_principal('ALICE@a.b')"), "42710");
    delegate.run("SELECT * FROM kerb_conflicts()");
}

fn the_install_script_creates_no_role(c: &Context<'_>) {
    let mut su = c.superuser();
    let roles = "SELECT array_agg(rolname ORDER BY rolname) FROM pg_roles";
    let before = su.one(roles);
    su.run("DROP EXTENSION pg_kerbrole");
    assert_eq!(su.one(roles), before);
    // In a schema of its own, and where the RDS roles are not there (yet).
    su.run("DROP OWNED BY rds_superuser, rds_master; ALTER ROLE rds_superuser RENAME TO gone; CREATE SCHEMA kerb; CREATE EXTENSION pg_kerbrole SCHEMA kerb");
    assert_eq!(su.one("SELECT kerb.kerb_canonicalize('a@a.b')"), "a@A.B");
    assert_eq!(su.one("SELECT kerb.kerb_add_principal('a@a.b')"), "a@A.B");
    su.run("DROP EXTENSION pg_kerbrole; ALTER ROLE gone RENAME TO rds_superuser");
    // A trusted extension could be installed by any owner of a database.
    assert_eq!(c.master().code("CREATE EXTENSION pg_kerbrole"), "42501");
}
