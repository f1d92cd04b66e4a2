//! Looking: which principals, how wide, in which colours; and where the help is.

use super::*;
use crate::command::aws::Stage;
use crate::command::aws::fake::FOLDER;

/// The names that a call prints.
fn names(c: &Context<'_>, arguments: &[&str]) -> Vec<String> {
    let ended = run(c, &[arguments, &["-o", "name"]].concat());
    assert!(ended.code <= 1, "{arguments:?}: {}", ended.err);
    ended.out.lines().map(String::from).collect()
}

pub(super) fn those_who_are_described(c: &Context<'_>) {
    c.superuser().run(
        "CREATE ROLE team; CREATE ROLE below IN ROLE team; \
         CREATE USER \"ann@A.B\" IN ROLE rds_ad, team; \
         CREATE USER \"abe@A.B\" IN ROLE rds_ad, below; \
         CREATE USER \"bob@A.B\" IN ROLE rds_ad NOLOGIN; \
         CREATE USER \"ann@C.D\" IN ROLE rds_ad; \
         CREATE USER \"cyd@C.D\" IN ROLE rds_ad, rds_iam",
    );
    for (arguments, expected) in [
        (&[][..], &["abe@A.B", "ann@A.B", "ann@C.D", "bob@A.B", "cyd@C.D"][..]),
        (&["--realm", "a.b"], &["abe@A.B", "ann@A.B", "bob@A.B"]),
        (&["-r", "a.b", "-r", "c.d", "a*"], &["abe@A.B", "ann@A.B", "ann@C.D"]),
        (&["ann"], &["ann@A.B", "ann@C.D"]),
        (&["ANN@c.d"], &["ann@C.D"]),
        (&["?b?@*"], &["abe@A.B"]),
        // Through others as well.
        (&["--group", "team"], &["abe@A.B", "ann@A.B"]),
        (&["--disabled"], &["bob@A.B"]),
        (&["--conflicts"], &["cyd@C.D"]),
        (&["-r", "x.y"], &[]),
    ] {
        let mut found = names(c, &[&["list"], arguments].concat());
        found.sort();
        assert_eq!(found, expected, "list {arguments:?}");
    }
    assert_eq!(names(c, &["ls", "ann"]).len(), 2);
    let missing = run(c, &["list", "--group", "teem"]);
    assert!(missing.code == 4 && missing.err.contains("group \"teem\" does not exist"));

    // The same of those who are checked.
    for (arguments, expected) in [
        (&["--all", "--failed"][..], &["bob@A.B", "cyd@C.D"][..]),
        (&["-r", "c.d"], &["ann@C.D", "cyd@C.D"]),
        (&["a*", "--failed"], &[]),
        (&["*@c.d", "bob@a.b"], &["ann@C.D", "bob@a.b", "cyd@C.D"]),
        (&["--disabled"], &["bob@A.B"]),
        (&["--group", "team"], &["abe@A.B", "ann@A.B"]),
    ] {
        let mut found = names(c, &[&["check"], arguments].concat());
        found.sort();
        assert_eq!(found, expected, "check {arguments:?}");
    }
    // What a missing role makes pointless is passed over.
    let gone = run(c, &["check", "gone@a.b"]);
    assert_eq!(gone.code, 1);
    let is_pointless = |line: &&str| line.contains("there is no role to look at");
    let pointless: Vec<_> = gone.out.lines().filter(is_pointless).collect();
    assert!(pointless.len() > 3, "{}", gone.out);
    assert!(pointless.iter().all(|line| line.contains("  skipped  ")), "{}", gone.out);
    let failed = run(c, &["check", "gone@a.b", "--failed", "--no-headers"]).out;
    assert!(failed.starts_with("role_exists  no  "), "{failed}");
    assert!(!failed.lines().any(|line| is_pointless(&line)), "{failed}");
    assert_eq!(run(c, &["check", "--all"]).code, 1);
    assert_eq!(run(c, &["check", "a*"]).code, 0);
    for both in [&["check", "ann@a.b", "--disabled"][..], &["check", "--all", "ann@a.b"]] {
        assert_eq!(run(c, both).code, 2, "{both:?}");
    }
    assert_eq!(run(c, &["check"]).code, 2);

    let header = "role_name,username,realm,";
    let csv = run(c, &["list", "-o", "csv"]).out;
    assert!(csv.starts_with(header));
    let without = run(c, &["list", "-o", "csv", "--no-headers"]).out;
    assert_eq!(csv.split_once('\n').unwrap().1, without);
    let table = run(c, &["list", "--no-headers"]).out;
    assert_eq!(table.lines().count(), 5, "{table}");
    // All of a path where all was asked for.
    assert!(run(c, &["list", "--wide"]).out.contains("cyd@C.D > rds_iam"));
    assert!(!run(c, &["list"]).out.contains("cyd@C.D > rds_iam"));
}

