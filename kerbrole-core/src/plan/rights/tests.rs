//! What statements take of whoever runs them.

use std::collections::HashMap;

use crate::names::role_name::RoleName;
use crate::plan::rights::{
    Held, Lack, Runner, lacks_in_words, missing, missing_rights_of, roles_concerned,
};
use crate::statement::{MembershipOptions, Statement};

fn name(text: &str) -> RoleName {
    RoleName::new(text).unwrap()
}

fn lacks(
    statements: &[Statement],
    createrole: bool,
    held: &[(&str, Held)],
    since_16: bool,
) -> Vec<String> {
    let runner = Runner {
        user: name("dba"),
        superuser: false,
        createrole,
        inherits: true,
        can_become: None,
    };
    let held = held.iter().map(|(role, held)| (name(role), *held)).collect();
    let lacks = missing(statements, &runner, &held, &name("rds_ad"), since_16);
    lacks.into_iter().map(|lack| lack.statement).collect()
}

#[test]
fn createrole_is_enough_up_to_15_and_grants_nothing_since() {
    let add = [
        Statement::CreateUser { role: name("a@B.C") },
        Statement::Grant { roles: vec![name("rds_ad"), name("g")], members: vec![name("a@B.C")] },
    ];
    let createrole = r#"ALTER ROLE "dba" CREATEROLE;"#;
    let [ad, group] =
        ["rds_ad", "g"].map(|role| format!("GRANT \"{role}\" TO \"dba\" WITH ADMIN OPTION;"));
    assert_eq!(lacks(&add, false, &[], false), [createrole]);
    assert!(lacks(&add, true, &[], false).is_empty());
    assert_eq!(lacks(&add, false, &[], true), [createrole.to_string(), ad.clone(), group.clone()]);
    assert_eq!(lacks(&add, true, &[], true), [ad, group]);
    let grant = [Statement::Grant { roles: vec![name("g")], members: vec![name("a@B.C")] }];
    assert_eq!(lacks(&grant, false, &[], false), [r#"GRANT "g" TO "dba" WITH ADMIN OPTION;"#]);
}

#[test]
fn admin_that_is_not_inherited_alters_and_does_not_grant() {
    let by_chain = [("g", Held { admin: true, ..Held::default() })];
    let forbid = [Statement::ForbidLogin { role: name("g") }];
    assert!(lacks(&forbid, true, &by_chain, true).is_empty());
    let grant = [Statement::Grant { roles: vec![name("g")], members: vec![name("x")] }];
    assert_eq!(lacks(&grant, true, &by_chain, true), [r#"GRANT "g" TO "dba" WITH ADMIN OPTION;"#]);
}

#[test]
fn memberships_that_a_superuser_granted_are_a_superuser_s_to_end() {
    let revoke = |member: &str| Statement::RevokeGrant {
        role: name("boss"),
        granted: name("g"),
        member: name(member),
        name_grantor: true,
    };
    let both = [revoke("a@B.C"), revoke("b@B.C")];
    let admin = ("g", Held { admin: true, may_grant: true, ..Held::default() });
    let of_boss = |held| lacks(&both, true, &[admin, ("boss", held)], true);
    let ended = [r#"REVOKE "g" FROM "a@B.C" GRANTED BY "boss";"#];
    assert_eq!(of_boss(Held { superuser: true, ..Held::default() }), ended);
    let joined = [r#"GRANT "boss" TO "dba" WITH INHERIT TRUE;"#];
    assert_eq!(of_boss(Held::default()), joined);
    assert!(of_boss(Held { privileges: true, ..Held::default() }).is_empty());
    // Where nothing could be asked.
    assert_eq!(lacks(&both, true, &[admin], true), ended);
}

#[test]
fn rights_that_the_statements_give_are_not_missing() {
    let options = MembershipOptions { admin: false, inherit_and_set: Some((true, true)) };
    let join = Statement::GrantWith { granted: name("a@B.C"), member: name("dba"), options };
    let reassign = Statement::ReassignOwned { role: name("a@B.C"), to: name("heir") };
    let held = [
        ("a@B.C", Held { admin: true, may_grant: true, ..Held::default() }),
        ("heir", Held { set_role: true, ..Held::default() }),
    ];
    assert_eq!(
        lacks(&[join, reassign.clone()], true, &held, true),
        [r#"GRANT "heir" TO "dba" WITH INHERIT TRUE;"#]
    );
    assert_eq!(
        lacks(&[reassign], true, &held[1..], true)[0],
        r#"GRANT "a@B.C" TO "dba" WITH INHERIT TRUE;"#
    );
}

fn runner() -> Runner {
    Runner {
        user: name("dba"),
        superuser: false,
        createrole: false,
        inherits: true,
        can_become: None,
    }
}

fn grant(role: &str) -> Statement {
    Statement::Grant { roles: vec![name(role)], members: vec![name("a@B.C")] }
}

fn admin_on(role: &str) -> String {
    format!("GRANT \"{role}\" TO \"dba\" WITH ADMIN OPTION;")
}

#[test]
fn a_superuser_lacks_nothing() {
    let superuser = Runner { superuser: true, ..runner() };
    let all = [Statement::DropRole { role: name("g") }, grant("g")];
    for since_16 in [false, true] {
        let lacks = missing(&all, &superuser, &HashMap::new(), &name("rds_ad"), since_16);
        assert_eq!(lacks, []);
    }
}

#[test]
fn a_superusers_role_is_a_superusers_to_grant() {
    let all = Held { superuser: true, admin: true, may_grant: true, ..Held::default() };
    for since_16 in [false, true] {
        assert_eq!(
            lacks(&[grant("root")], true, &[("root", all)], since_16),
            [r#"ALTER ROLE "dba" SUPERUSER;"#]
        );
    }
}

#[test]
fn to_change_a_role_takes_createrole_and_since_16_admin_but_of_ones_own() {
    let role = || name("a@B.C");
    let changes = [
        Statement::AllowLogin { role: role() },
        Statement::ForbidLogin { role: role() },
        Statement::Rename { role: role(), to: name("b@B.C") },
        Statement::Comment { role: role(), text: None },
        Statement::DropRole { role: role() },
    ];
    let g = ("g", Held { admin: true, may_grant: true, ..Held::default() });
    for change in changes {
        let one = std::slice::from_ref(&change);
        let createrole = r#"ALTER ROLE "dba" CREATEROLE;"#;
        assert_eq!(lacks(one, false, &[], false), [createrole]);
        assert_eq!(lacks(one, false, &[], true), [createrole, &admin_on("a@B.C")]);
        assert!(lacks(one, true, &[], false).is_empty());
        assert_eq!(lacks(one, true, &[], true), [admin_on("a@B.C")]);
        for create in [
            Statement::CreateUser { role: role() },
            Statement::CreateLogin { role: role(), member_of: name("g") },
        ] {
            assert!(lacks(&[create, change.clone()], true, &[g], true).is_empty());
        }
    }
}

#[test]
fn to_create_a_login_in_a_role_takes_the_right_to_grant_that_role() {
    let create = [Statement::CreateLogin { role: name("a@B.C"), member_of: name("g") }];
    assert_eq!(lacks(&create, true, &[], true), [admin_on("g")]);
    let options = MembershipOptions { admin: false, inherit_and_set: None };
    let with = Statement::GrantWith { granted: name("g"), member: name("a@B.C"), options };
    assert_eq!(lacks(&[with], true, &[], true), [admin_on("g")]);
}

#[test]
fn admin_on_rds_ad_serves_who_has_no_createrole_up_to_15() {
    let createrole = r#"ALTER ROLE "dba" CREATEROLE;"#;
    assert_eq!(lacks(&[grant("rds_ad")], false, &[], false), [createrole]);
    let held = [("rds_ad", Held { admin: true, ..Held::default() })];
    assert!(lacks(&[grant("rds_ad")], false, &held, false).is_empty());
    assert_eq!(lacks(&[grant("rds_ad"), grant("g")], false, &held, false), [admin_on("g")]);
    // Of another role ADMIN is the smaller thing to ask for.
    let g = [("g", Held { admin: true, ..Held::default() })];
    assert!(lacks(&[grant("g")], false, &g, false).is_empty());
}

#[test]
fn what_is_reassigned_takes_the_rights_of_both_and_since_16_set_role() {
    let reassign = [Statement::ReassignOwned { role: name("a@B.C"), to: name("heir") }];
    let all = Held { privileges: true, set_role: true, ..Held::default() };
    let given =
        |heir, since_16| lacks(&reassign, true, &[("a@B.C", all), ("heir", heir)], since_16);
    let rights = Held { privileges: true, ..Held::default() };
    assert!(given(all, true).is_empty());
    assert!(given(rights, false).is_empty());
    assert_eq!(given(rights, true), [r#"GRANT "heir" TO "dba" WITH SET TRUE;"#]);
    assert_eq!(
        given(Held::default(), true),
        [r#"GRANT "heir" TO "dba" WITH INHERIT TRUE, SET TRUE;"#]
    );
    assert_eq!(given(Held::default(), false), [r#"GRANT "heir" TO "dba";"#]);
    assert_eq!(
        lacks(&reassign, true, &[("heir", all)], true),
        [r#"GRANT "a@B.C" TO "dba" WITH INHERIT TRUE;"#],
        "nobody has to become the one whose things they were"
    );
}

#[test]
fn a_membership_that_the_statements_give_counts_where_it_is_inherited() {
    let joins = |granted: &str, member: &str, inherit| Statement::GrantBy {
        granted: name(granted),
        member: name(member),
        admin: None,
        inherit,
        set: Some(true),
        grantor: name("root"),
    };
    let reassign = || Statement::ReassignOwned { role: name("a@B.C"), to: name("heir") };
    let held = [
        ("a@B.C", Held { may_grant: true, ..Held::default() }),
        ("heir", Held { privileges: true, set_role: true, ..Held::default() }),
        ("g", Held { may_grant: true, ..Held::default() }),
    ];
    let after = |join, since_16| lacks(&[join, reassign()], true, &held, since_16);
    assert!(after(joins("a@B.C", "dba", Some(true)), true).is_empty());
    let wanted = [r#"GRANT "a@B.C" TO "dba" WITH INHERIT TRUE;"#];
    for join in [
        joins("a@B.C", "dba", Some(false)),
        joins("a@B.C", "dba", None),
        joins("a@B.C", "somebody", Some(true)),
        joins("g", "dba", Some(true)),
    ] {
        assert_eq!(after(join, true), wanted);
    }
    let with = |granted: &str, member: &str| Statement::GrantWith {
        granted: name(granted),
        member: name(member),
        options: MembershipOptions { admin: false, inherit_and_set: Some((true, true)) },
    };
    for join in [with("g", "dba"), with("a@B.C", "somebody")] {
        assert_eq!(after(join, true), wanted);
    }
}

#[test]
fn up_to_15_a_members_own_attribute_gives_it_rights() {
    let role = name("boss");
    let of = |runner: &Runner, held, since_16| -> Vec<String> {
        let lacks = missing_rights_of(&role, runner, held, since_16);
        lacks.into_iter().map(|lack| lack.statement).collect()
    };
    let without = Runner { inherits: false, ..runner() };
    let member = Held { member: true, ..Held::default() };
    let (join, inherit) = (r#"GRANT "boss" TO "dba";"#, r#"ALTER ROLE "dba" INHERIT;"#);
    assert_eq!(of(&without, member, false), [inherit]);
    assert_eq!(of(&without, Held::default(), false), [join, inherit]);
    assert_eq!(of(&runner(), Held::default(), false), [join]);
    assert_eq!(
        of(&without, member, true),
        [r#"GRANT "boss" TO "dba" WITH INHERIT TRUE;"#],
        "since 16 the membership says so"
    );
    let all = Held { privileges: true, ..Held::default() };
    for since_16 in [false, true] {
        assert!(of(&without, all, since_16).is_empty());
    }
}

#[test]
fn every_role_that_rights_are_about_is_asked_for_once() {
    let revoke = Statement::RevokeGrant {
        role: name("boss"),
        granted: name("g"),
        member: name("a@B.C"),
        name_grantor: true,
    };
    let statements = [
        revoke,
        grant("g"),
        Statement::ReassignOwned { role: name("a@B.C"), to: name("heir") },
        Statement::CreateUser { role: name("new") },
        Statement::DropRole { role: name("old") },
    ];
    let concerned = roles_concerned(&statements);
    let names: Vec<_> = concerned.iter().map(RoleName::as_str).collect();
    assert_eq!(names, ["a@B.C", "boss", "g", "heir", "old"]);
}

#[test]
fn what_is_missing_is_said_with_what_gives_it() {
    let lack =
        |right: &str, statement: &str| Lack { right: right.into(), statement: statement.into() };
    let createrole = || lack("CREATEROLE", r#"ALTER ROLE "dba" CREATEROLE;"#);
    let admin = |role: &str| lack(&format!("ADMIN on \"{role}\""), &admin_on(role));
    let ad = name("rds_ad");
    let said = |runner: &Runner, lacks: &[Lack], known| lacks_in_words(runner, lacks, &ad, known);
    assert_eq!(
        said(&runner(), &[createrole(), admin("g")], true),
        format!(
            r#""dba" lacks CREATEROLE (ALTER ROLE "dba" CREATEROLE;) and ADMIN on "g" ({})."#,
            admin_on("g")
        )
    );
    let unknown = said(&runner(), &[admin("rds_ad")], false);
    assert!(unknown.starts_with(r#""dba" has to have ADMIN on "rds_ad""#), "{unknown}");
    assert!(unknown.ends_with(r#" ADMIN on "rds_ad" is itself a membership of it."#));
    let other = Runner { can_become: Some(name("maker")), ..runner() };
    let becomes = r#"SET ROLE "maker""#;
    assert!(said(&other, &[createrole()], true).contains(becomes));
    assert!(!said(&other, &[admin("g")], true).contains(becomes));
    assert!(!said(&runner(), &[createrole()], true).contains("SET ROLE"));
}
