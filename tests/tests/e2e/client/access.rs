//! What the accounts of a directory come to: roles, memberships and the comments that bind them.
//!
//! Each case is written once, for every backend. What is looked at is the catalogue: a comment
//! says, beside the binding, whose role it was at first, and so what became of each.

use kerbrole_client::{
    AbsentPolicy, Access, AccessAction, AccessPerson, AccessPlan, Backend, Error, ErrorKind,
    Kerbrole, PrincipalSource, RemovalLimit,
};
use kerbrole_tests::sandbox::wait_until;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::{Context, Session};
use kerbrole_tests::postgres_server::SUPERUSER;

mod at_random;
mod table;

use at_random::both_come_to_the_same_in_any_world;
use table::*;

cases! {
    BareEachVersion: by_plain_statements, a_plan_is_carried_out_as_it_was_or_not_at_all,
        too_many_losses_change_nothing, sessions_of_those_who_are_shut_out_end,
        a_comment_that_is_no_text_keeps_nobody_else, more_people_than_one_transaction_can_lock,
        what_was_done_before_an_error_is_told, whose_grant_it_is_is_said_by_plain_statements,
        sids_are_spelled_in_one_way_by_plain_statements,
        the_list_shows_whose_a_role_is;
    EachVersion: by_the_extension, sids_are_spelled_in_one_way_by_the_extension,
        more_people_than_one_call_can_lock, what_was_done_before_an_error_of_the_extension_is_told;
    InPlpgsql: by_the_functions, whose_grant_it_is_is_said_by_the_functions,
        both_come_to_the_same_in_any_world, sids_are_spelled_in_one_way_by_the_functions,
        more_people_than_the_functions_can_lock,
        what_was_done_before_an_error_of_the_functions_is_told;
}

fn by_the_extension(c: &Context<'_>) {
    all(c, Backend::Extension, SUPERUSER);
}

fn by_the_functions(c: &Context<'_>) {
    all(c, Backend::SqlFunctions, SUPERUSER);
}

fn by_plain_statements(c: &Context<'_>) {
    for user in [SUPERUSER, "rds_master"] {
        all(c, Backend::PlainSql, user);
    }
}

/// Every case of the table, by one backend.
fn all(c: &Context<'_>, backend: Backend, user: &str) {
    for case in TABLE {
        let place = format!("{} by {user} through {backend:?} on {}", case.what, c.major());
        c.start_afresh();
        let mut su = c.superuser();
        su.run(ROLES);
        case.there.iter().for_each(|role| set_up(&mut su, role));
        if user != SUPERUSER {
            let_grant(c, &mut su, user);
        }
        // The roles were made by somebody else: their owner may change them once it is told so.
        if backend == Backend::SqlFunctions && c.major() >= 16 {
            for role in
                su.column("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname LIKE '%@%'")
            {
                su.run(&format!("GRANT {role} TO kerbrole_owner WITH ADMIN OPTION"));
            }
        }
        let access = access_of(case);
        let (rows, again) = by(c, backend, user, async |kerbrole| {
            let plan = kerbrole.plan_access(&access).await.unwrap();
            let rows = kerbrole.apply_access(&plan).await.unwrap_or_else(|error| {
                panic!("{place}: {error} {:?} {:?}\n{plan}", error.detail(), error.hint())
            });
            assert_eq!(rows, plan.rows());
            (told(&plan), kerbrole.plan_access(&access).await.unwrap())
        });
        // Who moves first where nobody waits for anybody is each backend's to say.
        let sorted = |mut rows: Vec<String>| {
            rows.sort();
            rows
        };
        let expected = case.rows.iter().map(ToString::to_string).collect();
        assert_eq!(sorted(rows), sorted(expected), "{place}");
        assert_eq!(state(&mut su), case.after, "{place}");
        assert!(again.is_empty(), "{place}:\n{again}");
    }
}

