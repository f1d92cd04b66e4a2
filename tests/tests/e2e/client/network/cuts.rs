//! What is left where the connection breaks, is slow, or nobody waits any more.

use super::*;

const CUTS: [Cut; 4] = [Cut::Before, Cut::Half, Cut::During, Cut::After];

pub(super) fn an_add_is_whole_or_absent_wherever_it_is_cut(c: &Context<'_>) {
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
                    if state.is_some() { PrincipalState::Enabled } else { PrincipalState::Absent };
                let role = RoleName::new(&role).unwrap();
                assert_eq!(kerbrole.state_of([&name]).await.unwrap(), [(role, expected)]);
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

pub(super) fn a_bulk_add_leaves_whole_portions_and_can_be_completed(c: &Context<'_>) {
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

pub(super) fn a_slow_network_changes_nothing(c: &Context<'_>) {
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

pub(super) fn a_restart_in_between(c: &Context<'_>) {
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

pub(super) fn round_trips_do_not_grow(c: &Context<'_>) {
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
pub(super) fn a_future_that_is_dropped(c: &Context<'_>) {
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
