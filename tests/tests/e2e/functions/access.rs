//! What a directory says in, the difference out: by the extension and by the functions in PL/pgSQL.

mod table;

use crate::cases;
use crate::fixture::{Context, Session};
use table::table;

cases! {
    EachVersion: each_account_comes_to_what_it_should, sessions_are_in_the_way_of_a_name,
        who_may_lose_something_is_limited, bad_arguments, comments_that_only_look_like_a_binding,
        rights_are_the_callers_own, powers_are_not_handed_over, sessions_end_with_the_account,
        somebody_changes_a_role_meanwhile, an_account_is_shown;
    InPlpgsql: each_account_comes_to_what_it_should, sessions_are_in_the_way_of_a_name,
        who_may_lose_something_is_limited, bad_arguments, comments_that_only_look_like_a_binding,
        rights_are_the_callers_own, powers_are_not_handed_over, an_account_is_shown,
        two_thousand_people_fit_into_one_call;
}

/// With the locks that a server has by default.
fn two_thousand_people_fit_into_one_call(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE team");
    let call = "SELECT action, count(*) FROM kerb_apply_access((SELECT json_agg(json_build_object( \
                'principal', 'u' || i || '@a.b', 'sid', 'S-1-5-21-1-2-3-' || 1000 + i, 'roles', \
                ARRAY['team'])) FROM generate_series(1, 2000) AS i), '{team}', dry_run => false) \
                GROUP BY 1 ORDER BY 1";
    assert_eq!(
        su.rows(call),
        [["bind", "2000"], ["create", "2000"], ["grant", "2000"]].map(|row| row.map(String::from))
    );
    assert_eq!(su.rows(call).len(), 0);
    assert_eq!(
        su.one("SELECT count(*) FROM pg_auth_members WHERE roleid = 'team'::regrole"),
        "2000"
    );
}

/// The domain that most accounts here are of.
const DOMAIN: &str = "S-1-5-21-1-2-3";

/// A person: name, RID, whether it is enabled, roles.
type Person<'p> = (&'p str, u32, bool, &'p [&'p str]);

fn people(people: &[Person<'_>]) -> String {
    let person = |&(name, rid, enabled, roles): &Person<'_>| {
        let roles: Vec<_> = roles.iter().map(|role| format!("\"{role}\"")).collect();
        let name = name.replace('\'', "''").replace('\\', "\\\\");
        format!(
            "{{\"principal\": \"{name}\", \"sid\": \"{DOMAIN}-{rid}\", \"enabled\": {enabled}, \
             \"roles\": [{}]}}",
            roles.join(", ")
        )
    };
    let all: Vec<_> = people.iter().map(person).collect();
    format!("'[{}]'", all.join(", "))
}

/// A principal that is there and bound.
fn bound(name: &str, rid: u32) -> String {
    format!(
        "CREATE USER \"{name}\" IN ROLE rds_ad; COMMENT ON ROLE \"{name}\" IS \
         '[kerbrole:{DOMAIN}-{rid}]';"
    )
}

/// What is done with whom, without the statements.
fn apply(session: &mut Session, arguments: &str) -> Vec<String> {
    session.column(&format!(
        "SELECT concat_ws(' ', action, role_name) FROM kerb_apply_access({arguments})"
    ))
}

const STATE: &str = "SELECT concat_ws(' ', role_name, can_login, groups, \
    substring(sid FROM '[0-9]+$')) FROM kerb_list_principals()";

const ROLES: &str = "CREATE ROLE analysts; CREATE ROLE auditors; CREATE ROLE elsewhere; CREATE \
    ROLE cloud IN ROLE rds_iam; ";
const MANAGED: &str = "'{analysts,auditors,cloud}'";

