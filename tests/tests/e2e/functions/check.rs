//! Why somebody cannot log in. What is asked in words here is compared with logins by the program
//! that tries those: `logins::check`.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: rows_for_an_rds_superuser, answers_in_words, the_fixes_mend,
        a_database_of_any_name;
}

fn rows_for_an_rds_superuser(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principal('alice@a.b')");
    let names = "SELECT check_name FROM kerb_check_principal('alice@a.b')";
    let own = [
        "name_length",
        "role_exists",
        "realm_case",
        "rds_ad",
        "not_rds_iam",
        "case_rule",
        "login",
        "connection_limit",
        "connection_slots",
        "database",
        "connect",
        "preload_libraries",
        "client_encoding",
        "login_triggers",
    ];
    // What is not shown is not known.
    assert_eq!(master.column(names), [&own[..5], &["server"], &own[5..]].concat());
    let unknown =
        master.column("SELECT check_name FROM kerb_check_principal('alice@a.b') WHERE ok IS NULL");
    assert_eq!(unknown, ["server"]);
    let servers = ["listening", "pg_hba", "keytab"];
    assert_eq!(c.superuser().column(names), [&own[..5], &servers, &own[5..]].concat());
    assert_eq!(master.one("SELECT bool_and(ok) FROM kerb_check_principal('alice@a.b')"), "t");
}

/// Also where the name is no text in the database itself.
fn a_database_of_any_name(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE DATABASE \"é\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let mut there = c.try_connect("rdsadmin", "é").unwrap();
    there.run("CREATE EXTENSION pg_kerbrole; SELECT kerb_add_principal('alice@a.b')");
    for user in ["rdsadmin", "rds_master"] {
        let mut session = c.try_connect(user, "é").unwrap();
        let database = "SELECT detail FROM kerb_check_principal('alice@a.b') WHERE check_name = \
            'connect' AND ok";
        assert_eq!(session.one(database), "CONNECT on database \"?\"");
    }
}

fn answers_in_words(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE team IN ROLE rds_ad; CREATE ROLE \"alice@A.B\" IN ROLE team; CREATE ROLE \
        cloud IN ROLE rds_iam; GRANT cloud TO \"alice@A.B\"; CREATE USER \"Bob@A.B\"; CREATE \
        USER \"carol@a.b\"",
    );
    let by = if c.major() >= 16 { " GRANTED BY \"rdsadmin\"" } else { "" };
    let revoke = format!("REVOKE \"cloud\" FROM \"alice@A.B\"{by};");
    for (user, name, ok, detail, fix) in [
        ("alice", "name_length", "t", "9 bytes of at most 63", "NULL"),
        ("alice", "rds_ad", "t", "member of rds_ad by {alice@A.B,team,rds_ad}", "NULL"),
        (
            "alice",
            "not_rds_iam",
            "f",
            "member of rds_iam as well, by {alice@A.B,cloud,rds_iam}, and sent to that method \
             first",
            &revoke,
        ),
        (
            "alice",
            "login",
            "f",
            "NOLOGIN: the principal is disabled",
            "SELECT kerb_enable_principal('alice@A.B');",
        ),
        (
            "alice",
            "case_rule",
            "t",
            "krb_caseins_users is off: only a ticket spelled exactly alice@A.B opens it",
            "NULL",
        ),
        (
            "bob",
            "role_exists",
            "f",
            "no role \"bob@A.B\", but role \"Bob@A.B\", which differs by case only; if the ticket \
             is spelled so, ask for that one",
            "SELECT kerb_rename_principal('Bob@A.B', NULL, 'bob');",
        ),
        ("bob", "realm_case", "t", "the realm is in upper case, as tickets have it", "NULL"),
        (
            "carol",
            "realm_case",
            "f",
            "the realm of role \"carol@a.b\" is not in upper case, as tickets have it",
            "ALTER ROLE \"carol@a.b\" RENAME TO \"carol@A.B\";",
        ),
        (
            "dan",
            "role_exists",
            "f",
            "no role \"dan@A.B\", in whatever case",
            "SELECT kerb_add_principal('dan@A.B');",
        ),
        (
            "Bob",
            "rds_ad",
            "f",
            "not a member of rds_ad",
            "SELECT kerb_add_principal('Bob@A.B', if_not_exists => true);",
        ),
    ] {
        let rows = master.rows(&format!(
            "SELECT ok, detail, fix FROM kerb_check_principal('{user}@a.b') WHERE check_name = \
             '{name}'"
        ));
        assert_eq!(rows, [[ok, detail, fix]], "{user} {name}");
    }
}

/// What is shown as the fix, pasted, makes all rows ok.
fn the_fixes_mend(c: &Context<'_>) {
    let mut su = c.superuser();
    for make in [
        "",
        "CREATE USER \"FIXED@A.B\" IN ROLE rds_ad",
        "CREATE USER \"fixed@a.b\"",
        "CREATE ROLE \"fixed@A.B\"",
        "CREATE ROLE \"fixed@A.B\" IN ROLE rds_ad, rds_iam",
        "CREATE ROLE \"fixed@A.B\" CREATEDB CONNECTION LIMIT 0 IN ROLE rds_ad",
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC",
    ] {
        if !make.is_empty() {
            su.run(make);
        }
        for _ in 0..9 {
            let fix = su.column(
                "SELECT fix FROM kerb_check_principal('fixed@a.b') WHERE NOT ok AND fix \
                    !~ '^--' LIMIT 1",
            );
            let Some(fix) = fix.first() else { break };
            su.run(fix);
        }
        assert_eq!(
            su.one("SELECT bool_and(ok) FROM kerb_check_principal('fixed@a.b')"),
            "t",
            "{make}"
        );
        su.run(
            "GRANT CONNECT ON DATABASE postgres TO PUBLIC; DROP OWNED BY \"fixed@A.B\"; DROP \
            ROLE \"fixed@A.B\"",
        );
    }
}
