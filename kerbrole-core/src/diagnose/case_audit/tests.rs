//! Which findings there are about names, and what is said to end them.

use crate::diagnose::case_audit::{CaseFinding, case_audit};
use crate::diagnose::fix_with::FixWith;
use crate::memberships::cluster::Cluster;
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::names::case::HighBytes;
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::roles::role::{Elevated, Role};
use crate::rule::ConflictRule;

/// Roles in rds_ad with LOGIN, unless they begin with `-` (NOLOGIN) or `!` (not in rds_ad).
fn audit(caseins_users: bool, roles: &[&str]) -> Vec<(&'static str, String, String)> {
    let names =
        |f: &CaseFinding| f.roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(" ");
    let findings = findings(caseins_users, roles);
    findings.iter().map(|f| (f.problem.as_str(), names(f), f.fix.clone())).collect()
}

/// The same with all that is said.
fn findings(caseins_users: bool, names: &[&str]) -> Vec<CaseFinding> {
    let mut roles = Vec::new();
    let mut memberships = Vec::new();
    for (oid, text) in (1..).zip(["-rds_ad", "-!rds_iam"].iter().chain(names)) {
        let name = RoleName::new(text.trim_start_matches(['-', '!'])).unwrap();
        roles.push(Role {
            oid,
            name,
            can_login: !text.starts_with('-'),
            elevated: Elevated::default(),
        });
        if !text.contains('!') {
            memberships.push(Membership::to_be(oid, 1));
        }
    }
    let graph =
        MembershipGraph::new(roles.iter().map(|role| (role.oid, role.name.clone())), memberships);
    let rule =
        ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap())
            .unwrap();
    let rules = NameRules { caseins_users, ..NameRules::default() };
    let cluster = Cluster::new(rule, false).with_roles(roles).with_graph(graph);
    case_audit(&cluster, &rules, &HighBytes::Kept, FixWith::Functions).unwrap()
}

#[test]
fn the_only_login_that_works_is_not_shut() {
    let in_the_way = "/* The role of that name cannot be logged in to by a ticket. Drop or \
                      rename it first. */ SELECT kerb_rename_principal('Carl@A.B', NULL, \
                      'carl');";
    for other in ["-carl@A.B", "!carl@A.B", "-!carl@A.B"] {
        let found = audit(true, &["Carl@A.B", other]);
        let fixes: Vec<_> =
            found.iter().filter(|f| f.0 == "closed_by_caseins").map(|f| f.2.as_str()).collect();
        assert_eq!(fixes, [in_the_way], "{other}");
    }
    // Where its ticket opens the other one already, this one goes.
    let found = audit(true, &["Carl@A.B", "carl@A.B"]);
    let fixes: Vec<_> =
        found.iter().filter(|f| f.0 == "closed_by_caseins").map(|f| f.2.as_str()).collect();
    assert_eq!(fixes, ["SELECT kerb_disable_principal('Carl@A.B');"]);
}

