//! Who may call what: nobody, and an rds_superuser. What a delegate could try is in attacks/.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: a_nobody_may_only_ask_for_names,
        a_delegate_with_execute_only_manages_what_others_made, the_rds_superuser_needs_no_grant,
        the_install_script_creates_no_role;
    InPlpgsql: a_nobody_may_only_ask_for_names, the_rds_superuser_needs_no_grant;
}

fn a_nobody_may_only_ask_for_names(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE nobody LOGIN CREATEROLE");
    let mut nobody = c.connect("nobody");
    assert_eq!(nobody.one("SELECT kerb_canonicalize('alice', 'a.b')"), "alice@A.B");
    for call in [
        "kerb_add_principal('alice@a.b')",
        "kerb_add_principals('{alice@a.b}')",
        "kerb_add_principal('alice', 'a.b', 'rds_iam')",
        "kerb_add_principal('alice@a.b', groups => 'rds_iam')",
        "kerb_add_principals('{alice@a.b}', 'rds_iam')",
        "kerb_rename_principal('alice@a.b', 'bob')",
        "kerb_conflicts()",
        "kerb_list_principals()",
        "kerb_preview_grant('rds_iam', 'rds_ad')",
        "kerb_check_principal('alice@a.b')",
        "kerb_case_audit()",
        "kerb_disable_principal('alice@a.b')",
        "kerb_enable_principal('alice@a.b')",
        "kerb_rename_principal('alice', 'a.b', 'bob')",
        "kerb_rename_realm('a.b', 'b.c')",
        "kerb_drop_principal('alice@a.b')",
        "kerb_sync_principals('{alice@a.b}')",
    ] {
        let error = nobody.error(&format!("SELECT {call}"));
        assert_eq!(error.code().code(), "42501", "{call}");
        assert!(
            error.message().starts_with("permission denied for function"),
            "{}",
            error.message()
        );
    }
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
}

/// EXECUTE is the right to manage principals: no CREATEROLE, no ADMIN on anything, and somebody
/// else made the roles.
fn a_delegate_with_execute_only_manages_what_others_made(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN; CREATE ROLE other CREATEROLE; CREATE TABLE t ()");
    c.let_manage(&mut su, "delegate");
    for user in ["rds_master", "delegate"] {
        su.run(
            "CREATE USER \"alice@A.B\" IN ROLE rds_ad; CREATE ROLE team; GRANT team TO other \
            WITH ADMIN OPTION; SET ROLE other; CREATE USER \"bob@A.B\"; GRANT team TO \"bob@A.B\"; \
                RESET ROLE; GRANT rds_ad TO \"bob@A.B\"; GRANT SELECT ON t TO \"bob@A.B\"",
        );
        // Opening and renaming give what bob can do to somebody: that takes the right to grant it.
        su.run(&format!("GRANT team TO {user} WITH ADMIN OPTION"));
        let mut session = c.connect(user);
        let memberships =
            "SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole";
        let before = session.one(memberships);
        for (call, result) in [
            ("kerb_disable_principal('bob@a.b', terminate => true)", "bob@A.B"),
            ("kerb_enable_principal('bob@a.b')", "bob@A.B"),
            ("(SELECT bool_and(ok) FROM kerb_check_principal('bob@a.b'))", "t"),
            ("kerb_rename_principal('bob', 'a.b', 'rob')", "rob@A.B"),
            (
                "(SELECT count(*) FROM kerb_rename_realm('a.b', 'b.c', false) WHERE problem IS \
                 NULL)",
                "2",
            ),
            ("(SELECT count(*) FROM kerb_case_audit())", "0"),
            ("(SELECT count(*) FROM kerb_list_principals())", "2"),
            (
                "(SELECT string_agg(action, ',') FROM kerb_sync_principals('{alice@b.c,new@b.c}', \
                 'disable', false))",
                "create,disable",
            ),
            ("kerb_drop_principal('rob@b.c')", "rob@B.C"),
            (
                "(SELECT string_agg(action, ',') FROM kerb_sync_principals('{alice@b.c}', 'drop', \
                 false))",
                "drop",
            ),
            ("kerb_drop_principal('alice@b.c')", "alice@B.C"),
        ] {
            assert_eq!(session.one(&format!("SELECT {call}")), result, "{call} by {user}");
        }
        assert_eq!(session.one(memberships), before);
        assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
        su.run("DROP ROLE team");
    }
}

fn the_rds_superuser_needs_no_grant(c: &Context<'_>) {
    let mut master = c.master();
    assert_eq!(master.one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), "f");
    assert_eq!(master.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");
    assert_eq!(master.one("SELECT count(*) FROM kerb_add_principals('{bob@a.b}')"), "1");
    assert_eq!(master.rows("SELECT * FROM kerb_conflicts()").len(), 0);
}

fn the_install_script_creates_no_role(c: &Context<'_>) {
    let mut su = c.superuser();
    let roles = "SELECT array_agg(rolname ORDER BY rolname) FROM pg_roles";
    let before = su.one(roles);
    su.run("DROP EXTENSION pg_kerbrole");
    assert_eq!(su.one(roles), before);
    // In a schema of its own, and where the RDS roles are not there (yet).
    su.run(
        "DROP OWNED BY rds_superuser, rds_master; ALTER ROLE rds_superuser RENAME TO gone; \
        CREATE SCHEMA kerb; CREATE EXTENSION pg_kerbrole SCHEMA kerb",
    );
    assert_eq!(su.one("SELECT kerb.kerb_canonicalize('a@a.b')"), "a@A.B");
    assert_eq!(su.one("SELECT kerb.kerb_add_principal('a@a.b')"), "a@A.B");
    su.run("DROP EXTENSION pg_kerbrole; ALTER ROLE gone RENAME TO rds_superuser");
    // A trusted extension could be installed by any owner of a database.
    assert_eq!(c.master().code("CREATE EXTENSION pg_kerbrole"), "42501");
}
