//! What is kept of plans and results, carried out later, and told to whoever traces: by the
//! features serde and tracing of the crate.

use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex};

use kerbrole_client::{
    AbsentPolicy, AddAction, AddOptions, Backend, ErrorKind, Kerbrole, PrincipalState, RealmRename,
    SyncOptions, SyncPlan,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json, to_value};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};
use tokio_postgres::{Client, NoTls};
use tracing_subscriber::fmt::MakeWriter;

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: a_plan_is_kept_and_carried_out_by_somebody_else,
        a_realm_moves_as_it_was_planned_or_not_at_all, results_are_read_back_as_they_were,
        lists_are_whatever_gives_texts, a_trace_names_calls_and_nobody;
}

async fn connect(c: &Context<'_>) -> Client {
    let mut config = tokio_postgres::Config::new();
    config.host_path(c.server.socket()).port(c.server.port).user("rdsadmin").dbname("postgres");
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn by(backend: Backend, client: &Client) -> Kerbrole<'_, Client> {
    Kerbrole::<Client>::builder().backend(backend).build(client).await.unwrap()
}

/// Runs it by either backend, each with a fresh start.
fn by_both(c: &Context<'_>, work: impl AsyncFn(Backend)) {
    for backend in [Backend::Extension, Backend::PlainSql] {
        c.start_afresh();
        Runtime::new().unwrap().block_on(work(backend));
    }
}

/// The same value again, out of its JSON.
fn read_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let kept = to_value(value).unwrap();
    assert_eq!(&from_value::<T>(kept.clone()).unwrap(), value);
    kept
}

fn a_plan_is_kept_and_carried_out_by_somebody_else(c: &Context<'_>) {
    by_both(c, async |backend| {
        let planned = {
            let client = connect(c).await;
            let kerbrole = by(backend, &client).await;
            let wanted = ["ann@a.b", "bob@a.b", "carol@a.b"];
            kerbrole.add_principals(wanted, &AddOptions::new()).await.unwrap();
            let disabling = SyncOptions::new().absent(AbsentPolicy::Disable);
            let list = ["ann@a.b", "bob@a.b", "dan@a.b"];
            kerbrole.plan_sync(list, &disabling).await.unwrap()
        };
        let kept = read_back(&planned);
        assert_eq!(kept["options"]["absent"], "disable");
        let role = |action: &str| {
            let rows = kept["rows"].as_array().unwrap();
            let row = rows.iter().find(|row| row["action"] == action).unwrap();
            row["role_name"].clone()
        };
        assert_eq!([role("create"), role("disable")], ["dan@A.B", "carol@A.B"]);

        // What can be no name is no plan, wherever it stands.
        let mut forged = kept.clone();
        forged["rows"][0]["role_name"] = json!("x".repeat(64));
        assert!(from_value::<SyncPlan>(forged).is_err());

        // A plan that says something else than the server's own is not carried out.
        let client = connect(c).await;
        let kerbrole = by(backend, &client).await;
        let mut forged = kept.clone();
        forged["rows"][0]["statement"] = json!("GRANT rds_iam TO PUBLIC;");
        let forged: SyncPlan = from_value(forged).unwrap();
        let refused = kerbrole.apply_sync(&forged).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PlanChanged, "{refused:?}");

        let plan: SyncPlan = from_value(kept).unwrap();
        kerbrole.apply_sync(&plan).await.unwrap();
        let names = ["ann@a.b", "bob@a.b", "carol@a.b", "dan@a.b"];
        let states = kerbrole.state_of(names).await.unwrap();
        let states: Vec<_> = states.into_iter().map(|(_, state)| state).collect();
        let (enabled, disabled) = (PrincipalState::Enabled, PrincipalState::Disabled);
        assert_eq!(states, [enabled, enabled, disabled, enabled]);

        // It is done: the same plan is another one's now.
        let refused = kerbrole.apply_sync(&plan).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PlanChanged, "{refused:?}");
    });
}

