//! What a directory's accounts come to, by the functions in PL/pgSQL and by the extension on the
//! same server.

use super::lists::outcome;
use super::names::Numbers;
use super::{install, times};
use crate::fixture::Context;
use kerbrole_tests::postgres_server::SUPERUSER;

/// On each of two versions.
const WORLDS: usize = 60;

const GROUPS: [&str; 3] = ["analysts", "auditors", "cloud"];

/// Few names, so that accounts and roles get into each other's way.
fn name(numbers: &mut Numbers) -> String {
    let letter = if numbers.below(24) == 0 { "U" } else { "u" };
    format!("{letter}{}@A.B", numbers.below(8))
}

fn sid(numbers: &mut Numbers) -> String {
    format!("S-1-5-21-1-2-{}-{}", 3 + numbers.below(8) / 7, 1 + numbers.below(9))
}

fn world(numbers: &mut Numbers) -> String {
    let mut script = "CREATE ROLE analysts; CREATE ROLE auditors; CREATE ROLE cloud IN ROLE \
        rds_iam; CREATE ROLE team IN ROLE rds_ad; CREATE ROLE app; COMMENT ON ROLE app IS \
        '[kerbrole:S-1-5-21-1-2-3-9]';"
        .to_string();
    let mut names: Vec<_> = (0..6).map(|_| name(numbers)).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let options = match numbers.below(30) {
            0 => "CREATEDB",
            1..8 => "NOLOGIN",
            _ => "LOGIN",
        };
        script.push_str(&format!("CREATE ROLE \"{name}\" {options};"));
        match numbers.below(8) {
            0 => {}
            1 => script.push_str(&format!("GRANT team TO \"{name}\";")),
            _ => script.push_str(&format!("GRANT rds_ad TO \"{name}\";")),
        }
        for group in GROUPS {
            if numbers.below(5) == 0 {
                script.push_str(&format!("GRANT {group} TO \"{name}\";"));
            }
        }
        if numbers.below(5) > 0 {
            let text = ["", "ask Jo ", "it''s "][numbers.below(3)];
            let sid = sid(numbers);
            script.push_str(&format!("COMMENT ON ROLE \"{name}\" IS '{text}[kerbrole:{sid}]';"));
        }
        if numbers.below(8) == 0 {
            script.push_str(&format!(
                "CREATE SCHEMA \"{name}\"; ALTER SCHEMA \"{name}\" OWNER TO \"{name}\";"
            ));
        }
    }
    script
}

fn call(numbers: &mut Numbers) -> String {
    let mut people = Vec::new();
    let mut sids = Vec::new();
    for _ in 0..numbers.below(7) {
        let sid = sid(numbers);
        if sids.contains(&sid) && numbers.below(12) > 0 {
            continue;
        }
        let name = match numbers.below(30) {
            0 => "x[y@a.b".into(),
            _ => name(numbers),
        };
        let roles: Vec<_> = GROUPS
            .iter()
            .filter(|_| numbers.below(4) == 0)
            .map(|group| format!("\"{group}\""))
            .collect();
        people.push(format!(
            "{{\"principal\": \"{name}\", \"sid\": \"{sid}\", \"enabled\": {}, \"roles\": [{}]}}",
            numbers.below(5) > 0,
            roles.join(", ")
        ));
        sids.push(sid);
    }
    let domains = ["", "S-1-5-21-1-2-3", "S-1-5-21-1-2-3,S-1-5-21-1-2-4"][numbers.below(3)];
    let absent = ["keep", "disable", "drop"][numbers.below(3)];
    let kept = ["", "", "", "u1@a.b", "U2@A.B"][numbers.below(5)];
    let most = ["10%", "50%", "2", "100%"][numbers.below(4)];
    format!(
        "kerb_apply_access('[{}]', '{{analysts,auditors,cloud}}', '{{{domains}}}', '{absent}', \
         true, '{{{kept}}}', '{most}')",
        people.join(", ")
    )
}

pub(super) fn accounts_come_to_the_same(c: &Context<'_>) {
    let mut su = c.superuser();
    install(c, SUPERUSER);
    let mut numbers = Numbers(300 + u64::from(c.major()));
    let (mut changed, mut left) = (0, 0);
    for at in 0..WORLDS * times() {
        let script = world(&mut numbers);
        su.run(&format!(
            "SET client_min_messages = error; BEGIN; {script} SET LOCAL client_min_messages = \
             notice"
        ));
        for _ in 0..4 {
            let call = call(&mut numbers);
            // Who is disabled before whom makes no difference.
            let mut by_extension = outcome(&mut su, "public", &call);
            let mut by_functions = outcome(&mut su, "kerbrole", &call);
            by_extension.sort_unstable();
            by_functions.sort_unstable();
            assert_eq!(by_functions, by_extension, "{at} {call}\n{script}");
            changed += usize::from(by_extension.iter().any(|row| row.len() == 4));
            left +=
                by_extension.iter().filter(|row| row[..].first() == Some(&"leave".into())).count();
        }
        su.run("ROLLBACK");
    }
    assert!(changed > WORLDS * 2 && left > WORLDS, "{changed} changed, {left} left");
}
