//! The crate kerbrole-client over a network that fails, and beside others who do the same.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use futures_util::TryStreamExt;
use kerbrole_client::{
    AbsentPolicy, AddOptions, Backend, Error, ErrorKind, Kerbrole, PrincipalState, SyncOptions,
};
use kerbrole_tests::proxy::{Cut, Proxy};
use kerbrole_tests::sandbox::wait_until;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: an_add_is_whole_or_absent_wherever_it_is_cut,
        a_bulk_add_leaves_whole_portions_and_can_be_completed, a_slow_network_changes_nothing;
    BareEachVersion: an_add_is_whole_or_absent_wherever_it_is_cut,
        a_bulk_add_leaves_whole_portions_and_can_be_completed, a_slow_network_changes_nothing,
        a_restart_in_between, round_trips_do_not_grow, a_future_that_is_dropped,
        two_clients_that_would_make_a_conflict, a_grant_that_commits_meanwhile_is_seen,
        a_list_says_what_it_could_not_take_back, nobody_is_nested_unasked,
        an_administrator_in_both_goes_on, nothing_is_left_of_the_mutex, inside_a_transaction,
        errors_say_what_to_grant, owners_hand_over, sessions_end, a_list_shows_what_it_does;
}

const CUTS: [Cut; 4] = [Cut::Before, Cut::Half, Cut::During, Cut::After];

fn dropping() -> SyncOptions {
    SyncOptions::new().absent(AbsentPolicy::Drop)
}

fn config(c: &Context<'_>, user: &str, database: &str) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config.host_path(c.server.socket()).port(c.server.port).user(user).dbname(database);
    config
}

fn through(proxy: &Proxy, user: &str) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(proxy.port).user(user).dbname("postgres");
    config
}

async fn connect(config: &tokio_postgres::Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn kerbrole(client: &Client) -> Result<Kerbrole<'_, Client>, Error> {
    Kerbrole::<Client>::builder().accept_nesting(true).build(client).await
}

/// What the administrator needs for plain statements.
fn let_master_manage(c: &Context<'_>) {
    if c.major() >= 16 {
        c.superuser().run("GRANT rds_ad TO rds_master WITH ADMIN OPTION");
    }
}

/// Principals by whether they are whole.
fn states(c: &Context<'_>) -> BTreeMap<String, bool> {
    let mut su = c.superuser();
    // Until the server has noticed that nobody is there any more.
    su.wait_for_no_sessions("rds_master");
    su.rows(
        "SELECT rolname, rolcanlogin AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member \
        = r.oid AND m.roleid = 'rds_ad'::regrole) FROM pg_roles r WHERE rolname LIKE '%@%'",
    )
    .into_iter()
    .map(|row| (row[0].clone(), row[1] == "t"))
    .collect()
}

fn an_add_is_whole_or_absent_wherever_it_is_cut(c: &Context<'_>) {
    let_master_manage(c);
    let runtime = Runtime::new().unwrap();
    let proxy = Proxy::start(c.server, Duration::ZERO).unwrap();
    let mut seen = [0, 0];
    for cut in CUTS {
        for request in 0.. {
            assert!(request < 20, "never got through");
            let name = format!("u{request}-{cut:?}@a.b").to_lowercase();
            proxy.cut_at(request, cut);
            let outcome = runtime.block_on(async {
                let client = connect(&through(&proxy, "rds_master")).await;
                kerbrole(&client).await?.add_principal(&name, None, &AddOptions::new()).await
            });
            proxy.mend();
            let role = format!("u{request}-{}@A.B", format!("{cut:?}").to_lowercase());
            let state = states(c).get(&role).copied();
            assert_ne!(state, Some(false), "{cut:?} at {request}: half made");
            seen[usize::from(state.is_some())] += 1;
            // How it stands is found out over a new connection, and doing it again completes it.
            runtime.block_on(async {
                let client = connect(&config(c, "rds_master", "postgres")).await;
                let kerbrole = kerbrole(&client).await.unwrap();
                let expected =
                    if state.is_some() { PrincipalState::Whole } else { PrincipalState::Absent };
                assert_eq!(kerbrole.state_of(&[&name]).await.unwrap(), [(role.clone(), expected)]);
                kerbrole
                    .add_principal(&name, None, &AddOptions::new().if_not_exists(true))
                    .await
                    .unwrap();
            });
            assert_eq!(states(c).get(&role), Some(&true));
            match outcome {
                Ok(_) => break,
                Err(error) => assert_eq!(
                    error.kind(),
                    ErrorKind::Connection,
                    "{cut:?} at {request}: {error:?}"
                ),
            }
        }
    }
    assert!(seen[0] > 4 && seen[1] > 4, "{seen:?}");
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("n{i}@a.b")).collect()
}