pub(super) fn what_the_library_has(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE cloud IN ROLE rds_iam; \
         CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad NOLOGIN; \
         CREATE USER \"eve@A.B\"",
    );
    let member = "SELECT count(*) FROM pg_auth_members WHERE roleid = 'team'::regrole";
    let dry = run(c, &["grant", "team", "ann@A.B", "--dry-run"]);
    assert_eq!((dry.code, su.one(member)), (0, "0".into()), "{}", dry.err);
    su.run(&dry.out);
    assert_eq!(su.one(member), "1");
    su.run("REVOKE team FROM \"ann@A.B\"");
    assert_eq!(run(c, &["grant", "team", "ann@A.B"]).code, 0);
    assert_eq!(su.one(member), "1");
    let before = su.traces();
    for arguments in [&["grant", "cloud", "team"][..], &["grant", "rds_iam", "ann@A.B"]] {
        let refused = run(c, arguments);
        assert_eq!(refused.code, 4, "{}", refused.err);
        assert!(refused.err.contains("both rds_ad and rds_iam"), "{}", refused.err);
        let dry = run(c, &[arguments, &["-n"]].concat());
        assert_eq!(dry.code, 1, "{}", dry.err);
        assert!(!dry.out.contains("GRANT"), "{}", dry.out);
    }
    assert_eq!(su.traces(), before);
    assert_eq!(run(c, &["grant", "team", "nobody"]).code, 4);

    let names = ["ann@a.b", "bob@a.b", "eve@a.b", "gone@a.b"];
    let states = run(c, &[&["state"], &names[..], &["-o", "csv", "--no-headers"]].concat());
    assert_eq!(states.code, 1);
    let states: Vec<_> = states.out.lines().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(states, ["enabled", "disabled", "not_in_rds_ad", "absent"]);
    assert_eq!(run(c, &["state", "ann@a.b"]).code, 0);

    let asked = run(c, &["canonicalize", "Zoë", "-r", "a.b", "-o", "name"]);
    let expected = if c.caseins { "zoë@A.B\n" } else { "Zoë@A.B\n" };
    assert_eq!((asked.code, &*asked.out), (0, expected), "{}", asked.err);
    assert_eq!(run(c, &["nesting"]).code, 0);
}

/// On a terminal of this size, which script(1) makes.
pub(super) fn terminal(c: &Context<'_>, columns: u32, rows: u32, arguments: &str) -> Command {
    let line =
        format!("stty cols {columns} rows {rows}; {} {arguments}", built("kerbrole").display());
    let mut command = Command::new("script");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", "/nonexistent")
        .env("PGHOST", c.server.socket())
        .env("PGPORT", c.server.port.to_string())
        .env("PGUSER", "rdsadmin")
        .env("PGDATABASE", "postgres")
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .env("KERBROLE_PAGER", "sed 's/^/paged: /'")
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null());
    command
}

