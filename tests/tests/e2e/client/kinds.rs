//! What kind of error it is: the same by the extension and by plain statements.

use kerbrole_client::{
    AbsentPolicy, AddOptions, Backend, DropOptions, Error, ErrorKind, Handle, Kerbrole, Sessions,
    SyncOptions,
};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: the_same_thing_is_the_same_kind_by_both_backends, a_handle_outlives_its_connection,
        a_handle_is_as_old_as_its_look;
}

async fn connect(c: &Context<'_>, user: &str) -> Client {
    let mut config = tokio_postgres::Config::new();
    config.host_path(c.server.socket()).port(c.server.port).user(user).dbname("postgres");
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

type Done = Result<(), Error>;

async fn call(kerbrole: &Kerbrole<'_, Client>, what: ErrorKind) -> Done {
    let new = AddOptions::new();
    match what {
        ErrorKind::NotFound => kerbrole.enable_principal("nobody@a.b", None).await.map(drop),
        ErrorKind::AlreadyExists => kerbrole.add_principal("ann@a.b", None, &new).await.map(drop),
        ErrorKind::InvalidName => kerbrole.add_principal("a b", Some(""), &new).await.map(drop),
        ErrorKind::InUse => kerbrole.rename_principal("ann@a.b", None, "eve", None).await.map(drop),
        ErrorKind::OwnsObjects => {
            kerbrole.drop_principal("owner@a.b", None, &DropOptions::new()).await.map(drop)
        }
        ErrorKind::TooManyRemovals => {
            let options = SyncOptions::new().absent(AbsentPolicy::Disable);
            kerbrole.sync_principals(&["ann@a.b"], &options).await.map(drop)
        }
        ErrorKind::Conflict => {
            kerbrole.add_principal("eve@a.b", None, &new.group("wrong")).await.map(drop)
        }
        // Refused since somebody else holds the role, who asks has no right, or may not write.
        _ => kerbrole.disable_principal("held@a.b", None, Sessions::Keep).await.map(drop),
    }
}

fn the_same_thing_is_the_same_kind_by_both_backends(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE wrong IN ROLE rds_iam; CREATE ROLE stranger LOGIN CREATEROLE; \
         CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"held@A.B\" IN ROLE rds_ad; \
         CREATE USER \"owner@A.B\" IN ROLE rds_ad; CREATE TABLE kept (); \
         ALTER TABLE kept OWNER TO \"owner@A.B\"; \
         DO $$ BEGIN FOR i IN 1..30 LOOP \
         EXECUTE format('CREATE USER %I IN ROLE rds_ad', 'p' || i || '@A.B'); END LOOP; END $$",
    );
    // Before 16 CREATEROLE is all that plain statements need to change any role.
    if c.major() < 16 {
        su.run("ALTER ROLE stranger NOCREATEROLE");
    }
    let _session = c.connect("ann@A.B");
    let cases = [
        (ErrorKind::NotFound, "rdsadmin", ""),
        (ErrorKind::AlreadyExists, "rdsadmin", ""),
        (ErrorKind::InvalidName, "rdsadmin", ""),
        (ErrorKind::InUse, "rdsadmin", ""),
        (ErrorKind::OwnsObjects, "rdsadmin", ""),
        (ErrorKind::TooManyRemovals, "rdsadmin", ""),
        (ErrorKind::Conflict, "rdsadmin", ""),
        (ErrorKind::Privilege, "stranger", ""),
        (ErrorKind::ReadOnly, "rdsadmin", "SET default_transaction_read_only = on"),
        (ErrorKind::Concurrent, "rdsadmin", "SET lock_timeout = '10ms'"),
    ];
    for backend in [Backend::Extension, Backend::PlainSql] {
        for (kind, user, setting) in cases {
            let mut holder = c.superuser();
            if kind == ErrorKind::Concurrent {
                holder.run("BEGIN; ALTER ROLE \"held@A.B\" CONNECTION LIMIT 3");
            }
            let error = Runtime::new().unwrap().block_on(async {
                let client = connect(c, user).await;
                client.batch_execute(setting).await.unwrap();
                let builder = Kerbrole::<Client>::builder().backend(backend).accept_nesting(true);
                call(&builder.build(&client).await.unwrap(), kind).await.unwrap_err()
            });
            assert_eq!(error.kind(), kind, "{backend:?}: {error:?}");
            assert_eq!(error.is_retryable(), kind == ErrorKind::Concurrent, "{backend:?}");
        }
        let error = Runtime::new().unwrap().block_on(async {
            let client = connect(c, "rdsadmin").await;
            let builder = Kerbrole::<Client>::builder().backend(backend);
            let kerbrole = builder.build(&client).await.unwrap();
            let end = "SELECT pg_terminate_backend(pg_backend_pid())";
            client.batch_execute(end).await.unwrap_err();
            kerbrole.list_principals().await.unwrap_err()
        });
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Connection, false));
    }
}

fn a_handle_outlives_its_connection(c: &Context<'_>) {
    fn lives_in_a_state<T: Clone + Send + Sync + 'static>(_: &T) {}
    for backend in [Backend::Extension, Backend::PlainSql] {
        c.start_afresh();
        let handle = Runtime::new().unwrap().block_on(async {
            let client = connect(c, "rdsadmin").await;
            Kerbrole::<Client>::builder().backend(backend).handle(&client).await.unwrap()
        });
        lives_in_a_state(&handle);
        // Another runtime, another connection, and a transaction of it.
        Runtime::new().unwrap().block_on(async {
            let mut client = connect(c, "rdsadmin").await;
            let new = AddOptions::new();
            handle.on(&client).add_principal("ann@a.b", None, &new).await.unwrap();
            let transaction = client.transaction().await.unwrap();
            handle.on(&transaction).add_principal("bob@a.b", None, &new).await.unwrap();
            transaction.rollback().await.unwrap();
        });
        assert_eq!(
            c.superuser().column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"),
            ["ann@A.B"]
        );
    }
}

fn a_handle_is_as_old_as_its_look(c: &Context<'_>) {
    Runtime::new().unwrap().block_on(async {
        let client = connect(c, "rdsadmin").await;
        let old = Kerbrole::new(&client).await.unwrap().handle().clone();
        client.batch_execute("DROP EXTENSION pg_kerbrole").await.unwrap();
        let list = async |handle: &Handle| handle.on(&client).list_principals().await;
        assert_eq!(old.backend(), Backend::Extension);
        assert_eq!(list(&old).await.unwrap_err().kind(), ErrorKind::Other);
        let new = old.refresh(&client).await.unwrap();
        assert_eq!((old.backend(), new.backend()), (Backend::Extension, Backend::PlainSql));
        assert_eq!(list(&new).await.unwrap(), []);
    });
}
