//! Lists: what a line means, and that nothing is begun where something in one is wrong.

use super::*;

pub(super) fn list(c: &Context<'_>, text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new_in(c.sandbox.path()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn add(c: &Context<'_>, user: &str, text: &str, more: &[&str]) -> Ended {
    let file = list(c, text);
    let path = file.path().display().to_string();
    let mut command = on(c, &[&["add", "-f", &path][..], more].concat());
    command.env("PGUSER", user).output().unwrap().into()
}

const MEMBERS: &str = "SELECT r.rolname || ' ' || string_agg(g.rolname, ',' ORDER BY g.rolname) \
    FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid \
     JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname LIKE '%@A.B' GROUP BY r.rolname ORDER BY \
     1";

/// alice#1 of one realm is not alice of another.
pub(super) fn a_number_sign_makes_nobody_else_of_a_name(c: &Context<'_>) {
    for text in ["alice#1@C.D\n", "alice#1@C.D # hers\n#bob\n", "principal\nalice#1@C.D\n"] {
        let ended = add(c, "rdsadmin", text, &["--realm", "A.B"]);
        assert_eq!(ended.code, 0, "{text}: {}", ended.err);
        let mut su = c.superuser();
        assert_eq!(
            su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"),
            ["alice#1@C.D"],
            "{text}"
        );
        su.run("DROP ROLE \"alice#1@C.D\"");
    }
}

/// As PowerShell's Export-Csv writes it: everything in quotes.
pub(super) fn a_header_in_quotes_is_no_principal(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team");
    let ended = add(
        c,
        "rdsadmin",
        "\u{feff}\"Principal\",\"Groups\"\r\n\"ann\",\"team\"\r\n",
        &["--realm", "a.b"],
    );
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(su.column(MEMBERS), ["ann@A.B rds_ad,team"]);
}

/// Rows with groups of their own are one change: where one of them is refused there is none.
pub(super) fn a_wrong_last_row_begins_nothing(c: &Context<'_>) {
    let mut su = c.superuser();
    // Nobody but a superuser may grant what has SUPERUSER, and whoever creates principals is in
    // rds_ad before.
    su.run(
        "CREATE ROLE team; CREATE ROLE other; CREATE ROLE mighty SUPERUSER; CREATE ROLE cloud IN \
         ROLE rds_iam; \
         CREATE ROLE clerk LOGIN CREATEROLE; GRANT rds_ad, team, other TO clerk WITH ADMIN OPTION",
    );
    if c.backend() == kerbrole_client::Backend::Extension {
        su.run("GRANT rds_superuser TO clerk");
    }
    let before = su.traces();
    for (rows, code, said) in [
        // Each version has words of its own for it.
        ("ann@a.b,team\nbob@a.b,mighty\n", 4, ""),
        ("ann@a.b,team\nbob@a.b,missing\n", 4, "missing"),
        ("ann@a.b,team\nbob@a.b,cloud\n", 4, "both rds_ad and rds_iam"),
        ("ann@a.b,team\nbob@a.b,\nann@A.B,other\n", 4, "ann@A.B"),
        ("ann@a.b,team\nAnn@a.b,other\n", 4, "nn@A.B"),
        ("ann@a.b,team\nrds_x@a.b,other\n", 2, "line 3"),
    ] {
        for if_not_exists in [&["--if-not-exists"][..], &[]] {
            let named_twice = said == "ann@A.B" || c.caseins && said == "nn@A.B";
            if named_twice && !if_not_exists.is_empty() {
                continue;
            }
            let ended = add(c, "clerk", &format!("principal,groups\n{rows}"), if_not_exists);
            assert_eq!(
                (ended.code, ended.out.as_str()),
                (code, ""),
                "{rows} {if_not_exists:?}: {}",
                ended.err
            );
            assert!(ended.err.contains(said), "{rows}: {}", ended.err);
            assert_eq!(su.traces(), before, "{rows} {if_not_exists:?}");
        }
    }
    // Beyond a portion: everything that can be read is read before the first one.
    let many: String =
        (0..1_500).map(|i| format!("u{i}@a.b,{}\n", ["team", "other", ""][i % 3])).collect();
    for (last, code) in
        [("last@a.b,missing", 4), ("u7@a.b,team", 4), ("last@a.b,cloud", 4), ("la st@@,team", 2)]
    {
        let ended = add(c, "clerk", &format!("principal,groups\n{many}{last}\n"), &[]);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{last}: {}", ended.err);
        assert_eq!(su.traces(), before, "{last}");
    }
}