/// What it shows there.
fn on_a_terminal(c: &Context<'_>, columns: u32, rows: u32, arguments: &str) -> String {
    let output = terminal(c, columns, rows, arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

pub(super) fn the_terminal_s_width_and_colours(c: &Context<'_>) {
    let mut su = c.superuser();
    let long = "l".repeat(60);
    su.run(&format!(
        "CREATE ROLE team IN ROLE rds_iam; CREATE ROLE \"{long}\" IN ROLE team; \
         CREATE USER \"alexandra.papadopoul@DEPARTMENT.CORP.EXAMPLE.COM\" IN ROLE rds_ad, \
         \"{long}\""
    ));
    for arguments in ["list --wide", "check --all", "conflicts"] {
        let shown = on_a_terminal(c, 80, 200, &format!("{arguments} --color never"));
        // What is copied stays in one line.
        let mut lines = shown.lines().filter(|line| !line.starts_with("  fix: "));
        assert!(lines.all(|line| line.chars().count() <= 80), "{arguments}: {shown}");
        // Nothing of it is lost: all of the name stands there, over several lines.
        assert!(shown.matches('l').count() >= long.len(), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
    let coloured = on_a_terminal(c, 80, 200, "list");
    assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
    assert!(coloured.contains("1 principal: 1 in both roles"), "{coloured}");
    assert!(!coloured.contains("paged: "), "{coloured}");
    // What is longer than the terminal goes to the pager, which is a program that people choose.
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad");
    let paged = on_a_terminal(c, 80, 5, "list");
    assert!(paged.contains("paged: "), "{paged}");
    assert!(!on_a_terminal(c, 80, 5, "list --no-pager").contains("paged: "));
    // Not on a terminal there are none, unless they are wanted.
    assert!(!run(c, &["list"]).out.contains('\u{1b}'));
    assert!(run(c, &["list", "--color", "always"]).out.contains("\u{1b}[31m"));
}

/// What stands under "Examples:" in the help of each subcommand.
fn examples() -> Vec<String> {
    let help = |arguments: &[&str]| Ended::from(program().args(arguments).output().unwrap()).out;
    let whole = help(&["--help"]);
    let (_, commands) = whole.split_once("Commands:\n").unwrap();
    let names = commands.lines().take_while(|line| !line.is_empty());
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 15, "{names:?}");
    let mut examples = Vec::new();
    for name in names.into_iter().filter(|name| *name != "help") {
        let page = help(&[name, "--help"]);
        let (_, below) = page.split_once("Examples:\n").unwrap_or_else(|| panic!("{name}: {page}"));
        let lines: Vec<_> = below
            .lines()
            .take_while(|line| !line.is_empty())
            .map(|line| line.trim().into())
            .collect();
        assert!(!lines.is_empty(), "{name}");
        examples.extend(lines);
    }
    examples
}

/// As they are printed, one after the other, on a server that has what they name.
pub(super) fn the_examples_of_the_help_run(c: &Context<'_>) {
    let mut su = c.superuser();
    let folder = c.sandbox.path().join(format!("examples-{}", c.major()));
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("people.csv"),
        "principal\nalice@corp.example.com\nbob@corp.example.com\ncarol@corp.example.com\n",
    )
    .unwrap();
    fs::create_dir(folder.join("man1")).unwrap();
    su.run("CREATE ROLE analysts");
    // Those that need a directory are run where there is one, by access:: of the suite ad.
    let needs_a_directory =
        |example: &String| ["access.toml", "plan.json"].iter().any(|file| example.contains(file));
    for example in examples().into_iter().filter(|example| !needs_a_directory(example)) {
        // Each finds the people that the help speaks of, whatever the one before did to them.
        su.run(
            "DO $$ DECLARE r pg_catalog.name; BEGIN \
             FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' LOOP \
             EXECUTE pg_catalog.format('DROP ROLE %I', r); END LOOP; END $$",
        );
        if !example.contains("kerbrole add") {
            su.run(
                "CREATE USER \"alice@CORP.EXAMPLE.COM\" IN ROLE rds_ad; \
                 CREATE USER \"bob@CORP.EXAMPLE.COM\" IN ROLE rds_ad; \
                 CREATE USER \"carol@CORP.EXAMPLE.COM\" IN ROLE rds_ad; \
                 CREATE USER \"dave@CORP.EXAMPLE.COM\" IN ROLE rds_ad",
            );
        }
        let mut shell = Command::new("sh");
        let bin = built("kerbrole");
        // AWS is asked by an aws that answers from a world.
        let world = if example.contains("--db-cluster") { "aurora" } else { "rds" };
        let stage = Stage::healthy(world);
        let path = std::env::join_paths(
            [stage.path().join("bin"), bin.parent().unwrap().to_path_buf()]
                .into_iter()
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        shell
            .env_clear()
            .envs(on(c, &[]).get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("PATH", path.unwrap())
            .env(FOLDER, stage.path())
            .args(["-c", &example])
            .current_dir(&folder)
            .stdin(Stdio::null());
        let ended: Ended = shell.output().unwrap().into();
        // Findings are no failure, and doctor finds that there is no such directory.
        let is_fine = ended.code == 0 || ended.code == 1 && ended.err.is_empty();
        assert!(is_fine, "{example}: {} {}", ended.code, ended.err);
    }
}

pub(super) fn help_is_where_somebody_looks(_: &Context<'_>) {
    let ended = |arguments: &[&str]| Ended::from(program().args(arguments).output().unwrap());
    let help = ended(&["add", "--help"]);
    for asked in [&["add", "-?"][..], &["help", "add"], &["--help", "add"]] {
        assert_eq!(ended(asked), help, "{asked:?}");
    }
    // Its own options first, and of the others where they are.
    assert!(help.out.contains("--if-not-exists") && !help.out.contains("--dbname"), "{}", help.out);
    assert!(help.out.trim_end().ends_with("Connection, rules and output: kerbrole --help"));
    assert!(help.out.contains("  5  partly done") && !help.out.contains("  1  findings"));
    let nothing = ended(&["list", "-h"]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("help is -? and --help"), "{}", nothing.err);
}
