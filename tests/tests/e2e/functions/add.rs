//! What adding a principal leaves behind, and what becomes of roles that are there already.

use crate::cases;
use crate::fixture::Context;

cases! {
    Every: a_login_in_rds_ad_and_nothing_else, if_not_exists_takes_what_is_there,
        a_disabled_principal_stays_disabled, elevated_roles_are_never_touched;
    EachVersion: many_at_once_keep_their_order, the_same_twice, missing_roles_of_the_rule,
        null_and_empty_arguments, arguments_by_name;
}

fn a_login_in_rds_ad_and_nothing_else(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    assert_eq!(
        master.one("SELECT kerb_add_principal('alice', 'corp.example.com')"),
        "alice@CORP.EXAMPLE.COM"
    );
    assert_eq!(
        su.rows(
            "SELECT rolcanlogin, rolinherit, rolconnlimit, rolvaliduntil, rolpassword, \
             rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls \
             FROM pg_authid WHERE rolname = 'alice@CORP.EXAMPLE.COM'"
        ),
        [["t", "t", "-1", "NULL", "NULL", "f"]]
    );
    assert_eq!(
        su.rows(
            "SELECT roleid::regrole, m.grantor::regrole, admin_option FROM pg_auth_members m \
             WHERE member = (SELECT oid FROM pg_roles WHERE rolname = 'alice@CORP.EXAMPLE.COM')"
        ),
        [["rds_ad", "rdsadmin", "f"]]
    );
    // Since 16 whoever creates a role becomes a member of it, and so nested under rds_ad. Not here.
    let above = "SELECT count(*) FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles \
        WHERE rolname = 'alice@CORP.EXAMPLE.COM')";
    assert_eq!(su.one(above), "0");
    assert_eq!(master.notices(), [""; 0]);
}

fn if_not_exists_takes_what_is_there(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    master.run("SELECT kerb_add_principal('alice@a.b')");
    let error = master.error("SELECT kerb_add_principal('alice@a.b')");
    assert_eq!(error.code().code(), "42710");
    assert_eq!(error.message(), "role \"alice@A.B\" already exists");
    assert!(error.hint().unwrap().contains("if_not_exists"));

    let before = su.traces();
    assert_eq!(
        master.one("SELECT kerb_add_principal('alice@a.b', if_not_exists => true)"),
        "alice@A.B"
    );
    assert_eq!(su.traces(), before);
    assert_eq!(master.notices(), ["role \"alice@A.B\" already exists as wanted, nothing to do"]);

    // Made by hand: CREATE ROLE alone forgets LOGIN and rds_ad, CREATE USER alone rds_ad; a chain
    // counts as membership.
    su.run(
        "CREATE ROLE \"hand@A.B\"; CREATE USER \"user@A.B\"; CREATE ROLE via IN ROLE rds_ad; \
         CREATE USER \"chain@A.B\" IN ROLE via",
    );
    assert_eq!(
        master.rows(
            "SELECT * FROM kerb_add_principals('{hand@a.b,user@a.b,chain@a.b,alice@a.b,new@a.b}', \
             if_not_exists => true)"
        ),
        [
            ["hand@a.b", "hand@A.B", "adopted"],
            ["user@a.b", "user@A.B", "adopted"],
            ["chain@a.b", "chain@A.B", "unchanged"],
            ["alice@a.b", "alice@A.B", "unchanged"],
            ["new@a.b", "new@A.B", "created"],
        ]
    );
    assert_eq!(
        su.column(
            "SELECT rolname FROM pg_roles WHERE rolcanlogin AND pg_has_role(oid, 'rds_ad', \
             'MEMBER') AND rolname LIKE '%@A.B' ORDER BY 1"
        ),
        ["alice@A.B", "chain@A.B", "new@A.B", "user@A.B"]
    );
    // Whoever has NOLOGIN may have been disabled: it is a member, and opened by its own function
    // only.
    assert_eq!(su.one("SELECT pg_has_role('hand@A.B', 'rds_ad', 'MEMBER')"), "t");
    let stays = "role \"hand@A.B\" is disabled (NOLOGIN) and stays so";
    let by_hand = "role \"hand@A.B\" and 1 more were there before and were not in rds_ad";
    assert_eq!(master.notices(), [by_hand, stays]);
    let before = su.traces();
    let again = "SELECT DISTINCT action FROM \
        kerb_add_principals('{hand@a.b,user@a.b,chain@a.b,alice@a.b,new@a.b}', if_not_exists => \
        true)";
    assert_eq!(master.column(again), ["unchanged"]);
    assert_eq!(su.traces(), before);
}

