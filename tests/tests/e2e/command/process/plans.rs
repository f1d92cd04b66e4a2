//! What `--dry-run` shows: one script that can be pasted as a whole, or data.

use super::*;

/// The lines between BEGIN and COMMIT, of which there is one each.
fn statements(script: &str) -> Vec<&str> {
    let lines: Vec<_> = script.lines().collect();
    let [first, between @ .., last] = &lines[..] else { panic!("{script}") };
    assert_eq!((*first, *last), ("BEGIN;", "COMMIT;"), "{script}");
    assert!(between.iter().all(|line| *line != "BEGIN;" && *line != "COMMIT;"), "{script}");
    between.to_vec()
}

pub(super) fn a_plan_is_one_script_or_data(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team; CREATE ROLE other");
    let file = list(c, "principal,groups\nann@a.b,team\nbob@a.b,other\n");
    let path = file.path().display().to_string();
    let of_list = ["add", "-f", &path];
    let of_two = ["ann@a.b", "bob@a.b"];
    let calls: [&[&str]; 5] = [
        &of_list,
        &["disable", of_two[0], of_two[1]],
        &["enable", of_two[0], of_two[1]],
        &["sync", of_two[0], "cyd@a.b", "--absent", "disable"],
        &["drop", of_two[0], of_two[1]],
    ];
    for call in calls {
        let dry = run(c, &[call, &["--dry-run"]].concat());
        assert_eq!(dry.code, 0, "{call:?}: {}", dry.err);
        let script = statements(&dry.out);
        assert!(script.len() >= 2, "{call:?}: {script:?}");
        let data = run(c, &[call, &["--dry-run", "--format", "json"]].concat());
        let rows: Vec<serde_json::Value> = serde_json::from_str(&data.out).unwrap();
        let rows: Vec<_> = rows.iter().map(|row| row["statement"].as_str().unwrap()).collect();
        assert_eq!(rows, script, "{call:?}");
        // What it shows is what it takes.
        let mut psql = c.server.psql("rdsadmin", "postgres");
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-c", &dry.out]);
        assert!(psql.status().unwrap().success(), "{call:?}: {}", dry.out);
    }
    assert_eq!(su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@A.B'"), ["cyd@A.B"]);
}

/// Of several of whom one is refused nothing is shown: it could be pasted.
pub(super) fn no_half_of_a_plan_is_shown(c: &Context<'_>) {
    c.superuser().run("CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    for subcommand in ["drop", "disable", "enable"] {
        let ended = run(c, &[subcommand, "ann@a.b", "gone@a.b", "--dry-run"]);
        assert_eq!((ended.code, &*ended.out), (4, ""), "{subcommand}: {}", ended.err);
    }
    let file = list(c, "principal,groups\nbob@a.b,\ncyd@a.b,no such group\n");
    let ended = run(c, &["add", "-f", &file.path().display().to_string(), "--dry-run"]);
    assert_eq!((ended.code, &*ended.out), (4, ""), "{}", ended.err);
}