/// The rows in words: `rename ann@A.B`, each once.
fn told(plan: &AccessPlan) -> Vec<String> {
    let one = |row: &kerbrole_client::AccessRow| {
        assert_eq!(row.statement.is_none(), row.action == AccessAction::Leave);
        assert!(!row.reason.is_empty());
        format!("{} {}", row.action.as_str(), row.role_name)
    };
    plan.rows().iter().map(one).collect()
}

/// The principals: name, whether it can log in, its groups, and the comment.
fn state(su: &mut Session) -> Vec<String> {
    let rows = su.rows(
        "SELECT r.rolname, r.rolcanlogin, (SELECT coalesce(string_agg(DISTINCT g.rolname, ' ' \
         ORDER BY g.rolname), '') FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid \
         WHERE m.member = r.oid AND g.rolname <> 'rds_ad'), \
         coalesce(shobj_description(r.oid, 'pg_authid'), '') FROM pg_roles r WHERE EXISTS (SELECT \
         FROM pg_auth_members m WHERE m.member = r.oid AND m.roleid = 'rds_ad'::regrole) AND \
         r.rolname LIKE '%@%' ORDER BY r.rolname COLLATE \"C\"",
    );
    rows.iter().map(|row| row.join("|")).collect()
}

/// What somebody needs who is no superuser; memberships are this one's, or it could not end them.
fn let_grant(c: &Context<'_>, su: &mut Session, user: &str) {
    if c.major() < 16 {
        return;
    }
    su.run(&format!(
        "DO $$ DECLARE one record; BEGIN \
         FOR one IN SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' OR rolname IN ('rds_ad', \
           'team', 'te\"am''; --') LOOP \
           EXECUTE format('GRANT %I TO {user} WITH ADMIN OPTION', one.rolname); END LOOP; \
         FOR one IN SELECT r.rolname AS role, u.rolname AS member FROM pg_auth_members m \
           JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member \
           WHERE u.rolname LIKE '%@%' AND r.rolname IN ('team', 'te\"am''; --') LOOP \
           EXECUTE format('GRANT %I TO %I GRANTED BY {user}', one.role, one.member); \
           EXECUTE format('REVOKE %I FROM %I GRANTED BY {SUPERUSER}', one.role, one.member); \
         END LOOP; END $$"
    ));
}