fn each_account_comes_to_what_it_should(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("SET client_min_messages = warning");
    for case in table() {
        let name = case.name;
        su.run("BEGIN");
        su.run(ROLES);
        su.run(&case.set_up);
        c.let_change(&mut su);
        let comma = if case.arguments.is_empty() { "" } else { ", " };
        let people = people(case.people);
        let arguments =
            |dry| format!("{people}, {MANAGED}, dry_run => {dry}{comma}{}", case.arguments);
        let before = su.column(STATE);
        let shown = su.rows(&format!("SELECT * FROM kerb_apply_access({})", arguments(true)));
        assert_eq!(su.column(STATE), before, "{name}: dry by default");
        // What is shown as a script comes to the same.
        su.run("SAVEPOINT before");
        for row in &shown {
            assert_eq!(row[2] == "NULL", row[0] == "leave", "{name}: {row:?}");
            assert!(row[3].len() > 10, "{name}: {row:?}");
            if row[0] != "leave" {
                su.run(&row[2]);
            }
        }
        let by_script = (su.column(STATE), comments(&mut su));
        su.run("ROLLBACK TO before");
        let mut done = apply(&mut su, &arguments(false));
        assert_eq!((su.column(STATE), comments(&mut su)), by_script, "{name}");
        let mut rows: Vec<String> = case.rows.iter().map(|row| (*row).to_string()).collect();
        rows.sort_unstable();
        done.sort_unstable();
        assert_eq!(done, rows, "{name}");
        let mut after = su.column(STATE);
        after.sort_unstable();
        assert_eq!(after, case.after, "{name}");
        let mut left: Vec<_> = rows.into_iter().filter(|row| row.starts_with("leave ")).collect();
        // Why somebody was not dropped was said with what was done instead, and is said again.
        left.extend(case.not_dropped.iter().map(|role| format!("leave {role}")));
        let mut again = apply(&mut su, &arguments(false));
        again.sort_unstable();
        assert_eq!(again, left, "{name}: a second run finds nothing");
        su.run("ROLLBACK");
    }
}

fn comments(su: &mut Session) -> Vec<Vec<String>> {
    su.rows(
        "SELECT objoid::regrole, description FROM pg_shdescription WHERE objoid >= 16384 ORDER \
         BY 1",
    )
}

fn comments_that_only_look_like_a_binding(c: &Context<'_>) {
    let mut su = c.superuser();
    let sid = format!("{DOMAIN}-1");
    let (zeros, largest) = ("S-1-5-21-0-0-0-0", "S-1-5-21-1-2-3-4294967295");
    let long = format!("S-1-5-21-1-2-3-{}", "9".repeat(170));
    let texts = [
        (format!("[kerbrole:{sid}] "), None),
        (format!("[kerbrole:{sid}]."), None),
        (format!("[Kerbrole:{sid}]"), None),
        (format!("[kerbrole:{sid}-]"), None),
        (format!("[kerbrole:{sid}\\]"), None),
        (format!("[kerbrole:{sid}\u{e9}]"), None),
        (format!("[kerbrole:{sid}][kerbrole:{}", "x".repeat(250)), None),
        ("[kerbrole:S-1-5-21-1-2-3-01]".into(), None),
        ("[kerbrole:S-1-5-21-1--3-1]".into(), None),
        ("[kerbrole:S-1-5-21-1-2-3-4294967296]".into(), None),
        (format!("[kerbrole:{long}]"), None),
        ("[kerbrole:]".into(), None),
        (format!("[kerbrole:{zeros}]"), Some(zeros)),
        (format!("[kerbrole:{largest}]"), Some(largest)),
        (format!("[kerbrole:S-1-5-18] [kerbrole:{sid}]"), Some(&*sid)),
        (format!("[kerbrole:S-1-5-18][kerbrole:{sid}]"), Some(&*sid)),
        (format!("\u{e9}\u{1f600}\\ '' [kerbrole:{sid}]"), Some(&*sid)),
        (format!("{} [kerbrole:{sid}]", "long ".repeat(5000)), Some(&*sid)),
    ];
    su.run("CREATE USER \"ann@A.B\" IN ROLE rds_ad");
    for (text, expected) in texts {
        su.run(&format!("COMMENT ON ROLE \"ann@A.B\" IS E'{}'", text.replace('\\', "\\\\")));
        let listed = su.rows("SELECT sid, source FROM kerb_list_principals()");
        let expected = expected.map_or(["NULL", "manual"], |sid| [sid, "directory"]);
        assert_eq!(listed, [expected], "{text:.60}");
    }
    // Whatever somebody wrote stays in front.
    su.run(&format!("COMMENT ON ROLE \"ann@A.B\" IS '[kerbrole:{sid}].'"));
    c.let_change(&mut su);
    su.run(&format!(
        "SELECT * FROM kerb_apply_access({}, '{{}}', dry_run => false)",
        people(&[("ann@a.b", 9, true, &[])])
    ));
    assert_eq!(
        su.one("SELECT shobj_description(to_regrole('\"ann@A.B\"')::oid, 'pg_authid')"),
        format!("[kerbrole:{sid}]. [kerbrole:{DOMAIN}-9]")
    );
}