fn a_disabled_principal_stays_disabled(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    master.run("SELECT kerb_add_principal('left@a.b')");
    su.run("ALTER ROLE \"left@A.B\" NOLOGIN");
    assert_eq!(
        master.rows("SELECT * FROM kerb_add_principals('{left@a.b}', if_not_exists => true)"),
        [["left@a.b", "left@A.B", "unchanged"]]
    );
    assert_eq!(master.notices(), ["role \"left@A.B\" is disabled (NOLOGIN) and stays so"]);
    assert_eq!(su.one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'left@A.B'"), "f");
}

fn elevated_roles_are_never_touched(c: &Context<'_>) {
    let mut su = c.superuser();
    for attribute in ["SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"] {
        su.run(&format!("CREATE ROLE \"boss@A.B\" LOGIN {attribute}"));
        let before = su.traces();
        for user in ["rdsadmin", "rds_master"] {
            let error = c
                .connect(user)
                .error("SELECT kerb_add_principal('boss@a.b', if_not_exists => true)");
            assert_eq!(error.code().code(), "42501", "{attribute}");
            assert_eq!(
                error.message(),
                format!("role \"boss@A.B\" has {attribute} and is not changed")
            );
        }
        assert_eq!(su.traces(), before);
        // What needs no change is no reason to refuse a whole list.
        su.run("GRANT rds_ad TO \"boss@A.B\"");
        assert_eq!(
            c.master()
                .rows("SELECT * FROM kerb_add_principals('{boss@a.b}', if_not_exists => true)"),
            [["boss@a.b", "boss@A.B", "unchanged"]]
        );
        su.run("DROP ROLE \"boss@A.B\"");
    }
}

fn many_at_once_keep_their_order(c: &Context<'_>) {
    let mut master = c.master();
    assert_eq!(
        master.rows(
            "SELECT * FROM kerb_add_principals(ARRAY['zoe@a.b', 'o''brien@A.B', 'adam@c.d'])"
        ),
        [
            ["zoe@a.b", "zoe@A.B", "created"],
            ["o'brien@A.B", "o'brien@A.B", "created"],
            ["adam@c.d", "adam@C.D", "created"]
        ]
    );
    assert_eq!(master.rows("SELECT * FROM kerb_add_principals('{}')"), [[""; 3]; 0]);
    assert_eq!(
        master.rows("SELECT * FROM kerb_add_principals('{{e@a.b,f@a.b},{g@a.b,h@a.b}}')").len(),
        4
    );
}

fn the_same_twice(c: &Context<'_>) {
    let mut master = c.master();
    let before = master.traces();
    let error = master.error("SELECT * FROM kerb_add_principals('{alice@a.b,bob@a.b,alice@A.B}')");
    assert_eq!(error.code().code(), "42710");
    assert_eq!(
        error.message(),
        "\"alice@a.b\" and \"alice@A.B\" are the same principal, \"alice@A.B\""
    );
    assert_eq!(master.traces(), before);
    assert_eq!(
        master.column(
            "SELECT action FROM kerb_add_principals('{alice@a.b,bob@a.b,alice@A.B}', \
            if_not_exists => true)"
        ),
        ["created", "created", "unchanged"]
    );
}

fn missing_roles_of_the_rule(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    for (role, setting) in [("rds_ad", "kerbrole.ad_role"), ("rds_iam", "kerbrole.iam_role")] {
        su.run(&format!("ALTER ROLE {role} RENAME TO away"));
        for call in ["SELECT kerb_add_principal('alice@a.b')", "SELECT * FROM kerb_conflicts()"] {
            let error = master.error(call);
            assert_eq!(error.code().code(), "42704", "{call}");
            assert_eq!(error.message(), format!("role \"{role}\" does not exist"));
            let hint = error.hint().unwrap();
            assert!(hint.contains("sql/rds_roles.sql") && hint.contains(setting), "{hint}");
        }
        su.run(&format!("ALTER ROLE away RENAME TO {role}"));
    }
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
}

fn null_and_empty_arguments(c: &Context<'_>) {
    let mut master = c.master();
    for call in [
        "kerb_canonicalize(NULL)",
        "kerb_canonicalize(NULL, 'a.b')",
        "kerb_add_principal(NULL)",
        "kerb_add_principal(NULL, NULL, NULL, NULL)",
        "kerb_add_principal('alice@a.b', groups => '{NULL}')",
        "kerb_add_principals(NULL)",
        "kerb_add_principals('{alice@a.b,NULL}')",
        "kerb_add_principals('{alice@a.b,\"\"}')",
    ] {
        assert_eq!(master.code(&format!("SELECT {call}")), "22023", "{call}");
    }
    // NULL stands for the default where there is one.
    assert_eq!(master.one("SELECT kerb_add_principal('alice@a.b', NULL, NULL, NULL)"), "alice@A.B");
    assert_eq!(master.code("SELECT kerb_add_principal('alice@a.b', NULL, NULL, NULL)"), "42710");
}

fn arguments_by_name(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE g; GRANT g TO rds_master WITH ADMIN OPTION");
    master.run(
        "SELECT kerb_add_principal(realm => 'a.b', username => 'alice', if_not_exists => \
            false, groups => '{g}')",
    );
    master.run(
        "SELECT principal, role_name, action FROM kerb_add_principals(principals => \
        '{b@a.b}', groups => '{g}', if_not_exists => true)",
    );
    assert_eq!(master.one("SELECT kerb_canonicalize(realm => 'a.b', username => 'x')"), "x@A.B");
    master.run("SELECT role_name, ad_path, iam_path, fix FROM kerb_conflicts()");
}