/// Does something over a connection of this user.
fn by<T>(
    c: &Context<'_>,
    backend: Backend,
    user: &str,
    work: impl AsyncFnOnce(&Kerbrole<'_, Client>) -> T,
) -> T {
    by_in(c, "postgres", backend, user, work)
}

fn by_in<T>(
    c: &Context<'_>,
    database: &str,
    backend: Backend,
    user: &str,
    work: impl AsyncFnOnce(&Kerbrole<'_, Client>) -> T,
) -> T {
    Runtime::new().unwrap().block_on(async {
        let mut config = tokio_postgres::Config::new();
        config.host_path(c.server.socket()).port(c.server.port).user(user).dbname(database);
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let kerbrole = Kerbrole::<Client>::builder().backend(backend).accept_nesting(true);
        work(&kerbrole.build(&client).await.unwrap()).await
    })
}

fn apply(c: &Context<'_>, access: &Access) -> Result<Vec<String>, Error> {
    apply_by(c, Backend::PlainSql, access)
}

fn apply_by(c: &Context<'_>, backend: Backend, access: &Access) -> Result<Vec<String>, Error> {
    by(c, backend, SUPERUSER, async |kerbrole| {
        let plan = kerbrole.plan_access(access).await?;
        kerbrole.apply_access(&plan).await?;
        Ok(told(&plan))
    })
}

/// A server with these roles, and what is asked for of these people.
fn start(c: &Context<'_>, there: &[&str], people: &[&str]) -> (Session, Access) {
    c.start_afresh();
    let mut su = c.superuser();
    su.run(ROLES);
    there.iter().for_each(|role| set_up(&mut su, role));
    (su, asked(people).absent(AbsentPolicy::Disable))
}

fn a_plan_is_carried_out_as_it_was_or_not_at_all(c: &Context<'_>) {
    let (_, access) = start(c, &["ann:1 team"], &["ann:1", "bob:2 team"]);
    let plan = |c| by(c, Backend::PlainSql, SUPERUSER, async |k| k.plan_access(&access).await);
    let planned = plan(c).unwrap();
    let kept: AccessPlan = serde_json::from_str(&serde_json::to_string(&planned).unwrap()).unwrap();
    assert_eq!(kept, planned);
    let changed = [
        "GRANT team TO \"ann@A.B\" WITH ADMIN OPTION; GRANT team TO other GRANTED BY \"ann@A.B\"",
        "CREATE ROLE \"BOB@A.B\"",
        "COMMENT ON ROLE \"ann@A.B\" IS 'somebody else [kerbrole:S-1-5-21-1-1-1-77]'",
        "ALTER ROLE \"ann@A.B\" NOLOGIN",
    ];
    for change in &changed[1..] {
        let (mut su, _) = start(c, &["ann:1 team"], &[]);
        su.run(change);
        let before = state(&mut su);
        let error =
            by(c, Backend::PlainSql, SUPERUSER, async |k| k.apply_access(&kept).await).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PlanChanged, "{change}: {error}");
        assert_eq!(state(&mut su), before, "{change}");
    }
    if c.major() >= 16 {
        let (mut su, _) = start(c, &["ann:1 team"], &[]);
        su.run("CREATE ROLE other");
        su.run(changed[0]);
        let error =
            by(c, Backend::PlainSql, SUPERUSER, async |k| k.apply_access(&kept).await).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PlanChanged);
    }
    let (mut su, _) = start(c, &["ann:1 team"], &[]);
    by(c, Backend::PlainSql, SUPERUSER, async |k| k.apply_access(&kept).await).unwrap();
    let sid = "[kerbrole:S-1-5-21-1-1-1-";
    assert_eq!(
        state(&mut su),
        [format!("ann@A.B|t||ann {sid}1]"), format!("bob@A.B|t|team|{sid}2]")]
    );
}

fn too_many_losses_change_nothing(c: &Context<'_>) {
    let there = ["ann:1 team", "bob:2 team", "cyd:3 team", "dan:4 team"];
    let (mut su, access) = start(c, &there, &["-ann:1 team", "bob:2", "new:9"]);
    let before = state(&mut su);
    for limit in ["3", "99%", "10%"] {
        let access = access.clone().limit(limit.parse().unwrap());
        let error = apply(c, &access).unwrap_err();
        assert_eq!(
            (error.kind(), error.code().unwrap().code()),
            (ErrorKind::TooManyRemovals, "53400")
        );
        assert_eq!(state(&mut su), before);
        let plan = by(c, Backend::PlainSql, SUPERUSER, async |k| k.plan_access(&access).await);
        let plan = plan.unwrap();
        assert_eq!((plan.losses(), plan.principals()), (4, 4));
        assert!(plan.refuse_too_many().is_err() && plan.at_most() < 4);
    }
    // Nobody is absent of a domain that was not read.
    let mut unread = access.clone().limit("2".parse().unwrap());
    unread.domains.clear();
    apply(c, &unread).unwrap();
    apply(c, &access.limit("2".parse().unwrap())).unwrap();
    let off = su.column(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' AND NOT rolcanlogin \
        ORDER BY 1",
    );
    assert_eq!(off, ["ann@A.B", "cyd@A.B", "dan@A.B"]);
}

