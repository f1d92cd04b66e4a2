//! A role that somebody else changes at the same time: whoever waited for that looks again.

use super::*;

const CALLS: [(&str, &str); 4] =
    [("disable", "ann"), ("enable", "off"), ("rename", "ann"), ("drop", "ann")];

async fn call<C: tokio_postgres::GenericClient>(
    kerbrole: &Kerbrole<'_, C>,
    what: &str,
) -> Result<String, Error> {
    Ok(match what {
        "disable" => kerbrole.disable_principal("ann@a.b", None, Sessions::Keep).await?.into(),
        "enable" => kerbrole.enable_principal("off@a.b", None).await?.into(),
        "rename" => kerbrole.rename_principal("ann@a.b", None, "anna", None).await?.into(),
        _ => format!("{:?}", kerbrole.drop_principal("ann@a.b", None, &DropOptions::new()).await?),
    })
}

/// Changes the role by hand while the call waits for it.
fn while_it_waits<T: Send>(c: &Context<'_>, user: &str, work: impl FnOnce() -> T + Send) -> T {
    let (mut su, mut holder) = (c.superuser(), c.superuser());
    su.run("DROP ROLE IF EXISTS \"ann@A.B\", \"anna@A.B\", \"off@A.B\"");
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE ROLE \"off@A.B\" IN ROLE rds_ad");
    holder.run(&format!("BEGIN; ALTER ROLE \"{user}@A.B\" CONNECTION LIMIT 3"));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(work);
        wait_until(|| {
            su.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1"
        })
        .unwrap();
        holder.run("COMMIT");
        waiting.join().unwrap()
    })
}

pub(super) fn a_role_that_is_changed_meanwhile(c: &Context<'_>) {
    for (what, user) in CALLS {
        let outcome = while_it_waits(c, user, || {
            by_plain_statements(c, "rdsadmin", async |kerbrole| call(kerbrole, what).await)
        });
        let expected = match what {
            "disable" => "ann@A.B",
            "enable" => "off@A.B",
            "rename" => "anna@A.B",
            _ => "Dropped(RoleName(\"ann@A.B\"))",
        };
        assert_eq!(outcome.map_err(|error| error.to_string()).as_deref(), Ok(expected), "{what}");
    }
}

/// A transaction that has failed cannot try again: its error is the one that made it fail.
pub(super) fn a_role_that_is_changed_meanwhile_in_a_transaction(c: &Context<'_>) {
    for (what, user) in CALLS {
        let (code, text, hint) = while_it_waits(c, user, || {
            Runtime::new().unwrap().block_on(async {
                let mut client = connect(c, "rdsadmin").await;
                let transaction = client.transaction().await.unwrap();
                let kerbrole = Kerbrole::new(&transaction).await.unwrap();
                let error = call(&kerbrole, what).await.unwrap_err();
                (error.code().unwrap().code().to_string(), error.to_string(), error.hint())
            })
        });
        assert_eq!(code, "40001", "{what}: {text}");
        assert!(!text.contains("tuple") && hint.is_some(), "{what}: {text}");
    }
}
