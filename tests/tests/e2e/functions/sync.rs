//! The wanted list in, the difference out.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: dry_by_default_and_what_is_shown_is_carried_out, a_second_run_finds_nothing,
        disabling_follows_the_list, dropping_leaves_what_it_must, an_empty_list_locks_nobody_out,
        a_list_is_about_its_realms, all_or_nothing, roles_that_are_no_principals, bad_arguments,
        who_changes_something_meanwhile;
    Every: spellings_lead_to_the_same_roles;
    Guarded: dry_by_default_and_what_is_shown_is_carried_out, dropping_leaves_what_it_must;
}

const CLUSTER: &str = "CREATE ROLE team; CREATE USER \"ann@A.B\" IN ROLE rds_ad, team; CREATE \
    USER \"bob@A.B\" IN ROLE rds_ad; CREATE USER \"cyd@A.B\" IN ROLE rds_ad; \
     CREATE ROLE \"dan@A.B\" IN ROLE rds_ad; CREATE USER \"eve@A.B\"; CREATE USER app IN ROLE \
     rds_ad; CREATE USER \"x@a.b\" IN ROLE rds_ad; \
     CREATE ROLE \"group@A.B\"";

const WANTED: &str = "'{ann@a.b,bob@a.b,new@a.b,eve@a.b}'";

const STEPS: &str = "SELECT action, role_name, statement FROM";

fn sync(session: &mut Session, absent: &str, dry_run: bool) -> Vec<Vec<String>> {
    session.rows(&format!("{STEPS} kerb_sync_principals({WANTED}, '{absent}', {dry_run})"))
}

fn dry_by_default_and_what_is_shown_is_carried_out(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    for absent in ["keep", "disable", "drop"] {
        su.run(CLUSTER);
        let before = su.traces();
        let shown = master.rows(&format!("{STEPS} kerb_sync_principals({WANTED}, '{absent}')"));
        assert_eq!(su.traces(), before, "dry by default");
        let adds = [
            ["adopt", "eve@A.B", "GRANT \"rds_ad\" TO \"eve@A.B\";"],
            ["create", "new@A.B", "CREATE ROLE \"new@A.B\" LOGIN IN ROLE \"rds_ad\";"],
        ];
        let removes: &[[&str; 3]] = match absent {
            "disable" => &[["disable", "cyd@A.B", "ALTER ROLE \"cyd@A.B\" NOLOGIN;"]],
            "drop" => &[
                ["drop", "cyd@A.B", "DROP ROLE \"cyd@A.B\";"],
                ["drop", "dan@A.B", "DROP ROLE \"dan@A.B\";"],
            ],
            _ => &[],
        };
        let mut seen = shown.clone();
        seen.sort();
        let mut expected: Vec<Vec<String>> =
            adds.iter().chain(removes).map(|row| row.map(String::from).to_vec()).collect();
        expected.sort();
        assert_eq!(seen, expected, "{absent}");
        // The statements as a script make the same of the cluster.
        su.run("BEGIN");
        for row in &shown {
            su.run(&row[2]);
        }
        let by_script = su.traces();
        su.run("ROLLBACK");
        assert_eq!(sync(&mut master, absent, false), shown, "{absent}");
        assert_eq!(su.traces(), by_script, "{absent}");
        let all = su.one(
            "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE oid >= \
            16384 AND (rolname LIKE '%@%' OR rolname IN ('team', 'app'))",
        );
        su.run(&format!("DROP OWNED BY {all}; DROP ROLE {all}"));
    }
}

fn a_second_run_finds_nothing(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE DATABASE other");
    for absent in ["keep", "disable", "drop"] {
        su.run(CLUSTER);
        su.run(
            "CREATE TABLE t (); ALTER TABLE t OWNER TO \"cyd@A.B\"; GRANT CONNECT ON DATABASE \
            other TO \"dan@A.B\"",
        );
        c.try_connect("rdsadmin", "other")
            .unwrap()
            .run("CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO \"dan@A.B\"");
        sync(&mut master, absent, false);
        let after = su.traces();
        assert_eq!(sync(&mut master, absent, true), [[""; 3]; 0], "{absent}");
        assert_eq!(sync(&mut master, absent, false), [[""; 3]; 0], "{absent}");
        assert_eq!(su.traces(), after);
        c.try_connect("rdsadmin", "other").unwrap().run("DROP SCHEMA s");
        let all = su.one(
            "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE oid >= \
            16384 AND (rolname LIKE '%@%' OR rolname IN ('team', 'app'))",
        );
        su.run(&format!("DROP OWNED BY {all}; DROP ROLE {all}"));
    }
}