fn a_bulk_add_leaves_whole_portions_and_can_be_completed(c: &Context<'_>) {
    let_master_manage(c);
    let runtime = Runtime::new().unwrap();
    let proxy = Proxy::start(c.server, Duration::ZERO).unwrap();
    for cut in CUTS {
        for request in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13] {
            proxy.cut_at(request, cut);
            let told = runtime.block_on(async {
                let client = connect(&through(&proxy, "rds_master")).await;
                let Ok(kerbrole) = kerbrole(&client).await else { return 0 };
                let mut stream = std::pin::pin!(
                    kerbrole.bulk(names(40), AddOptions::new()).per_chunk(10).stream()
                );
                let mut done = 0;
                while let Ok(Some(progress)) = stream.try_next().await {
                    assert_eq!(
                        (progress.done, progress.total, progress.chunk.len()),
                        (done + 10, 40, 10)
                    );
                    done = progress.done;
                }
                done
            });
            proxy.mend();
            let states = states(c);
            assert!(states.values().all(|whole| *whole), "{cut:?} at {request}: {states:?}");
            assert!(
                states.len().is_multiple_of(10) && [told, told + 10].contains(&states.len()),
                "{cut:?} at {request}: told {told}, made {}",
                states.len()
            );
            runtime.block_on(async {
                let client = connect(&config(c, "rds_master", "postgres")).await;
                let kerbrole = kerbrole(&client).await.unwrap();
                let stream = kerbrole
                    .bulk(names(40), AddOptions::new().if_not_exists(true))
                    .per_chunk(10)
                    .stream();
                let portions: Vec<_> = stream.try_collect().await.unwrap();
                assert_eq!(portions.len(), 4);
            });
            let mut su = c.superuser();
            su.wait_for_no_sessions("rds_master");
            assert_eq!(
                su.one(
                    "SELECT count(*) FROM pg_roles r WHERE rolname LIKE 'n%@A.B' AND \
                rolcanlogin AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND \
                m.roleid = 'rds_ad'::regrole)"
                ),
                "40"
            );
            let all = su.one(
                "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE \
                rolname LIKE '%@%'",
            );
            su.run(&format!("DROP ROLE {all}"));
        }
    }
}

fn a_slow_network_changes_nothing(c: &Context<'_>) {
    let_master_manage(c);
    let proxy = Proxy::start(c.server, Duration::from_millis(30)).unwrap();
    Runtime::new().unwrap().block_on(async {
        let client = connect(&through(&proxy, "rds_master")).await;
        let kerbrole = kerbrole(&client).await.unwrap();
        let names = names(300);
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert_eq!(kerbrole.add_principals(&names, &AddOptions::new()).await.unwrap().len(), 300);
        assert_eq!(kerbrole.list_principals().await.unwrap().len(), 300);
    });
}

