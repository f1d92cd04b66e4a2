//! What others do at the same time, and what a transaction of the caller keeps.

use super::*;

/// In two databases, where no advisory lock reaches: one adds a principal to a group, the other
/// puts the group into rds_iam.
pub(super) fn two_clients_that_would_make_a_conflict(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE DATABASE other");
    let_master_manage(c);
    let mut kept = [0, 0];
    for round in 0..12 {
        su.run(
            "CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION; CREATE ROLE boss \
            LOGIN; CREATE USER \"pat@A.B\" IN ROLE team",
        );
        let name = format!("r{round}@a.b");
        // As superusers both could take any lock; as nobody in particular only the look after the
        // commit is left.
        let (first, second) =
            if round % 2 == 0 { ("rdsadmin", "rdsadmin") } else { ("rds_master", "rdsadmin") };
        let (added, granted) = thread::scope(|scope| {
            let adding = scope.spawn(|| {
                Runtime::new().unwrap().block_on(async {
                    let client = connect(&config(c, first, "postgres")).await;
                    kerbrole(&client)
                        .await?
                        .add_principal(&name, None, &AddOptions::new().group("team"))
                        .await
                })
            });
            let granting = scope.spawn(|| {
                Runtime::new().unwrap().block_on(async {
                    let client = connect(&config(c, second, "other")).await;
                    kerbrole(&client).await?.grant_role("rds_iam", "team").await
                })
            });
            (adding.join().unwrap(), granting.join().unwrap())
        });
        for error in [added.as_ref().err(), granted.as_ref().err()].into_iter().flatten() {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
            assert!(error.conflict_paths().is_some(), "{error:?}");
        }
        assert!(!(added.is_ok() && granted.is_ok()), "both keep it");
        kept[0] += u32::from(added.is_ok());
        kept[1] += u32::from(granted.is_ok());
        let conflicts = "WITH RECURSIVE ad AS (SELECT 'rds_ad'::regrole::oid AS oid UNION SELECT \
            member FROM pg_auth_members m JOIN ad ON m.roleid = ad.oid), \
             iam AS (SELECT 'rds_iam'::regrole::oid AS oid UNION SELECT member FROM \
             pg_auth_members m JOIN iam ON m.roleid = iam.oid) SELECT count(*) FROM ad JOIN iam \
             USING (oid) \
             JOIN pg_roles USING (oid) WHERE rolname <> 'rds_master'";
        assert_eq!(su.one(conflicts), "0");
        let exists =
            su.one(&format!("SELECT count(*) FROM pg_roles WHERE rolname = 'r{round}@A.B'"));
        assert_eq!(exists == "1", added.is_ok(), "what was refused is not there");
        su.run("DROP ROLE team, boss, \"pat@A.B\"");
        su.run(&format!("DROP ROLE IF EXISTS \"r{round}@A.B\""));
    }
    assert!(kept[0] + kept[1] > 0, "{kept:?}");
}

