//! What it prints, and how it ends.

use super::*;

pub(super) fn a_life_in_commands(c: &Context<'_>) {
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
                  HINT:  With --if-not-exists a role that exists is taken as it is, and given \
                  what it lacks.\n"
                .into()
        }
    );
    let ended = run(c, &["add", "alice@corp.example.com", "--if-not-exists"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, "nothing to do\n"));
    let ended = run(c, &["add", "carol@corp.example.com", "-g", "cloud"]);
    assert_eq!(ended.code, 4);
    assert!(
        ended.err.contains(
            "DETAIL:  Path to rds_ad: {carol@CORP.EXAMPLE.COM,rds_ad}. Path to \
        rds_iam: {carol@CORP.EXAMPLE.COM,cloud,rds_iam}.\n"
        ),
        "{}",
        ended.err
    );
    assert_eq!(run(c, &["add", "x@y@z"]).code, 2);

    prints(
        c,
        &["list"],
        "role_name               can_login  groups    ad_path  sessions\n\
         ----------------------  ---------  --------  -------  --------\n\
         alice@CORP.EXAMPLE.COM  yes        analysts  rds_ad   0\n\
         bob@CORP.EXAMPLE.COM    yes        analysts  rds_ad   0\n",
    );
    prints(
        c,
        &["disable", "bob", "-r", "corp.example.com", "--terminate"],
        "role_name             outcome\n--------------------  --------\nbob@CORP.EXAMPLE.COM  \
         disabled\n",
    );
    let ended = run(c, &["check", "bob@corp.example.com", "--format", "csv"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.out.lines().any(|line| line
            .starts_with("bob@corp.example.com,login,no,NOLOGIN: the principal is disabled,")),
        "{}",
        ended.out
    );
    prints(
        c,
        &["enable", "bob@corp.example.com"],
        "role_name             outcome\n--------------------  -------\nbob@CORP.EXAMPLE.COM  \
         enabled\n",
    );
    prints(
        c,
        &["rename", "bob@corp.example.com", "robert"],
        "old_name              new_name\n--------------------  \
         -----------------------\nbob@CORP.EXAMPLE.COM  robert@CORP.EXAMPLE.COM\n",
    );
    prints(
        c,
        &["rename-realm", "corp.example.com", "ad.example.org", "--yes"],
        "old_name                 new_name\n\
         -----------------------  ---------------------\n\
         alice@CORP.EXAMPLE.COM   alice@AD.EXAMPLE.ORG\n\
         robert@CORP.EXAMPLE.COM  robert@AD.EXAMPLE.ORG\n",
    );
    let ended = run(
        c,
        &[
            "sync",
            "robert@ad.example.org",
            "new@ad.example.org",
            "--absent",
            "disable",
            "--yes",
            "--format",
            "csv",
        ],
    );
    assert_eq!(ended.code, 0, "{}", ended.err);
    let rows: Vec<_> = ended
        .out
        .lines()
        .map(|line| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        ["action role_name", "create new@AD.EXAMPLE.ORG", "disable alice@AD.EXAMPLE.ORG"]
    );
    let ended =
        run(c, &["sync", "robert@ad.example.org", "new@ad.example.org", "--absent", "disable"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, "nothing to do\n"));
}

pub(super) fn results_in_every_form(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam; CREATE ROLE team");
    let ended = run(c, &["conflicts", "--format", "json"]);
    assert_eq!(ended.code, 1);
    let by = if c.major() >= 16 { " GRANTED BY \\\"rdsadmin\\\"" } else { "" };
    assert_eq!(
        ended.out,
        format!(
            "[\n  {{\"role_name\":\"both@A.B\",\"ad_path\":[\"both@A.B\",\"rds_ad\"],\
             \"iam_path\":[\"both@A.B\",\"rds_iam\"],\
             \"fix\":\"REVOKE \\\"rds_iam\\\" FROM \\\"both@A.B\\\"{by};\"}}\n]\n"
        )
    );
    let ended = run(c, &["preview-grant", "rds_iam", "team", "--format", "json"]);
    assert_eq!(
        ended,
        Ended { code: 0, out: "[\n]\n".into(), err: "{\"notice\":\"no conflicts\"}\n".into() }
    );
    assert_eq!(run(c, &["preview-grant", "rds_iam", "team", "-q"]).err, "");
    su.run("DROP ROLE \"both@A.B\"; CREATE USER \"eve@a.b\" IN ROLE rds_ad");
    let ended = run(c, &["case-audit", "--format", "csv"]);
    let problem = if c.caseins { "closed_by_caseins" } else { "unreachable_realm_case" };
    assert_eq!(ended.code, 1);
    assert!(
        ended.out.starts_with(&format!("problem,role_names,detail,fix\n{problem},eve@a.b,")),
        "{}",
        ended.out
    );
    assert!(
        ended.out.contains("\"ALTER ROLE \"\"eve@a.b\"\" RENAME TO \"\"eve@A.B\"\";\"\n"),
        "{}",
        ended.out
    );
    let ended = run(c, &["probe", "--format", "csv"]);
    assert_eq!(ended.code, 0);
    for line in ["family,Other", "user,rdsadmin", "is_superuser,yes", "nests_creators,no"] {
        assert!(ended.out.lines().any(|said| said == line), "{line}: {}", ended.out);
    }
}

