//! What a directory's accounts come to: one case after the other, and many made at random.

mod at_random;
mod model;

use std::collections::HashSet;

use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::names::sid::Sid;
use crate::plan::access::difference::AccessPlan;
use crate::plan::access::limit::RemovalLimit;
use crate::plan::access::request::{AccessPerson, AccessRequest};
use crate::plan::access::step::AccessReason;
use crate::plan::access::tests::model::Model;
use crate::plan::sync::AbsentPolicy;
use crate::roles::comment::RoleComment;
use crate::statement::Statement;

const ROLES: [&str; 3] = ["team", "office", "below_iam"];

/// The account of this number in domain `S-1-5-21-1-1-1`.
fn sid(rid: u32) -> Sid {
    format!("S-1-5-21-1-1-1-{rid}").parse().unwrap()
}

/// `name:rid role role`; `-` before the name of somebody who is disabled.
fn person(text: &str) -> AccessPerson<'static> {
    let mut words = text.split(' ');
    let (name, rid) = words.next().unwrap().split_once(':').unwrap();
    let given = format!("{}@A.B", name.trim_start_matches('-'));
    let mut person = AccessPerson::new(given, sid(rid.parse().unwrap()), &NameRules::default());
    person.enabled = !name.starts_with('-');
    person.roles = words.map(String::from).collect();
    person
}

fn request(people: &[&str], absent: AbsentPolicy) -> AccessRequest<'static> {
    AccessRequest {
        people: people.iter().map(|text| person(text)).collect(),
        roles: ROLES.map(Into::into).to_vec(),
        domains: vec!["S-1-5-21-1-1-1".parse().unwrap()],
        absent,
        limit: RemovalLimit::People(9),
        ..AccessRequest::default()
    }
}

/// `name:rid role role`: a member of rds_ad and these; `-` before it for NOLOGIN, `!` for no
/// member of rds_ad, `*` for CREATEDB; rid 0 is bound to nobody.
fn model(roles: &[&str]) -> Model {
    let mut model = Model::of(["rds_ad", "rds_iam", "team", "office", "below_iam"]);
    model.join("below_iam", "rds_iam");
    for text in roles {
        let mut words = text.split(' ');
        let (name, rid) = words.next().unwrap().split_once(':').unwrap();
        let full = format!("{}@A.B", name.trim_start_matches(['-', '!', '*']));
        model.add(&full, !name.contains('-'), name.contains('*'));
        match rid.parse().unwrap() {
            0 => {}
            rid => model.comment(&full, Some(RoleComment::of_new(&sid(rid)))),
        }
        let ad = (!name.contains('!')).then_some("rds_ad");
        ad.into_iter().chain(words).for_each(|role| model.join(&full, role));
    }
    model
}

fn sql(model: &Model, request: &AccessRequest<'_>) -> Vec<String> {
    let plan = model.plan(request).unwrap();
    plan.steps
        .iter()
        .map(|step| match (&step.statement, &step.reason) {
            (Some(statement), _) => format!("{} {statement}", step.action.as_str()),
            (None, AccessReason::Refused(error)) => {
                format!("leave {} {}", step.role, error.sqlstate().code())
            }
            (None, other) => panic!("{other:?}"),
        })
        .collect()
}

fn comes_to(roles: &[&str], people: &[&str], absent: AbsentPolicy, expected: &[&str]) {
    let (mut model, request) = (model(roles), request(people, absent));
    assert_eq!(sql(&model, &request), expected);
    let plan = model.plan(&request).unwrap();
    model.run(&plan);
    let again = model.plan(&request).unwrap();
    assert!(again.is_empty(), "{:?}", again.steps);
}

