//! Sessions that the administrator may not end.

use super::*;

/// An administrator who may do everything but end sessions.
fn without_the_right_to_signal(c: &Context<'_>) -> Session {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE dba LOGIN CREATEROLE; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE \
        USER \"bob@A.B\" IN ROLE rds_ad; CREATE USER \"cyd@A.B\" IN ROLE rds_ad",
    );
    if c.major() >= 16 {
        su.run(
            "GRANT \"ann@A.B\", \"bob@A.B\", \"cyd@A.B\" TO dba WITH ADMIN OPTION, INHERIT \
            FALSE, SET FALSE",
        );
    }
    su
}

fn signal_backend(c: &Context<'_>) -> &'static str {
    match c.major() {
        16.. => "GRANT \"pg_signal_backend\" TO \"dba\" WITH INHERIT TRUE;",
        _ => "GRANT \"pg_signal_backend\" TO \"dba\";",
    }
}

fn can_log_in(su: &mut Session, role: &str) -> bool {
    su.one(&format!("SELECT rolcanlogin FROM pg_roles WHERE rolname = '{role}'")) == "t"
}

pub(super) fn sessions_that_cannot_be_ended_are_told(c: &Context<'_>) {
    let mut su = without_the_right_to_signal(c);
    let mut sessions = [c.connect("ann@A.B"), c.connect("ann@A.B")];
    let disable = || {
        by_plain_statements(c, "dba", async |kerbrole| {
            kerbrole.disable_principal("ann@a.b", None, Sessions::Terminate).await
        })
    };
    // The second time it is disabled already, and its sessions still go on.
    for _ in 0..2 {
        let error = disable().unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501");
        assert_eq!(
            error.to_string(),
            "role \"ann@A.B\" is disabled (NOLOGIN), and 2 sessions of it go on that \"dba\" may \
             not end"
        );
        let detail = error.detail().unwrap();
        assert!(detail.contains("NOLOGIN is committed"), "{detail}");
        let hint = error.hint().unwrap();
        assert_eq!(statements_in(&hint), [signal_backend(c)], "{hint}");
        assert!(!can_log_in(&mut su, "ann@A.B"));
        assert!(sessions.iter_mut().all(|session| session.client.simple_query("SELECT 1").is_ok()));
        assert!(c.try_connect("ann@A.B", "postgres").is_err());
    }
    su.run(signal_backend(c));
    assert_eq!(disable().unwrap(), "ann@A.B");
    wait_until(|| {
        sessions.iter_mut().all(|session| session.client.simple_query("SELECT 1").is_err())
    })
    .unwrap();
}

/// The error leaves the caller's transaction whole: what it does with it is the caller's to say.
pub(super) fn sessions_in_a_transaction_are_told(c: &Context<'_>) {
    without_the_right_to_signal(c);
    let _session = c.connect("ann@A.B");
    Runtime::new().unwrap().block_on(async {
        let mut client = connect(c, "dba").await;
        for commits in [false, true] {
            let transaction = client.transaction().await.unwrap();
            let kerbrole = Kerbrole::new(&transaction).await.unwrap();
            let error =
                kerbrole.disable_principal("ann@a.b", None, Sessions::Terminate).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501");
            let detail = error.detail().unwrap();
            assert!(detail.contains("NOLOGIN is a part of the open transaction"), "{detail}");
            if commits {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
            let ask = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'ann@A.B'";
            assert_eq!(client.query_one(ask, &[]).await.unwrap().get::<_, bool>(0), !commits);
        }
    });
}

pub(super) fn the_command_goes_on_with_the_others(c: &Context<'_>) {
    let mut su = without_the_right_to_signal(c);
    let _session = c.connect("ann@A.B");
    let disable = ["disable", "ann@a.b", "bob@a.b", "cyd@a.b", "--terminate", "--format", "csv"];
    let (code, out, err) = command(c, "dba", &disable);
    assert_eq!(code, 5, "{out}{err}");
    assert_eq!(
        out,
        "principal,role_name,outcome,detail\nann@a.b,ann@A.B,disabled,1 session goes on\n\
         bob@a.b,bob@A.B,disabled,\ncyd@a.b,cyd@A.B,disabled,\n",
        "{err}"
    );
    assert!(err.contains("1 session of it goes on") && err.contains(signal_backend(c)), "{err}");
    assert!(!err.contains("--if-not-exists"), "{err}");
    assert_eq!(
        su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%' AND rolcanlogin"),
        "0"
    );
    // One alone is done in part as well.
    let (code, out, _) =
        command(c, "dba", &["disable", "ann@a.b", "--terminate", "--format", "csv"]);
    assert_eq!(
        (code, out.as_str()),
        (5, "principal,role_name,outcome,detail\nann@a.b,ann@A.B,disabled,1 session goes on\n")
    );
    // Whatever else stops it in the middle is not told to be an add.
    su.run("CREATE USER \"own@A.B\" CREATEDB IN ROLE rds_ad");
    let (code, out, err) = command(c, "dba", &["disable", "bob@a.b", "own@a.b", "--format", "csv"]);
    let done = "principal,role_name,outcome,detail\nbob@a.b,bob@A.B,disabled,\n";
    assert_eq!((code, out.as_str()), (5, done));
    assert!(err.contains("1 of 2") && !err.contains("--if-not-exists"), "{err}");
}