/// Somebody leaves the list and comes back.
fn disabling_follows_the_list(c: &Context<'_>) {
    let mut master = c.master();
    let list = |session: &mut Session, list: &str, absent: &str| {
        session.rows(&format!(
            "SELECT action, role_name FROM kerb_sync_principals('{{{list}}}', '{absent}', false)"
        ))
    };
    list(&mut master, "ann@a.b,bob@a.b", "disable");
    assert_eq!(list(&mut master, "ann@a.b", "disable"), [["disable", "bob@A.B"]]);
    // The other two leave alone who was disabled, and say so.
    master.notices();
    for absent in ["keep", "drop"] {
        assert_eq!(list(&mut master, "ann@a.b,bob@a.b", absent), [[""; 2]; 0]);
        assert_eq!(master.notices(), ["role \"bob@A.B\" is disabled (NOLOGIN) and stays so"]);
    }
    assert_eq!(list(&mut master, "ann@a.b,bob@a.b", "disable"), [["enable", "bob@A.B"]]);
    assert_eq!(master.notices(), [""; 0]);
    assert_eq!(master.column("SELECT can_login FROM kerb_principals"), ["t", "t"]);
}

fn dropping_leaves_what_it_must(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE DATABASE other");
    su.run(
        "CREATE USER \"owner@A.B\" IN ROLE rds_ad; CREATE USER \"here@A.B\" IN ROLE rds_ad; \
        CREATE USER \"there@A.B\" IN ROLE rds_ad; CREATE USER \"busy@A.B\" IN ROLE rds_ad; \
            CREATE USER \"giver@A.B\" IN ROLE rds_ad; CREATE ROLE team; GRANT team \
            TO \"giver@A.B\" WITH ADMIN OPTION; CREATE ROLE member; SET ROLE \"giver@A.B\"; GRANT \
            team TO member; RESET ROLE; \
            CREATE TABLE t (); ALTER TABLE t OWNER TO \"owner@A.B\"; CREATE TABLE u (); GRANT \
            SELECT ON u TO \"here@A.B\"",
    );
    su.run("CREATE USER \"root@A.B\" SUPERUSER IN ROLE rds_ad");
    c.try_connect("rdsadmin", "other")
        .unwrap()
        .run("CREATE TABLE v (); GRANT SELECT ON v TO \"there@A.B\"");
    su.run("ALTER DATABASE postgres SET kerbrole.sync_max_removals = 5");
    let _busy = c.connect("busy@A.B");
    let mut master_now = c.master();
    let rows = master_now.rows(
        "SELECT action, role_name FROM kerb_sync_principals('{}', 'drop', \
        false, '{a.b}') GROUP BY 1, 2 ORDER BY role_name COLLATE \"C\"",
    );
    assert_eq!(
        rows,
        [
            ["disable", "busy@A.B"],
            ["drop", "giver@A.B"],
            ["drop", "here@A.B"],
            ["disable", "owner@A.B"],
            ["disable", "there@A.B"]
        ]
    );
    let notices = master_now.notices().join("\n");
    for part in [
        "role \"root@A.B\" has SUPERUSER and is not changed",
        "role \"busy@A.B\" is in use. It has 1 session on this server.",
        "role \"owner@A.B\" cannot be dropped because it owns objects. 1 object in \
         database \"postgres\".",
        "role \"there@A.B\" is disabled (NOLOGIN) and not dropped yet. 1 privilege in \
         database \"other\".",
    ] {
        assert!(notices.contains(part), "{part}: {notices}");
    }
    assert_eq!(
        master.rows("SELECT role_name, can_login FROM kerb_principals"),
        [["busy@A.B", "f"], ["owner@A.B", "f"], ["root@A.B", "t"], ["there@A.B", "f"]]
    );
    assert_eq!(su.one("SELECT pg_has_role('member', 'team', 'MEMBER')"), "t");
}

