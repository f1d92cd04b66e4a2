//! Files, questions, and long lists.

use super::*;

pub(super) fn files_and_their_mistakes(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE analysts; CREATE ROLE team");
    let file = |text: &str| {
        let mut file = tempfile::NamedTempFile::new_in(c.sandbox.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    let plain = file("# who\nann@a.b\n\nbob   # with the realm below\n");
    let table = file("principal,groups\ncyd@a.b,analysts;team\ndan@a.b,\n");
    let names = [plain.path().display().to_string(), table.path().display().to_string()];
    let ended = run(c, &["add", "-f", &names[0], "--file", &names[1], "-r", "a.b"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(
        su.rows(
            "SELECT r.rolname, coalesce(string_agg(g.rolname, ',' ORDER BY g.rolname), '') \
            FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = \
            m.roleid \
                 WHERE r.rolname LIKE '%@A.B' GROUP BY 1 ORDER BY 1"
        ),
        [
            ["ann@A.B", "rds_ad"],
            ["bob@A.B", "rds_ad"],
            ["cyd@A.B", "analysts,rds_ad,team"],
            ["dan@A.B", "rds_ad"]
        ]
    );
    let before = su.traces();
    for (text, said) in [
        ("eve@a.b\nx y@@\n", "line 2: \"x y@@\" holds more than one \"@\""),
        ("eve@a.b\nfay@a b\n", "line 2: invalid realm \"a b\""),
        ("principal,groups\neve@a.b,team\nfay@,team\n", "line 3: invalid realm \"\""),
        ("principal,group\neve@a.b,team\n", "line 1: unknown column \"group\""),
        ("principal,groups\neve@a.b,team,more\n", "line 2: 3 fields, and the header has 2"),
        ("principal,groups\neve@a.b,team\nfay@a.b\n", "line 3: "),
    ] {
        let bad = file(text);
        let ended = run(c, &["add", "-f", &bad.path().display().to_string()]);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{text}: {}", ended.err);
        assert!(ended.err.contains(said), "{text}: {}", ended.err);
        assert_eq!(su.traces(), before, "{text}");
    }
    assert_eq!(run(c, &["add", "-f", "/nonexistent"]).code, 2);
    assert_eq!(run(c, &["add"]).code, 2);
    // A group of the last line is missing: nothing is begun.
    let late = file("principal,groups\neve@a.b,team\nfay@a.b,nothing\n");
    let ended = run(c, &["add", "-f", &late.path().display().to_string()]);
    assert_eq!(ended.code, 4);
    assert_eq!(su.traces(), before);
    // Standard input.
    let mut child =
        on(c, &["add", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"gil@a.b\n").unwrap();
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, 0);
    assert!(ended.out.contains("gil@A.B"));
}

/// What removes things is asked for, and in a pipe nobody can be asked.
pub(super) fn who_is_asked(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad");
    let before = su.traces();
    for arguments in [
        &["drop", "ann@a.b"][..],
        &["sync", "ann@a.b", "--absent", "drop"],
        &["sync", "ann@a.b", "--absent", "disable"],
        &["rename-realm", "a.b", "c.d"],
    ] {
        let ended = run(c, arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains("--yes"), "{}", ended.err);
        assert_eq!(su.traces(), before, "{arguments:?}");
    }
    let ended = run(c, &["sync", "ann@a.b", "--absent", "drop", "--check"]);
    assert_eq!((ended.code, ended.out.lines().count()), (1, 3), "{}", ended.out);
    assert_eq!(su.traces(), before);
    prints(
        c,
        &["drop", "ann@a.b", "--yes"],
        "role_name  outcome\n---------  -------\nann@A.B    dropped\n",
    );
    assert_eq!(run(c, &["drop", "ann@a.b", "--yes"]).code, 4);
    prints(
        c,
        &["drop", "ann@a.b", "--yes", "--if-exists"],
        "role_name  outcome\n---------  -------\nann@a.b    absent\n",
    );
    // One of two: what was done is told.
    su.run("CREATE USER \"cyd@A.B\" CREATEDB IN ROLE rds_ad");
    let ended = run(c, &["drop", "bob@a.b", "cyd@a.b", "--yes"]);
    assert_eq!(ended.code, 5);
    assert!(ended.out.contains("bob@A.B") && ended.err.contains("1 of 2 are done"), "{ended:?}");
}

/// On a terminal, which script(1) makes: a password, a question, a bar.
pub(super) fn a_terminal_is_asked(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("ALTER ROLE rds_master PASSWORD 'typed'; CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    let program = built("kerbrole");
    let on_a_terminal = |typed: &str, arguments: &str| {
        let mut command = Command::new("script");
        command
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", c.server.port.to_string())
            .env("PGUSER", "rds_master")
            .env("PGDATABASE", "postgres")
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh");
        command.args(["-qec", &format!("{} {arguments}", program.display()), "/dev/null"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(typed.as_bytes()).unwrap();
        let ended: Ended = child.wait_with_output().unwrap().into();
        drop(stdin);
        ended
    };
    let ended = on_a_terminal("typed\n", "probe --format csv");
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(
        ended.out.contains("Password for user rds_master: ")
            && ended.out.contains("user,rds_master"),
        "{}",
        ended.out
    );
    let ended = on_a_terminal("wrong\n", "probe");
    assert!(
        ended.code == 3 && ended.out.contains("password authentication failed"),
        "{}",
        ended.out
    );
    let ended = on_a_terminal("typed\nn\n", "drop ann@a.b");
    assert!(
        ended.code == 2
            && ended.out.contains("Drop 1 principal(s)? [y/N] ")
            && ended.out.contains("nothing was done"),
        "{}",
        ended.out
    );
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'ann@A.B'"), "1");
    let ended = on_a_terminal("typed\ny\n", "drop ann@a.b");
    assert!(ended.code == 0 && ended.out.contains("dropped"), "{}", ended.out);
    let path = c.sandbox.path().join(format!("bar-{}", c.major()));
    fs::write(&path, (0..4000).map(|i| format!("u{i}@a.b\n")).collect::<String>()).unwrap();
    let ended = on_a_terminal("typed\n", &format!("add -f {} --format csv", path.display()));
    assert!(
        ended.code == 0 && ended.out.contains("/4000"),
        "a bar: {}",
        &ended.out[..ended.out.len().min(2000)]
    );
}

fn whole(su: &mut Session) -> (usize, usize) {
    let of = |su: &mut Session, what: &str| {
        su.one(&format!("SELECT count(*) FROM pg_roles r WHERE rolname LIKE 'u%@A.B' {what}"))
            .parse()
            .unwrap()
    };
    let all = of(su, "");
    (
        all,
        of(
            su,
            "AND rolcanlogin AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND \
             m.roleid = 'rds_ad'::regrole)",
        ),
    )
}

pub(super) fn an_interrupt_in_the_middle(c: &Context<'_>) {
    const MANY: usize = 3000;
    let mut su = c.superuser();
    let path = c.sandbox.path().join(format!("many-{}-{}", c.major(), c.server.port));
    fs::write(&path, (0..MANY).map(|i| format!("u{i}@a.b\n")).collect::<String>()).unwrap();
    let arguments = ["add", "--if-not-exists", "-f", path.to_str().unwrap()];
    // It waits before the first portion, and, since somebody asks for the same lock behind it,
    // before the second.
    const LOCK: &str = "BEGIN; LOCK pg_catalog.pg_auth_members IN SHARE ROW EXCLUSIVE MODE";
    let (mut before, mut behind) = (c.superuser(), c.superuser());
    before.run(LOCK);
    let child = on(c, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    su.wait_for_waiting("kerbrole");
    behind.run("SET application_name = 'behind'");
    std::thread::scope(|scope| {
        scope.spawn(|| behind.run(LOCK));
        su.wait_for_waiting("behind");
        before.run("COMMIT");
    });
    su.wait_for_waiting("kerbrole");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_ne!(ended.code, 0);
    assert_eq!(whole(&mut su), (1000, 1000), "the first portion, and all of it");
    // What waits in the server goes on without its client, and ends whole or not at all.
    behind.run("COMMIT");
    wait_until(|| {
        su.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kerbrole'") == "0"
    })
    .unwrap();
    let (all, complete) = whole(&mut su);
    assert!(all == complete && [1000, 2000].contains(&all), "{all} roles, {complete} whole");
    let ended = run(c, &arguments);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.err.starts_with("1000 of 3000\n"), "what goes on is told: {}", ended.err);
    assert_eq!(whole(&mut su), (MANY, MANY));
    let ended = run(c, &arguments);
    assert!(ended.code == 0 && ended.err.ends_with("nothing to do\n"), "{}", ended.err);
}

pub(super) fn a_hundred_thousand_lines(c: &Context<'_>) {
    const MANY: usize = 100_000;
    let path = c.sandbox.path().join(format!("very-many-{}", c.major()));
    fs::write(&path, (0..MANY).map(|i| format!("u{i}@a.b\n")).collect::<String>()).unwrap();
    let add = || on(c, &["add", "--if-not-exists", "-f", path.to_str().unwrap()]);
    let mut child = add().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0u64;
    let mut said = String::new();
    // Each line of progress is a time to look.
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    for line in lines {
        said.push_str(&line.unwrap());
        said.push('\n');
        let kilobytes = fs::read_to_string(&status).unwrap_or_default();
        let kilobytes = kilobytes
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
    }
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(
        said.starts_with("1000 of 100000\n2000 of 100000\n") && said.lines().count() == 100,
        "{said}"
    );
    assert!(peak > 0 && peak < 200 * 1024, "{peak} kB");
    assert_eq!(whole(&mut c.superuser()), (MANY, MANY));
    let again = Ended::from(add().stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap());
    assert!(again.code == 0 && again.err.ends_with("nothing to do\n"), "{}", again.err);
}

/// What the extension has settings for.
pub(super) fn rules_of_plain_statements(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE kerberos; CREATE ROLE cloud; CREATE ROLE team IN ROLE cloud");
    let rules = [
        "--default-realm",
        "a.b",
        "--allowed-realms",
        "A.B, C.D",
        "--netbios-domains",
        "CORP=c.d",
        "--username-case",
        "lower",
        "--ad-role",
        "kerberos",
        "--iam-role",
        "cloud",
    ];
    let run = |arguments: &[&str]| run(c, &[arguments, &rules].concat());
    let added = run(&["add", "Ann", "CORP\\Bob", "cyd@c.d", "--format", "csv"]);
    let expected = "principal,role_name,action\nAnn,ann@A.B,created\n\
                    CORP\\Bob,bob@C.D,created\ncyd@c.d,cyd@C.D,created\n";
    assert_eq!((added.code, added.out.as_str()), (0, expected), "{}", added.err);
    assert_eq!(
        su.one("SELECT count(*) FROM pg_auth_members WHERE roleid = 'kerberos'::regrole"),
        "3"
    );
    let other = run(&["add", "eve@e.f"]);
    assert_eq!(other.code, 2, "{}", other.err);
    let conflict = run(&["add", "eve", "--group", "team"]);
    assert_eq!(conflict.code, 4);
    assert!(
        conflict.err.contains("would be a member of both kerberos and cloud"),
        "{}",
        conflict.err
    );
    for wrong in
        [["--default-realm", "a b"], ["--netbios-domains", "CORP"], ["--allowed-realms", "@"]]
    {
        let ended = crate::command::process::run(c, &[&["list"][..], &wrong].concat());
        assert_eq!(ended.code, 2, "{wrong:?}: {}", ended.err);
        assert!(ended.err.contains(wrong[0]), "{}", ended.err);
    }
}

/// The extension goes by its own settings: a rule that somebody asks for in vain is an error.
pub(super) fn rules_that_do_not_hold_are_refused(c: &Context<'_>) {
    for (option, value, setting) in [
        ("--allowed-realms", "A.B", "kerbrole.allowed_realms"),
        ("--max-removals", "1", "kerbrole.sync_max_removals"),
        ("--iam-role", "rds_iam", "kerbrole.iam_role"),
    ] {
        let ended = run(c, &["add", "ann@a.b", option, value]);
        assert_eq!(ended.code, 2, "{}", ended.err);
        assert!(ended.err.contains(option) && ended.err.contains(setting), "{}", ended.err);
        let by_statements =
            run(c, &["add", "ann@a.b", "--dry-run", "--backend", "sql", option, value]);
        assert_eq!(by_statements.code, 0, "{}", by_statements.err);
    }
    assert_eq!(c.superuser().one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
}