fn sessions_of_those_who_are_shut_out_end(c: &Context<'_>) {
    let there = ["ann:1 team", "bob:2", "cyd:3", "dan:4"];
    let (_su, access) = start(c, &there, &["-ann:1 team", "bobby:2", "dan:4"]);
    let mut sessions = ["ann@A.B", "bob@A.B", "cyd@A.B"].map(|user| c.connect(user));
    let access = access.limit("9".parse().unwrap());
    // Who has sessions keeps the name; nobody's end unasked.
    let rows = ["disable ann@A.B", "disable cyd@A.B", "leave bob@A.B"];
    assert_eq!(apply(c, &access).unwrap(), rows);
    assert!(sessions.iter_mut().all(|one| one.client.simple_query("SELECT 1").is_ok()));
    for user in ["ann@A.B", "cyd@A.B"] {
        assert!(c.try_connect(user, "postgres").is_err());
    }
    // Those of an earlier run as well.
    assert_eq!(apply(c, &access.terminate(true)).unwrap(), rows[2..]);
    let [ann, bob, cyd] = &mut sessions;
    wait_until(|| {
        [&mut *ann, &mut *cyd].iter_mut().all(|one| one.client.simple_query("SELECT 1").is_err())
    })
    .unwrap();
    assert!(bob.client.simple_query("SELECT 1").is_ok());
}

fn a_comment_that_is_no_text_keeps_nobody_else(c: &Context<'_>) {
    let there = ["ann:0", "bob:2 team"];
    let (mut su, access) = start(c, &there, &["ann:1 team", "bob:2", "cyd:3"]);
    su.run(
        "CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
    );
    let mut bytes = c.try_connect(SUPERUSER, "bytes").unwrap();
    let comment = |role: &str, after: &str| {
        format!(
            "DO $$ BEGIN EXECUTE format('COMMENT ON ROLE %I IS %L', '{role}', \
             convert_from('\\xe9'::bytea, 'SQL_ASCII') || '{after}'); END $$"
        )
    };
    bytes.run(&comment("ann@A.B", ""));
    bytes.run(&comment("bob@A.B", " [kerbrole:S-1-5-21-1-1-1-2]"));
    let rows = apply(c, &access).unwrap();
    assert_eq!(rows, ["create cyd@A.B", "bind cyd@A.B", "revoke bob@A.B", "leave ann@A.B"]);
    let kept = "SELECT count(*) FROM pg_shdescription \
        WHERE substr(textsend(description), 1, 1) = '\\xe9'";
    assert_eq!(su.one(kept), "2");
    // In a database where the server looks at bytes before it sends them, and in one where it
    // converts them.
    su.run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    su.run("CREATE ROLE \"dan@A.B\" LOGIN IN ROLE rds_ad; COMMENT ON ROLE \"dan@A.B\" IS 'é'");
    let access = access.person(AccessPerson::new("dan@a.b", "S-1-5-21-1-1-1-4".parse().unwrap()));
    for (database, dan) in [("bytes", "bind"), ("latin", "leave")] {
        let plan = by_in(c, database, Backend::PlainSql, SUPERUSER, async |kerbrole| {
            kerbrole.plan_access(&access).await.unwrap()
        });
        let dan = format!("{dan} dan@A.B");
        let mut rows = told(&plan);
        rows.sort();
        let mut expected = vec!["leave ann@A.B".to_string(), dan];
        expected.sort();
        assert_eq!(rows, expected, "{database}");
    }
}

fn more_people_than_one_transaction_can_lock(c: &Context<'_>) {
    many(c, Backend::PlainSql);
}

fn more_people_than_one_call_can_lock(c: &Context<'_>) {
    many(c, Backend::Extension);
}

fn more_people_than_the_functions_can_lock(c: &Context<'_>) {
    many(c, Backend::SqlFunctions);
}

