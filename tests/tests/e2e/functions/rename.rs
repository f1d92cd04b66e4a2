//! Somebody married; the whole domain moved.

use kerbrole_tests::psql::log_in;

use crate::cases;
use crate::fixture::{Context, REALM};

cases! {
    EachVersion: a_renamed_principal_keeps_everything_and_logs_in, names_that_cannot_be_taken,
        sessions_are_in_the_way, a_realm_moves_whole, a_realm_does_not_move_in_part,
        a_login_or_a_grant_meanwhile, two_renames_at_once, each_form_of_call_means_one_thing;
    Guarded: a_renamed_principal_keeps_everything_and_logs_in, a_realm_moves_whole,
        a_login_or_a_grant_meanwhile;
    Every: case_alone_can_be_changed;
}

fn a_renamed_principal_keeps_everything_and_logs_in(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION");
    su.run(&format!(
        "CREATE USER \"maiden@{REALM}\" IN ROLE rds_ad, team; CREATE SCHEMA s \
        AUTHORIZATION \"maiden@{REALM}\"; ALTER ROLE \"maiden@{REALM}\" SET work_mem = '8MB'"
    ));
    let of = "SELECT r.oid, (SELECT nspowner = r.oid FROM pg_namespace WHERE nspname = 's'), \
        pg_has_role(r.oid, 'team', 'MEMBER'), \
              pg_has_role(r.oid, 'rds_ad', 'MEMBER'), (SELECT setconfig FROM pg_db_role_setting \
              WHERE setrole = r.oid) FROM pg_roles r WHERE rolname LIKE '%@%'";
    let before = su.rows(of);
    let (old, new) = (c.kdc.ticket_of("maiden").unwrap(), c.kdc.ticket_of("married").unwrap());
    assert_eq!(
        master.one("SELECT kerb_rename_principal('maiden', 'corp.example.com', 'married')"),
        format!("married@{REALM}")
    );
    assert_eq!(su.rows(of), before);
    assert!(log_in(c.server, &new, &format!("married@{REALM}")).unwrap().ok);
    assert!(!log_in(c.server, &old, &format!("married@{REALM}")).unwrap().ok);
    assert!(!log_in(c.server, &old, &format!("maiden@{REALM}")).unwrap().ok);
    // To another realm, in three spellings.
    for (call, name) in [
        ("kerb_rename_principal('married@corp.example.com', NULL, 'x', 'b.c')", "x@B.C"),
        ("kerb_rename_principal('x@b.c', NULL, 'y@c.d')", "y@C.D"),
        (
            "kerb_rename_principal(username => 'y', realm => 'c.d', new_username => 'y', new_realm \
             => 'D.E')",
            "y@D.E",
        ),
    ] {
        assert_eq!(master.one(&format!("SELECT {call}")), name);
    }
    assert_eq!(master.one("SELECT kerb_rename_principal('y', 'd.e', 'y')"), "y@D.E");
    assert_eq!(master.notices(), ["role \"y@D.E\" is called so already"]);
    assert_eq!(su.rows(of), before);
}

fn names_that_cannot_be_taken(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE ROLE \"bob@A.B\"; CREATE \
        ROLE \"Cyd@A.B\"; CREATE ROLE \"dan@a.b\"",
    );
    let before = su.traces();
    for (new, code) in [
        ("'bob'", "42710"),
        ("'cyd'", "42710"),
        ("'dan'", "42710"),
        ("'a b@'", "22023"),
        ("'x y@c.d', 'c.d'", "22023"),
        ("'rds_ad'", "42939"),
        ("'x', 'corp'", "22023"),
        ("NULL", "22023"),
        ("'x', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ.ABCDEFGHIJKLMNOPQRSTUVWXYZ.EXAMPLE.COM'", "42622"),
    ] {
        assert_eq!(
            master.code(&format!("SELECT kerb_rename_principal('ann', 'a.b', {new})")),
            code,
            "{new}"
        );
    }
    assert_eq!(master.code("SELECT kerb_rename_principal('eve', 'a.b', 'eva')"), "42704");
    assert_eq!(su.traces(), before);
    su.run("ALTER DATABASE postgres SET kerbrole.allowed_realms = 'B.C'");
    let mut master = c.master();
    assert_eq!(master.code("SELECT kerb_rename_principal('ann', 'a.b', 'anna')"), "22023");
    assert_eq!(master.one("SELECT kerb_rename_principal('ann', 'a.b', 'ann', 'b.c')"), "ann@B.C");
}

fn sessions_are_in_the_way(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principal('ann@a.b')");
    let session = c.connect("ann@A.B");
    let error = master.error("SELECT kerb_rename_principal('ann', 'a.b', 'anna')");
    assert_eq!(
        (error.code().code(), error.message(), error.detail()),
        ("55006", "role \"ann@A.B\" is in use", Some("It has 1 session on this server."))
    );
    assert_eq!(
        error.hint(),
        Some("End them first: SELECT kerb_disable_principal('ann@A.B', terminate => true);")
    );
    drop(session);
    master.wait_for_no_sessions("ann@A.B");
    assert_eq!(master.one("SELECT kerb_rename_principal('ann', 'a.b', 'anna')"), "anna@A.B");
}