fn rows(rows: &[(&'static str, &str, &str)]) -> Vec<(&'static str, String, String)> {
    rows.iter().map(|&(problem, roles, fix)| (problem, roles.into(), fix.into())).collect()
}

#[test]
fn nothing_is_wrong_with_names_in_their_usual_spelling() {
    for caseins in [false, true] {
        assert_eq!(
            audit(caseins, &["alice@A.B", "o'brien@A.B", "app", "team", "-Bob@A.B", "!Eve@A.B"]),
            []
        );
    }
}

#[test]
fn roles_that_differ_by_case_only_and_can_log_in() {
    let disable = "SELECT kerb_disable_principal('Bob@A.B');";
    assert_eq!(
        audit(true, &["bob@A.B", "Bob@A.B"])[0],
        ("case_collision", "Bob@A.B bob@A.B".into(), disable.into())
    );
    // The member of rds_ad stays, whatever it is called; who cannot log in is no danger.
    assert_eq!(
        audit(true, &["!bob@A.B", "Bob@A.B"])[0].2,
        "SELECT kerb_disable_principal('bob@A.B');"
    );
    assert!(audit(true, &["!bob@A.B", "!Bob@A.B"]).is_empty());
    assert!(audit(true, &["bob@A.B", "-Bob@A.B"]).is_empty());
    assert_eq!(audit(true, &["bob@A.B", "bob@a.b"])[0].2, "ALTER ROLE \"bob@a.b\" NOLOGIN;");
}

#[test]
fn a_realm_in_lower_case_is_unreachable_or_would_be() {
    let fix = r#"ALTER ROLE "bob@a.b" RENAME TO "bob@A.B";"#;
    assert_eq!(
        audit(false, &["bob@a.b"]),
        rows(&[("unreachable_realm_case", "bob@a.b", fix), ("opened_by_caseins", "bob@a.b", fix)])
    );
    assert_eq!(audit(true, &["bob@a.b"]), rows(&[("closed_by_caseins", "bob@a.b", fix)]));
}

#[test]
fn a_username_in_upper_case_depends_on_the_setting() {
    let fix = "SELECT kerb_rename_principal('Bob@A.B', NULL, 'bob');";
    assert_eq!(audit(false, &["Bob@A.B"]), rows(&[("opened_by_caseins", "Bob@A.B", fix)]));
    assert_eq!(audit(true, &["Bob@A.B"]), rows(&[("closed_by_caseins", "Bob@A.B", fix)]));
}

#[test]
fn names_that_were_cut() {
    let cut = |name: &str| name[..63].to_string();
    let long_user = cut("a-service-with-quite-a-long-name-indeed-it-is@CORP.EXAMPLE.COM.LONG");
    let in_realm = cut(&format!("bob@{}.EXAMPLE.COM", "X".repeat(50)));
    let known = format!("!al@{}.EXAMPLE.COM", "X".repeat(43));
    let long_realm = cut(&format!("a-longer-name@{}.EXAMPLE.COM", "X".repeat(43)));
    let whole = format!("abcdefgh@{}.COM", "Y".repeat(50));
    assert_eq!(whole.len(), 63);
    let problems = |names: &[&str]| -> Vec<_> {
        audit(false, names).into_iter().map(|f| (f.0, f.1)).collect()
    };
    assert_eq!(problems(&[&long_user]), [("unreachable_length", long_user.clone())]);
    assert_eq!(problems(&[&long_realm]), [], "no sign that it is not whole");
    assert_eq!(problems(&[&long_realm, &known]), [("unreachable_length", long_realm.clone())]);
    assert_eq!(problems(&[&whole]), []);
    assert!(in_realm.ends_with('.'));
    assert_eq!(problems(&[&in_realm]), [("unreachable_length", in_realm.clone())]);
    let no_at = cut(&"n".repeat(70));
    assert_eq!(problems(&[&no_at]), [("unreachable_length", no_at.clone())]);
}

#[test]
fn of_several_realms_that_a_cut_name_may_be_of_the_first_is_named() {
    let cut = format!("a-longer-name@{}", "X".repeat(49));
    for ends in [[".C", ".A", ".B", ".D"], [".D", ".B", ".A", ".C"]] {
        let mut names = vec![cut.clone()];
        names.extend(ends.map(|end| format!("!al@{}{end}", "X".repeat(49))));
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let found = findings(false, &names);
        assert_eq!(found.len(), 1);
        assert!(found[0].detail.contains("XX.A;"), "{}", found[0].detail);
    }
}

/// Such a name is held with the role's OID: 57 bytes and six more.
#[test]
fn a_name_that_cannot_be_written_was_not_cut_for_being_held_in_63_bytes() {
    let name = |text: &str| RoleName::new(text).unwrap();
    let lost = RoleName::unwritable(&"n".repeat(57), 16400);
    assert_eq!(lost.as_str().len(), RoleName::MAX_BYTES);
    let roles: Vec<_> = (1..)
        .zip([name("rds_ad"), name("rds_iam"), lost])
        .map(|(oid, name)| Role { oid, name, can_login: oid == 3, elevated: Elevated::default() })
        .collect();
    let names = roles.iter().map(|role| (role.oid, role.name.clone()));
    let graph = MembershipGraph::new(names, [Membership::to_be(3, 1)]);
    let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
    let rules = NameRules::default();
    let cluster = Cluster::new(rule, false).with_roles(roles).with_graph(graph);
    let found = case_audit(&cluster, &rules, &HighBytes::Kept, FixWith::Functions);
    assert_eq!(found.unwrap(), []);
}
