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

/// A command on a terminal that is asked, what is done meanwhile, and what it says in the end.
fn asked(c: &Context<'_>, arguments: &str, meanwhile: impl FnOnce()) -> Ended {
    use std::io::Read;
    let mut command = Command::new("script");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(on(c, &[]).get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm");
    command.args(["-qec", &format!("{} {arguments}", built("kerbrole").display()), "/dev/null"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut said = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&said).contains("[y/N] ") && stdout.read(&mut byte).unwrap() > 0
    {
        said.push(byte[0]);
    }
    meanwhile();
    stdin.write_all(b"y\n").unwrap();
    stdout.read_to_end(&mut said).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    let out = String::from_utf8_lossy(&said).replace('\r', "");
    Ended { code, out, err: String::new() }
}

/// What was shown is done, or nothing is.
pub(super) fn what_is_confirmed_is_what_runs(c: &Context<'_>) {
    let mut su = c.superuser();
    let people = ["ann", "bob", "cyd", "dan", "eve"];
    let names = "SELECT rolname || ' ' || left(rolcanlogin::text, 1) FROM pg_roles \
                 WHERE rolname LIKE '%@%' ORDER BY 1";
    let begin = |su: &mut Session| {
        su.run(
            "DO $$ DECLARE r pg_catalog.name; BEGIN \
             FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' LOOP \
             EXECUTE pg_catalog.format('DROP ROLE %I', r); END LOOP; END $$",
        );
        for one in people {
            su.run(&format!("CREATE USER \"{one}@A.B\" IN ROLE rds_ad"));
        }
    };
    let calls = [
        ("sync ann@a.b bob@a.b cyd@a.b new@a.b --absent disable", "~ disable  dan@A.B", "eve@A.B"),
        ("sync ann@a.b bob@a.b cyd@a.b new@a.b --absent drop", "- drop     dan@A.B", "eve@A.B"),
        ("drop dan@a.b eve@a.b", "- drop     dan@a.b", "eve@a.b"),
        ("rename-realm a.b c.d", "> rename  dan@A.B", "to eve@C.D"),
    ];
    for (call, first, last) in calls {
        begin(&mut su);
        let before = su.column(names);
        let ended = asked(c, call, || ());
        assert_eq!(ended.code, 0, "{call}: {}", ended.out);
        // All of them stand before the question.
        let (shown, _) = ended.out.split_once("[y/N] ").unwrap();
        assert!(shown.contains(first) && shown.contains(last), "{call}: {shown}");
        assert_ne!(su.column(names), before, "{call}");
        for colour in ["\u{1b}[31m", "\u{1b}[33m"] {
            if call.contains("--absent drop") == (colour == "\u{1b}[31m") && call.contains("sync") {
                assert!(shown.contains(colour), "{call}: {shown:?}");
            }
        }

        // Somebody else changes one of those meanwhile: then none of it is done.
        begin(&mut su);
        let change = match call {
            call if call.contains("drop ") => {
                "CREATE TABLE his (); ALTER TABLE his OWNER TO \"eve@A.B\""
            }
            call if call.contains("rename") => "ALTER ROLE \"eve@A.B\" RENAME TO \"eva@A.B\"",
            _ => "ALTER ROLE \"eve@A.B\" NOLOGIN",
        };
        let change = if call.contains("absent drop") {
            "ALTER ROLE \"eve@A.B\" RENAME TO eve"
        } else {
            change
        };
        let mut after = Vec::new();
        let ended = asked(c, call, || {
            let mut other = c.superuser();
            other.run(change);
            after = other.column(names);
        });
        assert!(matches!(ended.code, 4 | 5), "{call}: {} {}", ended.code, ended.out);
        if !call.starts_with("drop ") {
            assert!(ended.out.contains("not what was planned"), "{call}: {}", ended.out);
            assert_eq!(su.column(names), after, "{call}");
        }
        su.run("DROP TABLE IF EXISTS his; DROP ROLE IF EXISTS eve");
    }
}

/// The limit is told before anybody is asked, and where it is only shown.
pub(super) fn the_limit_comes_first(c: &Context<'_>) {
    let mut su = c.superuser();
    for one in ["ann", "bob", "cyd", "dan"] {
        su.run(&format!("CREATE USER \"{one}@A.B\" IN ROLE rds_ad"));
    }
    let before = su.traces();
    let list = ["sync", "ann@a.b", "--absent", "disable"];
    let said = "3 of 4 principals would be disabled or dropped, and at most 2 may be at once";
    for (more, code) in [(&["--dry-run"][..], 0), (&["--check"], 1), (&["--yes"], 4), (&[], 4)] {
        let ended = run(c, &[&list, more].concat());
        assert_eq!(ended.code, code, "{more:?}: {}", ended.err);
        assert!(ended.err.contains(said), "{more:?}: {}", ended.err);
        assert!(!ended.err.contains("--yes (or"), "{more:?}: {}", ended.err);
    }
    // What can be done about it, where it can: the extension has a setting of its own.
    let is_bare = c.backend() == kerbrole_client::Backend::PlainSql;
    let refused = run(c, &list).err;
    assert_eq!(refused.contains("--max-removals"), is_bare, "{refused}");
    assert_eq!(refused.contains("kerbrole.sync_max_removals"), !is_bare, "{refused}");
    if is_bare {
        let more = run(c, &[&list[..], &["--max-removals", "3", "--check"]].concat());
        assert!(more.code == 1 && more.err.is_empty(), "{}", more.err);
    }
    let plan = run(c, &["plan", "ann@a.b", "--absent", "disable"]);
    let last = plan.out.lines().last().unwrap();
    assert!(plan.code == 0 && last.starts_with("3 to disable; refused"), "{}", plan.out);
    let diff = run(c, &["diff", "ann@a.b", "--absent", "disable", "-o", "name"]);
    assert_eq!((diff.code, &*diff.out), (1, "bob@A.B\ncyd@A.B\ndan@A.B\n"), "{}", diff.err);
    assert_eq!(su.traces(), before);
}

/// Whom a list is about, and why somebody would be removed.
pub(super) fn a_list_has_a_scope(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team; CREATE ROLE below IN ROLE team");
    for (one, groups) in
        [("ann@A.B", "team"), ("bob@A.B", "below"), ("cyd@A.B", "rds_ad"), ("dan@C.D", "team")]
    {
        su.run(&format!("CREATE USER \"{one}\" IN ROLE rds_ad; GRANT {groups} TO \"{one}\""));
    }
    for one in ["x", "y", "z"] {
        su.run(&format!("CREATE USER \"{one}@A.B\" IN ROLE rds_ad, team"));
    }
    let kept = ["x@a.b", "y@a.b", "z@a.b"];
    let removed = |more: &[&str]| {
        let call = [&["plan"], &kept[..], &["--absent", "disable", "-o", "csv"], more].concat();
        let ended = run(c, &call);
        assert_eq!(ended.code, 0, "{more:?}: {}", ended.err);
        let mut rows = csv::Reader::from_reader(ended.out.as_bytes());
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert!(rows.iter().all(|row| row[2].starts_with("not on the list")), "{}", ended.out);
        rows.iter().map(|row| row[1].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(removed(&[]), ["ann@A.B", "bob@A.B", "cyd@A.B"]);
    assert_eq!(removed(&["--only-group", "team"]), ["ann@A.B", "bob@A.B"]);
    assert_eq!(removed(&["--only-group", "below"]), ["bob@A.B"]);
    assert_eq!(removed(&["--only-realm", "c.d"]), ["dan@C.D"]);
    assert_eq!(removed(&["--only-realm", "c.d", "--only-group", "below"]), [""; 0]);
    let missing = run(c, &["plan", "x@a.b", "--only-group", "teem"]);
    assert_eq!(missing.code, 4, "{}", missing.err);
    // And nobody else is.
    let ended = run(
        c,
        &[&["sync"], &kept[..], &["--absent", "drop", "--only-group", "team", "-y"]].concat(),
    );
    assert_eq!(ended.code, 0, "{}", ended.err);
    let left = "SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' ORDER BY 1";
    assert_eq!(su.column(left), ["cyd@A.B", "dan@C.D", "x@A.B", "y@A.B", "z@A.B"]);
}

/// A realm that nobody is of, among those of others.
pub(super) fn a_new_realm_is_told(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE USER \"ann@CORP.EXAMPLE.COM\" IN ROLE rds_ad");
    let before = su.traces();
    for refused in [
        &["add", "bob@corp.exmple.com", "--known-realms-only"][..],
        &["sync", "bob@corp.exmple.com", "--known-realms-only"],
    ] {
        let ended = run(c, refused);
        assert_eq!((ended.code, &*ended.out), (4, ""), "{}", ended.err);
        assert!(ended.err.contains("CORP.EXAMPLE.COM"), "the nearest: {}", ended.err);
        // There is nobody yet who could be dropped.
        assert!(!ended.err.contains("drop"), "{}", ended.err);
        assert!(ended.err.contains("without --known-realms-only"), "{}", ended.err);
        assert_eq!(su.traces(), before);
    }
    let known = run(c, &["add", "cyd@corp.example.com", "--known-realms-only"]);
    assert_eq!((known.code, &*known.err), (0, ""));
    let ended = run(c, &["add", "bob@corp.exmple.com"]);
    assert_eq!(ended.code, 0);
    assert!(ended.err.starts_with("NOTICE:  ") && ended.err.contains("CORP.EXAMPLE.COM"));
    assert_eq!(run(c, &["add", "eve@corp.exmple.com"]).err, "");
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