fn case_alone_can_be_changed(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE USER \"Bob@A.B\" IN ROLE rds_ad");
    assert_eq!(master.one("SELECT kerb_rename_principal('Bob', 'a.b', 'bob')"), "bob@A.B");
    // The exact spelling can always be named; the rule for case decides what the new one becomes.
    let back = master.one("SELECT kerb_rename_principal('bob', 'a.b', 'Bob')");
    assert_eq!(back, if c.caseins { "bob@A.B" } else { "Bob@A.B" });
}

fn a_realm_moves_whole(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION; CREATE \
        USER \"ann@OLD.B\" IN ROLE rds_ad, team; CREATE USER \"Bob@OLD.B\" IN ROLE rds_ad; CREATE \
        ROLE \"cyd@OLD.B\" IN ROLE rds_ad; \
            CREATE USER \"dan@old.b\" IN ROLE rds_ad; CREATE USER \"eve@OTHER.B\" IN ROLE rds_ad; \
            CREATE USER app; CREATE TABLE t (); ALTER TABLE t OWNER TO \"ann@OLD.B\"",
    );
    let before = su.traces();
    let expected = [
        ["ann@OLD.B", "ann@NEW.C", "NULL"],
        ["Bob@OLD.B", "Bob@NEW.C", "NULL"],
        ["cyd@OLD.B", "cyd@NEW.C", "NULL"],
    ];
    let in_order = |mut rows: Vec<Vec<String>>| {
        rows.sort();
        rows
    };
    let mut sorted: Vec<Vec<String>> =
        expected.iter().map(|row| row.map(String::from).to_vec()).collect();
    sorted.sort();
    assert_eq!(in_order(master.rows("SELECT * FROM kerb_rename_realm('old.b', 'new.c')")), sorted);
    assert_eq!(su.traces(), before, "dry by default");
    assert_eq!(
        in_order(
            master.rows("SELECT * FROM kerb_rename_realm('OLD.B', 'NEW.C', dry_run => false)")
        ),
        sorted
    );
    assert_eq!(
        su.column(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' ORDER BY rolname COLLATE \"C\""
        ),
        ["Bob@NEW.C", "ann@NEW.C", "cyd@NEW.C", "dan@old.b", "eve@OTHER.B"]
    );
    assert_eq!(
        su.one("SELECT relowner::regrole FROM pg_class WHERE relname = 't'"),
        "\"ann@NEW.C\""
    );
    assert_eq!(su.one("SELECT pg_has_role('ann@NEW.C', 'team', 'MEMBER')"), "t");
    assert_eq!(master.rows("SELECT * FROM kerb_rename_realm('old.b', 'new.c', false)").len(), 0);
    assert_eq!(master.notices(), ["there is no principal of realm \"OLD.B\""]);
    for (call, code) in [
        ("'a.b', 'A.B'", "22023"),
        ("NULL, 'a.b'", "22023"),
        ("'a b', 'a.b'", "22023"),
        ("'a.b', 'corp'", "22023"),
    ] {
        assert_eq!(
            master.code(&format!("SELECT * FROM kerb_rename_realm({call})")),
            code,
            "{call}"
        );
    }
}

fn a_realm_does_not_move_in_part(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let long = "ABCDEFGHIJKLMNOPQRSTUVWXYZ.ABCDEFGHIJKLMNOPQRSTUVWXY.COM";
    su.run(
        "CREATE USER \"a@OLD.B\" IN ROLE rds_ad; CREATE USER \"longer-name@OLD.B\" IN ROLE \
        rds_ad; CREATE USER \"root@OLD.B\" SUPERUSER; CREATE ROLE \"A@NEW.C\"",
    );
    let session = c.connect("longer-name@OLD.B");
    let before = su.traces();
    assert_eq!(
        master.rows("SELECT * FROM kerb_rename_realm('old.b', 'new.c')"),
        [
            [
                "a@OLD.B",
                "a@NEW.C",
                "role \"a@NEW.C\" would differ from role \"A@NEW.C\" by case only. With \
                 krb_caseins_users on, one person's ticket would open both roles; with it off, a \
                 slip of the keyboard decides which."
            ],
            [
                "longer-name@OLD.B",
                "longer-name@NEW.C",
                "role \"longer-name@OLD.B\" is in use. It has 1 session on this server."
            ],
            ["root@OLD.B", "root@NEW.C", "role \"root@OLD.B\" has SUPERUSER and is not changed"],
        ]
    );
    let error = master.error("SELECT * FROM kerb_rename_realm('old.b', 'new.c', false)");
    assert_eq!(error.code().code(), "42710");
    assert!(
        error.detail().unwrap().ends_with("2 principals more cannot be renamed either."),
        "{:?}",
        error.detail()
    );
    assert!(error.hint().unwrap().ends_with("A dry run lists all of them."), "{:?}", error.hint());
    assert_eq!(su.traces(), before);
    drop(session);
    su.run("DROP ROLE \"root@OLD.B\"");
    su.wait_for_no_sessions("longer-name@OLD.B");
    assert_eq!(
        su.column(&format!("SELECT problem IS NULL FROM kerb_rename_realm('old.b', '{long}')")),
        ["t", "f"],
        "one has room for the longer realm"
    );
    assert_eq!(
        su.code(&format!("SELECT * FROM kerb_rename_realm('old.b', '{long}', false)")),
        "42622"
    );
}