/// A plain GRANT of somebody who takes no care is open while a principal is added, and commits in
/// between: what was added is taken back.
pub(super) fn a_grant_that_commits_meanwhile_is_seen(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team; CREATE ROLE \"old@A.B\"; CREATE ROLE other");
    // The grant waits for nothing, and the batch for its end: it inserts the same membership.
    let mut holder = c.superuser();
    holder.run("BEGIN; GRANT rds_iam TO team; GRANT team TO \"old@A.B\"");
    let error = thread::scope(|scope| {
        let adding = scope.spawn(|| {
            Runtime::new().unwrap().block_on(async {
                let mut config = config(c, "rdsadmin", "postgres");
                config.application_name("second");
                let client = connect(&config).await;
                let kerbrole = kerbrole(&client).await.unwrap();
                let options = AddOptions::new().group("team").if_not_exists(true);
                kerbrole.add_principals(&["new@a.b", "old@a.b"], &options).await.unwrap_err()
            })
        });
        su.wait_for_waiting("second");
        holder.run("COMMIT");
        adding.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(error.conflict_paths().unwrap().1.contains(&"team".to_string()), "{error:?}");
    assert_eq!(su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"), ["old@A.B"]);
    assert_eq!(
        su.one(
            "SELECT count(*) FROM pg_auth_members WHERE roleid = 'rds_ad'::regrole AND member = \
             '\"old@A.B\"'::regrole"
        ),
        "0"
    );
}

/// What is taken back is what this call wrote: a membership that was there before stays, and so
/// does a new role to which somebody else has given something in the moment between.
pub(super) fn what_is_not_ones_own_is_not_taken_back(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE crew; CREATE ROLE other; CREATE USER \"pat@A.B\" IN ROLE \
         rds_ad, team",
    );
    // The answer to the batch travels long enough for others to commit before the client looks
    // again.
    let proxy = Proxy::start(c.server, Duration::from_millis(300)).unwrap();
    let mut config = through(&proxy, "rdsadmin");
    config.application_name("second");
    let mut holder = c.superuser();
    holder.run("BEGIN; GRANT rds_iam TO team");
    let error = thread::scope(|scope| {
        let granting = scope.spawn(|| {
            Runtime::new().unwrap().block_on(async {
                let client = connect(&config).await;
                let kerbrole = kerbrole(&client).await.unwrap();
                kerbrole.grant_role("team", "pat@A.B").await.unwrap_err()
            })
        });
        let is_done = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'second' \
             AND state = 'idle' AND query LIKE 'DO %'";
        wait_until(|| su.one(is_done) == "1").unwrap();
        holder.run("COMMIT");
        granting.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert_eq!(groups_of(&mut su, "pat@A.B"), ["rds_ad", "team"]);

    holder.run("BEGIN; GRANT rds_iam TO crew");
    let error = thread::scope(|scope| {
        let adding = scope.spawn(|| {
            Runtime::new().unwrap().block_on(async {
                let client = connect(&config).await;
                let options = AddOptions::new().group("crew");
                let kerbrole = kerbrole(&client).await.unwrap();
                kerbrole.add_principal("new@a.b", None, &options).await.unwrap_err()
            })
        });
        wait_until(|| su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'new@A.B'") == "1")
            .unwrap();
        su.run("GRANT other TO \"new@A.B\"");
        holder.run("COMMIT");
        adding.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert_eq!(groups_of(&mut su, "new@A.B"), ["other"]);
}

fn groups_of(su: &mut Session, member: &str) -> Vec<String> {
    su.column(&format!(
        "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid \
         WHERE m.member = '\"{member}\"'::regrole ORDER BY 1"
    ))
}

/// What a list removed before somebody else's grant was seen stays removed, and the error says so.
pub(super) fn a_list_says_what_it_could_not_take_back(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE \"old@A.B\" LOGIN IN ROLE team; CREATE ROLE \"gone@A.B\" \
         LOGIN IN ROLE rds_ad",
    );
    let mut other = c.superuser();
    other.run("BEGIN; GRANT rds_iam TO team");
    // The answer to the batch travels long enough for the other one to commit before the client
    // looks again.
    let proxy = Proxy::start(c.server, Duration::from_millis(300)).unwrap();
    let error = thread::scope(|scope| {
        let listing = scope.spawn(|| {
            Runtime::new().unwrap().block_on(async {
                let client = connect(&through(&proxy, "rdsadmin")).await;
                let kerbrole =
                    Kerbrole::<Client>::builder().max_removals(1).build(&client).await.unwrap();
                kerbrole.sync_principals(&["old@a.b"], &dropping()).await.unwrap_err()
            })
        });
        wait_until(|| su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'gone@A.B'") == "0")
            .unwrap();
        other.run("COMMIT");
        listing.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(error.detail().unwrap().contains("who it disabled or dropped stays so"), "{error:?}");
    assert_eq!(
        su.column(
            "SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'rds_ad', 'MEMBER') AND \
            rolname LIKE '%@%'"
        ),
        [""; 0]
    );
}

pub(super) fn nothing_is_left_of_the_mutex(c: &Context<'_>) {
    let mut su = c.superuser();
    let_master_manage(c);
    let comment = "SELECT shobj_description('rds_ad'::regrole, 'pg_authid')";
    for before in ["NULL", "it''s ours; \"quoted\" \\ and $$"] {
        su.run(&format!(
            "COMMENT ON ROLE rds_ad IS {}",
            if before == "NULL" { before.to_string() } else { format!("'{before}'") }
        ));
        let expected = su.one(comment);
        for (user, name) in [("rds_master", "m"), ("rdsadmin", "s")] {
            let name = format!("{name}{}@a.b", before.len());
            Runtime::new().unwrap().block_on(async {
                let client = connect(&config(c, user, "postgres")).await;
                if c.major() >= 16 {
                    client
                        .batch_execute("SET createrole_self_grant = 'set, inherit'")
                        .await
                        .unwrap();
                }
                let kerbrole = kerbrole(&client).await.unwrap();
                kerbrole.add_principal(&name, None, &AddOptions::new()).await.unwrap();
                if c.major() >= 16 {
                    let row = client
                        .query_one("SELECT current_setting('createrole_self_grant')", &[])
                        .await
                        .unwrap();
                    assert_eq!(row.get::<_, String>(0), "set, inherit");
                }
            });
            assert_eq!(su.one(comment), expected);
            if c.major() >= 16 {
                let options = format!(
                    "SELECT count(*) FROM pg_auth_members WHERE roleid = '\"{}\"'::regrole AND \
                     (inherit_option OR set_option)",
                    name.replace("@a.b", "@A.B")
                );
                assert_eq!(su.one(&options), "0", "no more than CREATEROLE has to be given");
            }
        }
    }
}

pub(super) fn inside_a_transaction(c: &Context<'_>) {
    let_master_manage(c);
    Runtime::new().unwrap().block_on(async {
        let mut client = connect(&config(c, "rds_master", "postgres")).await;
        for commits in [false, true] {
            let transaction = client.transaction().await.unwrap();
            let kerbrole = Kerbrole::<tokio_postgres::Transaction<'_>>::builder()
                .accept_nesting(true)
                .build(&transaction)
                .await
                .unwrap();
            assert_eq!(kerbrole.backend(), Backend::PlainSql);
            kerbrole.add_principal("alice@a.b", None, &AddOptions::new()).await.unwrap();
            kerbrole.disable_principal("alice@a.b", None, Sessions::Keep).await.unwrap();
            if commits {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
            let kerbrole = Kerbrole::new(&client).await.unwrap();
            assert_eq!(kerbrole.list_principals().await.unwrap().len(), usize::from(commits));
        }
    });
}
