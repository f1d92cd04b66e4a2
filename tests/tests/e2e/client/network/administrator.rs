//! What an administrator who is no superuser is asked, told and left with.

use super::*;

/// Since 16 an administrator who creates principals would be locked out of its own password: it is
/// asked first, and can be helped afterwards.
pub(super) fn nobody_is_nested_unasked(c: &Context<'_>) {
    let mut su = c.superuser();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let client = connect(&config(c, "rds_master", "postgres")).await;
        let careful = Kerbrole::new(&client).await.unwrap();
        let affected = careful.server().nests_creators();
        assert_eq!(affected, c.major() >= 16);
        let outcome = careful.add_principal("ann@a.b", None, &AddOptions::new()).await;
        if !affected {
            assert_eq!(outcome.unwrap(), "ann@A.B");
            assert_eq!(careful.plan_end_nesting().await.unwrap().statements, []);
            return;
        }
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.code().unwrap().code()), (ErrorKind::WouldNest, "42501"));
        assert!(
            error.detail().unwrap().contains("\"rds_master\" would be nested under rds_ad"),
            "{error:?}"
        );
        assert!(error.hint().unwrap().contains("Kerbrole::plan_end_nesting"));
    });
    if c.major() < 16 {
        return;
    }
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
    // ADMIN on rds_ad is what it takes, and a membership: now it is so already.
    su.run("GRANT rds_ad TO rds_master WITH ADMIN OPTION");
    let undo = runtime.block_on(async {
        let client = connect(&config(c, "rds_master", "postgres")).await;
        let kerbrole = Kerbrole::new(&client).await.unwrap();
        assert!(kerbrole.server().is_nested);
        kerbrole.add_principal("ann@a.b", None, &AddOptions::new()).await.unwrap();
        kerbrole.plan_end_nesting().await.unwrap()
    });
    let undo: Vec<_> = undo.statements.iter().map(Statement::script).collect();
    assert_eq!(undo, ["REVOKE \"ann@A.B\" FROM \"rds_master\" GRANTED BY \"rdsadmin\";"]);
    su.run(&undo[0]);
    su.run("REVOKE rds_ad FROM rds_master CASCADE; GRANT rds_ad TO \"ann@A.B\"");
    assert_eq!(c.master().one("SELECT pg_has_role('rds_ad', 'MEMBER')"), "f");
}

/// Conflicts that were there before block nothing, the administrator's own included, who becomes a
/// member of what it creates since 16.
pub(super) fn an_administrator_in_both_goes_on(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION; GRANT rds_ad TO \
        rds_master WITH ADMIN OPTION; GRANT rds_iam TO rds_master; \
            CREATE ROLE below; GRANT rds_master TO below; ALTER ROLE rds_master CREATEROLE",
    );
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config(c, "rds_master", "postgres")).await;
        let kerbrole = Kerbrole::new(&client).await.unwrap();
        assert_eq!(
            kerbrole.add_principal("ann@a.b", None, &AddOptions::new()).await.unwrap(),
            "ann@A.B"
        );
        let in_team = AddOptions::new().group("team").if_not_exists(true);
        assert_eq!(
            kerbrole.add_principals(&["ann@a.b", "bob@a.b"], &in_team).await.unwrap().len(),
            2
        );
        let list = ["ann@a.b", "bob@a.b", "cyd@a.b"];
        assert_eq!(kerbrole.sync_principals(&list, &SyncOptions::new()).await.unwrap().len(), 1);
        // A new one is refused as ever, with its paths.
        let error = kerbrole
            .add_principal("dan@a.b", None, &AddOptions::new().group("rds_iam"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(error.conflict_paths().unwrap().1, ["dan@A.B", "rds_iam"]);
    });
    let all = "SELECT rolname FROM pg_roles WHERE rolname LIKE '%@A.B' AND rolcanlogin ORDER BY 1";
    assert_eq!(su.column(all), ["ann@A.B", "bob@A.B", "cyd@A.B"]);
}

/// Each refusal for want of a privilege says which.
pub(super) fn errors_say_what_to_grant(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE nobody LOGIN; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE ROLE team");
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config(c, "nobody", "postgres")).await;
        let kerbrole = kerbrole(&client).await.unwrap();
        let options = AddOptions::new();
        for (error, grant) in [
            (kerbrole.add_principal("bob@a.b", None, &options).await.unwrap_err(), "CREATEROLE"),
            (
                kerbrole.disable_principal("ann@a.b", None, Sessions::Keep).await.unwrap_err(),
                "CREATEROLE",
            ),
            (
                kerbrole.rename_principal("ann@a.b", None, "anna", None).await.unwrap_err(),
                "CREATEROLE",
            ),
            (
                kerbrole.drop_principal("ann@a.b", None, &Default::default()).await.unwrap_err(),
                "CREATEROLE",
            ),
            (
                kerbrole.grant_role("team", "ann@A.B").await.unwrap_err(),
                "GRANT \"team\" TO \"nobody\" WITH ADMIN OPTION;",
            ),
        ] {
            assert_eq!(
                (error.kind(), error.code().unwrap().code()),
                (ErrorKind::Privilege, "42501"),
                "{error:?}"
            );
            assert!(error.hint().unwrap().contains(grant), "{error:?}");
        }
    });
    wait_until(|| su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'") == "1").unwrap();
}