/// With the server's default settings. What is taken away is taken as well, and the limit of that
/// is a share of those who were there before.
fn many(c: &Context<'_>, backend: Backend) {
    let (mut su, access) = start(c, &["ann:1 team", "gone:2"], &["ann:1"]);
    let person = |number: u32| {
        let sid = format!("S-1-5-21-1-1-1-{number}").parse().unwrap();
        AccessPerson::new(format!("p{number}@a.b"), sid).roles(["team"])
    };
    let access = access.people((10_000..22_000).map(person));
    if backend == Backend::SqlFunctions && c.major() >= 16 {
        su.run("GRANT \"gone@A.B\" TO kerbrole_owner WITH ADMIN OPTION");
    }
    let refused = apply_by(c, backend, &access).unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "53400");
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@A.B'"), "2");
    let access = access.limit(RemovalLimit::People(2));
    let rows = apply_by(c, backend, &access).unwrap();
    assert_eq!(rows.len(), 3 * 12_000 + 2);
    assert_eq!(
        su.one(
            "SELECT count(*) FROM pg_shdescription WHERE description ~ '^\\[kerbrole:S-1-5-21-'"
        ),
        "12000"
    );
    let members = "SELECT count(*) FROM pg_auth_members WHERE roleid = 'team'::regrole";
    assert_eq!(su.one(members), "12000");
    assert_eq!(su.one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'gone@A.B'"), "f");
    assert!(apply_by(c, backend, &access).unwrap().is_empty());
}

fn whose_grant_it_is_is_said_by_plain_statements(c: &Context<'_>) {
    whose_grant_it_is_is_said(c, Backend::PlainSql);
}

fn whose_grant_it_is_is_said_by_the_functions(c: &Context<'_>) {
    whose_grant_it_is_is_said(c, Backend::SqlFunctions);
}

/// Since 16 a membership is ended by whoever has the rights of the one who granted it, or by the
/// extension.
fn whose_grant_it_is_is_said(c: &Context<'_>, backend: Backend) {
    if c.major() < 16 {
        return;
    }
    for grantor in [SUPERUSER, "boss"] {
        let (mut su, access) = start(c, &["ann:1", "bob:2"], &["ann:1", "bob:2"]);
        let access = access.limit("9".parse().unwrap());
        su.run(
            "CREATE ROLE boss; GRANT team TO boss WITH ADMIN OPTION; \
             GRANT team, rds_ad, \"ann@A.B\", \"bob@A.B\" TO rds_master WITH ADMIN OPTION",
        );
        if backend == Backend::SqlFunctions {
            su.run("GRANT \"ann@A.B\", \"bob@A.B\" TO kerbrole_owner WITH ADMIN OPTION");
        }
        su.run(&format!("GRANT team TO \"ann@A.B\", \"bob@A.B\" GRANTED BY {grantor}"));
        let before = state(&mut su);
        let place = format!("{backend:?} on {}, granted by {grantor}", c.major());
        let (plan, outcome) = by(c, backend, "rds_master", async |kerbrole| {
            let plan = kerbrole.plan_access(&access).await.unwrap();
            let outcome = kerbrole.apply_access(&plan).await;
            (told(&plan), outcome)
        });
        assert_eq!(plan, ["revoke ann@A.B", "revoke bob@A.B"], "{place}");
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Privilege, "{place}: {error}");
        let said = format!("granted by role \"{grantor}\"");
        assert!(error.to_string().contains(&said), "{place}: {error}");
        // Nobody is told to make somebody a member of a superuser.
        let hint = error.hint().unwrap_or_default();
        let ann = format!("REVOKE \"team\" FROM \"ann@A.B\" GRANTED BY \"{grantor}\";");
        let join = format!("GRANT \"{grantor}\" TO \"rds_master\" WITH INHERIT TRUE;");
        let (fix, other) = if grantor == SUPERUSER { (&ann, &join) } else { (&join, &ann) };
        assert!(hint.contains(fix) && !hint.contains(other), "{place}: {hint}");
        assert_eq!(state(&mut su), before, "{place}");
        // What is said helps.
        su.run(fix);
        if grantor == SUPERUSER {
            su.run(&ann.replace("ann@", "bob@"));
        } else {
            by(c, backend, "rds_master", async |kerbrole| {
                let plan = kerbrole.plan_access(&access).await.unwrap();
                kerbrole.apply_access(&plan).await.unwrap();
            });
        }
        let rest = by(c, backend, "rds_master", async |k| k.plan_access(&access).await.unwrap());
        assert!(rest.is_empty(), "{place}: {rest}");
    }
}

