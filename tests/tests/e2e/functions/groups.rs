//! The groups that new principals are put into, with the caller's own rights.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: groups_are_granted_to_each, missing_groups, groups_need_the_callers_right,
        groups_of_principals_that_exist, more_members_than_one_grant_names, line_breaks_in_names,
        each_form_of_call_means_one_thing, what_is_no_list_of_groups;
}

fn groups_are_granted_to_each(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE g1; CREATE ROLE \"G 2\"; GRANT g1, \"G 2\" TO rds_master WITH ADMIN OPTION",
    );
    master.run(
        "SELECT * FROM kerb_add_principals('{a@a.b,b@a.b}', groups => '{g1,\"G 2\",g1,rds_ad}')",
    );
    assert_eq!(
        su.rows(
            "SELECT m.member::regrole, m.roleid::regrole, m.grantor::regrole FROM pg_auth_members \
             m \
             WHERE m.member IN (SELECT oid FROM pg_roles WHERE rolname LIKE '%@A.B') ORDER BY \
             m.member::regrole::text, m.roleid::regrole::text"
        ),
        [
            ["\"a@A.B\"", "\"G 2\"", "rds_master"],
            ["\"a@A.B\"", "g1", "rds_master"],
            ["\"a@A.B\"", "rds_ad", "rdsadmin"],
            ["\"b@A.B\"", "\"G 2\"", "rds_master"],
            ["\"b@A.B\"", "g1", "rds_master"],
            ["\"b@A.B\"", "rds_ad", "rdsadmin"],
        ]
    );
}

fn missing_groups(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE \"Analysts\"");
    let before = su.traces();
    for (group, hint) in [
        ("nobody", "Create the role first"),
        ("analysts", "Did you mean \"Analysts\"?"),
        ("", "Create the role first"),
        ("public", "Create the role first"),
        ("x\"; DROP ROLE rds_ad; --", "Create the role first"),
        ("Analysts\u{200b}", "Create the role first"),
    ] {
        let error = master
            .call("SELECT kerb_add_principal('a@a.b', groups => ARRAY[$1])", &[&group])
            .unwrap_err();
        assert_eq!(error.code().code(), "42704", "{group}");
        assert!(error.hint().unwrap().starts_with(hint), "{group}: {:?}", error.hint());
    }
    let long =
        format!("SELECT kerb_add_principal('a@a.b', groups => ARRAY['{}'])", "Analysts".repeat(20));
    assert_eq!(master.code(&long), "42704");
    assert_eq!(su.traces(), before);
}

fn groups_need_the_callers_right(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN; CREATE ROLE g1; CREATE ROLE g2");
    c.let_manage(&mut su, "delegate");
    su.run("GRANT g1 TO delegate WITH ADMIN OPTION; GRANT g2 TO delegate");
    let mut delegate = c.connect("delegate");
    let before = su.traces();
    for group in ["g2", "rds_superuser", "pg_read_all_data", "rds_master", "rdsadmin"] {
        let code = delegate
            .code(&format!("SELECT kerb_add_principal('a@a.b', groups => '{{g1,{group}}}')"));
        assert_eq!(code, "42501", "{group}");
        assert_eq!(su.traces(), before, "{group}");
    }
    assert_eq!(delegate.one("SELECT kerb_add_principal('a@a.b', groups => '{g1}')"), "a@A.B");
    assert_eq!(
        su.one(
            "SELECT grantor::regrole FROM pg_auth_members WHERE roleid = 'g1'::regrole AND \
            member <> 'delegate'::regrole"
        ),
        "delegate"
    );
}

fn groups_of_principals_that_exist(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE g1; CREATE ROLE g2; GRANT g1, g2 TO rds_master WITH ADMIN OPTION");
    master.run("SELECT kerb_add_principal('old@a.b', groups => '{g1}')");
    assert_eq!(
        master.rows(
            "SELECT * FROM kerb_add_principals('{old@a.b,new@a.b}', groups => '{g1,g2}', \
                if_not_exists => true)"
        ),
        [["old@a.b", "old@A.B", "adopted"], ["new@a.b", "new@A.B", "created"]]
    );
    assert_eq!(
        master.column(
            "SELECT action FROM kerb_add_principals('{old@a.b,new@a.b}', groups => '{g1,g2}', \
             if_not_exists => true)"
        ),
        ["unchanged", "unchanged"]
    );
}