fn sessions_are_in_the_way_of_a_name(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(&bound("ann@A.B", 1));
    c.let_change(&mut su);
    let busy = c.connect("ann@A.B");
    let list = people(&[("anna@a.b", 1, true, &[]), ("ann@a.b", 2, true, &[])]);
    let arguments = format!("{list}, '{{}}', dry_run => false, max_removals => '1'");
    // The name is another account's by now: with its ticket nobody comes in as this role.
    let first = apply(&mut su, &arguments);
    assert_eq!(first, ["disable ann@A.B", "leave ann@A.B", "leave ann@A.B"]);
    assert_eq!(su.column(STATE), ["ann@A.B f {} 1"]);
    assert_eq!(apply(&mut su, &arguments), ["leave ann@A.B", "leave ann@A.B"]);
    drop(busy);
    su.wait_for_no_sessions("ann@A.B");
    let mut second = apply(&mut su, &arguments);
    second.sort_unstable();
    assert_eq!(second, ["bind ann@A.B", "create ann@A.B", "enable anna@A.B", "rename ann@A.B"]);
    assert_eq!(su.column(STATE), ["ann@A.B t {} 2", "anna@A.B t {} 1"]);
}

fn who_may_lose_something_is_limited(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE analysts");
    for rid in 1..=20 {
        su.run(&bound(&format!("u{rid}@A.B"), rid));
    }
    su.run("GRANT analysts TO \"u1@A.B\", \"u2@A.B\", \"u3@A.B\"");
    c.let_change(&mut su);
    let everybody: Vec<_> = (1..=20).map(|rid| (format!("u{rid}@a.b"), rid)).collect();
    let list: Vec<Person<'_>> =
        everybody.iter().map(|(name, rid)| (&**name, *rid, *rid != 3, &[][..])).collect();
    let call = |limit: &str, dry: bool| {
        format!(
            "SELECT count(DISTINCT role_name) FROM kerb_apply_access({}, '{{analysts}}', \
             '{{{DOMAIN}}}', 'disable', {dry}, max_removals => '{limit}')",
            people(&list)
        )
    };
    // Three people: one of them is disabled and loses a membership as well.
    for limit in ["10%", "14%", "2", "0", "002"] {
        let error = su.error(&call(limit, false));
        assert_eq!(error.code().code(), "53400", "{limit}");
        su.db_notices();
        assert_eq!(su.one(&call(limit, true)), "3", "{limit}");
        assert_eq!(su.db_notices()[0].code().code(), "53400", "{limit}");
    }
    for limit in ["15%", "3", "100%"] {
        su.run("BEGIN");
        assert_eq!(su.one(&call(limit, false)), "3", "{limit}");
        su.run("ROLLBACK");
    }
    // The smaller of the two limits holds.
    c.set(&mut su, "sync_max_removals", "2");
    assert_eq!(c.superuser().code(&call("100%", false)), "53400");
    c.set(&mut su, "sync_max_removals", "3");
    assert_eq!(c.superuser().one(&call("100%", false)), "3");
}

