//! The command `kerbrole`, as a process: what it prints, how it ends.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::psql::log_in;
use kerbrole_tests::site::wait_until;
use kerbrole_tests::version::workspace;
use rustix::process::{Pid, Signal, kill_process};

use crate::cases;
use crate::world::{Context, REALM, Session};

cases! {
    EachVersion: a_life_in_commands, results_in_every_form, files_and_their_mistakes, what_cannot_be_reached, who_is_asked, sql_can_be_pasted,
        a_krb5_conf_by_which_one_logs_in, the_reader_goes_away, an_interrupt_in_the_middle, connections_as_psql_makes_them, tls_modes,
        the_page_prints_what_it_says, a_hundred_thousand_lines, every_command_in_json, a_terminal_is_asked;
    Bare: every_command_in_json, a_life_in_commands, results_in_every_form, files_and_their_mistakes, who_is_asked, sql_can_be_pasted, an_interrupt_in_the_middle;
    Nowhere: help_completions_and_a_manual_page;
}

/// How it ended, and what it said where.
#[derive(Debug, PartialEq)]
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

fn program() -> Command {
    let mut command = Command::new(workspace().join("target/debug/kerbrole"));
    command.env_clear().env("HOME", "/nonexistent").env("USER", "nobody").stdin(Stdio::null());
    command
}

fn on(c: &Context<'_>, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .env("PGHOST", c.server.socket())
        .env("PGPORT", c.server.port.to_string())
        .env("PGUSER", "rdsadmin")
        .env("PGDATABASE", "postgres");
    command.args(arguments);
    command
}

fn run(c: &Context<'_>, arguments: &[&str]) -> Ended {
    on(c, arguments).output().unwrap().into()
}

/// What it prints when all is well.
fn prints(c: &Context<'_>, arguments: &[&str], out: &str) {
    let ended = run(c, arguments);
    assert_eq!((ended.code, ended.out.as_str()), (0, out), "{arguments:?}: {}", ended.err);
}

