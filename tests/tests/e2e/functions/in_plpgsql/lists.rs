//! What a list would do, by the functions in PL/pgSQL and by the extension on the same server.

use super::names::Numbers;
use super::{install, times};
use crate::fixture::{Context, Session};
use kerbrole_tests::postgres_server::SUPERUSER;

/// On each of two versions.
const WORLDS: usize = 40;

const REALMS: [&str; 3] = ["A.B", "CORP.EXAMPLE.COM", "C.D"];
const GROUPS: [&str; 3] = ["analysts", "auditors", "cloud"];

/// Principals in and out of rds_ad and of groups, some disabled, some with what is in the way of a
/// drop, spelled in more than one way; and roles that are none.
fn world(numbers: &mut Numbers) -> (String, Vec<String>) {
    let mut script =
        "CREATE ROLE analysts; CREATE ROLE auditors; CREATE ROLE cloud IN ROLE rds_iam; \
        CREATE ROLE app IN ROLE rds_ad; CREATE ROLE \"no principal@\" IN ROLE rds_ad; \
        GRANT analysts, auditors, cloud TO rds_master WITH ADMIN OPTION;"
            .to_string();
    let mut names = Vec::new();
    for user in 0..3 + numbers.below(12) {
        let letter = if numbers.below(16) == 0 { "U" } else { "u" };
        let name = format!("{letter}{user}@{}", REALMS[numbers.below(3)]);
        let options = match numbers.below(40) {
            0 => "CREATEDB",
            1..10 => "NOLOGIN",
            _ => "LOGIN",
        };
        script.push_str(&format!("CREATE ROLE \"{name}\" {options};"));
        if numbers.below(5) > 0 {
            script.push_str(&format!("GRANT rds_ad TO \"{name}\";"));
        }
        for group in GROUPS {
            if numbers.below(4) == 0 {
                script.push_str(&format!("GRANT {group} TO \"{name}\";"));
            }
        }
        match numbers.below(8) {
            0 => script.push_str(&format!(
                "CREATE TABLE public.t{user} (); ALTER TABLE public.t{user} OWNER TO \"{name}\";"
            )),
            1 => script.push_str(&format!("GRANT \"{name}\" TO app;")),
            _ => {}
        }
        names.push(name);
    }
    (script, names)
}

/// A call, with some of those that are there, some that are not, and some of them otherwise
/// spelled.
fn call(numbers: &mut Numbers, names: &[String]) -> String {
    let mut list = Vec::new();
    for name in names {
        match numbers.below(60) {
            0..15 => {}
            15 => list.push(name.to_lowercase()),
            16 => list.push(name.to_uppercase()),
            _ => list.push(name.clone()),
        }
    }
    for new in 0..numbers.below(4) {
        list.push(format!("new{new}@{}", REALMS[numbers.below(3)].to_lowercase()));
    }
    if numbers.below(12) == 0 {
        list.push(["", "x y@a.b", "corp\\\\x", "x@corp.exmple.com"][numbers.below(4)].into());
    }
    let list: Vec<_> = list.iter().map(|name| format!("\"{name}\"")).collect();
    let absent = ["keep", "disable", "drop"][numbers.below(3)];
    let realms = ["NULL", "NULL", "'{a.b}'", "'{c.d,corp.example.com}'", "'{}'"][numbers.below(5)];
    let groups = ["NULL", "NULL", "'{analysts}'", "'{auditors,cloud}'", "'{analysts,nobody}'"]
        [numbers.below(5)];
    format!("kerb_sync_principals('{{{}}}', '{absent}', true, {realms}, {groups})", list.join(","))
}

/// The rows in their order, or what is said instead, and the warnings: not the hints, which name
/// the functions as they are called.
pub(super) fn outcome(session: &mut Session, schema: &str, call: &str) -> Vec<Vec<String>> {
    session.run("SAVEPOINT before");
    session.notices();
    let rows = session.try_rows(&format!("SELECT * FROM {schema}.{call}"));
    session.run("ROLLBACK TO before");
    let mut all = rows.unwrap_or_else(|error| {
        let detail = error.detail().unwrap_or_default().to_string();
        vec![vec![error.code().code().into(), error.message().into(), detail]]
    });
    all.push(session.notices());
    all
}

pub(super) fn lists_come_to_the_same(c: &Context<'_>) {
    let mut su = c.superuser();
    install(c, SUPERUSER);
    let mut numbers = Numbers(200 + u64::from(c.major()));
    let (mut changed, mut refused) = (0, 0);
    for at in 0..WORLDS * times() {
        let (script, names) = world(&mut numbers);
        let most = [-1, 0, 3, 100][numbers.below(4)];
        let folds = ["auto", "lower", "preserve"][numbers.below(3)];
        su.run(&format!(
            "SET client_min_messages = error; BEGIN; {script} \
             SET LOCAL kerbrole.sync_max_removals = {most}; \
             SET LOCAL kerbrole.username_case = {folds}; \
             SELECT kerbrole.set('sync_max_removals', '{most}'), \
                kerbrole.set('username_case', '{folds}'); \
             SET LOCAL client_min_messages = notice; SET LOCAL ROLE {}",
            ["rds_master", SUPERUSER][numbers.below(2)]
        ));
        for _ in 0..4 {
            let call = call(&mut numbers, &names);
            let by_extension = outcome(&mut su, "public", &call);
            let by_functions = outcome(&mut su, "kerbrole", &call);
            assert_eq!(by_functions, by_extension, "{at} {call}\n{script}");
            changed += usize::from(by_extension.len() > 1 && by_extension[0].len() == 4);
            refused += usize::from(by_extension[0].len() == 3);
        }
        su.run("ROLLBACK");
    }
    assert!(changed > WORLDS && refused > WORLDS / 4, "{changed} changed, {refused} refused");
}