fn bad_arguments(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE analysts; CREATE ROLE analysts2; CREATE USER \"bob@A.B\" IN ROLE rds_ad");
    let person = |rest: &str| format!("[{{\"principal\": \"ann@a.b\"{rest}}}]");
    let sid = ", \"sid\": \"S-1-5-21-1-2-3-1\"";
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    for (people, code) in [
        ("{}", "22023"),
        ("null", "22023"),
        ("[1]", "22023"),
        ("[[]]", "22023"),
        (&*person(""), "22023"),
        (&*person(&format!("{sid}, \"Enabled\": true")), "22023"),
        (&*person(&format!("{sid}, \"extra\": {{\"a\": [1]}}")), "22023"),
        (&*person(&format!("{sid}{sid}")), "22023"),
        (&*person(&format!("{sid}, \"enabled\": null")), "22023"),
        (&*person(&format!("{sid}, \"enabled\": 1e999999")), "22023"),
        (&*person(&format!("{sid}, \"roles\": \"analysts\"")), "22023"),
        (&*person(&format!("{sid}, \"roles\": [1]")), "22023"),
        (&*person(&format!("{sid}, \"roles\": [\"analysts2\"]")), "22023"),
        (&*person(", \"sid\": \"S-1-5-21-1-2-3\""), "22023"),
        (&*person(", \"sid\": \"S-1-5-21-1-2-3-01\""), "22023"),
        (&*person(", \"sid\": \"s-1-5-21-1-2-3-1\""), "22023"),
        (&*person(", \"sid\": 5"), "22023"),
        (&*format!("[{0}, {0}]", &person(sid)[1..person(sid).len() - 1]), "42710"),
        (&*deep, "22023"),
    ] {
        let call = format!("SELECT * FROM kerb_apply_access('{people}', '{{analysts}}')");
        assert_eq!(su.code(&call), code, "{people:.80}");
    }
    let good = person(sid);
    for (arguments, code) in [
        ("NULL, '{}'".to_string(), "22023"),
        (format!("'{good}', NULL"), "22023"),
        (format!("'{good}', '{{nobody}}'"), "42704"),
        (format!("'{good}', '{{Analysts}}'"), "42704"),
        (format!("'{good}', '{{bob@A.B}}'"), "22023"),
        (format!("'{good}', '{{}}', '{{S-1-5-21-1-2-3-1}}'"), "22023"),
        (format!("'{good}', '{{}}', '{{x}}'"), "22023"),
        (format!("'{good}', '{{}}', absent => 'gone'"), "22023"),
        (format!("'{good}', '{{}}', absent => NULL"), "22023"),
        (format!("'{good}', '{{}}', max_removals => '0%'"), "22023"),
        (format!("'{good}', '{{}}', max_removals => '101%'"), "22023"),
        (format!("'{good}', '{{}}', max_removals => '-1'"), "22023"),
        (format!("'{good}', '{{}}', max_removals => NULL"), "22023"),
    ] {
        let call = format!("SELECT * FROM kerb_apply_access({arguments})");
        assert_eq!(su.code(&call), code, "{arguments}");
    }
    assert_eq!(su.one("SELECT count(*) FROM kerb_list_principals()"), "1");
}

fn rights_are_the_callers_own(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE analysts; CREATE ROLE powerful SUPERUSER; CREATE ROLE delegate LOGIN; CREATE \
         ROLE nobody LOGIN",
    );
    c.let_manage(&mut su, "delegate");
    let call = |role: &str, dry: bool| {
        let roles: &[&str] = if role.is_empty() { &[] } else { &[role] };
        let list = people(&[("ann@a.b", 1, true, roles)]);
        format!(
            "SELECT action FROM kerb_apply_access({list}, '{{analysts,powerful}}', dry_run => \
             {dry})"
        )
    };
    for dry in [true, false] {
        assert_eq!(c.connect("nobody").code(&call("", dry)), "42501");
    }
    let mut delegate = c.connect("delegate");
    for role in ["analysts", "powerful"] {
        assert_eq!(delegate.code(&call(role, false)), "42501", "{role}");
    }
    assert_eq!(su.one("SELECT count(*) FROM kerb_list_principals()"), "0", "all or nothing");
    assert_eq!(delegate.column(&call("", false)), ["create", "bind"]);
    su.run("GRANT analysts TO delegate WITH ADMIN OPTION");
    assert_eq!(delegate.column(&call("analysts", false)), ["grant"]);
    assert_eq!(delegate.code(&call("powerful", false)), "42501");
    su.run("REVOKE analysts FROM delegate CASCADE; GRANT analysts TO \"ann@A.B\"");
    let revoke = call("", false).replace("dry_run", "max_removals => '1', dry_run");
    assert_eq!(delegate.code(&revoke), "42501");
    assert_eq!(su.column(STATE), ["ann@A.B t {analysts} 1"]);
}

/// Whoever may call this says whose a role is, but not so as to give away what they do not have.
fn powers_are_not_handed_over(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE delegate LOGIN; CREATE ROLE payroll; CREATE ROLE root SUPERUSER");
    su.run(&(bound("ann@A.B", 1) + &bound("bob@A.B", 2) + &bound("cyd@A.B", 3)));
    su.run(
        "GRANT payroll TO \"ann@A.B\"; GRANT root TO \"bob@A.B\"; ALTER ROLE \"bob@A.B\" NOLOGIN",
    );
    // Whoever says which account this one belongs to says whose name it gets with the next list.
    su.run("CREATE USER \"dan@A.B\" IN ROLE rds_ad, payroll");
    c.let_manage(&mut su, "delegate");
    c.let_change(&mut su);
    let list = people(&[
        ("eve@a.b", 1, true, &[]),
        ("bob@a.b", 2, true, &[]),
        ("mallory@a.b", 3, true, &[]),
        ("dan@a.b", 4, true, &[]),
    ]);
    let arguments = format!("{list}, '{{}}', dry_run => false");
    let mut delegate = c.connect("delegate");
    assert_eq!(
        apply(&mut delegate, &arguments),
        ["rename cyd@A.B", "leave ann@A.B", "leave bob@A.B", "leave dan@A.B"]
    );
    assert_eq!(
        su.column(STATE),
        [
            "ann@A.B t {payroll} 1",
            "bob@A.B f {root} 2",
            "dan@A.B t {payroll}",
            "mallory@A.B t {} 3"
        ]
    );
    assert_eq!(apply(&mut su, &arguments), ["rename ann@A.B", "bind dan@A.B", "enable bob@A.B"]);
}