/// The order of the list, each with its groups; whoever is named twice, and may be, gets those of
/// both.
pub(super) fn each_row_gets_its_groups(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE \"Other, role\"; CREATE ROLE every; CREATE \
        USER \"cyd@A.B\" IN ROLE rds_ad",
    );
    let rows = "principal,groups\nann@a.b,team\nbob@a.b,\ncyd@a.b,\"team;Other, \
        role\"\neve@a.b,\"Other, role;team\"\nann@A.B,\"Other, role\"\n";
    let ended = add(c, "rdsadmin", rows, &["--if-not-exists", "-g", "every", "--format", "csv"]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (
            0,
            "principal,role_name,action\nann@a.b,ann@A.B,created\n\
             bob@a.b,bob@A.B,created\ncyd@a.b,cyd@A.B,adopted\n\
             eve@a.b,eve@A.B,created\nann@A.B,ann@A.B,unchanged\n"
        ),
        "{}",
        ended.err
    );
    assert_eq!(
        su.column(MEMBERS),
        [
            "ann@A.B Other, role,every,rds_ad,team",
            "bob@A.B every,rds_ad",
            "cyd@A.B Other, role,every,rds_ad,team",
            "eve@A.B Other, role,every,rds_ad,team"
        ]
    );
    let again = add(c, "rdsadmin", rows, &["--if-not-exists", "-g", "every"]);
    assert!(again.code == 0 && again.err.ends_with("nothing to do\n"), "{}", again.err);
}

/// A list with groups is for add: whoever does nothing about them does not take it.
pub(super) fn groups_are_not_passed_over_in_silence(c: &Context<'_>) {
    c.superuser().run("CREATE ROLE team");
    let file = list(c, "principal,groups\nann@a.b,team\n");
    let path = file.path().display().to_string();
    for subcommand in ["sync", "drop", "disable", "enable", "check"] {
        let ended = run(c, &[subcommand, "-f", &path]);
        assert_eq!(ended.code, 2, "{subcommand}: {}", ended.err);
        assert!(ended.err.contains("unknown column \"groups\""), "{subcommand}: {}", ended.err);
    }
    assert_eq!(c.superuser().column(MEMBERS), [""; 0]);
    assert_eq!(run(c, &["add", "-f", &path]).code, 0);
    assert_eq!(c.superuser().column(MEMBERS), ["ann@A.B rds_ad,team"]);
}

/// Empty lists, realms without anybody, somebody twice, one of several missing: what the SQL
/// functions answer, and what can be seen before is seen before anything is done.
pub(super) fn the_same_answers_as_the_functions(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad");
    let before = su.traces();
    let empty = list(c, "# nobody\n");
    let path = empty.path().display().to_string();
    for call in [
        &["add", "-f", &path][..],
        &["drop", "-f", &path],
        &["disable", "-f", &path],
        &["enable", "-f", &path],
        &["sync", "-f", &path, "--absent", "drop"],
        &["rename-realm", "x.y", "z.w"],
    ] {
        let ended = run(c, call);
        assert_eq!((ended.code, &*ended.err), (0, "nothing to do\n"), "{call:?}: {}", ended.out);
    }
    for call in [
        "SELECT count(*) FROM kerb_add_principals('{}')",
        "SELECT count(*) FROM kerb_sync_principals('{}', absent => 'drop')",
        "SELECT count(*) FROM kerb_rename_realm('x.y', 'z.w')",
    ] {
        assert_eq!(su.one(call), "0", "{call}");
    }
    let twice = "SELECT count(*) FROM kerb_add_principals('{zoe@a.b,zoe@A.B}')";
    let Err(refused) = su.call(twice, &[]) else { panic!("{twice}") };
    let ended = run(c, &["add", "zoe@a.b", "zoe@A.B"]);
    assert_eq!(ended.code, 4);
    assert!(ended.err.contains(refused.message()), "{refused}: {}", ended.err);
    let missing = "SELECT kerb_disable_principal('gone@a.b')";
    let Err(refused) = su.call(missing, &[]) else { panic!("{missing}") };
    for subcommand in [&["disable"][..], &["enable"], &["drop", "--yes"], &["drop", "-y", "-n"]] {
        let ended = run(c, &[subcommand, &["ann@a.b", "ann@A.B"]].concat());
        assert_eq!((ended.code, &*ended.out), (4, ""), "{subcommand:?}: {}", ended.err);
        assert!(ended.err.contains("\"ann@a.b\" and \"ann@A.B\" are the same principal"));
        let ended = run(c, &[subcommand, &["ann@a.b", "gone@a.b"]].concat());
        assert_eq!((ended.code, &*ended.out), (4, ""), "{subcommand:?}: {}", ended.err);
        assert!(ended.err.contains(refused.message()), "{refused}: {}", ended.err);
    }
    assert_eq!(su.traces(), before);
    // A slip is told, and who is meant.
    let ended = run(c, &["disable", "nan@a.b"]);
    assert!(ended.err.ends_with("HINT:  Did you mean ann@A.B?\n"), "{}", ended.err);
    assert!(
        run(c, &["disable", "zoe@a.b"])
            .err
            .ends_with("kerbrole list lists those that there are.\n")
    );
    assert_eq!(run(c, &["drop", "ann@a.b", "gone@a.b", "--if-exists", "--yes"]).code, 0);
}

