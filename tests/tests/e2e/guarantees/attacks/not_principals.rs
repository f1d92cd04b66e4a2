//! Attack: getting at roles that are no principals, or that are more than that.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: roles_that_are_no_principals_cannot_be_named,
        principals_with_powers_are_left_alone, no_function_changes_a_principal_with_powers,
        no_function_changes_a_role_that_is_no_principal;
    InPlpgsql: roles_that_are_no_principals_cannot_be_named,
        principals_with_powers_are_left_alone, no_function_changes_a_principal_with_powers,
        no_function_changes_a_role_that_is_no_principal;
}

fn roles_that_are_no_principals_cannot_be_named(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE app; CREATE ROLE \"app@corp.example.com\"; CREATE ROLE \"@A.B\"; CREATE \
        ROLE \"app@A.B@C.D\"; CREATE ROLE \"app@\"",
    );
    let before = su.traces();
    for user in ["rdsadmin", "rds_master"] {
        let mut session = c.connect(user);
        for (name, code) in [
            ("app", "22023"),
            ("rds_ad", "22023"),
            ("rdsadmin", "22023"),
            ("postgres", "22023"),
            ("app@corp.example.com", "42710"),
            ("@A.B", "22023"),
            ("app@A.B@C.D", "22023"),
            ("app@", "22023"),
            ("rds_iam@a.b", "42939"),
            ("pg_read_all_data@a.b", "42939"),
        ] {
            assert_eq!(
                session
                    .code(&format!("SELECT kerb_add_principal('{name}', if_not_exists => true)")),
                code,
                "{name} by {user}"
            );
            assert_eq!(
                session.code(&format!(
                    "SELECT * FROM kerb_add_principals('{{\"{name}\"}}', if_not_exists => true)"
                )),
                code,
                "{name} by {user}"
            );
        }
    }
    assert_eq!(su.traces(), before);
}

fn principals_with_powers_are_left_alone(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE delegate LOGIN; CREATE ROLE \"root@A.B\" LOGIN SUPERUSER; CREATE ROLE g; \
        GRANT g TO delegate WITH ADMIN OPTION",
    );
    c.let_manage(&mut su, "delegate");
    let before = su.traces();
    for call in [
        "kerb_add_principal('root@a.b', if_not_exists => true)",
        "kerb_add_principals('{x@a.b,root@a.b}', '{g}', true)",
    ] {
        let error = c.connect("delegate").error(&format!("SELECT {call}"));
        assert_eq!(error.code().code(), "42501", "{call}");
        assert_eq!(error.message(), "role \"root@A.B\" has SUPERUSER and is not changed");
    }
    assert_eq!(su.traces(), before);
}

const CHANGES: [&str; 8] = [
    "kerb_disable_principal('$P')",
    "kerb_disable_principal('$P', terminate => true)",
    "kerb_enable_principal('$P')",
    "kerb_drop_principal('$P')",
    "kerb_drop_principal('$P', if_exists => true, reassign_owned_to => current_user)",
    "kerb_rename_principal('$P', NULL, 'x', 'c.d')",
    "kerb_rename_realm('a.b', 'c.d', false)",
    "kerb_sync_principals('{}', 'drop', false, '{a.b}')",
];

/// By nobody: superusers are told why, and how else.
fn no_function_changes_a_principal_with_powers(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN");
    c.let_manage(&mut su, "delegate");
    for power in ["SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"] {
        su.run(&format!("CREATE ROLE \"mighty@A.B\" NOLOGIN {power} IN ROLE rds_ad"));
        let before = su.traces();
        for user in ["rdsadmin", "rds_master", "delegate"] {
            let mut session = c.connect(user);
            for call in CHANGES {
                let call = call.replace("$P", "mighty@a.b");
                match session.try_rows(&format!("SELECT {call}")) {
                    Err(error) => {
                        assert_eq!(error.code().code(), "42501", "{call} by {user}");
                        assert_eq!(
                            error.message(),
                            format!("role \"mighty@A.B\" has {power} and is not changed"),
                            "{call} by {user}"
                        );
                        assert!(error.hint().unwrap().contains("superuser"), "{call} by {user}");
                    }
                    // A list leaves it alone, and says so.
                    Ok(rows) => {
                        assert_eq!(
                            (call.contains("kerb_sync"), rows.len()),
                            (true, 0),
                            "{call} by {user}"
                        );
                        assert_eq!(
                            session.notices(),
                            [format!("role \"mighty@A.B\" has {power} and is not changed.")]
                        );
                    }
                }
                assert_eq!(su.traces(), before, "{call} by {user}");
            }
        }
        su.run("DROP ROLE \"mighty@A.B\"");
    }
}

fn no_function_changes_a_role_that_is_no_principal(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE delegate LOGIN; CREATE USER app IN ROLE rds_ad; \
            CREATE USER \"app@a.b\" IN ROLE rds_ad; \
            CREATE USER \"app@A.B@C.D\" IN ROLE rds_ad; CREATE USER \"@A.B\" IN ROLE rds_ad; \
            CREATE USER \"an-account-name-that-no-directory-has@A.B\" IN ROLE rds_ad; CREATE \
            ROLE \"ad@A.B\"",
    );
    c.let_manage(&mut su, "delegate");
    c.let_change(&mut su);
    let before = su.traces();
    for user in ["rdsadmin", "rds_master", "delegate"] {
        let mut session = c.connect(user);
        for name in [
            "app",
            "app@a.b",
            "app@A.B@C.D",
            "@A.B",
            "an-account-name-that-no-directory-has@A.B",
            "rds_ad",
            "rdsadmin",
            "pg_monitor@a.b",
        ] {
            for call in CHANGES {
                // The realm and the list have nothing that they would change; every other call is
                // refused, or finds nothing.
                let outcome = session.try_rows(&format!("SELECT {}", call.replace("$P", name)));
                assert!(
                    outcome.is_err()
                        || call.contains("realm")
                        || call.contains("sync")
                        || call.contains("if_exists"),
                    "{call} {name} by {user}"
                );
                let renamed_back = "SELECT * FROM kerb_rename_realm('c.d', 'a.b', false)";
                session.run(renamed_back);
                assert_eq!(su.traces(), before, "{call} {name} by {user}");
            }
        }
    }
    // Nor the role of the rule, should it have the name of a principal.
    c.set(&mut su, "ad_role", "ad@A.B");
    for call in CHANGES.iter().take(6) {
        let error = c.superuser().error(&format!("SELECT {}", call.replace("$P", "ad@a.b")));
        assert_eq!(
            (error.code().code(), error.message()),
            ("42501", "role \"ad@A.B\" is kerbrole.ad_role and is not changed"),
            "{call}"
        );
    }
}