fn a_restart_in_between(c: &Context<'_>) {
    let own = c.own_server("restarted", &[]);
    let mut su = crate::fixture::Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    if c.major() >= 16 {
        su.run("GRANT rds_ad TO rds_master WITH ADMIN OPTION");
    }
    let mut config = tokio_postgres::Config::new();
    config.host_path(own.0.socket()).port(own.0.port).user("rds_master").dbname("postgres");
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config).await;
        let before = kerbrole(&client).await.unwrap();
        let mut stream =
            std::pin::pin!(before.bulk(names(40), AddOptions::new()).per_chunk(10).stream());
        assert_eq!(stream.try_next().await.unwrap().unwrap().done, 10);
        own.0.restart().unwrap();
        assert_eq!(stream.try_next().await.unwrap_err().kind(), ErrorKind::Connection);
        let client = connect(&config).await;
        let after = kerbrole(&client).await.unwrap();
        assert_eq!(after.list_principals().await.unwrap().len(), 10);
        let stream =
            after.bulk(names(40), AddOptions::new().if_not_exists(true)).per_chunk(10).stream();
        let portions: Vec<_> = stream.try_collect().await.unwrap();
        let created = portions
            .iter()
            .flat_map(|portion| &portion.chunk)
            .filter(|added| added.action.as_str() == "created");
        assert_eq!(created.count(), 30);
        assert_eq!(after.list_principals().await.unwrap().len(), 40);
    });
}

fn round_trips_do_not_grow(c: &Context<'_>) {
    let_master_manage(c);
    let proxy = Proxy::start(c.server, Duration::ZERO).unwrap();
    let runtime = Runtime::new().unwrap();
    let requests = |prefix: &str, count: usize| {
        runtime.block_on(async {
            let client = connect(&through(&proxy, "rds_master")).await;
            let kerbrole = kerbrole(&client).await.unwrap();
            let names: Vec<_> = (0..count).map(|i| format!("{prefix}{i}@a.b")).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let before = proxy.requests();
            kerbrole.add_principals(&names, &AddOptions::new()).await.unwrap();
            proxy.requests() - before
        })
    };
    assert!(requests("x", 1) <= 5);
    let hundred = requests("y", 100);
    assert!(hundred <= 5, "{hundred} requests");
    assert_eq!(requests("z", 2000), hundred);
}

/// Whoever stops waiting leaves whole portions.
fn a_future_that_is_dropped(c: &Context<'_>) {
    let_master_manage(c);
    let proxy = Proxy::start(c.server, Duration::from_millis(5)).unwrap();
    let runtime = Runtime::new().unwrap();
    for milliseconds in [5, 40, 70, 100, 130, 170] {
        runtime.block_on(async {
            let client = connect(&through(&proxy, "rds_master")).await;
            let kerbrole = kerbrole(&client).await.unwrap();
            let work = kerbrole
                .bulk(names(60), AddOptions::new())
                .per_chunk(20)
                .stream()
                .try_for_each(|_| async { Ok(()) });
            let _given_up = tokio::time::timeout(Duration::from_millis(milliseconds), work).await;
        });
        let states = states(c);
        assert!(
            states.values().all(|whole| *whole) && states.len().is_multiple_of(20),
            "after {milliseconds} ms: {}",
            states.len()
        );
        if !states.is_empty() {
            let all: Vec<_> =
                states.keys().map(|name| kerbrole_core::quote_identifier(name)).collect();
            c.superuser().run(&format!("DROP ROLE {}", all.join(", ")));
        }
    }
}