/// Whoever logs in under the old name before the commit is the same role after it; a GRANT finds
/// the role under one of its names, or not at all.
fn a_login_or_a_grant_meanwhile(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE team");
    master.run("SELECT kerb_add_principal('ann@a.b')");
    master.run("BEGIN; SELECT kerb_rename_principal('ann', 'a.b', 'anna')");
    let mut late = c.connect("ann@A.B");
    let outcome = c.while_it_waits(&mut su, "GRANT team TO \"ann@A.B\"", || master.run("COMMIT"));
    assert_eq!(late.one("SELECT session_user"), "anna@A.B");
    assert!(c.try_connect("ann@A.B", "postgres").is_err());
    let groups = match outcome.as_str() {
        "fine" => "{team}",
        "42704" => "{}",
        other => panic!("{other}"),
    };
    assert_eq!(su.rows("SELECT role_name, groups FROM kerb_principals"), [["anna@A.B", groups]]);
}

fn two_renames_at_once(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    for (second, outcome) in [
        ("SELECT kerb_rename_principal('ann', 'a.b', 'anne')", "42704"),
        ("SELECT kerb_rename_principal('bob', 'a.b', 'anna')", "42710"),
        ("SELECT kerb_add_principal('anna@a.b')", "42710"),
        ("SELECT kerb_rename_realm('a.b', 'b.c', false)", "fine"),
        ("ALTER ROLE \"bob@A.B\" RENAME TO \"anna@A.B\"", "23505"),
    ] {
        su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad");
        master.run("BEGIN; SELECT kerb_rename_principal('ann', 'a.b', 'anna')");
        assert_eq!(c.while_it_waits(&mut su, second, || master.run("COMMIT")), outcome, "{second}");
        let all = su.one(
            "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE rolname LIKE '%@%'",
        );
        su.run(&format!("DROP ROLE {all}"));
    }
}

/// A realm stands in the name or beside it; two arguments are a principal and its new name.
fn each_form_of_call_means_one_thing(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principal('a0@a.b')");
    for (call, name) in [
        ("('a0@a.b', 'a1')", "a1@A.B"),
        ("('a1@a.b', 'a2@b.c')", "a2@B.C"),
        ("(username => 'a2@b.c', new_username => 'a3')", "a3@B.C"),
        ("(new_username => 'a4', username => 'a3@b.c')", "a4@B.C"),
        ("('a4@b.c', new_username => 'a5')", "a5@B.C"),
        ("('a5@b.c'::text, 'a6'::text)", "a6@B.C"),
        ("('a6@b.c'::varchar, 'a7'::name)", "a7@B.C"),
        ("('a7', 'b.c', 'a8')", "a8@B.C"),
        ("('a8@b.c', NULL, 'a9')", "a9@B.C"),
        ("('a9@b.c', NULL, 'b0', NULL)", "b0@B.C"),
        ("('b0@b.c', NULL, 'b1', 'a.b')", "b1@A.B"),
        ("('b1', 'a.b', new_username => 'b2')", "b2@A.B"),
        ("(username => 'b2', realm => 'a.b', new_username => 'b3')", "b3@A.B"),
        ("('b3@a.b', realm => NULL, new_username => 'b4', new_realm => 'b.c')", "b4@B.C"),
    ] {
        assert_eq!(master.one(&format!("SELECT kerb_rename_principal{call}")), name, "{call}");
    }
    master.run("PREPARE p AS SELECT kerb_rename_principal($1, $2)");
    assert_eq!(master.one("EXECUTE p ('b4@b.c', 'b5')"), "b5@B.C");
    for (call, code, message) in [
        // The old and the new name, and no realm in either.
        ("('b5', 'b6')", "22023", "no realm for username \"b5\""),
        ("('b5@b.c', NULL)", "22023", "new_username must not be NULL"),
        ("(NULL, 'b6')", "22023", "username must not be NULL"),
        ("('b6@b.c', 'b7')", "42704", "principal \"b6@B.C\" does not exist"),
    ] {
        let error = master.error(&format!("SELECT kerb_rename_principal{call}"));
        assert_eq!((error.code().code(), error.message()), (code, message), "{call}");
        assert!(error.hint().is_some(), "{call}");
    }
}