fn a_life_in_commands(c: &Context<'_>) {
    c.superuser().run("CREATE ROLE analysts; CREATE ROLE cloud IN ROLE rds_iam");
    prints(
        c,
        &["add", "alice", "bob@corp.example.com", "-r", "corp.example.com", "-g", "analysts"],
        "principal               role_name               action\n\
         ----------------------  ----------------------  -------\n\
         alice@corp.example.com  alice@CORP.EXAMPLE.COM  created\n\
         bob@corp.example.com    bob@CORP.EXAMPLE.COM    created\n",
    );
    let ended = run(c, &["add", "alice@corp.example.com"]);
    assert_eq!(
        ended,
        Ended {
            code: 4,
            out: String::new(),
            err: "kerbrole: role \"alice@CORP.EXAMPLE.COM\" already exists\n\
                  HINT:  With if_not_exists => true a role that exists is taken as it is, and given what it lacks.\n"
                .into()
        }
    );
    let ended = run(c, &["add", "alice@corp.example.com", "--if-not-exists"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, "nothing to do\n"));
    let ended = run(c, &["add", "carol@corp.example.com", "-g", "cloud"]);
    assert_eq!(ended.code, 4);
    assert!(ended.err.contains("DETAIL:  Path to rds_ad: {carol@CORP.EXAMPLE.COM,rds_ad}. Path to rds_iam: {carol@CORP.EXAMPLE.COM,cloud,rds_iam}.\n"), "{}", ended.err);
    assert_eq!(run(c, &["add", "x@y@z"]).code, 2);

    prints(
        c,
        &["list"],
        "role_name               can_login  groups    ad_path                          iam_path  sessions\n\
         ----------------------  ---------  --------  -------------------------------  --------  --------\n\
         alice@CORP.EXAMPLE.COM  yes        analysts  alice@CORP.EXAMPLE.COM > rds_ad            0\n\
         bob@CORP.EXAMPLE.COM    yes        analysts  bob@CORP.EXAMPLE.COM > rds_ad              0\n",
    );
    prints(
        c,
        &["disable", "bob", "-r", "corp.example.com", "--terminate"],
        "role_name             outcome\n--------------------  --------\nbob@CORP.EXAMPLE.COM  disabled\n",
    );
    let ended = run(c, &["check", "bob@corp.example.com", "--format", "csv"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended
            .out
            .lines()
            .any(|line| line.starts_with("bob@corp.example.com,login,no,NOLOGIN: the principal is disabled,")),
        "{}",
        ended.out
    );
    prints(
        c,
        &["enable", "bob@corp.example.com"],
        "role_name             outcome\n--------------------  -------\nbob@CORP.EXAMPLE.COM  enabled\n",
    );
    prints(
        c,
        &["rename", "bob@corp.example.com", "robert"],
        "old_name              new_name\n--------------------  -----------------------\nbob@corp.example.com  robert@CORP.EXAMPLE.COM\n",
    );
    prints(
        c,
        &["rename-realm", "corp.example.com", "ad.example.org", "--yes"],
        "old_name                 new_name               problem\n\
         -----------------------  ---------------------  -------\n\
         alice@CORP.EXAMPLE.COM   alice@AD.EXAMPLE.ORG\n\
         robert@CORP.EXAMPLE.COM  robert@AD.EXAMPLE.ORG\n",
    );
    let ended = run(
        c,
        &["sync", "robert@ad.example.org", "new@ad.example.org", "--absent", "disable", "--yes", "--format", "csv"],
    );
    assert_eq!(ended.code, 0, "{}", ended.err);
    let rows: Vec<_> =
        ended.out.lines().map(|line| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows, ["action role_name", "create new@AD.EXAMPLE.ORG", "disable alice@AD.EXAMPLE.ORG"]);
    let ended = run(c, &["sync", "robert@ad.example.org", "new@ad.example.org", "--absent", "disable"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, "nothing to do\n"));
}

fn results_in_every_form(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam; CREATE ROLE team");
    let ended = run(c, &["conflicts", "--format", "json"]);
    assert_eq!(ended.code, 1);
    let by = if c.major() >= 16 { " GRANTED BY \\\"rdsadmin\\\"" } else { "" };
    assert_eq!(
        ended.out,
        format!(
            "[\n  {{\"role_name\":\"both@A.B\",\"ad_path\":[\"both@A.B\",\"rds_ad\"],\"iam_path\":[\"both@A.B\",\"rds_iam\"],\"fix\":\"REVOKE \\\"rds_iam\\\" FROM \\\"both@A.B\\\"{by};\"}}\n]\n"
        )
    );
    let ended = run(c, &["preview-grant", "rds_iam", "team", "--format", "json"]);
    assert_eq!(ended, Ended { code: 0, out: "[\n]\n".into(), err: "no conflicts\n".into() });
    assert_eq!(run(c, &["preview-grant", "rds_iam", "team", "-q"]).err, "");
    su.run("DROP ROLE \"both@A.B\"; CREATE USER \"eve@a.b\" IN ROLE rds_ad");
    let ended = run(c, &["case-audit", "--format", "csv"]);
    let problem = if c.caseins { "closed_by_caseins" } else { "unreachable_realm_case" };
    assert_eq!(ended.code, 1);
    assert!(ended.out.starts_with(&format!("problem,role_names,detail,fix\n{problem},eve@a.b,")), "{}", ended.out);
    assert!(ended.out.contains("\"ALTER ROLE \"\"eve@a.b\"\" RENAME TO \"\"eve@A.B\"\";\"\n"), "{}", ended.out);
    let ended = run(c, &["probe", "--format", "csv"]);
    assert_eq!(ended.code, 0);
    for line in ["family,Other", "user,rdsadmin", "is_superuser,yes", "nests_creators,no"] {
        assert!(ended.out.lines().any(|said| said == line), "{line}: {}", ended.out);
    }
}

fn files_and_their_mistakes(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE analysts; CREATE ROLE team");
    let file = |text: &str| {
        let mut file = tempfile::NamedTempFile::new_in(c.site.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    let plain = file("# who\nann@a.b\n\nbob   # with the realm below\n");
    let table = file("principal,groups\ncyd@a.b,analysts;team\ndan@a.b,\n");
    let names = [plain.path().display().to_string(), table.path().display().to_string()];
    let ended = run(c, &["add", "-f", &names[0], "--file", &names[1], "-r", "a.b"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(
        su.rows("SELECT r.rolname, coalesce(string_agg(g.rolname, ',' ORDER BY g.rolname), '') FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid \
                 WHERE r.rolname LIKE '%@A.B' GROUP BY 1 ORDER BY 1"),
        [["ann@A.B", "rds_ad"], ["bob@A.B", "rds_ad"], ["cyd@A.B", "analysts,rds_ad,team"], ["dan@A.B", "rds_ad"]]
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
    let mut child = on(c, &["add", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"gil@a.b\n").unwrap();
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, 0);
    assert!(ended.out.contains("gil@A.B"));
}

fn what_cannot_be_reached(c: &Context<'_>) {
    let ended = run(c, &["list", "-h", "127.0.0.1", "-p", "1"]);
    assert_eq!((ended.code, ended.out.as_str()), (3, ""));
    assert!(
        ended.err.starts_with("kerbrole: cannot connect to 127.0.0.1 port 1: ") && ended.err.contains("refused"),
        "{}",
        ended.err
    );
    assert_eq!(run(c, &["list", "-d", "nowhere"]).code, 3);
    let mut su = c.superuser();
    su.run("ALTER ROLE rds_master PASSWORD 'the right one'");
    let port = c.server.port.to_string();
    let tcp = |password: &str| {
        let mut command = on(c, &["probe", "-h", "127.0.0.1", "-p", &port, "-U", "rds_master"]);
        command.env("PGPASSWORD", password);
        Ended::from(command.output().unwrap())
    };
    assert_eq!(tcp("the right one").code, 0);
    let ended = tcp("a wrong one");
    assert_eq!(ended.code, 3);
    assert!(
        ended.err.contains("password authentication failed for user \"rds_master\"")
            && !ended.err.contains("a wrong one"),
        "{}",
        ended.err
    );
    for bad in ["host=x user='unclosed", "hots=x", "host=x port=many", "postgresql://u:se%zz@h/d", "sslmode=sometimes"]
    {
        let ended = run(c, &["list", "-d", bad]);
        assert_eq!(ended.code, 2, "{bad}: {}", ended.err);
    }
    // A password that is part of what cannot be understood is not repeated.
    let ended = run(c, &["list", "-d", "host=x password=secret port=many"]);
    assert!(ended.code == 2 && !ended.err.contains("secret"), "{}", ended.err);
}

/// What removes things is asked for, and in a pipe nobody can be asked.
fn who_is_asked(c: &Context<'_>) {
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
    prints(c, &["drop", "ann@a.b", "--yes"], "role_name  outcome\n---------  -------\nann@A.B    dropped\n");
    assert_eq!(run(c, &["drop", "ann@a.b", "--yes"]).code, 4);
    prints(
        c,
        &["drop", "ann@a.b", "--yes", "--if-exists"],
        "role_name  outcome\n---------  -------------\nann@a.b    was not there\n",
    );
    // One of two: what was done is told.
    let ended = run(c, &["drop", "bob@a.b", "cyd@a.b", "--yes"]);
    assert_eq!(ended.code, 5);
    assert!(ended.out.contains("bob@A.B") && ended.err.contains("1 of 2 are done"), "{ended:?}");
}

fn sql_can_be_pasted(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE USER \"cyd@A.B\" IN ROLE rds_ad");
    let before = su.traces();
    for (arguments, role, exists) in [
        (&["add", "o'brien@a.b", "-g", "team", "--dry-run"][..], "o'brien@A.B", true),
        (&["disable", "ann@a.b", "-n"], "ann@A.B", true),
        (&["rename", "ann@a.b", "anna", "--dry-run"], "anna@A.B", true),
        (&["drop", "bob@a.b", "--dry-run"], "bob@A.B", false),
        (
            &["sync", "anna@a.b", "cyd@a.b", "eve@a.b", "o'brien@a.b", "--absent", "disable", "--dry-run"],
            "eve@A.B",
            true,
        ),
    ] {
        let ended = run(c, arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.err);
        if arguments[0] == "add" {
            assert_eq!(su.traces(), before, "nothing was done");
        }
        let pasted =
            c.server.psql("rdsadmin", "postgres").args(["-v", "ON_ERROR_STOP=1", "-c", &ended.out]).output().unwrap();
        assert!(pasted.status.success(), "{}: {}", ended.out, String::from_utf8_lossy(&pasted.stderr));
        let found =
            su.one(&format!("SELECT count(*) FROM pg_roles WHERE rolname = {}", kerbrole_core::quote_literal(role)));
        assert_eq!(found == "1", exists, "{}", ended.out);
    }
}

/// `kerbrole list | head -1`
fn the_reader_goes_away(c: &Context<'_>) {
    c.master().run(
        "SELECT count(*) FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM generate_series(1, 3000) i))",
    );
    let mut child = on(c, &["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended, Ended { code: 0, out: String::new(), err: String::new() });
}

fn whole(su: &mut Session) -> (usize, usize) {
    let of = |su: &mut Session, what: &str| {
        su.one(&format!("SELECT count(*) FROM pg_roles r WHERE rolname LIKE 'u%@A.B' {what}")).parse().unwrap()
    };
    let all = of(su, "");
    (
        all,
        of(
            su,
            "AND rolcanlogin AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.roleid = 'rds_ad'::regrole)",
        ),
    )
}

fn an_interrupt_in_the_middle(c: &Context<'_>) {
    const MANY: usize = 30_000;
    let mut su = c.superuser();
    let path = c.site.path().join(format!("many-{}-{}", c.major(), c.server.port));
    fs::write(&path, (0..MANY).map(|i| format!("u{i}@a.b\n")).collect::<String>()).unwrap();
    let arguments = ["add", "--if-not-exists", "-f", path.to_str().unwrap()];
    let child = on(c, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| whole(&mut su).0 > 0).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_ne!(ended.code, 0);
    wait_until(|| su.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kerbrole'") == "0").unwrap();
    let (all, complete) = whole(&mut su);
    assert!(all == complete && all < MANY && all.is_multiple_of(1000), "{all} roles, {complete} of them whole");
    let ended = run(c, &arguments);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.err.starts_with("1000 of 30000\n"), "what goes on is told: {}", ended.err);
    assert_eq!(whole(&mut su), (MANY, MANY));
    let ended = run(c, &arguments);
    assert!(ended.code == 0 && ended.err.ends_with("nothing to do\n"), "{}", ended.err);
}

fn connections_as_psql_makes_them(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("ALTER ROLE rds_master PASSWORD 'from: a \\file'");
    let home = tempfile::tempdir_in(c.site.path()).unwrap();
    let passfile = home.path().join(".pgpass");
    fs::write(&passfile, "# ours\nelsewhere:*:*:*:x\n127.0.0.1:*:*:rds_master:from\\: a \\\\file\n").unwrap();
    fs::write(home.path().join(".pg_service.conf"), format!("[other]\nhost=nowhere\n\n[ours]\nhost=127.0.0.1\nport={}\nuser=rds_master\ndbname=postgres\nsslmode=disable\n", c.server.port)).unwrap();
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = program();
        command
            .env("HOME", home.path())
            .envs(variables.iter().copied())
            .args(arguments)
            .args(["probe", "--format", "csv"]);
        Ended::from(command.output().unwrap())
    };
    fs::set_permissions(&passfile, fs::Permissions::from_mode(0o644)).unwrap();
    let ended = with(&[("PGSERVICE", "ours")], &[]);
    assert!(
        ended.code == 3 && ended.err.contains("can be read by others") && ended.err.contains("password"),
        "{}",
        ended.err
    );
    fs::set_permissions(&passfile, fs::Permissions::from_mode(0o600)).unwrap();
    let port = c.server.port.to_string();
    let (socket, url_socket) =
        (c.server.socket().display().to_string(), c.server.socket().display().to_string().replace('/', "%2F"));
    for (variables, arguments) in [
        (vec![("PGSERVICE", "ours")], vec![]),
        (vec![], vec!["-d".to_string(), "service=ours".into()]),
        (
            vec![],
            vec![
                "-d".into(),
                format!(
                    "host=127.0.0.1 port={port} user=rds_master dbname='postgres' sslmode=prefer connect_timeout=5"
                ),
            ],
        ),
        (vec![], vec!["-d".into(), format!("postgresql://rds_master@127.0.0.1:{port}/postgres?sslmode=disable")]),
        (
            vec![("PGUSER", "rds_master"), ("PGPORT", &port), ("PGSSLMODE", "allow")],
            vec!["-h".into(), "127.0.0.1".into(), "-d".into(), "postgres".into()],
        ),
        (
            vec![("PGUSER", "nobody")],
            vec![
                "-h".into(),
                socket.clone(),
                "-p".into(),
                port.clone(),
                "-U".into(),
                "rds_master".into(),
                "-d".into(),
                "postgres".into(),
            ],
        ),
        (vec![], vec!["-d".into(), format!("postgres://rds_master@{url_socket}:{port}/postgres")]),
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let ended = with(&variables, &arguments);
        assert_eq!(ended.code, 0, "{variables:?} {arguments:?}: {}", ended.err);
        assert!(ended.out.lines().any(|line| line == "user,rds_master"), "{}", ended.out);
    }
    assert_eq!(with(&[("PGSERVICE", "missing")], &[]).code, 2);
    // Nobody says who it is: the user of the system, which no server here knows.
    let mut command = program();
    command.env_clear().args(["list", "-h", &socket, "-p", &port, "-d", "postgres"]);
    let ended = Ended::from(command.output().unwrap());
    let me = Ended::from(Command::new("id").arg("-un").output().unwrap()).out;
    assert!(ended.code == 3 && ended.err.contains(&format!("role \"{}\" does not exist", me.trim())), "{}", ended.err);
}

fn tls_modes(c: &Context<'_>) {
    let mut parameters = rcgen::CertificateParams::new(vec![]).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let ours = parameters.self_signed(&key).unwrap().pem();
    let issuer = rcgen::Issuer::new(parameters, key);
    let other_key = rcgen::KeyPair::generate().unwrap();
    let mut other = rcgen::CertificateParams::new(vec![]).unwrap();
    other.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let other = other.self_signed(&other_key).unwrap().pem();
    let own = c.own_server("command-tls", &[]);
    let server_key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["db.example.com".into()]).unwrap().signed_by(&server_key, &issuer).unwrap();
    own.0.write("server.crt", &certificate.pem()).unwrap();
    let path = own.0.write("server.key", &server_key.serialize_pem()).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    su.run("ALTER ROLE rds_master PASSWORD 'only here'");
    su.run("ALTER SYSTEM SET ssl = on");
    own.0.restart().unwrap();
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    let (ours, other) = (own.0.write("ours.pem", &ours).unwrap(), own.0.write("other.pem", &other).unwrap());
    let connects = |host: &str, mode: &str, root: Option<&std::path::Path>| {
        let root = root.map(|path| format!("sslrootcert={}", path.display())).unwrap_or_default();
        let mut command = program();
        command.env("PGPASSWORD", "only here").args(["probe", "-q", "-d"]).arg(format!(
            "host={host} hostaddr=127.0.0.1 port={} user=rds_master dbname=postgres sslmode={mode} {root}",
            own.0.port
        ));
        let ended = Ended::from(command.output().unwrap());
        assert!(!ended.err.contains("only here"));
        assert_eq!(ended.code, if ended.err.is_empty() { 0 } else { 3 }, "{}", ended.err);
        ended
    };
    for (host, mode, root, works) in [
        ("db.example.com", "verify-full", Some(&ours), true),
        ("elsewhere", "verify-full", Some(&ours), false),
        ("elsewhere", "verify-ca", Some(&ours), true),
        ("db.example.com", "verify-full", Some(&other), false),
        ("db.example.com", "verify-ca", Some(&other), false),
        ("db.example.com", "verify-ca", None, false),
        ("elsewhere", "require", None, true),
        ("elsewhere", "require", Some(&other), false),
        ("elsewhere", "prefer", Some(&other), true),
        ("elsewhere", "allow", None, true),
        ("elsewhere", "disable", None, true),
    ] {
        let ended = connects(host, mode, root.map(|path| path.as_path()));
        assert_eq!(ended.code == 0, works, "{mode} to {host} with {root:?}: {}", ended.err);
        assert!(works || ended.err.contains("certificate"), "{}", ended.err);
    }
    // Whoever is sent to TLS by the server gets there from allow as well, and not from disable.
    own.0.write("pg_hba.conf", "local all all trust\nhostssl all all all scram-sha-256\n").unwrap();
    su.run("SELECT pg_reload_conf()");
    wait_until(|| connects("elsewhere", "disable", None).code == 3).unwrap();
    assert_eq!(connects("elsewhere", "allow", None).code, 0);
    assert_eq!(connects("elsewhere", "prefer", None).code, 0);
}

/// MIT Kerberos, kinit and psql, by nothing but the file that was printed; alone, and from a realm that is trusted.
fn a_krb5_conf_by_which_one_logs_in(c: &Context<'_>) {
    let onprem = format!("ONPREM{}.COM", c.major());
    let other = Kdc::start(c.site, &onprem).unwrap();
    c.kdc.trust(&other).unwrap();
    c.master().run(&format!("SELECT count(*) FROM kerb_add_principals('{{confd@{REALM},confd@{onprem}}}')"));
    for kdc in [c.kdc, &other] {
        kdc.ticket_of("confd").unwrap();
    }
    let (kdc, trust) = (format!("127.0.0.1:{}", c.kdc.port), format!("{onprem}=127.0.0.1:{}", other.port));
    let printed = |arguments: &[&str]| {
        let ended = Ended::from(
            program()
                .args(["krb5-conf", "--realm", "corp.example.com", "--endpoint", "localhost"])
                .args(arguments)
                .output()
                .unwrap(),
        );
        assert_eq!((ended.code, ended.err.as_str()), (0, ""));
        let path = c.site.path().join(format!("printed-{}-{}.conf", c.major(), arguments.len()));
        fs::write(&path, ended.out).unwrap();
        path
    };
    let alone = printed(&["--kdc", &kdc, "--rds"]);
    let ticket = c.kdc.ticket_by("confd", &alone).unwrap();
    let login = log_in(c.server, &ticket, &format!("confd@{REALM}")).unwrap();
    assert!(login.ok, "{}", login.said);
    let trusting = printed(&["--kdc", &kdc, "--trust", &trust]);
    for (kdc, role) in [(c.kdc, format!("confd@{REALM}")), (&other, format!("confd@{onprem}"))] {
        let ticket = kdc.ticket_by("confd", &trusting).unwrap();
        let login = log_in(c.server, &ticket, &role).unwrap();
        assert!(login.ok, "{role}: {}", login.said);
        assert_eq!(login.said, format!("{role}|{role}"));
    }
    // The same user name in two realms is two people.
    let ticket = other.ticket_by("confd", &trusting).unwrap();
    assert!(!log_in(c.server, &ticket, &format!("confd@{REALM}")).unwrap().ok);
    assert_eq!(Ended::from(program().args(["krb5-conf", "--realm", "a b"]).output().unwrap()).code, 2);
}

fn help_completions_and_a_manual_page(_: &Context<'_>) {
    let ended = |arguments: &[&str]| Ended::from(program().args(arguments).output().unwrap());
    let help = ended(&["--help"]);
    assert_eq!(help.code, 0);
    for word in ["add", "sync", "case-audit", "--dbname", "Exit codes:", "5  partly done"] {
        assert!(help.out.contains(word), "{word}: {}", help.out);
    }
    assert_eq!(ended(&[]).code, 2);
    assert_eq!(ended(&["frobnicate"]).code, 2);
    for (shell, word) in [("bash", "complete -F"), ("zsh", "#compdef kerbrole"), ("fish", "complete -c kerbrole")] {
        let script = ended(&["completions", shell]);
        assert!(script.code == 0 && script.out.contains(word), "{shell}");
    }
    let page = ended(&["man"]);
    assert!(page.code == 0 && page.out.contains(".TH kerbrole 1"), "{}", page.out);
}

/// docs/command.md, in order.
fn the_page_prints_what_it_says(c: &Context<'_>) {
    c.superuser().run("CREATE ROLE analysts; CREATE ROLE reports IN ROLE rds_iam");
    let text = fs::read_to_string(workspace().join("docs/command.md")).unwrap();
    let mut examples: Vec<(String, String)> = Vec::new();
    for block in text.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match (line.strip_prefix("$ kerbrole "), examples.last_mut()) {
                (Some(command), _) => examples.push((command.into(), String::new())),
                (None, Some((_, prints))) => prints.push_str(&format!("{line}\n")),
                (None, None) => panic!("{line}"),
            }
        }
    }
    assert!(examples.len() >= 10, "{examples:?}");
    for (command, prints) in examples {
        let ended = run(c, &command.split_whitespace().collect::<Vec<_>>());
        let said = (ended.err + &ended.out).replace(" GRANTED BY \"rdsadmin\"", "");
        assert_eq!(said, prints, "{command}");
    }
}

fn a_hundred_thousand_lines(c: &Context<'_>) {
    const MANY: usize = 100_000;
    let path = c.site.path().join(format!("very-many-{}", c.major()));
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
        let kilobytes =
            kilobytes.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
    }
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.starts_with("1000 of 100000\n2000 of 100000\n") && said.lines().count() == 100, "{said}");
    assert!(peak > 0 && peak < 200 * 1024, "{peak} kB");
    assert_eq!(whole(&mut c.superuser()), (MANY, MANY));
    let again = Ended::from(add().stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap());
    assert!(again.code == 0 && again.err.ends_with("nothing to do\n"), "{}", again.err);
}

/// Every subcommand, its whole result. What differs between the backends is what is to be run: calls of functions, or statements.
fn every_command_in_json(c: &Context<'_>) {
    let mut su = c.superuser();
    let by_functions = su.one("SELECT count(*) FROM pg_extension WHERE extname = 'pg_kerbrole'") == "1";
    su.run("CREATE ROLE team; CREATE ROLE cloud IN ROLE rds_iam; CREATE USER \"eve@a.b\" IN ROLE rds_ad; CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam; ALTER ROLE \"both@A.B\" NOLOGIN");
    let by = if c.major() >= 16 { r#" GRANTED BY \"rdsadmin\""# } else { "" };
    let either = |functions: &'static str, statements: &'static str| if by_functions { functions } else { statements };
    let json = |arguments: &[&str], code: i32, rows: &[String]| {
        let ended = run(c, &[arguments, &["--format", "json", "-q"]].concat());
        let rows: Vec<_> = rows.iter().map(|row| format!("  {row}")).collect();
        let expected = if rows.is_empty() { "[\n]\n".to_string() } else { format!("[\n{}\n]\n", rows.join(",\n")) };
        assert_eq!(
            (ended.code, ended.out.as_str(), ended.err.as_str()),
            (code, expected.as_str(), ""),
            "{arguments:?}"
        );
    };
    json(
        &["add", "ann@a.b", "bob@a.b", "--group", "team"],
        0,
        &[
            r#"{"principal":"ann@a.b","role_name":"ann@A.B","action":"created"}"#.into(),
            r#"{"principal":"bob@a.b","role_name":"bob@A.B","action":"created"}"#.into(),
        ],
    );
    json(&["disable", "bob@a.b"], 0, &[r#"{"role_name":"bob@A.B","outcome":"disabled"}"#.into()]);
    json(&["list"], 0, &[
        r#"{"role_name":"ann@A.B","can_login":true,"groups":"team","ad_path":["ann@A.B","rds_ad"],"iam_path":null,"sessions":0}"#.into(),
        r#"{"role_name":"bob@A.B","can_login":false,"groups":"team","ad_path":["bob@A.B","rds_ad"],"iam_path":null,"sessions":0}"#.into(),
        r#"{"role_name":"both@A.B","can_login":false,"groups":"rds_iam","ad_path":["both@A.B","rds_ad"],"iam_path":["both@A.B","rds_iam"],"sessions":0}"#.into(),
    ]);
    json(&["enable", "bob@a.b"], 0, &[r#"{"role_name":"bob@A.B","outcome":"enabled"}"#.into()]);
    let revoke = format!(r#"REVOKE \"rds_iam\" FROM \"both@A.B\"{by};"#);
    json(
        &["conflicts"],
        1,
        &[format!(
            r#"{{"role_name":"both@A.B","ad_path":["both@A.B","rds_ad"],"iam_path":["both@A.B","rds_iam"],"fix":"{revoke}"}}"#
        )],
    );
    json(&["preview-grant", "cloud", "team"], 1, &["ann", "bob"].map(|name| format!(
        r#"{{"role_name":"{name}@A.B","ad_path":["{name}@A.B","rds_ad"],"iam_path":["{name}@A.B","team","cloud","rds_iam"],"fix":null}}"#
    )));
    let rename = r#"ALTER ROLE \"eve@a.b\" RENAME TO \"eve@A.B\";"#;
    let audit: &[(&str, &str)] = if c.caseins {
        &[(
            "closed_by_caseins",
            "With krb_caseins_users off, no ticket would open it: none is issued in a realm spelled so.",
        )]
    } else {
        &[
            (
                "unreachable_realm_case",
                "No ticket is issued in a realm spelled so, and the server tells upper and lower case apart.",
            ),
            ("opened_by_caseins", "With krb_caseins_users on, the ticket of eve@A.B would open it."),
        ]
    };
    let audit: Vec<_> = audit
        .iter()
        .map(|(problem, detail)| {
            format!(r#"{{"problem":"{problem}","role_names":"eve@a.b","detail":"{detail}","fix":"{rename}"}}"#)
        })
        .collect();
    json(&["case-audit"], 1, &audit);
    su.run("DROP ROLE \"both@A.B\", \"eve@a.b\"");
    let create = either(
        r#"CREATE ROLE \"new@A.B\" LOGIN IN ROLE \"rds_ad\";"#,
        r#"CREATE USER \"new@A.B\" WITH LOGIN; GRANT \"rds_ad\" TO \"new@A.B\";"#,
    );
    let difference = [
        format!(r#"{{"action":"create","role_name":"new@A.B","statement":"{create}"}}"#),
        r#"{"action":"disable","role_name":"bob@A.B","statement":"ALTER ROLE \"bob@A.B\" NOLOGIN;"}"#.to_string(),
    ];
    let list = ["sync", "ann@a.b", "new@a.b", "--absent", "disable"];
    json(&[&list[..], &["--check"]].concat(), 1, &difference);
    json(&[&list[..], &["--yes"]].concat(), 0, &difference);
    json(&[&list[..], &["--check"]].concat(), 0, &[]);
    json(&["rename", "new@a.b", "newer"], 0, &[r#"{"old_name":"new@a.b","new_name":"newer@A.B"}"#.into()]);
    json(
        &["rename-realm", "a.b", "c.d", "--yes"],
        0,
        &["ann", "bob", "newer"]
            .map(|name| format!(r#"{{"old_name":"{name}@A.B","new_name":"{name}@C.D","problem":null}}"#)),
    );
    json(
        &["drop", "ann@c.d", "gone@c.d", "--if-exists", "--yes"],
        0,
        &[
            r#"{"role_name":"ann@C.D","outcome":"dropped"}"#.into(),
            r#"{"role_name":"gone@c.d","outcome":"was not there"}"#.into(),
        ],
    );
    let enable = either("SELECT kerb_enable_principal('bob@C.D');", r#"ALTER ROLE "bob@C.D" LOGIN;"#);
    let rows = |name: &str, login: (bool, &str, Option<&str>)| {
        let ticket = match c.caseins {
            true => format!("krb_caseins_users is on: a ticket of {name}@C.D in whatever case of A-Z opens it"),
            false => format!("krb_caseins_users is off: only a ticket spelled exactly {name}@C.D opens it"),
        };
        let keytab =
            format!("krb_server_keyfile, {}, has keys of postgres/localhost@{REALM}", c.kdc.keytab().display());
        let ok = |check: &str, detail: String| (check.to_string(), true, detail, None);
        let mut rows = vec![
            ok("name_length", format!("{} bytes of at most 63", name.len() + 4)),
            ok("role_exists", format!("role \"{name}@C.D\"; a client has to ask for it in exactly this spelling")),
            ok("realm_case", "the realm is in upper case, as tickets have it".into()),
            ok("rds_ad", format!("member of rds_ad by {{{name}@C.D,rds_ad}}")),
            ok("not_rds_iam", "not a member of rds_iam".into()),
        ];
        // A superuser sees the server's own side as well, by the extension.
        if by_functions {
            rows.push(ok("listening", "listen_addresses = '127.0.0.1'".into()));
            rows.push(ok(
                "pg_hba",
                "line 3 (host all +rds_ad 127.0.0.1 255.255.255.255 gss include_realm=true) takes the ticket".into(),
            ));
            rows.push(ok("keytab", keytab));
        }
        rows.push(ok("case_rule", ticket));
        rows.push(("login".into(), login.0, login.1.into(), login.2));
        rows.push(ok("connection_limit", "the role takes any number of connections".into()));
        rows.push(ok("database", "database \"postgres\" takes any number of connections".into()));
        rows.push(ok("connect", "CONNECT on database \"postgres\"".into()));
        let principal = format!("{name}@c.d");
        rows.into_iter()
            .map(|(check, ok, detail, fix)| serde_json::json!({"principal": principal, "check": check, "ok": ok, "detail": detail, "fix": fix}))
            .collect::<Vec<_>>()
    };
    let checked = run(c, &["check", "bob@c.d", "newer@c.d", "--format", "json"]);
    let seen: Vec<serde_json::Value> = serde_json::from_str(&checked.out).unwrap();
    let disabled = (false, "NOLOGIN: the principal is disabled", Some(enable));
    assert_eq!((checked.code, seen), (1, [rows("bob", disabled), rows("newer", (true, "LOGIN", None))].concat()));
    let version: u32 = su.one("SHOW server_version_num").parse().unwrap();
    let extension = either(r#""pg_kerbrole 0.1.0 in schema public""#, "null");
    let probe: Vec<_> = [
        ("version", format!("\"{}.{}\"", version / 10_000, version % 10_000)),
        ("family", "\"Other\"".into()),
        ("read_only", "false".into()),
        ("krb_caseins_users", c.caseins.to_string()),
        ("extension", extension.into()),
        ("pg_tle_available", "false".into()),
        ("user", "\"rdsadmin\"".into()),
        ("is_superuser", "true".into()),
        ("nests_creators", "false".into()),
        ("is_nested", "false".into()),
        ("backend", either("\"the extension\"", "\"plain statements\"").into()),
    ]
    .into_iter()
    .map(|(what, value)| format!(r#"{{"what":"{what}","value":{value}}}"#))
    .collect();
    json(&["probe"], 0, &probe);
    if by_functions {
        assert!(run(c, &["probe", "--backend", "sql"]).out.contains("plain statements"));
    } else {
        let ended = run(c, &["list", "--backend", "extension"]);
        assert_eq!(
            (ended.code, ended.err.as_str()),
            (
                4,
                "kerbrole: the extension pg_kerbrole is not installed in this database\nHINT:  As a superuser: CREATE EXTENSION pg_kerbrole\n"
            )
        );
    }
}

/// On a terminal, which script(1) makes: a password, a question, a bar.
fn a_terminal_is_asked(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("ALTER ROLE rds_master PASSWORD 'typed'; CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    let program = workspace().join("target/debug/kerbrole");
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
        ended.out.contains("Password for user rds_master: ") && ended.out.contains("user,rds_master"),
        "{}",
        ended.out
    );
    let ended = on_a_terminal("wrong\n", "probe");
    assert!(ended.code == 3 && ended.out.contains("password authentication failed"), "{}", ended.out);
    let ended = on_a_terminal("typed\nn\n", "drop ann@a.b");
    assert!(
        ended.code == 2 && ended.out.contains("Drop 1 principal(s)? [y/N] ") && ended.out.contains("nothing was done"),
        "{}",
        ended.out
    );
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname = 'ann@A.B'"), "1");
    let ended = on_a_terminal("typed\ny\n", "drop ann@a.b");
    assert!(ended.code == 0 && ended.out.contains("dropped"), "{}", ended.out);
    let path = c.site.path().join(format!("bar-{}", c.major()));
    fs::write(&path, (0..4000).map(|i| format!("u{i}@a.b\n")).collect::<String>()).unwrap();
    let ended = on_a_terminal("typed\n", &format!("add -f {} --format csv", path.display()));
    assert!(ended.code == 0 && ended.out.contains("/4000"), "a bar: {}", &ended.out[..ended.out.len().min(2000)]);
}