/// How many lines JSON of rows has: one for each, and two for the brackets.
fn rows_and_brackets(json: &str) -> usize {
    let rows: Vec<serde_json::Value> = serde_json::from_str(json).unwrap();
    rows.len() + 2
}

/// Every subcommand, its whole result. What differs between the backends is what is to be run:
/// calls of functions, or statements.
pub(super) fn every_command_in_json(c: &Context<'_>) {
    let mut su = c.superuser();
    let by_functions =
        su.one("SELECT count(*) FROM pg_extension WHERE extname = 'pg_kerbrole'") == "1";
    su.run(
        "CREATE ROLE team; CREATE ROLE cloud IN ROLE rds_iam; CREATE USER \"eve@a.b\" IN ROLE \
        rds_ad; CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam; ALTER ROLE \"both@A.B\" NOLOGIN",
    );
    let by = if c.major() >= 16 { r#" GRANTED BY \"rdsadmin\""# } else { "" };
    let either = |functions: &'static str, statements: &'static str| {
        if by_functions { functions } else { statements }
    };
    let json = |arguments: &[&str], code: i32, rows: &[String]| {
        let ended = run(c, &[arguments, &["--format", "json", "-q"]].concat());
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let rows: Vec<_> = rows.iter().map(|row| parsed(row)).collect();
        assert_eq!((ended.code, ended.err.as_str()), (code, ""), "{arguments:?}: {}", ended.out);
        assert_eq!(parsed(&ended.out), serde_json::Value::from(rows), "{arguments:?}");
        // A row a line, for who reads it as a text.
        assert_eq!(ended.out.lines().count(), rows_and_brackets(&ended.out), "{arguments:?}");
    };
    json(
        &["add", "ann@a.b", "bob@a.b", "--group", "team"],
        0,
        &[
            r#"{"principal":"ann@a.b","role_name":"ann@A.B","action":"created"}"#.into(),
            r#"{"principal":"bob@a.b","role_name":"bob@A.B","action":"created"}"#.into(),
        ],
    );
    let done = |principal: &str, role: &str, outcome: &str| {
        serde_json::json!({
            "principal": principal, "role_name": role, "outcome": outcome, "detail": null
        })
        .to_string()
    };
    json(&["disable", "bob@a.b"], 0, &[done("bob@a.b", "bob@A.B", "disabled")]);
    json(
        &["list"],
        0,
        &[
            concat!(
                r#"{"role_name":"ann@A.B","username":"ann","realm":"A.B","can_login":true,"#,
                r#""groups":["team"],"#,
                r#""ad_path":["ann@A.B","rds_ad"],"iam_path":null,"sessions":0}"#
            )
            .into(),
            concat!(
                r#"{"role_name":"bob@A.B","username":"bob","realm":"A.B","can_login":false,"#,
                r#""groups":["team"],"#,
                r#""ad_path":["bob@A.B","rds_ad"],"iam_path":null,"sessions":0}"#
            )
            .into(),
            concat!(
                r#"{"role_name":"both@A.B","username":"both","realm":"A.B","can_login":false,"#,
                r#""groups":["rds_iam"],"#,
                r#""ad_path":["both@A.B","rds_ad"],"iam_path":["both@A.B","rds_iam"],"sessions":0}"#
            )
            .into(),
        ],
    );
    json(&["enable", "bob@a.b"], 0, &[done("bob@a.b", "bob@A.B", "enabled")]);
    let revoke = format!(r#"REVOKE \"rds_iam\" FROM \"both@A.B\"{by};"#);
    json(
        &["conflicts"],
        1,
        &[format!(
            concat!(
                r#"{{"role_name":"both@A.B","ad_path":["both@A.B","rds_ad"],"#,
                r#""iam_path":["both@A.B","rds_iam"],"fix":"{}"}}"#
            ),
            revoke
        )],
    );
    let through_cloud = |name: &str| {
        format!(
            concat!(
                r#"{{"role_name":"{0}@A.B","ad_path":["{0}@A.B","rds_ad"],"#,
                r#""iam_path":["{0}@A.B","team","cloud","rds_iam"],"fix":null}}"#
            ),
            name
        )
    };
    json(&["preview-grant", "cloud", "team"], 1, &["ann", "bob"].map(through_cloud));
    let rename = r#"ALTER ROLE \"eve@a.b\" RENAME TO \"eve@A.B\";"#;
    let audit: &[(&str, &str)] = if c.caseins {
        &[(
            "closed_by_caseins",
            "With krb_caseins_users off, no ticket would open it: none is issued in a realm \
             spelled so.",
        )]
    } else {
        &[
            (
                "unreachable_realm_case",
                "No ticket is issued in a realm spelled so, and the server tells upper and lower \
                 case apart.",
            ),
            (
                "opened_by_caseins",
                "With krb_caseins_users on, the ticket of eve@A.B would open it.",
            ),
        ]
    };
    let audit: Vec<_> = audit
        .iter()
        .map(|(problem, detail)| {
            format!(
                concat!(
                    r#"{{"problem":"{}","role_names":["eve@a.b"],"#,
                    r#""detail":"{}","fix":"{}"}}"#
                ),
                problem, detail, rename
            )
        })
        .collect();
    json(&["case-audit"], 1, &audit);
    su.run("DROP ROLE \"both@A.B\", \"eve@a.b\"");
    let create = either(
        r#"CREATE ROLE \"new@A.B\" LOGIN IN ROLE \"rds_ad\";"#,
        r#"CREATE USER \"new@A.B\" WITH LOGIN; GRANT \"rds_ad\" TO \"new@A.B\";"#,
    );
    let difference = [
        format!(
            concat!(
                r#"{{"action":"create","role_name":"new@A.B","#,
                r#""reason":"on the list, and there is no such role","statement":"{}"}}"#
            ),
            create
        ),
        concat!(
            r#"{"action":"disable","role_name":"bob@A.B","#,
            r#""reason":"not on the list of realm A.B","#,
            r#""statement":"ALTER ROLE \"bob@A.B\" NOLOGIN;"}"#
        )
        .to_string(),
    ];
    let list = ["sync", "ann@a.b", "new@a.b", "--absent", "disable"];
    json(&[&list[..], &["--check"]].concat(), 1, &difference);
    json(&[&list[..], &["--yes"]].concat(), 0, &difference);
    json(&[&list[..], &["--check"]].concat(), 0, &[]);
    json(
        &["rename", "new@a.b", "newer"],
        0,
        &[r#"{"old_name":"new@A.B","new_name":"newer@A.B"}"#.into()],
    );
    json(
        &["rename-realm", "a.b", "c.d", "--yes"],
        0,
        &["ann", "bob", "newer"].map(|name| {
            format!(r#"{{"old_name":"{name}@A.B","new_name":"{name}@C.D","problem":null}}"#)
        }),
    );
    json(
        &["drop", "ann@c.d", "gone@c.d", "--if-exists", "--yes"],
        0,
        &[done("ann@c.d", "ann@C.D", "dropped"), done("gone@c.d", "gone@c.d", "absent")],
    );
    let enable =
        either("SELECT kerb_enable_principal('bob@C.D');", r#"ALTER ROLE "bob@C.D" LOGIN;"#);
    let rows = |name: &str, login: (bool, &str, Option<&str>)| {
        let ticket = match c.caseins {
            true => format!(
                "krb_caseins_users is on: a ticket of {name}@C.D in whatever case of A-Z opens it"
            ),
            false => format!(
                "krb_caseins_users is off: only a ticket spelled exactly {name}@C.D opens it"
            ),
        };
        let keytab = format!(
            "krb_server_keyfile, {}, has keys of postgres/localhost@{REALM}; none in C.D, whose \
             tickets count only where the two trust each other",
            c.kdc.keytab().display()
        );
        let ok = |check: &str, detail: String| (check.to_string(), Some(true), detail, None);
        let mut rows = vec![
            ok("name_length", format!("{} bytes of at most 63", name.len() + 4)),
            ok(
                "role_exists",
                format!("role \"{name}@C.D\"; a client has to ask for it in exactly this spelling"),
            ),
            ok("realm_case", "the realm is in upper case, as tickets have it".into()),
            ok("rds_ad", format!("member of rds_ad by {{{name}@C.D,rds_ad}}")),
            ok("not_rds_iam", "not a member of rds_iam".into()),
        ];
        // A superuser sees the server's own side as well, by the extension.
        if by_functions {
            rows.push(ok("listening", "listen_addresses = '127.0.0.1'".into()));
            rows.push(ok(
                "pg_hba",
                "line 3 (host all +rds_ad 127.0.0.1 255.255.255.255 gss include_realm=true) takes \
                 the ticket"
                    .into(),
            ));
            rows.push(ok("keytab", keytab));
        } else {
            rows.push((
                "server".into(),
                None,
                "whether the server listens, its pg_hba.conf and its keytab only a superuser is \
                 shown"
                    .into(),
                Some("-- ask as a superuser, or try the login"),
            ));
        }
        rows.push(ok("case_rule", ticket));
        rows.push(("login".into(), Some(login.0), login.1.into(), login.2));
        rows.push(ok("connection_limit", "the role takes any number of connections".into()));
        rows.push(ok(
            "connection_slots",
            "the server takes 100 connections, 3 of which are kept from this role; there is room"
                .into(),
        ));
        rows.push(ok("database", "database \"postgres\" takes any number of connections".into()));
        rows.push(ok("connect", "CONNECT on database \"postgres\"".into()));
        rows.push(ok(
            "preload_libraries",
            if by_functions {
                "none is loaded at login"
            } else {
                "none is set for the role or the database"
            }
            .into(),
        ));
        rows.push(ok(
            "client_encoding",
            "none is set that this database has no conversion for".into(),
        ));
        rows.push(ok("login_triggers", "no event trigger fires at login".into()));
        let principal = format!("{name}@c.d");
        rows.into_iter()
            .map(|(check, ok, detail, fix)| {
                serde_json::json!({
                    "principal": principal,
                    "check": check,
                    "ok": ok,
                    "detail": detail,
                    "fix": fix
                })
            })
            .collect::<Vec<_>>()
    };
    let checked = run(c, &["check", "bob@c.d", "newer@c.d", "--format", "json"]);
    let seen: Vec<serde_json::Value> = serde_json::from_str(&checked.out).unwrap();
    let disabled = (false, "NOLOGIN: the principal is disabled", Some(enable));
    assert_eq!(
        (checked.code, seen),
        (1, [rows("bob", disabled), rows("newer", (true, "LOGIN", None))].concat())
    );
    let version: u32 = su.one("SHOW server_version_num").parse().unwrap();
    let of_extension = |value: &str| by_functions.then(|| value.to_string());
    let probed = run(c, &["probe", "--format", "json"]);
    assert_eq!(
        (probed.code, serde_json::from_str::<serde_json::Value>(&probed.out).unwrap()),
        (
            0,
            serde_json::json!({
                "version": format!("{}.{}", version / 10_000, version % 10_000),
                "family": "Other",
                "read_only": false,
                "krb_caseins_users": c.caseins,
                "extension_version": of_extension("0.1.0"),
                "extension_schema": of_extension("public"),
                "functions_version": null,
                "functions_owner": null,
                "functions_trusted": null,
                "pg_tle_available": false,
                "user": "rdsadmin",
                "is_superuser": true,
                "nests_creators": false,
                "is_nested": false,
                "backend": either("the extension", "plain statements"),
            })
        )
    );
    if by_functions {
        assert!(run(c, &["probe", "--backend", "sql"]).out.contains("plain statements"));
    } else {
        let ended = run(c, &["list", "--backend", "extension"]);
        assert_eq!(
            (ended.code, ended.err.as_str()),
            (
                4,
                "kerbrole: the extension pg_kerbrole is not installed in this database\nHINT:  As \
                 a superuser: CREATE EXTENSION pg_kerbrole\n"
            )
        );
    }
}

pub(super) fn sql_can_be_pasted(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN \
        ROLE rds_ad; CREATE USER \"cyd@A.B\" IN ROLE rds_ad",
    );
    let before = su.traces();
    for (arguments, role, exists) in [
        (&["add", "o'brien@a.b", "-g", "team", "--dry-run"][..], "o'brien@A.B", true),
        (&["disable", "ann@a.b", "-n"], "ann@A.B", true),
        (&["rename", "ann@a.b", "anna", "--dry-run"], "anna@A.B", true),
        (&["drop", "bob@a.b", "--dry-run"], "bob@A.B", false),
        (
            &[
                "sync",
                "anna@a.b",
                "cyd@a.b",
                "eve@a.b",
                "o'brien@a.b",
                "--absent",
                "disable",
                "--dry-run",
            ],
            "eve@A.B",
            true,
        ),
    ] {
        let ended = run(c, arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.err);
        if arguments[0] == "add" {
            assert_eq!(su.traces(), before, "nothing was done");
        }
        let pasted = c
            .server
            .psql("rdsadmin", "postgres")
            .args(["-v", "ON_ERROR_STOP=1", "-c", &ended.out])
            .output()
            .unwrap();
        assert!(
            pasted.status.success(),
            "{}: {}",
            ended.out,
            String::from_utf8_lossy(&pasted.stderr)
        );
        let found = su.one(&format!(
            "SELECT count(*) FROM pg_roles WHERE rolname = {}",
            kerbrole_core::quote_literal(role)
        ));
        assert_eq!(found == "1", exists, "{}", ended.out);
    }
}

/// `kerbrole list | head -1`
pub(super) fn the_reader_goes_away(c: &Context<'_>) {
    c.master().run(
        "SELECT count(*) FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM \
         generate_series(1, 3000) i))",
    );
    let mut child = on(c, &["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended, Ended { code: 0, out: String::new(), err: String::new() });
}

pub(super) fn help_completions_and_a_manual_page(_: &Context<'_>) {
    let ended = |arguments: &[&str]| Ended::from(program().args(arguments).output().unwrap());
    let help = ended(&["--help"]);
    assert_eq!(help.code, 0);
    for word in ["add", "sync", "case-audit", "--dbname", "Exit codes:", "5  partly done"] {
        assert!(help.out.contains(word), "{word}: {}", help.out);
    }
    assert_eq!(ended(&[]).code, 2);
    assert_eq!(ended(&["frobnicate"]).code, 2);
    for (shell, word) in
        [("bash", "complete -F"), ("zsh", "#compdef kerbrole"), ("fish", "complete -c kerbrole")]
    {
        let script = ended(&["completions", shell]);
        assert!(script.code == 0 && script.out.contains(word), "{shell}");
    }
    let page = ended(&["man"]);
    assert!(page.code == 0 && page.out.contains(".TH kerbrole 1"), "{}", page.out);

    // Every page that the first one names.
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ended(&["man", "--to", folder.path().to_str().unwrap()]).code, 0);
    assert_eq!(fs::read_to_string(folder.path().join("kerbrole.1")).unwrap(), page.out);
    let named: Vec<_> = page.out.lines().filter_map(|line| line.strip_suffix("(1)")).collect();
    assert!(named.contains(&"kerbrole\\-add"), "{named:?}");
    for name in named {
        let page = fs::read_to_string(folder.path().join(format!("{}.1", name.replace('\\', ""))))
            .expect(name);
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
    }
    let nowhere = ended(&["man", "--to", "/nowhere"]);
    assert!(
        nowhere.code == 6 && nowhere.err.contains("cannot write to /nowhere: "),
        "{}",
        nowhere.err
    );
}

/// docs/reference/command.md, in order.
pub(super) fn the_page_prints_what_it_says(c: &Context<'_>) {
    c.superuser().run("CREATE ROLE analysts; CREATE ROLE reports IN ROLE rds_iam");
    let text = fs::read_to_string(workspace().join("docs/reference/command.md")).unwrap();
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
        // As in a shell, both in one: in the order in which they come.
        let (mut read, write) = std::io::pipe().unwrap();
        let words: Vec<_> =
            command.split_whitespace().map(|word| word.trim_matches('\'')).collect();
        let mut shell = on(c, &words);
        let mut child = shell.stdout(write.try_clone().unwrap()).stderr(write).spawn().unwrap();
        drop(shell);
        let mut said = String::new();
        std::io::Read::read_to_string(&mut read, &mut said).unwrap();
        child.wait().unwrap();
        assert_eq!(said.replace(" GRANTED BY \"rdsadmin\"", ""), prints, "{command}");
    }
}
