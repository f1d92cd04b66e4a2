//! Attack: functions, operators and tables that shadow those of the server.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: shadowed_names_are_not_used;
    InPlpgsql: shadowed_names_are_not_used;
}

fn shadowed_names_are_not_used(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN; CREATE SCHEMA evil; GRANT ALL ON SCHEMA evil TO delegate");
    c.let_manage(&mut su, "delegate");
    let mut delegate = c.connect("delegate");
    delegate.run(
        "CREATE TABLE evil.pg_roles (rolname name); CREATE TABLE evil.pg_auth_members (roleid \
         oid); \
         CREATE TEMP TABLE pg_authid (rolname name); CREATE TEMP TABLE pg_roles (rolname name); \
         CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''lured''; \
         END'; \
         CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE \
         ''lured''; END'; \
         CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq); \
         SET search_path = evil, pg_temp, pg_catalog, public, kerbrole",
    );
    assert_eq!(delegate.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");
    assert_eq!(delegate.one("SELECT kerb_canonicalize('bob@a.b')"), "bob@A.B");
    assert_eq!(delegate.code("SELECT kerb_add_principal('ALICE@a.b')"), "42710");
    delegate.run("SELECT * FROM kerb_conflicts()");
    delegate.run(
        "SELECT * FROM kerb_apply_access('[{\"principal\": \"zoe@a.b\", \"sid\": \
         \"S-1-5-21-1-2-3-9\"}]', '{}', dry_run => false)",
    );
    assert_eq!(
        su.one(
            "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = 'zoe@A.B'"
        ),
        "[kerbrole:S-1-5-21-1-2-3-9]"
    );
}
