//! A conflict that somebody else's grant makes at the same time.

use std::time::Duration;

use kerbrole_client::{AbsentPolicy, ErrorKind, SyncOptions};
use kerbrole_tests::proxy::Proxy;

use super::*;

/// A grant that is committed while a list waits, which the look inside the batch sees.
pub(super) fn nothing_internal_is_said(c: &Context<'_>) {
    let (mut su, mut holder) = (c.superuser(), c.superuser());
    su.run("CREATE ROLE team; CREATE USER \"old@A.B\" IN ROLE team");
    holder.run("BEGIN; COMMENT ON ROLE rds_ad IS NULL; GRANT rds_iam TO team");
    let texts = std::thread::scope(|scope| {
        let listing = scope.spawn(|| {
            by_plain_statements(c, "rdsadmin", async |kerbrole| {
                let error = kerbrole
                    .sync_principals(&["old@a.b"], &SyncOptions::new().absent(AbsentPolicy::Keep))
                    .await
                    .unwrap_err();
                assert_eq!(error.code().unwrap().code(), "0LP01");
                let mut texts =
                    vec![error.to_string(), error.detail().unwrap(), error.hint().unwrap()];
                let mut cause = std::error::Error::source(&error);
                while let Some(error) = cause {
                    texts.push(error.to_string());
                    cause = error.source();
                }
                texts
            })
        });
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%DO %' AND \
            wait_event_type = 'Lock'";
        wait_until(|| su.one(waiting) == "1").unwrap();
        holder.run("COMMIT");
        listing.join().unwrap()
    });
    assert!(texts.iter().all(|text| !text.contains("kerbrole")), "{texts:?}");
    assert!(texts[0].contains("rds_ad") && texts[0].contains("rds_iam"), "{texts:?}");
}

/// Between the commit and the second look somebody else commits the other half, and takes the right
/// away by which this could be undone.
pub(super) fn what_cannot_be_taken_back_is_told(c: &Context<'_>) {
    let (mut su, mut other) = (c.superuser(), c.superuser());
    su.run(
        "CREATE ROLE dba LOGIN CREATEROLE; CREATE ROLE team; GRANT team TO dba WITH ADMIN OPTION",
    );
    if c.major() >= 16 {
        su.run("GRANT rds_ad TO dba WITH ADMIN OPTION");
    }
    // Nobody is in both yet by what is committed; the answer to the batch travels long enough for
    // that to change.
    other.run("BEGIN; GRANT rds_iam TO team; ALTER ROLE dba NOCREATEROLE");
    let proxy = Proxy::start(c.server, Duration::from_millis(300)).unwrap();
    let error = std::thread::scope(|scope| {
        let adding = scope.spawn(|| {
            Runtime::new().unwrap().block_on(async {
                let mut config = tokio_postgres::Config::new();
                config.host("127.0.0.1").port(proxy.port).user("dba").dbname("postgres");
                let (client, connection) = config.connect(NoTls).await.unwrap();
                tokio::spawn(connection);
                let kerbrole = Kerbrole::<Client>::builder()
                    .accept_nesting(true)
                    .build(&client)
                    .await
                    .unwrap();
                kerbrole
                    .add_principal("new@a.b", None, &AddOptions::new().group("team"))
                    .await
                    .unwrap_err()
            })
        });
        wait_until(|| su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'new@A.B'") == "1")
            .unwrap();
        other.run("COMMIT");
        adding.join().unwrap()
    });
    assert_eq!(
        (error.kind(), error.code().unwrap().code()),
        (ErrorKind::Conflict, "0LP01"),
        "{error:?}"
    );
    assert!(error.to_string().ends_with("is a member of both rds_ad and rds_iam now"), "{error}");
    let detail = error.detail().unwrap();
    assert!(detail.contains("could not be taken back: permission denied to drop role"), "{detail}");
    assert!(error.hint().unwrap().contains("REVOKE "), "{error:?}");
    assert_eq!(error.conflict_paths().unwrap().1.last().unwrap(), "rds_iam");
}