fn what_was_done_before_an_error_of_the_extension_is_told(c: &Context<'_>) {
    // Before, one call changes any number.
    if c.major() >= 16 {
        what_was_done_before_a_call_fails_is_told(c, Backend::Extension, 5_000);
    }
}

fn what_was_done_before_an_error_of_the_functions_is_told(c: &Context<'_>) {
    what_was_done_before_a_call_fails_is_told(c, Backend::SqlFunctions, 2_000);
}

/// Somebody else is at the role that is shut out by the last call, which does not wait.
fn what_was_done_before_a_call_fails_is_told(c: &Context<'_>, backend: Backend, in_a_call: usize) {
    let (mut su, access) = start(c, &["last:1"], &["-last:1"]);
    let person = |number: usize| {
        let sid = format!("S-1-5-21-1-1-1-{number}").parse().unwrap();
        AccessPerson::new(format!("p{number}@a.b"), sid)
    };
    let access = access.people((10_000..=10_000 + in_a_call).map(person));
    let access = access.limit(RemovalLimit::People(1));
    if backend == Backend::SqlFunctions && c.major() >= 16 {
        su.run("GRANT \"last@A.B\" TO kerbrole_owner WITH ADMIN OPTION");
    }
    let planned = by(c, backend, SUPERUSER, async |k| k.plan_access(&access).await.unwrap());
    let statements = planned.rows().iter().filter(|row| row.statement.is_some()).count();
    let mut holder = c.connect(SUPERUSER);
    holder.run("BEGIN; ALTER ROLE \"last@A.B\" CONNECTION LIMIT 5");
    su.run(&format!("ALTER ROLE {SUPERUSER} SET lock_timeout = '100ms'"));
    let error = apply_by(c, backend, &access).unwrap_err();
    su.run(&format!("ALTER ROLE {SUPERUSER} RESET lock_timeout"));
    assert_eq!(error.code().unwrap().code(), "55P03", "{error}");
    assert_eq!(error.partly_done(), Some((statements - 1, statements)), "{error}");
    let bound = "SELECT count(*) FROM pg_shdescription WHERE description ~ 'kerbrole:S-1-5-21-'";
    assert_eq!(su.one(bound), (in_a_call + 2).to_string());
    // The next run does the rest.
    holder.run("ROLLBACK");
    assert_eq!(apply_by(c, backend, &access).unwrap(), ["disable last@A.B"]);
}

/// Somebody else has hold of the last of them, for whom the next portion does not wait.
fn what_was_done_before_an_error_is_told(c: &Context<'_>) {
    let (mut su, access) = start(c, &["last:0"], &["last:1"]);
    let person = |number: u32| {
        let sid = format!("S-1-5-21-1-1-1-{number}").parse().unwrap();
        AccessPerson::new(format!("p{number}@a.b"), sid)
    };
    let access = access.people((10_000..16_000).map(person));
    let mut holder = c.connect(SUPERUSER);
    holder.run("BEGIN; COMMENT ON ROLE \"last@A.B\" IS 'somebody is at it'");
    let bound = "SELECT count(*) FROM pg_shdescription WHERE description ~ 'kerbrole:S-1-5-21-'";
    let carried_out = |in_transaction: bool| {
        Runtime::new().unwrap().block_on(async {
            let mut config = tokio_postgres::Config::new();
            config.host_path(c.server.socket()).port(c.server.port);
            config.user(SUPERUSER).dbname("postgres").options("-c lock_timeout=100ms");
            let (client, connection) = config.connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            if in_transaction {
                client.batch_execute("BEGIN").await.unwrap();
            }
            let kerbrole = Kerbrole::<Client>::builder().backend(Backend::PlainSql);
            let kerbrole = kerbrole.build(&client).await.unwrap();
            let plan = kerbrole.plan_access(&access).await.unwrap();
            let statements = plan.rows().iter().filter(|row| row.statement.is_some()).count();
            (kerbrole.apply_access(&plan).await, statements)
        })
    };
    // What the caller's own transaction did goes with it.
    let (outcome, _) = carried_out(true);
    assert_eq!(outcome.unwrap_err().partly_done(), None);
    assert_eq!(su.one(bound), "0");

    let (outcome, rows) = carried_out(false);
    let error = outcome.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "55P03", "{error}");
    let (done, of) = error.partly_done().unwrap();
    assert_eq!((done, of), (2 * 5_000, rows), "{error}");
    assert_eq!(su.one(bound), "5000");
    let detail = error.detail().unwrap();
    assert!(detail.contains(&format!("Of {rows} statements 10000 are committed")), "{detail}");
    assert!(!error.is_retryable());

    // The next run does the rest.
    holder.run("ROLLBACK");
    assert_eq!(apply(c, &access).unwrap().len(), rows - done);
    assert_eq!(su.one(bound), "6001");
}