/// What was in the way when it was planned, and is gone, lets nobody be renamed unasked.
fn a_realm_moves_as_it_was_planned_or_not_at_all(c: &Context<'_>) {
    by_both(c, async |backend| {
        let client = connect(c).await;
        let kerbrole = by(backend, &client).await;
        let wanted = ["ann@a.b", "bob@a.b", "bob@x.y"];
        kerbrole.add_principals(wanted, &AddOptions::new()).await.unwrap();
        let names = async || {
            let listed = kerbrole.list_principals().await.unwrap();
            listed.into_iter().map(|one| one.role_name.to_string()).collect::<Vec<_>>()
        };
        let planned = kerbrole.plan_rename_realm("a.b", "x.y").await.unwrap();
        let in_the_way: Vec<_> =
            planned.iter().map(|one| (one.old_name.as_str(), one.problem.is_some())).collect();
        assert_eq!(in_the_way, [("ann@A.B", false), ("bob@A.B", true)]);
        let planned: Vec<RealmRename> = from_value(read_back(&planned)).unwrap();

        // The way becomes free.
        client.batch_execute("DROP ROLE \"bob@X.Y\"").await.unwrap();
        let refused = kerbrole.apply_rename_realm("a.b", "x.y", &planned).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PlanChanged, "{refused:?}");
        assert_eq!(names().await, ["ann@A.B", "bob@A.B"]);

        // Somebody else comes.
        let planned = kerbrole.plan_rename_realm("a.b", "x.y").await.unwrap();
        kerbrole.add_principals(["eve@a.b"], &AddOptions::new()).await.unwrap();
        let refused = kerbrole.apply_rename_realm("a.b", "x.y", &planned).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PlanChanged, "{refused:?}");
        assert_eq!(names().await, ["ann@A.B", "bob@A.B", "eve@A.B"]);

        let planned = kerbrole.plan_rename_realm("a.b", "x.y").await.unwrap();
        kerbrole.apply_rename_realm("a.b", "x.y", &planned).await.unwrap();
        assert_eq!(names().await, ["ann@X.Y", "bob@X.Y", "eve@X.Y"]);
    });
}

fn results_are_read_back_as_they_were(c: &Context<'_>) {
    by_both(c, async |backend| {
        let client = connect(c).await;
        client
            .batch_execute(
                "CREATE ROLE team; CREATE ROLE cloud IN ROLE rds_iam; \
                 CREATE USER \"bad@a.b\" IN ROLE rds_ad; \
                 CREATE USER \"both@A.B\" IN ROLE rds_ad, cloud",
            )
            .await
            .unwrap();
        let kerbrole = by(backend, &client).await;
        let options = AddOptions::new().groups(["team"]);
        let added = kerbrole.add_principals(["ann@a.b"], &options).await.unwrap();
        let expected = json!([{
            "principal": "ann@a.b", "role_name": "ann@A.B", "action": "created"
        }]);
        assert_eq!(read_back(&added), expected);

        let kept = read_back(&kerbrole.list_principals().await.unwrap());
        let ann = kept.as_array().unwrap().iter().find(|one| one["role_name"] == "ann@A.B");
        let expected = json!({
            "role_name": "ann@A.B", "username": "ann", "realm": "A.B", "can_login": true,
            "groups": ["team"], "ad_path": ["ann@A.B", "rds_ad"], "iam_path": null, "sessions": 0,
            "sid": null, "source": "manual"
        });
        assert_eq!(ann, Some(&expected));

        let kept = read_back(&kerbrole.conflicts().await.unwrap());
        assert_eq!(kept[0]["iam_path"], json!(["both@A.B", "cloud", "rds_iam"]));
        let kept = read_back(&kerbrole.case_audit().await.unwrap());
        assert_eq!(kept[0]["problem"], "unreachable_realm_case");
        assert_eq!(kept[0]["role_names"], json!(["bad@a.b"]));
        let kept = read_back(&kerbrole.check_principal("ann@a.b", None).await.unwrap());
        assert!(kept.as_array().unwrap().len() > 5, "{kept}");
        let kept = read_back(&kerbrole.state_of(["ann@a.b", "eve@a.b"]).await.unwrap());
        assert_eq!(kept, json!([["ann@A.B", "enabled"], ["eve@A.B", "absent"]]));
        let kept = read_back(kerbrole.server());
        assert_eq!(kept["user"], "rdsadmin");
        let kept = read_back(&kerbrole.unknown_realms(["x@a.c"]).await.unwrap());
        assert_eq!(kept, json!([{"realm": "A.C", "principal": "x@A.C", "nearest": "A.B"}]));

        let kept = to_value(kerbrole.plan_disable("ann@a.b", None).await.unwrap()).unwrap();
        let expected = json!({"statements": ["ALTER ROLE \"ann@A.B\" NOLOGIN;"], "outcomes": []});
        assert_eq!(kept, expected);
    });
}