fn an_empty_list_locks_nobody_out(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(CLUSTER);
    let before = su.traces();
    for absent in ["disable", "drop"] {
        let call = |list: &str, dry_run: bool| {
            format!(
                "SELECT count(*) FROM kerb_sync_principals('{list}', '{absent}', {dry_run}, realms \
                 => '{{a.b}}')"
            )
        };
        let error = master.error(&call("{}", false));
        assert_eq!(error.code().code(), "53400");
        let all = if absent == "drop" { 4 } else { 3 };
        assert_eq!(
            error.message(),
            format!(
                "{all} of {all} principals would be disabled or dropped, and at most {} may be at \
                 once",
                all / 2
            )
        );
        assert!(error.hint().unwrap().contains("kerbrole.sync_max_removals"));
        assert_eq!(su.traces(), before);
        // A dry run shows them all, and warns.
        assert_eq!(master.one(&call("{}", true)), all.to_string());
        assert_eq!(master.db_notices()[0].severity(), "WARNING");
    }
    assert_eq!(
        master.one("SELECT count(*) FROM kerb_sync_principals('{}', dry_run => false)"),
        "0",
        "keep takes nothing away"
    );
    // The limit is not the caller's to move; a superuser can.
    assert_eq!(master.code("SET kerbrole.sync_max_removals = 100"), "42501");
    for (limit, code) in [("0", "53400"), ("2", "53400"), ("3", "")] {
        su.run(&format!("SET kerbrole.sync_max_removals = {limit}"));
        let outcome =
            su.try_rows("SELECT * FROM kerb_sync_principals('{}', 'disable', false, '{A.B}')");
        assert_eq!(
            outcome.map_or_else(|e| e.code().code().to_string(), |_| String::new()),
            code,
            "{limit}"
        );
    }
    assert_eq!(
        master.one("SELECT count(*) FROM kerb_principals WHERE can_login AND ad_path IS NOT NULL"),
        "0"
    );
}

/// One list for each realm; what it does not name it does not touch.
fn a_list_is_about_its_realms(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principals('{ann@a.b,bob@a.b,cyd@c.d,dan@c.d}')");
    let mut sync = |arguments: &str| {
        master
            .rows(&format!("SELECT action, role_name FROM kerb_sync_principals({arguments})"))
            .concat()
            .join(" ")
    };
    for absent in ["disable", "drop"] {
        assert_eq!(sync(&format!("'{{ann@a.b}}', '{absent}'")), format!("{absent} bob@A.B"));
        assert_eq!(sync(&format!("'{{}}', '{absent}'")), "");
        assert_eq!(
            sync(&format!("'{{cyd@c.d}}', '{absent}', realms => '{{C.d}}'")),
            format!("{absent} dan@C.D")
        );
        assert_eq!(sync(&format!("'{{cyd@c.d}}', '{absent}', realms => '{{e.f}}'")), "");
        assert_eq!(
            sync(&format!("'{{ann@a.b,cyd@c.d}}', '{absent}'")),
            format!("{absent} bob@A.B {absent} dan@C.D")
        );
    }
    for (realms, code) in [("{a_b!}", "22023"), ("{NULL}", "22023"), ("{\"\"}", "22023")] {
        assert_eq!(
            master
                .code(&format!("SELECT * FROM kerb_sync_principals('{{}}', realms => '{realms}')")),
            code
        );
    }
}

fn all_or_nothing(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(CLUSTER);
    su.run(
        "CREATE ROLE cloud IN ROLE rds_iam; CREATE USER \"bad@A.B\" IN ROLE cloud; CREATE \
        USER \"Case@A.B\"",
    );
    let before = su.traces();
    for (list, code) in [
        ("new@a.b,ann@a.b,bad@a.b", "0LP01"),
        ("new@a.b,case@a.b", "42710"),
        ("new@a.b,ann", "22023"),
        ("new@a.b,New@a.b", "42710"),
        ("new@a.b,NULL", "22023"),
    ] {
        for dry_run in [true, false] {
            let call =
                format!("SELECT * FROM kerb_sync_principals('{{{list}}}', 'keep', {dry_run})");
            assert_eq!(master.code(&call), code, "{call}");
        }
        assert_eq!(su.traces(), before, "{list}");
    }
}