fn sessions_end_with_the_account(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(&(bound("ann@A.B", 1) + &bound("bob@A.B", 2) + &bound("cyd@A.B", 3)));
    let _ann = c.connect("ann@A.B");
    let _bob = c.connect("bob@A.B");
    let mut cyd = c.connect("cyd@A.B");
    let list = people(&[("ann@a.b", 1, false, &[]), ("cyd@a.b", 3, true, &[])]);
    su.run(&format!(
        "SELECT * FROM kerb_apply_access({list}, '{{}}', '{{{DOMAIN}}}', 'drop', false, \
         max_removals => '2', terminate => true)"
    ));
    su.wait_for_no_sessions("ann@A.B");
    su.wait_for_no_sessions("bob@A.B");
    assert_eq!(cyd.one("SELECT current_user"), "cyd@A.B");
    assert_eq!(su.column(STATE), ["ann@A.B f {} 1", "bob@A.B f {} 2", "cyd@A.B t {} 3"]);
}

/// What was done to a role until it is locked counts: its name, its comment, what it may do.
fn somebody_changes_a_role_meanwhile(c: &Context<'_>) {
    let (mut su, mut other) = (c.superuser(), c.superuser());
    su.run("SET client_min_messages = warning");
    let call = |list: &[Person<'_>]| {
        format!("SELECT * FROM kerb_apply_access({}, '{{}}', dry_run => false)", people(list))
    };
    let list: &[Person<'_>] = &[("anna@a.b", 1, true, &[])];
    for (change, expected) in [
        // Another role has its name by now; the account's is found by what it is.
        (
            "ALTER ROLE \"ann@A.B\" RENAME TO \"old@A.B\"; CREATE USER \"ann@A.B\" IN ROLE rds_ad",
            &["ann@A.B t {}", "anna@A.B t {} 1"][..],
        ),
        // It is nobody's by now.
        (
            "COMMENT ON ROLE \"ann@A.B\" IS NULL; ALTER ROLE \"ann@A.B\" NOREPLICATION",
            &["ann@A.B t {}", "anna@A.B t {} 1"],
        ),
        // It is a superuser by now.
        ("ALTER ROLE \"ann@A.B\" SUPERUSER", &["ann@A.B t {} 1"]),
    ] {
        su.run(&bound("ann@A.B", 1));
        other.run("BEGIN");
        other.run(change);
        let outcome = c.while_it_waits(&mut su, &call(list), || other.run("COMMIT"));
        assert_eq!(outcome, "fine", "{change}");
        assert_eq!(su.column(STATE), expected, "{change}");
        for role in su.column("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname ~ '@'") {
            su.run(&format!("DROP ROLE {role}"));
        }
    }
    // Two at once: the second finds that there is nothing left to do.
    su.run(&bound("ann@A.B", 1));
    other.run("BEGIN");
    other.run(&call(list));
    let outcome = c.while_it_waits(&mut su, &call(list), || other.run("COMMIT"));
    assert_eq!(outcome, "fine");
    assert_eq!(su.column(STATE), ["anna@A.B t {} 1"]);
}

fn an_account_is_shown(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(&(bound("ann@A.B", 1) + "CREATE USER \"bob@A.B\" IN ROLE rds_ad"));
    for from in ["kerb_list_principals()", "kerb_principals"] {
        assert_eq!(
            su.rows(&format!("SELECT role_name, sid, source FROM {from} ORDER BY 1")),
            [["ann@A.B", "S-1-5-21-1-2-3-1", "directory"], ["bob@A.B", "NULL", "manual"]]
        );
    }
}