fn more_members_than_one_grant_names(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE g1; GRANT g1 TO rds_master WITH ADMIN OPTION");
    master.run(
        "SELECT * FROM kerb_add_principals(ARRAY(SELECT 'u' || i || '@a.b' FROM \
        generate_series(1, 2500) i), groups => '{g1}')",
    );
    assert_eq!(
        su.one(
            "SELECT count(*) FROM pg_auth_members WHERE roleid = 'g1'::regrole AND member <> \
            'rds_master'::regrole"
        ),
        "2500"
    );
}

/// Since 19 the server refuses a name with a line break; before, a group may have one, and is
/// granted, shown and revoked by it.
fn line_breaks_in_names(c: &Context<'_>) {
    let mut su = c.superuser();
    if c.major() >= 19 {
        assert_eq!(su.code("CREATE ROLE \"two\nlines\""), "22023");
        su.run("CREATE ROLE plain");
        assert_eq!(su.code("ALTER ROLE plain RENAME TO \"two\rlines\""), "22023");
        // Such a name is that of a group that is not there, and said to be.
        assert_eq!(
            su.code("SELECT kerb_add_principal('ann@a.b', groups => ARRAY[E'two\\nlines'])"),
            "42704"
        );
        return;
    }
    su.run("CREATE ROLE \"two\nlines\"; CREATE ROLE \"cloud\r\n\" IN ROLE rds_iam");
    su.run("SELECT kerb_add_principal('ann@a.b', groups => ARRAY[E'two\\nlines'])");
    assert_eq!(su.one("SELECT pg_has_role('ann@A.B', E'two\\nlines', 'MEMBER')"), "t");
    assert_eq!(
        su.code("SELECT kerb_add_principal('bob@a.b', groups => ARRAY[E'cloud\\r\\n'])"),
        "0LP01"
    );
    su.run("GRANT \"cloud\r\n\" TO \"two\nlines\"");
    let fix = su.one("SELECT fix FROM kerb_conflicts() WHERE role_name = 'ann@A.B'");
    su.run(&fix);
    assert_eq!(su.one("SELECT count(*) FROM kerb_conflicts()"), "0", "{fix}");
}