fn roles_that_are_no_principals(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(CLUSTER);
    su.run("SET kerbrole.sync_max_removals = 100");
    su.run("SELECT * FROM kerb_sync_principals('{}', 'drop', false, '{a.b}')");
    // A member of rds_ad that is no principal, a principal's name that is no member, and a name
    // that no ticket has.
    assert_eq!(
        su.column(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' OR rolname IN ('app', \
            'team') ORDER BY rolname COLLATE \"C\""
        ),
        ["app", "eve@A.B", "group@A.B", "team", "x@a.b"]
    );
    assert_eq!(
        master.rows("SELECT * FROM kerb_sync_principals('{}', 'drop', realms => '{a.b}')").len(),
        0
    );
}

fn bad_arguments(c: &Context<'_>) {
    let mut master = c.master();
    for (arguments, code) in [
        ("NULL", "22023"),
        ("'{}', NULL", "22023"),
        ("'{}', 'purge'", "22023"),
        ("'{}', 'DROP'", "22023"),
        ("'{a b@c}'", "22023"),
        ("'{\"\"}'", "22023"),
    ] {
        let error = master.error(&format!("SELECT * FROM kerb_sync_principals({arguments})"));
        assert_eq!(error.code().code(), code, "{arguments}");
        assert!(error.hint().is_some(), "{arguments}");
    }
    master.run("BEGIN READ ONLY");
    assert_eq!(
        master.one("SELECT count(*) FROM kerb_sync_principals('{ann@a.b}')"),
        "1",
        "a dry run changes nothing"
    );
    assert_eq!(
        master.code("SELECT * FROM kerb_sync_principals('{ann@a.b}', dry_run => false)"),
        "25006"
    );
    master.run("ROLLBACK");
}

fn spellings_lead_to_the_same_roles(c: &Context<'_>) {
    let mut master = c.master();
    master.run("SELECT kerb_add_principal('ann@a.b')");
    let rows = master.rows(
        "SELECT * FROM kerb_sync_principals('{ANN@A.B,ann@a.B,ann@A.B}')"
            .replace("ANN@A.B,", if c.caseins { "ANN@A.B," } else { "" })
            .as_str(),
    );
    assert_eq!(rows, [[""; 3]; 0]);
}

/// A role that the plan would change is being changed: the plan is made on what came of that.
fn who_changes_something_meanwhile(c: &Context<'_>) {
    let mut su = c.superuser();
    for (first, outcome) in [
        ("ALTER ROLE \"cyd@A.B\" SUPERUSER", "cyd@A.B t t"),
        ("ALTER ROLE \"cyd@A.B\" CONNECTION LIMIT 3", "cyd@A.B f f"),
        ("ALTER ROLE \"cyd@A.B\" RENAME TO \"zoe@A.B\"", "zoe@A.B f f"),
        ("ALTER ROLE \"cyd@A.B\" RENAME TO zoe", "zoe f t"),
    ] {
        su.run(
            "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; \
            CREATE USER \"cyd@A.B\" IN ROLE rds_ad",
        );
        let mut holder = c.superuser();
        holder.run(&format!("BEGIN; {first}"));
        std::thread::scope(|scope| {
            let mut second = c.superuser();
            second.run("SET application_name = 'second'");
            let running = scope.spawn(move || {
                second.run(
                    "SELECT * FROM kerb_sync_principals('{ann@a.b,bob@a.b}', 'disable', false)",
                )
            });
            su.wait_for_waiting("second");
            holder.run("COMMIT");
            running.join().unwrap();
        });
        assert_eq!(
            su.one(
                "SELECT concat_ws(' ', rolname, CASE WHEN rolsuper THEN 't' ELSE 'f' END, CASE \
                WHEN rolcanlogin THEN 't' ELSE 'f' END) FROM pg_roles WHERE rolname ~ \
                '^(cyd|zoe)'"
            ),
            outcome,
            "{first}"
        );
        let all = su.one(
            "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE rolname ~ \
                '^(ann|bob|cyd|zoe)'",
        );
        su.run(&format!("DROP ROLE {all}"));
    }
}