fn lists_are_whatever_gives_texts(c: &Context<'_>) {
    by_both(c, async |backend| {
        let client = connect(c).await;
        let kerbrole = by(backend, &client).await;
        let options = AddOptions::new().if_not_exists(true);
        let owned: Vec<String> = vec!["ann@a.b".into(), "bob@a.b".into()];
        let added = kerbrole.add_principals(&owned, &options).await.unwrap();
        let sorted = std::collections::BTreeSet::from(["bob@a.b", "ann@a.b"]);
        kerbrole.add_principals(sorted, &options).await.unwrap();
        // What came back is asked for again.
        let roles = added.iter().map(|one| &one.role_name);
        let again = kerbrole.add_principals(roles, &options).await.unwrap();
        assert!(again.iter().all(|one| one.action == AddAction::Unchanged), "{again:?}");
        let found = kerbrole.require_principals(owned.iter().rev()).await.unwrap();
        assert_eq!(found, ["bob@A.B", "ann@A.B"]);
        let none: [&str; 0] = [];
        assert!(kerbrole.state_of(none).await.unwrap().is_empty());
        // Such a future goes to whatever thread has time for it.
        fn can_be_sent<T: Send>(future: T) -> T {
            future
        }
        let names = owned.iter().map(String::as_str);
        can_be_sent(kerbrole.add_principals(names, &options)).await.unwrap();
        let bulk = kerbrole.bulk(&owned, options.clone()).collect().await.unwrap();
        assert_eq!(bulk.len(), 2);
    });
}

/// What a program prints that traces everything.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Printed {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn a_trace_names_calls_and_nobody(c: &Context<'_>) {
    for backend in [Backend::Extension, Backend::PlainSql] {
        c.start_afresh();
        let printed = Printed::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(printed.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            // In one thread, which is the one that is traced.
            let runtime = RuntimeBuilder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = connect(c).await;
                let kerbrole = by(backend, &client).await;
                let secret = ["mallory@a.b"];
                kerbrole.add_principals(secret, &AddOptions::new()).await.unwrap();
                kerbrole.add_principals(secret, &AddOptions::new()).await.unwrap_err();
                kerbrole.disable_principal(secret[0], None, Default::default()).await.unwrap();
            });
        });
        let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
        let own: Vec<_> = text.lines().filter(|line| line.contains("kerbrole_client")).collect();
        let has = |words: &[&str]| {
            assert!(
                own.iter().any(|line| words.iter().all(|w| line.contains(w))),
                "{words:?}: {text}"
            );
        };
        has(&["looked at the server", &format!("{backend:?}")]);
        match backend {
            Backend::Extension => {
                has(&["add_principals", "function=\"kerb_add_principals\""]);
                has(&["disable_principal", "function=\"kerb_disable_principal\""]);
            }
            _ => {
                has(&["add_principals", "statements=2"]);
                has(&["disable_principal", "statements=1"]);
            }
        }
        for line in own {
            let line = line.to_lowercase();
            assert!(!line.contains("mallory") && !line.contains("rds_ad"), "{line}");
            assert!(!line.contains("create ") && !line.contains("select"), "{line}");
        }
    }
}