fn the_list_shows_whose_a_role_is(c: &Context<'_>) {
    let (_su, _) = start(c, &["ann:1 team", "bob:0"], &[]);
    let listed = by(c, Backend::PlainSql, "rds_master", async |k| k.list_principals().await);
    let shown: Vec<_> = listed
        .unwrap()
        .iter()
        .map(|one| {
            (one.role_name.to_string(), one.sid.as_ref().map(ToString::to_string), one.source)
        })
        .collect();
    let (ann, bob) = ("ann@A.B".to_string(), "bob@A.B".to_string());
    let sid = Some("S-1-5-21-1-1-1-1".into());
    assert_eq!(
        shown,
        [(ann, sid, PrincipalSource::Directory), (bob, None, PrincipalSource::Manual)]
    );
}

fn sids_are_spelled_in_one_way_by_plain_statements(c: &Context<'_>) {
    sids_are_spelled_in_one_way(c, Backend::PlainSql);
}

fn sids_are_spelled_in_one_way_by_the_extension(c: &Context<'_>) {
    sids_are_spelled_in_one_way(c, Backend::Extension);
}

fn sids_are_spelled_in_one_way_by_the_functions(c: &Context<'_>) {
    sids_are_spelled_in_one_way(c, Backend::SqlFunctions);
}

/// An authority of 2³² and more is written in twelve hexadecimal digits (MS-DTYP 2.4.2.1). What is
/// bound to whatever SID is nobody else's; what only looks like one is somebody's text.
fn sids_are_spelled_in_one_way(c: &Context<'_>, backend: Backend) {
    let (mut su, _) = start(c, &["ann:0"], &[]);
    let access = asked(&["ann:1"]);
    for (sid, is_one) in [
        ("S-1-4294967295-7", true),
        ("S-1-0x000100000000-7", true),
        ("S-1-0xFFFFFFFFFFFF-4294967295", true),
        ("S-1-0x0000FFFFFFFF-7", false),
        ("S-1-0x0001ffffffff-7", false),
        ("S-1-0X000100000000-7", false),
        ("S-1-0x0001000000000-7", false),
        ("S-1-0x000100000000", false),
        ("S-1-4294967296-7", false),
        ("S-1-5-0x000100000000", false),
    ] {
        su.run(&format!("COMMENT ON ROLE \"ann@A.B\" IS '[kerbrole:{sid}]'"));
        let place = format!("{sid} through {backend:?} on {}", c.major());
        let (listed, plan) = by(c, backend, SUPERUSER, async |kerbrole| {
            let listed = kerbrole.list_principals().await.unwrap();
            (listed, kerbrole.plan_access(&access).await.unwrap())
        });
        let shown = listed[0].sid.as_ref().map(ToString::to_string);
        assert_eq!(shown.as_deref(), is_one.then_some(sid), "{place}");
        let expected: &[_] =
            if is_one { &["disable ann@A.B", "leave ann@A.B"] } else { &["bind ann@A.B"] };
        assert_eq!(told(&plan), expected, "{place}");
    }
}