/// Groups as an array, as an array literal and as one name, in each place that they can stand in.
fn each_form_of_call_means_one_thing(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE g1; CREATE ROLE \"G 2\"; CREATE ROLE \"{x}\"; \
         GRANT g1, \"G 2\", \"{x}\" TO rds_master WITH ADMIN OPTION",
    );
    let groups_of_u = "SELECT coalesce(string_agg(roleid::regrole::text, ' ' ORDER BY \
        roleid::regrole::text COLLATE \"C\"), '') FROM pg_auth_members WHERE \
        member = '\"u@A.B\"'::regrole AND roleid <> 'rds_ad'::regrole";
    let one = [
        // One group as text, as a literal without a type, and of several types.
        "'u@a.b', groups => 'g1'",
        "username => 'u@a.b', groups => 'g1'",
        "'u@a.b', if_not_exists => true, groups => 'g1'",
        "groups => 'g1', if_not_exists => NULL, username => 'u@a.b'",
        "'u', 'a.b', groups => 'g1'",
        "'u', 'a.b', 'g1'",
        "'u', 'a.b', 'g1', true",
        "'u@a.b', NULL, 'g1'",
        "'u@a.b', NULL, 'g1', false",
        "'u', realm => 'a.b', groups => 'g1', if_not_exists => true",
        "'u@a.b'::text, groups => 'g1'::text",
        "'u@a.b', groups => 'g1'::varchar",
        "'u@a.b', groups => 'g1'::name",
        "'u@a.b', groups => (SELECT rolname FROM pg_roles WHERE rolname = 'g1')",
        "'u'::name, 'a.b'::varchar, 'g1'::name",
        // An array.
        "'u@a.b', groups => ARRAY['g1']",
        "'u', 'a.b', ARRAY['g1']",
        "'u@a.b', NULL, ARRAY['g1'], true",
        "'u@a.b', groups => '{g1}'::text[]",
        "'u@a.b', groups => ARRAY['g1']::varchar[]",
        "'u@a.b', groups => ARRAY(SELECT rolname FROM pg_roles WHERE rolname = 'g1')",
        // An array literal without a type.
        "'u@a.b', groups => '{g1}'",
        "'u@a.b', groups => ' { g1, g1 } '",
        "'u', 'a.b', '{g1}'",
        "'u@a.b', NULL, '{\"g1\"}', NULL",
    ];
    let none = [
        "'u@a.b'",
        "'u', 'a.b'",
        "'u'::text, 'a.b'::text",
        "'u'::varchar, 'a.b'::varchar",
        "'u'::name, 'a.b'::name",
        "'u', 'a.b'::char(3)",
        "username => 'u', realm => 'a.b'",
        "'u@a.b', if_not_exists => true",
        "'u@a.b', NULL",
        "'u@a.b', NULL, NULL",
        "'u', 'a.b', NULL, NULL",
        "'u@a.b', groups => NULL",
        "'u@a.b', groups => NULL::text",
        "'u@a.b', groups => NULL::text[]",
        "'u@a.b', groups => '{}'",
        "'u', 'a.b', '{}'",
        "'u', 'a.b', '{}'::text[], true",
    ];
    let several = [
        "'u@a.b', groups => '{g1,G 2}'",
        "'u', 'a.b', '{\"G 2\",g1}'",
        "'u@a.b', groups => ARRAY['G 2', 'g1']",
    ];
    // A name that begins with a brace stands in an array.
    let with_braces = ["'u@a.b', groups => ARRAY['{x}']", "'u', 'a.b', '{\"{x}\"}'"];
    let calls = [
        (&one[..], "g1"),
        (&none[..], ""),
        (&several[..], "\"G 2\" g1"),
        (&with_braces[..], "\"{x}\""),
    ];
    for (calls, groups) in calls {
        for call in calls {
            let added = master.one(&format!("SELECT kerb_add_principal({call})"));
            assert_eq!(added, "u@A.B", "{call}");
            assert_eq!(su.one(groups_of_u), groups, "{call}");
            master.run("SELECT kerb_drop_principal('u@a.b')");
        }
    }
    for (arguments, groups) in [
        ("", ""),
        (", if_not_exists => true", ""),
        (", NULL", ""),
        (", groups => NULL, if_not_exists => true", ""),
        (", 'g1'", "g1"),
        (", groups => 'g1'", "g1"),
        (", 'g1'::text, true", "g1"),
        (", '{g1}'", "g1"),
        (", groups => '{g1,G 2}'", "\"G 2\" g1"),
        (", ARRAY['g1', 'G 2'], true", "\"G 2\" g1"),
    ] {
        for list in ["'{u@a.b}'", "ARRAY['u@a.b']", "principals => '{u@a.b}'"] {
            if list.contains("=>") && !arguments.is_empty() && !arguments.contains("=>") {
                continue;
            }
            let call = format!("SELECT role_name FROM kerb_add_principals({list}{arguments})");
            assert_eq!(master.one(&call), "u@A.B", "{call}");
            assert_eq!(su.one(groups_of_u), groups, "{call}");
            master.run("SELECT kerb_drop_principal('u@a.b')");
        }
    }
    // A parameter without a type is one name, or an array literal.
    master.run("PREPARE p AS SELECT kerb_add_principal($1, $2, $3)");
    assert_eq!(master.one("EXECUTE p ('u', 'a.b', 'g1')"), "u@A.B");
    assert_eq!(su.one(groups_of_u), "g1");
    assert_eq!(master.one("EXECUTE p ('v', 'a.b', '{g1,\"G 2\"}')"), "v@A.B");
}

fn what_is_no_list_of_groups(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("CREATE ROLE g1; CREATE ROLE g2; CREATE ROLE \"{x}\"");
    let before = su.traces();
    for (call, code, message) in [
        ("'u@a.b', groups => 'g1,g2'", "42704", "group \"g1,g2\" does not exist"),
        ("'u@a.b', groups => '{x}'", "42704", "group \"x\" does not exist"),
        ("'u', 'a.b', ''", "42704", "group \"\" does not exist"),
        ("'u@a.b', groups => '{g1'", "22P02", "malformed array literal: \"{g1\""),
        ("'u@a.b', groups => repeat('g', 5000)", "42622", "an argument of 5000 bytes is no name"),
        ("'u@a.b', groups => '{g1,NULL}'", "22023", "an element of a list must not be NULL"),
    ] {
        let error = master.error(&format!("SELECT kerb_add_principal({call})"));
        assert_eq!((error.code().code(), error.message()), (code, message), "{call}");
    }
    // Which variant is meant is not guessed.
    assert_eq!(master.code("SELECT kerb_add_principal('u@a.b', groups => 1)"), "42883");
    assert_eq!(master.code("SELECT kerb_add_principal('u', 'a.b', true)"), "22023");
    assert_eq!(su.traces(), before);
}
