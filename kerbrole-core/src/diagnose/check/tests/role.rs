//! The role: whether it is there, what it is a member of, whether its ticket opens it.

use crate::diagnose::check::tests::{Scene, limit, role};
use crate::diagnose::fix_with::FixWith;
use crate::names::case::HighBytes;
use crate::roles::role::Elevated;

#[test]
fn a_role_that_is_missing_is_made() {
    let missing = |scene: Scene| scene.instead_of_bob(None).fix("role_exists");
    assert_eq!(missing(Scene::new()), "SELECT kerb_add_principal('bob@A.B');");
    assert_eq!(
        missing(Scene::plain()),
        r#"CREATE USER "bob@A.B" WITH LOGIN; GRANT "rds_ad" TO "bob@A.B";"#
    );
}

#[test]
fn a_role_in_another_case_is_renamed() {
    let other = |scene: Scene| scene.instead_of_bob(Some("Bob@A.B"));
    assert_eq!(
        other(Scene::new()).fix("role_exists"),
        "SELECT kerb_rename_principal('Bob@A.B', NULL, 'bob');"
    );
    let rename = r#"ALTER ROLE "Bob@A.B" RENAME TO "bob@A.B";"#;
    assert_eq!(other(Scene::plain()).fix("role_exists"), rename);
    assert!(other(Scene::new()).detail("role_exists").contains("if the ticket is spelled so"));
    // The functions leave a role with powers alone.
    let mut with_powers = other(Scene::new());
    with_powers.bob().elevated = Elevated { createdb: true, ..Elevated::default() };
    assert_eq!(with_powers.fix("role_exists"), rename);
}

/// No KDC issues a ticket in a realm in lower case, and the functions take it for no principal.
#[test]
fn a_realm_in_lower_case_is_put_in_upper_case_by_a_statement() {
    let scene = Scene::new().instead_of_bob(Some("bob@a.b"));
    let rename = r#"ALTER ROLE "bob@a.b" RENAME TO "bob@A.B";"#;
    assert_eq!(scene.ok("realm_case"), Some(false));
    assert_eq!(scene.fix("realm_case"), rename);
    assert_eq!(scene.fix("role_exists"), rename);
    assert!(!scene.detail("role_exists").contains("if the ticket"));
    let username = Scene::new().instead_of_bob(Some("BOB@A.B"));
    assert_eq!(username.ok("realm_case"), Some(true), "the realm is right, whatever the username");
}

#[test]
fn a_member_of_rds_ad_is_told_by_which_way() {
    assert!(Scene::new().detail("rds_ad").ends_with("{bob@A.B,team,rds_ad}"));
}

