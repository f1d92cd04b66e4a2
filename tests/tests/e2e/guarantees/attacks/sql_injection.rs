//! Attack: SQL in every text argument of every function, names of groups and roles included.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: nothing_that_is_passed_is_run;
    InPlpgsql: nothing_that_is_passed_is_run;
}

/// Each would leave a role `pwned`, or make the caller a superuser, wherever it got into a
/// statement unquoted.
const PAYLOADS: [&str; 12] = [
    "x\"; CREATE ROLE pwned; --",
    "x'; CREATE ROLE pwned; --",
    "x\"; CREATE ROLE pwned; --@a.b",
    "x' || (SELECT 'y') || '@a.b",
    "x\\'; CREATE ROLE pwned; --",
    "x\\\"; CREATE ROLE pwned; --",
    "$$; CREATE ROLE pwned; $$",
    "\"; ALTER ROLE rds_master SUPERUSER; --",
    "rds_ad\"; CREATE ROLE pwned; --",
    "a.b\"; CREATE ROLE pwned; --",
    "x SUPERUSER",
    "x\0y",
];

fn nothing_that_is_passed_is_run(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    // Roles that really have such names, so that they get past the look-up and into statements.
    let mut groups = vec!["rds_superuser".to_string()];
    for payload in PAYLOADS.iter().filter(|payload| !payload.contains('\0')) {
        let name = kerbrole_core::quote_identifier(payload);
        su.run(&format!("CREATE ROLE {name}; GRANT {name} TO rds_master WITH ADMIN OPTION"));
        groups.push((*payload).into());
    }
    let none: Option<&str> = None;
    for (number, payload) in PAYLOADS.iter().enumerate() {
        for call in ["kerb_canonicalize($1, $2)", "kerb_add_principal($1, $2)"] {
            for (username, realm) in [
                (Some(*payload), none),
                (Some(*payload), Some("a.b")),
                (Some("alice"), Some(*payload)),
            ] {
                let _refused_or_taken_as_a_name =
                    master.client.query(&format!("SELECT {call}"), &[&username, &realm]);
            }
        }
        let list = vec![*payload];
        let _refused = master.client.query("SELECT * FROM kerb_add_principals($1)", &[&list]);
        let _tried = master.client.query("SELECT * FROM kerb_preview_grant($1, $1)", &[payload]);
        let _tried =
            master.client.query("SELECT * FROM kerb_preview_grant('rds_iam', $1)", &[payload]);
        for call in [
            "kerb_check_principal($1, $2)",
            "kerb_disable_principal($1, $2)",
            "kerb_enable_principal($1, $2)",
            "kerb_drop_principal($1, $2)",
            "kerb_drop_principal('u@a.b', reassign_owned_to => coalesce($1, $2))",
            "kerb_rename_principal($1, $2, 'x')",
            "kerb_rename_principal('u', 'a.b', $1, $2)",
            "kerb_rename_principal(coalesce($1, $2), coalesce($2, $1))",
            "kerb_add_principal('u', $2, groups => $1)",
            "kerb_add_principal('u@a.b', groups => coalesce($1, $2)::text)",
            "kerb_add_principals(ARRAY['u@a.b', $2], groups => $1)",
            "kerb_rename_realm($1, $2, false)",
            "kerb_sync_principals(ARRAY[$1, $2], 'keep', false)",
            "kerb_sync_principals('{}', coalesce($1, $2), false)",
            "kerb_sync_principals('{}', 'drop', false, ARRAY[$1, $2])",
            "kerb_apply_access(json_build_array(json_build_object('principal', $1 || '@a.b', \
             'sid', 'S-1-5-21-1-2-3-4', 'roles', ARRAY[$2])), ARRAY[$2], dry_run => false)",
            "kerb_apply_access(json_build_array(json_build_object('principal', 'w@a.b', 'sid', \
             'S-1-5-21-1-2-3-5', 'roles', ARRAY[$1])), ARRAY[$1], dry_run => false)",
            "kerb_apply_access($1::json, ARRAY[$1, $2], ARRAY[$1, $2], coalesce($1, $2), false)",
            "kerb_apply_access('[]', '{}', ARRAY[$1], 'drop', false, ARRAY[$1, $2], $1)",
        ] {
            let _refused_or_taken_as_a_name =
                master.client.query(&format!("SELECT {call}"), &[payload, &none]);
            let _refused_or_taken_as_a_name =
                master.client.query(&format!("SELECT {call}"), &[payload, &"a.b"]);
        }
        if !payload.contains('\0') {
            let name = format!("u{number}@a.b");
            let added = master
                .call("SELECT kerb_add_principal($1, groups => $2::text[])", &[&name, &list])
                .unwrap();
            assert_eq!(added, format!("u{number}@A.B"));
            let many = vec![format!("v{number}@a.b")];
            master
                .client
                .query("SELECT * FROM kerb_add_principals($1, $2::text[])", &[&many, &list])
                .unwrap();
        }
        unharmed(&mut su);
    }
    // The groups were granted, as what they are called.
    assert_eq!(
        su.one(
            "SELECT count(*) FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member \
        WHERE u.rolname ~ '^[uv][0-9]+@A.B$' AND m.roleid <> 'rds_ad'::regrole"
        ),
        "22"
    );
    // Objects with such names, which statements for a drop have to spell.
    su.run("CREATE ROLE giver; CREATE USER \"leaver@A.B\" IN ROLE rds_ad");
    for payload in PAYLOADS.iter().filter(|payload| !payload.contains('\0')) {
        let name = kerbrole_core::quote_identifier(&payload[..payload.len().min(60)]);
        su.run(&format!(
            "CREATE SCHEMA {name}; GRANT USAGE ON SCHEMA {name} TO giver WITH GRANT \
            OPTION; CREATE TABLE {name}.{name} ({name} int); GRANT SELECT ({name}) ON \
            {name}.{name} TO giver WITH GRANT OPTION; \
             SET ROLE giver; GRANT USAGE ON SCHEMA {name} TO \"leaver@A.B\"; GRANT SELECT ({name}) \
             ON {name}.{name} TO \"leaver@A.B\"; RESET ROLE"
        ));
    }
    c.let_change(&mut su);
    assert_eq!(master.one("SELECT kerb_drop_principal('leaver@a.b')"), "leaver@A.B");
    unharmed(&mut su);
    // Names in what is reported, too: the fix of a conflict is SQL that somebody will paste.
    su.run(&format!(
        "GRANT rds_iam TO {0}; GRANT rds_ad TO {0}",
        kerbrole_core::quote_identifier(PAYLOADS[0])
    ));
    for fix in su.column("SELECT fix FROM kerb_conflicts()") {
        su.run(&fix);
    }
    assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 0);
    unharmed(&mut su);
}

fn unharmed(su: &mut Session) {
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'pwned'"), "0");
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolsuper AND oid >= 16384"), "0");
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'rds_ad'"), "1");
}