/// In two databases, where no advisory lock reaches: one adds a principal to a group, the other
/// puts the group into rds_iam.
fn two_clients_that_would_make_a_conflict(c: &Context<'_>) {
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
fn a_grant_that_commits_meanwhile_is_seen(c: &Context<'_>) {
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

/// What a list removed before somebody else's grant was seen stays removed, and the error says so.
fn a_list_says_what_it_could_not_take_back(c: &Context<'_>) {
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
                kerbrole.sync_principals(&["old@a.b"], &dropping(), false).await.unwrap_err()
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

/// Since 16 an administrator who creates principals would be locked out of its own password: it is
/// asked first, and can be helped afterwards.
fn nobody_is_nested_unasked(c: &Context<'_>) {
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
            assert_eq!(careful.nesting_of_user().await.unwrap(), [""; 0]);
            return;
        }
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.code().unwrap().code()), (ErrorKind::WouldNest, "42501"));
        assert!(
            error.detail().unwrap().contains("\"rds_master\" would be nested under rds_ad"),
            "{error:?}"
        );
        assert!(error.hint().unwrap().contains("nesting_of_user()"));
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
        kerbrole.nesting_of_user().await.unwrap()
    });
    assert_eq!(undo, ["REVOKE \"ann@A.B\" FROM \"rds_master\" GRANTED BY \"rdsadmin\";"]);
    su.run(&undo[0]);
    su.run("REVOKE rds_ad FROM rds_master CASCADE; GRANT rds_ad TO \"ann@A.B\"");
    assert_eq!(c.master().one("SELECT pg_has_role('rds_ad', 'MEMBER')"), "f");
}

/// Conflicts that were there before block nothing, the administrator's own included, who becomes a
/// member of what it creates since 16.
fn an_administrator_in_both_goes_on(c: &Context<'_>) {
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
        assert_eq!(
            kerbrole.sync_principals(&list, &SyncOptions::new(), false).await.unwrap().len(),
            1
        );
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

fn nothing_is_left_of_the_mutex(c: &Context<'_>) {
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

fn inside_a_transaction(c: &Context<'_>) {
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
            kerbrole.disable_principal("alice@a.b", None, false).await.unwrap();
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

/// Each refusal for want of a privilege says which.
fn errors_say_what_to_grant(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE nobody LOGIN; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE ROLE team");
    Runtime::new().unwrap().block_on(async {
        let client = connect(&config(c, "nobody", "postgres")).await;
        let kerbrole = kerbrole(&client).await.unwrap();
        let options = AddOptions::new();
        for (error, grant) in [
            (kerbrole.add_principal("bob@a.b", None, &options).await.unwrap_err(), "CREATEROLE"),
            (kerbrole.disable_principal("ann@a.b", None, false).await.unwrap_err(), "CREATEROLE"),
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

fn owners_hand_over(c: &Context<'_>) {
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
        assert_eq!(dropped, kerbrole_client::Dropped::Gone("ann@A.B".into()));
        let dropped = kerbrole.drop_principal("far@a.b", None, &heir).await.unwrap();
        let kept_by = "1 object in database \"other\"".into();
        assert_eq!(
            dropped,
            kerbrole_client::Dropped::OnlyDisabled { role_name: "far@A.B".into(), kept_by }
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

fn sessions_end(c: &Context<'_>) {
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
        kerbrole.disable_principal("ann@a.b", None, true).await.unwrap();
    });
    wait_until(|| ann.client.simple_query("SELECT 1").is_err()).unwrap();
    assert!(c.try_connect("ann@A.B", "postgres").is_err());
}

fn a_list_shows_what_it_does(c: &Context<'_>) {
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
        for dry_run in [true, false] {
            let rows = kerbrole.sync_principals(&list, &dropping(), dry_run).await.unwrap();
            shown.push(
                rows.into_iter()
                    .map(|row| format!("{} {}", row.action.as_str(), row.statement))
                    .collect(),
            );
        }
        let expected = [
            "create CREATE USER \"new@A.B\" WITH LOGIN; GRANT \"rds_ad\" TO \"new@A.B\";",
            "disable ALTER ROLE \"holder@A.B\" NOLOGIN; /* role \"holder@A.B\" is disabled \
             (NOLOGIN) and not dropped yet: 1 privilege in database \"postgres\". */",
            "drop DROP ROLE \"old@A.B\";",
        ];
        assert_eq!(shown, [expected, expected]);
        assert!(kerbrole.sync_principals(&list, &dropping(), false).await.unwrap().is_empty());
    });
    assert_eq!(
        states(c),
        [("also@A.B", true), ("holder@A.B", false), ("new@A.B", true), ("stays@A.B", true)]
            .map(|(name, whole)| (name.to_string(), whole))
            .into()
    );
}