#[test]
fn who_is_not_in_rds_ad_is_put_there() {
    let mut scene = Scene::new();
    scene.memberships.clear();
    assert_eq!(scene.ok("rds_ad"), Some(false));
    let by_function = "SELECT kerb_add_principal('bob@A.B', if_not_exists => true);";
    assert_eq!(scene.fix("rds_ad"), by_function);
    scene.fix_with = FixWith::Statements;
    assert_eq!(scene.fix("rds_ad"), r#"GRANT "rds_ad" TO "bob@A.B";"#);
}

#[test]
fn who_is_not_in_rds_ad_gets_in_where_pg_hba_does_not_ask_for_it() {
    let outside = |lines: &[(&str, &str)]| {
        let mut scene = Scene::with_hba(lines);
        scene.memberships.clear();
        scene.ok("rds_ad")
    };
    assert_eq!(outside(&[("all", "gss")]), Some(true));
    assert_eq!(outside(&[("+rds_ad", "gss")]), Some(false));
    assert_eq!(outside(&[("/pattern", "gss")]), None, "a pattern that nobody can evaluate");
}

#[test]
fn who_is_in_both_leaves_rds_iam() {
    let mut scene = Scene::new();
    scene.memberships.push(("bob@A.B", "rds_iam"));
    assert_eq!(scene.ok("not_rds_iam"), Some(false));
    assert!(scene.detail("not_rds_iam").contains("{bob@A.B,rds_iam}"));
    assert_eq!(scene.fix("not_rds_iam"), r#"REVOKE "rds_iam" FROM "bob@A.B";"#);
}

/// What was granted is named first: REVOKE role FROM member.
#[test]
fn who_is_in_rds_iam_alone_leaves_it_as_well() {
    let mut scene = Scene::new();
    scene.memberships = vec![("bob@A.B", "rds_iam")];
    assert_eq!(scene.fix("not_rds_iam"), r#"REVOKE "rds_iam" FROM "bob@A.B";"#);
    scene.memberships = vec![("bob@A.B", "team"), ("team", "rds_iam")];
    assert_eq!(
        scene.fix("not_rds_iam"),
        r#"REVOKE "team" FROM "bob@A.B";"#,
        "and nobody else does"
    );
    // Since 16 a REVOKE that names no grantor ends what its runner granted, and nothing else.
    scene.names_grantors = true;
    scene.roles.push(role(10, "root", true));
    let fix = r#"REVOKE "team" FROM "bob@A.B" GRANTED BY "root";"#;
    assert_eq!(scene.fix("not_rds_iam"), fix);
}

#[test]
fn who_is_in_rds_iam_gets_in_where_pg_hba_sends_nobody_elsewhere() {
    let inside = |lines: &[(&str, &str)]| {
        let mut scene = Scene::with_hba(lines);
        scene.memberships.push(("bob@A.B", "rds_iam"));
        scene.ok("not_rds_iam")
    };
    assert_eq!(inside(&[("+rds_ad", "gss")]), Some(true));
    assert_eq!(inside(&[("+rds_iam", "pam"), ("+rds_ad", "gss")]), Some(false));
    assert_eq!(inside(&[("/pattern", "pam"), ("+rds_ad", "gss")]), None);
}

#[test]
fn the_case_rule_says_which_tickets_open_the_role() {
    let mut scene = Scene::new();
    assert!(scene.detail("case_rule").contains("only a ticket spelled exactly bob@A.B opens it"));
    scene.caseins_users = true;
    assert!(scene.detail("case_rule").contains("in whatever case of A-Z opens it"));
    scene.roles.push(role(5, "Bob@A.B", true));
    assert!(scene.detail("case_rule").contains(r#"role "Bob@A.B" differs by case only"#));
    scene.roles[4].can_login = false;
    assert!(!scene.detail("case_rule").contains("Bob@A.B"), "nobody logs in as that one");
}

/// Of an ASCII name no locale folds a byte; with krb_caseins_users off the server folds nothing.
#[test]
fn a_locale_of_single_bytes_matters_to_names_beyond_ascii_alone() {
    let folded = || HighBytes::Folded { locale: "de_DE.ISO-8859-1".into() };
    for high_bytes in [folded(), HighBytes::Unknown] {
        let scene = Scene { caseins_users: true, high_bytes, ..Scene::new() };
        assert_eq!(scene.ok("case_rule"), Some(true));
    }
    for (caseins_users, high_bytes, ok) in [
        (true, folded(), None),
        (true, HighBytes::Unknown, None),
        (true, HighBytes::Kept, Some(true)),
        (false, folded(), Some(true)),
        (false, HighBytes::Unknown, Some(true)),
    ] {
        let asked = "élise@A.B";
        let scene = Scene { asked, caseins_users, high_bytes, ..Scene::new() };
        let scene = scene.instead_of_bob(Some(asked));
        assert_eq!(scene.ok("case_rule"), ok, "{caseins_users} {:?}", scene.high_bytes);
        if ok.is_none() {
            assert!(scene.fix("case_rule").contains("LC_ALL=C.UTF-8"));
        }
    }
}

#[test]
fn who_may_not_log_in_is_enabled_by_what_may_change_the_role() {
    let mut scene = Scene::new();
    scene.bob().can_login = false;
    assert_eq!(scene.ok("login"), Some(false));
    assert_eq!(scene.fix("login"), "SELECT kerb_enable_principal('bob@A.B');");
    let statement = r#"ALTER ROLE "bob@A.B" LOGIN;"#;
    scene.bob().elevated.replication = true;
    assert_eq!(scene.fix("login"), statement, "the functions leave a role with powers alone");
    scene.bob().elevated = Elevated::default();
    scene.fix_with = FixWith::Statements;
    assert_eq!(scene.fix("login"), statement);
}

/// `InitializeSessionUserId` in src/backend/utils/init/miscinit.c: the new session counts as well,
/// and superusers are let in.
#[test]
fn a_roles_limit_on_connections_holds_when_it_is_reached() {
    let ok = |connections: i32, sessions: u32, superuser: bool| {
        let mut scene = Scene { role_limit: limit(connections, sessions), ..Scene::new() };
        scene.bob().elevated.superuser = superuser;
        scene.ok("connection_limit")
    };
    assert_eq!(ok(-1, 1000, false), Some(true));
    assert_eq!(ok(2, 1, false), Some(true));
    assert_eq!(ok(2, 2, false), Some(false));
    assert_eq!(ok(2, 3, false), Some(false));
    assert_eq!(ok(0, 0, false), Some(false));
    assert_eq!(ok(0, 0, true), Some(true));
    let full = Scene { role_limit: limit(1, 1), ..Scene::new() };
    assert_eq!(full.fix("connection_limit"), r#"ALTER ROLE "bob@A.B" CONNECTION LIMIT -1;"#);
}