#[test]
fn accounts_get_roles_that_are_bound_to_them() {
    comes_to(
        &["!ann:0 office", "bob:0", "-cyd:3 team"],
        &["ann:1 team", "bob:2", "cyd:3 team", "dan:4 office team", "-eve:5 team"],
        AbsentPolicy::Keep,
        &[
            r#"adopt GRANT "rds_ad" TO "ann@A.B""#,
            r#"create CREATE ROLE "dan@A.B" LOGIN IN ROLE "rds_ad""#,
            r#"bind COMMENT ON ROLE "ann@A.B" IS '[kerbrole:S-1-5-21-1-1-1-1]'"#,
            r#"bind COMMENT ON ROLE "bob@A.B" IS '[kerbrole:S-1-5-21-1-1-1-2]'"#,
            r#"bind COMMENT ON ROLE "dan@A.B" IS '[kerbrole:S-1-5-21-1-1-1-4]'"#,
            r#"grant GRANT "team" TO "ann@A.B""#,
            r#"grant GRANT "office", "team" TO "dan@A.B""#,
            r#"enable ALTER ROLE "cyd@A.B" LOGIN"#,
            r#"revoke REVOKE "office" FROM "ann@A.B" GRANTED BY "boss""#,
        ],
    );
}

#[test]
fn what_somebody_wrote_stays_in_the_comment() {
    let mut model = model(&["ann:0"]);
    model.comment("ann@A.B", Some("ask Jo's boss".into()));
    let request = request(&["ann:1"], AbsentPolicy::Keep);
    assert_eq!(
        sql(&model, &request),
        [r#"bind COMMENT ON ROLE "ann@A.B" IS 'ask Jo''s boss [kerbrole:S-1-5-21-1-1-1-1]'"#]
    );
}

#[test]
fn renamed_accounts_keep_their_roles() {
    // A chain behind a circle of three, and somebody new with the name that gets free.
    comes_to(
        &["a:1", "b:2", "c:3", "d:4", "e:5"],
        &["b:1", "c:2", "a:3", "e:4", "f:5", "d:6"],
        AbsentPolicy::Drop,
        &[
            r#"rename ALTER ROLE "e@A.B" RENAME TO "f@A.B""#,
            r#"rename ALTER ROLE "d@A.B" RENAME TO "e@A.B""#,
            r#"rename ALTER ROLE "a@A.B" RENAME TO "kerbrole_moving_10_0""#,
            r#"rename ALTER ROLE "c@A.B" RENAME TO "a@A.B""#,
            r#"rename ALTER ROLE "b@A.B" RENAME TO "c@A.B""#,
            r#"rename ALTER ROLE "kerbrole_moving_10_0" RENAME TO "b@A.B""#,
            r#"create CREATE ROLE "d@A.B" LOGIN IN ROLE "rds_ad""#,
            r#"bind COMMENT ON ROLE "d@A.B" IS '[kerbrole:S-1-5-21-1-1-1-6]'"#,
        ],
    );
    comes_to(
        &["Ann:1"],
        &["ann:1"],
        AbsentPolicy::Drop,
        &[r#"rename ALTER ROLE "Ann@A.B" RENAME TO "ann@A.B""#],
    );
}

#[test]
fn a_name_of_another_account_is_closed_and_given_to_nobody() {
    // ann was made again under her name; bob has cyd's name, who cannot leave it.
    comes_to(
        &["ann:1 team", "bob:2", "cyd:3", "dan:0"],
        &["ann:11 team", "cyd:2", "dan:3"],
        AbsentPolicy::Keep,
        &[
            r#"disable ALTER ROLE "cyd@A.B" NOLOGIN"#,
            r#"disable ALTER ROLE "ann@A.B" NOLOGIN"#,
            "leave ann@A.B 42710",
            "leave bob@A.B 42710",
            "leave cyd@A.B 42710",
        ],
    );
    // Two that want one name close nobody's role.
    comes_to(
        &["ann:1"],
        &["ann:1", "Ann:2"],
        AbsentPolicy::Keep,
        &["leave Ann@A.B 42710", "leave ann@A.B 42710"],
    );
}

#[test]
fn what_is_taken_away_is_taken_whatever_else_is_wrong() {
    let (mut model, request) = (
        model(&["ann:1 team", "bob:2 team", "bobby:2 office"]),
        request(&["-anna:1", "-bob:2 office"], AbsentPolicy::Keep),
    );
    model.sessions.insert("ann@A.B".into());
    assert_eq!(
        sql(&model, &request),
        [
            r#"disable ALTER ROLE "ann@A.B" NOLOGIN"#,
            r#"disable ALTER ROLE "bob@A.B" NOLOGIN"#,
            r#"disable ALTER ROLE "bobby@A.B" NOLOGIN"#,
            r#"revoke REVOKE "team" FROM "ann@A.B" GRANTED BY "boss""#,
            r#"revoke REVOKE "team" FROM "bob@A.B" GRANTED BY "boss""#,
            "leave ann@A.B 55006",
            "leave bob@A.B 42710",
        ]
    );
    let plan = model.plan(&request).unwrap();
    let shut: Vec<_> = plan.shut_out.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(shut, ["ann@A.B", "bob@A.B", "bobby@A.B"]);
    assert_eq!((plan.losses, plan.principals), (3, 3));
}

#[test]
fn roles_that_are_no_principals_or_have_attributes_stay() {
    let (mut model, request) = (
        model(&["*root:1", "*dba:0", "ann:3"]),
        request(&["roots:1", "dba:2", "ann:3", "eve:4", "far:5"], AbsentPolicy::Drop),
    );
    // Somebody who may comment on a role binds it to an account of their own.
    model.comment("team", Some(RoleComment::of_new(&sid(4))));
    // And another one to that of somebody who has a role.
    model.comment("office", Some(RoleComment::of_new(&sid(3))));
    model.comment("below_iam", Some(RoleComment::of_new(&sid(77))));
    assert_eq!(
        sql(&model, &request),
        [
            r#"create CREATE ROLE "far@A.B" LOGIN IN ROLE "rds_ad""#,
            r#"bind COMMENT ON ROLE "far@A.B" IS '[kerbrole:S-1-5-21-1-1-1-5]'"#,
            "leave dba@A.B 42501",
            "leave root@A.B 42501",
            "leave team 22023",
        ]
    );
}

#[test]
fn absent_are_those_of_domains_that_were_read() {
    let there = ["ann:1 team", "bob:2", "-cyd:3 office", "dan:0 team", "!eve:5 team"];
    let removed = |absent, domains: &[&str], except: &[&str]| {
        let mut model = model(&there);
        model.owners.insert("bob@A.B".into());
        let request = AccessRequest {
            domains: domains.iter().map(|domain| domain.parse().unwrap()).collect(),
            except: NameRules::default().exceptions(except).unwrap(),
            ..request(&[], absent)
        };
        let first = sql(&model, &request);
        let plan = model.plan(&request).unwrap();
        model.run(&plan);
        assert!(model.plan(&request).unwrap().is_empty());
        first
    };
    let here: [&str; 1] = ["S-1-5-21-1-1-1"];
    let nobody: [String; 0] = [];
    assert_eq!(removed(AbsentPolicy::Keep, &here, &[]), nobody);
    assert_eq!(removed(AbsentPolicy::Drop, &["S-1-5-21-1-1-2"], &[]), nobody);
    assert_eq!(removed(AbsentPolicy::Drop, &[], &[]), nobody);
    assert_eq!(
        removed(AbsentPolicy::Disable, &here, &["BOB@a.b"]),
        [
            r#"disable ALTER ROLE "ann@A.B" NOLOGIN"#,
            r#"revoke REVOKE "team" FROM "ann@A.B" GRANTED BY "boss""#,
            r#"revoke REVOKE "office" FROM "cyd@A.B" GRANTED BY "boss""#,
        ]
    );
    assert_eq!(
        removed(AbsentPolicy::Drop, &here, &["ann@a.b"]),
        [r#"disable ALTER ROLE "bob@A.B" NOLOGIN"#, r#"drop DROP ROLE "cyd@A.B""#]
    );
}

#[test]
fn nobody_comes_into_conflict_and_the_others_go_on() {
    let (model, request) = (
        model(&["ann:1 team", "!bob:0 below_iam"]),
        request(&["ann:1 below_iam", "bob:2", "cyd:3 below_iam", "dan:4 team"], AbsentPolicy::Keep),
    );
    assert_eq!(
        sql(&model, &request),
        [
            r#"create CREATE ROLE "dan@A.B" LOGIN IN ROLE "rds_ad""#,
            r#"bind COMMENT ON ROLE "dan@A.B" IS '[kerbrole:S-1-5-21-1-1-1-4]'"#,
            r#"grant GRANT "team" TO "dan@A.B""#,
            "leave ann@A.B 0LP01",
            "leave bob@A.B 0LP01",
            "leave cyd@A.B 0LP01",
        ]
    );
    let plan = model.plan(&request).unwrap();
    let detail = |name: &str| {
        let left = plan.steps.iter().find(|step| step.role == name).unwrap();
        let AccessReason::Refused(error) = &left.reason else { panic!("{left:?}") };
        (error.detail().unwrap(), error.hint().unwrap())
    };
    assert_eq!(
        detail("cyd@A.B"),
        (
            "Path to rds_ad: {cyd@A.B,rds_ad}. Path to rds_iam: {cyd@A.B,below_iam,rds_iam}."
                .into(),
            "Leave out the group \"below_iam\".".into()
        )
    );
    assert_eq!(
        detail("bob@A.B").0,
        "Path to rds_ad: {bob@A.B,rds_ad}. Path to rds_iam: {bob@A.B,below_iam,rds_iam}."
    );
}

#[test]
fn too_many_losses_are_refused() {
    let model = model(&["ann:1 team", "bob:2 team", "-cyd:3 team", "dan:4"]);
    let with = |limit: &str, at_most| {
        let request = AccessRequest {
            limit: limit.parse().unwrap(),
            at_most,
            ..request(&["ann:1", "-bob:2", "cyd:3"], AbsentPolicy::Drop)
        };
        let plan = model.plan(&request).unwrap();
        assert_eq!((plan.losses, plan.principals), (4, 4));
        plan.refuse_too_many().map_err(|error| error.sqlstate().code())
    };
    assert_eq!(with("4", None), Ok(()));
    assert_eq!(with("3", None), Err("53400"));
    assert_eq!(with("100%", None), Ok(()));
    assert_eq!(with("99%", None), Err("53400"));
    assert_eq!(with("100%", Some(3)), Err("53400"));
    assert_eq!(with("1%", Some(9)), Err("53400"));
}

#[test]
fn a_wrong_request_is_refused_whole() {
    let model = model(&["ann:1"]);
    let code = |change: &dyn Fn(&mut AccessRequest<'_>)| {
        let mut request = request(&["ann:1", "bob:2"], AbsentPolicy::Drop);
        change(&mut request);
        model.plan(&request).unwrap_err().sqlstate().code()
    };
    assert_eq!(code(&|r| r.roles.push("teem".into())), "42704");
    assert_eq!(code(&|r| r.roles.push("ann@A.B".into())), "22023");
    assert_eq!(code(&|r| r.people[1].roles.to_mut().push("rds_iam".into())), "22023");
    assert_eq!(code(&|r| r.people[1].sid = "S-1-5-32-544".parse().unwrap()), "22023");
    assert_eq!(code(&|r| r.domains.push(sid(1))), "22023");
    assert_eq!(code(&|r| r.people[1].sid = sid(1)), "42710");
}

#[test]
fn names_that_cannot_be_are_told_and_the_others_go_on() {
    let long = format!("{}:2", "x".repeat(80));
    let (model, request) = (
        model(&["ann:1 team"]),
        request(&["a;nn:1", &long, "-b;b:3", "dan:4"], AbsentPolicy::Keep),
    );
    let rows = sql(&model, &request);
    assert_eq!(
        rows[..3],
        [
            r#"create CREATE ROLE "dan@A.B" LOGIN IN ROLE "rds_ad""#,
            r#"bind COMMENT ON ROLE "dan@A.B" IS '[kerbrole:S-1-5-21-1-1-1-4]'"#,
            r#"revoke REVOKE "team" FROM "ann@A.B" GRANTED BY "boss""#,
        ]
    );
    assert_eq!(rows[3], "leave a;nn@A.B 22023");
    assert!(rows[4].starts_with("leave xxx") && rows.len() == 5, "{rows:?}");
}

#[test]
fn others_keep_what_they_have_from_somebody() {
    let mut model = model(&["ann:1 team"]);
    model.admin("ann@A.B", "team");
    let request = request(&["ann:1"], AbsentPolicy::Keep);
    assert_eq!(sql(&model, &request), [r#"revoke REVOKE "team" FROM "ann@A.B" GRANTED BY "boss""#]);
    model.add("other", true, false);
    model.join_by("other", "team", "ann@A.B");
    assert_eq!(sql(&model, &request), ["leave ann@A.B 2BP01"]);
}

#[test]
fn plain_statements_grant_to_many_at_once() {
    let people = ["ann:1 team", "bob:2 team", "cyd:3 office team", "dan:4"];
    let (model, request) = (model(&["!ann:1"]), request(&people, AbsentPolicy::Keep));
    let plan = model.plan(&request).unwrap();
    let statements: Vec<_> = plan
        .plain_statements(&model.cluster().rule)
        .iter()
        .filter(|one| !matches!(one, Statement::Comment { .. }))
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        statements,
        [
            r#"CREATE USER "bob@A.B" WITH LOGIN"#,
            r#"CREATE USER "cyd@A.B" WITH LOGIN"#,
            r#"CREATE USER "dan@A.B" WITH LOGIN"#,
            r#"GRANT "rds_ad" TO "ann@A.B", "bob@A.B", "cyd@A.B", "dan@A.B""#,
            r#"GRANT "team" TO "ann@A.B", "bob@A.B""#,
            r#"GRANT "office", "team" TO "cyd@A.B""#,
        ]
    );
}

#[test]
fn all_that_is_done_to_one_role_is_in_one_portion() {
    let people = ["ann:1 team", "bob:2 team", "cyd:3 office", "dan:4", "new:5 team"];
    let (mut model, request) =
        (model(&["old:5", "!ann:1", "eve:6"]), request(&people, AbsentPolicy::Disable));
    let plan = model.plan(&request).unwrap();
    assert_eq!(plan.portions(9).len(), 1);
    let portions = plan.portions(2);
    assert_eq!(
        portions.iter().map(|one| one.statements().count()).sum::<usize>(),
        plan.statements().count()
    );
    let roles = |portion: &AccessPlan| -> HashSet<_> {
        portion.steps.iter().map(|step| step.role.clone()).collect()
    };
    assert_eq!(roles(&portions[0]), ["old@A.B"].map(|name| RoleName::new(name).unwrap()).into());
    for (at, portion) in portions.iter().enumerate() {
        assert!(roles(portion).len() <= 2);
        for other in &portions[at + 1..] {
            assert!(roles(portion).is_disjoint(&roles(other)));
        }
    }
    portions.iter().for_each(|portion| model.run(portion));
    assert!(model.plan(&request).unwrap().is_empty());
}

#[test]
fn whoever_only_loses_a_membership_is_still_in_the_way_of_another_spelling() {
    let there = ["Ann:1 team", "-ann:2"];
    let mut in_use = model(&there);
    in_use.sessions.insert("Ann@A.B".into());
    let rows = sql(&in_use, &request(&["bob:1", "ann:2"], AbsentPolicy::Keep));
    assert_eq!(
        rows,
        [
            r#"revoke REVOKE "team" FROM "Ann@A.B" GRANTED BY "boss""#,
            // Its name is not changed as long as it has sessions.
            "leave Ann@A.B 55006",
            // One ticket would open both where case makes no difference.
            "leave ann@A.B 42710",
        ]
    );
    // Who is called otherwise by then is not, nor is who is disabled, or dropped.
    let enable = r#"enable ALTER ROLE "ann@A.B" LOGIN"#;
    let away = |people: &[&str], absent| {
        let rows = sql(&model(&there), &request(people, absent));
        assert!(rows.iter().any(|row| row == enable), "{rows:?}");
    };
    away(&["bob:1 team", "ann:2"], AbsentPolicy::Keep);
    away(&["ann:2"], AbsentPolicy::Disable);
    away(&["ann:2"], AbsentPolicy::Drop);
}
