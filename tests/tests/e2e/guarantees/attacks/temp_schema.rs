//! Attack: objects in the caller's own temporary schema, which a careless search path puts first.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: temporary_objects_are_not_used;
    InPlpgsql: temporary_objects_are_not_used;
}

fn temporary_objects_are_not_used(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE delegate LOGIN; CREATE ROLE cloud IN ROLE rds_iam; \
        CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam",
    );
    c.let_manage(&mut su, "delegate");
    let mut delegate = c.connect("delegate");
    // A catalogue without members would make the rule blind; a type of the caller's own could run
    // its input function.
    delegate.run(
        "CREATE TEMP TABLE pg_auth_members (roleid oid, member oid, grantor oid, admin_option \
         boolean); \
         CREATE TEMP TABLE pg_authid (oid oid, rolname name); CREATE TEMP VIEW pg_roles AS SELECT \
         1::oid AS oid, 'x'::name AS rolname; \
         CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (VALUE <> 'alice@a.b'); \
         CREATE FUNCTION pg_temp.kerb_canonicalize(pg_catalog.text, pg_catalog.text) RETURNS \
         pg_catalog.text LANGUAGE sql AS 'SELECT ''evil@A.B''::pg_catalog.text'",
    );
    delegate.run("SET search_path = pg_temp, public, pg_catalog");
    let schema = c.schema();
    assert_eq!(
        delegate.one(&format!("SELECT {schema}.kerb_add_principal('alice@a.b')")),
        "alice@A.B"
    );
    assert_eq!(delegate.code(&format!("SELECT {schema}.kerb_add_principal('alice@a.b')")), "42710");
    // Comments of the caller's own would be bindings of the caller's own.
    delegate.run(
        "CREATE TEMP TABLE pg_shdescription (objoid oid, classoid oid, description \
         pg_catalog.text); \
         CREATE FUNCTION pg_temp.shobj_description(oid, name) RETURNS pg_catalog.text \
         LANGUAGE sql AS 'SELECT ''[kerbrole:S-1-5-21-1-2-3-9]''::pg_catalog.text'",
    );
    delegate.run(&format!(
        "SELECT * FROM {schema}.kerb_apply_access(\
         '[{{\"principal\": \"zoe@a.b\", \"sid\": \"S-1-5-21-1-2-3-9\"}}]', '{{}}', \
         dry_run => false)"
    ));
    assert_eq!(
        su.column(
            "SELECT rolname || ' ' || shobj_description(oid, 'pg_authid') FROM pg_roles \
             WHERE shobj_description(oid, 'pg_authid') LIKE '[kerbrole:%'"
        ),
        ["zoe@A.B [kerbrole:S-1-5-21-1-2-3-9]"]
    );
    assert_eq!(
        delegate.column(&format!("SELECT role_name FROM {schema}.kerb_conflicts()")),
        ["both@A.B"]
    );
    assert_eq!(
        delegate.column(&format!(
            "SELECT role_name FROM {schema}.kerb_preview_grant('cloud', 'alice@A.B') WHERE \
             role_name <> 'kerbrole_owner'"
        )),
        ["alice@A.B"]
    );
}
