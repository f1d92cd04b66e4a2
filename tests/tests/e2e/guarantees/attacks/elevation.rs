//! Attack: a caller with EXECUTE only who wants more than to create principals.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: a_delegate_creates_principals_and_nothing_else, a_caller_gains_nothing;
    InPlpgsql: a_delegate_creates_principals_and_nothing_else, a_caller_gains_nothing;
}

fn a_delegate_creates_principals_and_nothing_else(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN");
    c.let_manage(&mut su, "delegate");
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
    // Names that are no principals cannot be spelled; roles that are there are not the delegate's
    // to take.
    for call in ["'delegate'", "'rds_superuser'", "'rdsadmin'"] {
        assert_eq!(
            delegate.code(&format!("SELECT kerb_add_principal({call}, if_not_exists => true)")),
            "22023",
            "{call}"
        );
    }
    assert_eq!(
        su.column(
            "SELECT member::regrole::text FROM pg_auth_members WHERE roleid IN \
            ('rds_ad'::regrole, '\"alice@A.B\"'::regrole) AND member::regrole::text <> \
            'kerbrole_owner'"
        ),
        ["\"alice@A.B\""]
    );
}

fn a_caller_gains_nothing(c: &Context<'_>) {
    let mut master = c.master();
    let before = master.rows("SELECT * FROM pg_auth_members WHERE member = 'rds_master'::regrole");
    let who = "SELECT current_user, session_user, current_setting('role'), \
        current_setting('is_superuser')";
    let identity = master.rows(who);
    master.run("SELECT kerb_add_principal('alice@a.b')");
    assert_eq!(master.rows(who), identity);
    assert_eq!(
        master.rows("SELECT * FROM pg_auth_members WHERE member = 'rds_master'::regrole"),
        before
    );
    assert_eq!(
        master.one("SELECT pg_has_role('rds_ad', 'MEMBER')"),
        "f",
        "the administrator is not nested under rds_ad"
    );
}