/// All that is wrong with a list, at once.
pub(super) fn all_mistakes_of_a_list_are_told(c: &Context<'_>) {
    let before = c.superuser().traces();
    let ended = add(c, "rdsadmin", "ann@a.b\nx@y@z\nbob@a.b\nu@@\n", &[]);
    assert_eq!((ended.code, &*ended.out), (2, ""), "{}", ended.err);
    assert!(ended.err.contains(", line 2: ") && ended.err.contains(", line 4: "), "{}", ended.err);
    for (text, said) in [
        ("principal;groups\nann@a.b;team\n", "between the columns"),
        ("sAMAccountName,mail\nann,ann@a.b\n", "without a column principal"),
        ("\u{feff}sAMAccountName\nann\n", "without a column principal"),
    ] {
        let ended = add(c, "rdsadmin", text, &["-r", "a.b"]);
        assert_eq!(ended.code, 2, "{text}: {}", ended.err);
        assert!(ended.err.contains(said), "{text}: {}", ended.err);
    }
    let mut file = tempfile::NamedTempFile::new_in(c.sandbox.path()).unwrap();
    let utf16 = "\u{feff}ann@a.b\r\n".encode_utf16().flat_map(u16::to_le_bytes);
    file.write_all(&utf16.collect::<Vec<_>>()).unwrap();
    let ended = run(c, &["add", "-f", &file.path().display().to_string()]);
    assert!(ended.code == 2 && ended.err.contains("UTF-16"), "{}", ended.err);
    assert_eq!(c.superuser().traces(), before);
}

/// As the SQL functions do: of two realms one is wrong, and nobody knows which.
pub(super) fn a_name_with_a_realm_beside_another_one(c: &Context<'_>) {
    for name in ["ann@corp.com", "CORP\\ann"] {
        for subcommand in ["add", "check", "disable"] {
            let ended = run(c, &[subcommand, name, "--realm", "a.b"]);
            assert_eq!((ended.code, &*ended.out), (2, ""), "{subcommand} {name}: {}", ended.err);
            assert!(ended.err.contains("\nHINT:  "), "{}", ended.err);
            let call = "SELECT kerb_add_principal($1, 'a.b')";
            let Err(refused) = c.superuser().call(call, &[&name]) else { panic!("{name}") };
            assert!(ended.err.contains(refused.message()), "{refused}: {}", ended.err);
        }
    }
    assert_eq!(c.superuser().column(MEMBERS), [""; 0]);
    // The same realm is no contradiction, and in a list it is that of those who come without one.
    assert_eq!(run(c, &["add", "cyd@A.b", "-r", "a.b"]).code, 0);
    let file = list(c, "ann@c.d\nbob\n");
    let ended = run(c, &["add", "-r", "a.b", "-f", &file.path().display().to_string()]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(c.superuser().column(MEMBERS), ["bob@A.B rds_ad", "cyd@A.B rds_ad"]);
    let other = "SELECT count(*) FROM pg_roles WHERE rolname = 'ann@C.D'";
    assert_eq!(c.superuser().one(other), "1");
}

/// `-d` forgotten, or one of the other options in its place.
pub(super) fn a_string_in_the_wrong_place_is_not_repeated(_: &Context<'_>) {
    for arguments in [
        &["list", "postgresql://u:s3cret@h/d"][..],
        &["postgresql://u:s3cret@h/d", "list"],
        &["add", "postgresql://u:s3cret@h/d"],
        &["list", "-h", "postgresql://u:s3cret@127.0.0.1:1/d"],
        &["list", "-hpostgresql://u:s3cret@127.0.0.1:1/d"],
        &["list", "-U", "postgresql://u:s3cret@h/d", "-h", "127.0.0.1", "-p", "1"],
        &["add", "-d", "host=h", "password=s3cret"],
        &["add", "ann@a.b", "-f", "postgresql://u:s3cret@h/d"],
        &["list", "--password=s3cret"],
        // A password that is not written as it has to be in a URL is cut, and what is left is the
        // host, its port or the database.
        &["list", "-d", "postgresql://u:1/s3cret@127.0.0.1:1/d"],
        &["list", "-d", "postgresql://u:x@s3cret/d@127.0.0.1:1/d"],
        &["list", "-d", "postgresql://u:x?s3cret@127.0.0.1:1/d"],
    ] {
        let ended: Ended = program().args(arguments).output().unwrap().into();
        assert!(
            ended.code == 2 && !ended.err.contains("s3cret"),
            "{arguments:?}: {} {}",
            ended.code,
            ended.err
        );
    }
}