pub(super) fn owners_hand_over(c: &Context<'_>) {
    let mut su = c.superuser();
    let_master_manage(c);
    su.run(
        "GRANT CREATE ON SCHEMA public TO rds_master; CREATE USER \"ann@A.B\" IN ROLE rds_ad; \
        CREATE TABLE t (); ALTER TABLE t OWNER TO \"ann@A.B\"; CREATE ROLE team; \
            CREATE USER \"far@A.B\" IN ROLE rds_ad; CREATE TABLE u (); ALTER TABLE u OWNER \
            TO \"far@A.B\"; GRANT team TO \"ann@A.B\" WITH ADMIN OPTION; CREATE ROLE member; \
            SET ROLE \"ann@A.B\"; GRANT team TO member; RESET ROLE; GRANT team TO rds_master WITH \
            ADMIN OPTION",
    );
    su.run("CREATE DATABASE other");
    let mut elsewhere = c.try_connect("rdsadmin", "other").unwrap();
    elsewhere.run("CREATE SCHEMA s AUTHORIZATION \"far@A.B\"");
    if c.major() >= 16 {
        su.run(
            "GRANT \"ann@A.B\", \"far@A.B\" TO rds_master WITH ADMIN OPTION, INHERIT FALSE, SET \
            FALSE",
        );
    }
    let heir = kerbrole_client::DropOptions::new().reassign_owned_to("rds_master");
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config(c, "rds_master", "postgres")).await;
        let kerbrole = kerbrole(&client).await.unwrap();
        let dropped = kerbrole.drop_principal("ann@a.b", None, &heir).await.unwrap();
        assert_eq!(dropped, kerbrole_client::Dropped::Dropped(RoleName::new("ann@A.B").unwrap()));
        let dropped = kerbrole.drop_principal("far@a.b", None, &heir).await.unwrap();
        let kept_by = "1 object in database \"other\"".into();
        assert_eq!(
            dropped,
            kerbrole_client::Dropped::OnlyDisabled {
                role_name: RoleName::new("far@A.B").unwrap(),
                kept_by
            }
        );
    });
    assert_eq!(
        su.column("SELECT relowner::regrole::text FROM pg_class WHERE relname IN ('t', 'u')"),
        ["rds_master"; 2]
    );
    assert_eq!(su.one("SELECT pg_has_role('member', 'team', 'MEMBER')"), "t");
    assert_eq!(su.one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'far@A.B'"), "f");
    let usable = if c.major() >= 16 { "inherit_option OR set_option" } else { "true" };
    assert_eq!(
        su.one(&format!(
            "SELECT count(*) FROM pg_auth_members WHERE roleid = \
            '\"far@A.B\"'::regrole AND member = 'rds_master'::regrole AND ({usable})"
        )),
        "0",
        "the membership was for the transaction only"
    );
}

pub(super) fn sessions_end(c: &Context<'_>) {
    let mut su = c.superuser();
    let_master_manage(c);
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    if c.major() >= 16 {
        su.run("GRANT \"ann@A.B\" TO rds_master WITH ADMIN OPTION");
    }
    let mut ann = c.connect("ann@A.B");
    // Whoever may not read statistics sees them as well.
    su.run("CREATE ROLE nobody LOGIN");
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config(c, "nobody", "postgres")).await;
        let listed = kerbrole(&client).await.unwrap().list_principals().await.unwrap();
        assert_eq!(listed[0].sessions, 1);
    });
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config(c, "rds_master", "postgres")).await;
        let kerbrole = kerbrole(&client).await.unwrap();
        let error = kerbrole.rename_principal("ann@a.b", None, "anna", None).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "55006");
        kerbrole.disable_principal("ann@a.b", None, Sessions::Terminate).await.unwrap();
    });
    wait_until(|| ann.client.simple_query("SELECT 1").is_err()).unwrap();
    assert!(c.try_connect("ann@A.B", "postgres").is_err());
}

pub(super) fn a_list_shows_what_it_does(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE USER \"old@A.B\" IN ROLE rds_ad; CREATE USER \"holder@A.B\" IN ROLE rds_ad; \
        CREATE TABLE t (); GRANT SELECT ON t TO \"holder@A.B\"; CREATE USER \"stays@A.B\" IN ROLE \
        rds_ad; CREATE USER \"also@A.B\" IN ROLE rds_ad",
    );
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config(c, "rdsadmin", "postgres")).await;
        let kerbrole = kerbrole(&client).await.unwrap();
        let list = ["stays@a.b", "also@a.b", "new@a.b"];
        let mut shown: Vec<Vec<String>> = Vec::new();
        let plan = kerbrole.plan_sync(&list, &dropping()).await.unwrap();
        let done = kerbrole.sync_principals(&list, &dropping()).await.unwrap();
        for rows in [plan.rows(), &done] {
            let line = |row: &SyncRow| format!("{} {}", row.action.as_str(), row.statement);
            shown.push(rows.iter().map(line).collect());
        }
        let expected = [
            "create CREATE USER \"new@A.B\" WITH LOGIN; GRANT \"rds_ad\" TO \"new@A.B\";",
            "disable ALTER ROLE \"holder@A.B\" NOLOGIN; /* role \"holder@A.B\" is disabled \
             (NOLOGIN) and not dropped yet: 1 privilege in database \"postgres\". */",
            "drop DROP ROLE \"old@A.B\";",
        ];
        assert_eq!(shown, [expected, expected]);
        assert!(kerbrole.sync_principals(&list, &dropping()).await.unwrap().is_empty());
    });
    assert_eq!(
        states(c),
        [("also@A.B", true), ("holder@A.B", false), ("new@A.B", true), ("stays@A.B", true)]
            .map(|(name, whole)| (name.to_string(), whole))
            .into()
    );
}
