//! Whatever the directory and the cluster are.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use crate::names::case::fold_case;
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::names::sid::Sid;
use crate::oid::RoleOid;
use crate::plan::access::request::{AccessPerson, AccessRequest};
use crate::plan::access::tests::model::{Model, ModelRole};
use crate::plan::sync::AbsentPolicy;
use crate::roles::comment::RoleComment;

const GROUPS: [&str; 5] = ["g0", "g1", "g2", "below_ad", "below_iam"];
/// Some differ by case only, and one is no principal's.
const NAMES: [&str; 8] = ["a@A.B", "b@A.B", "c@A.B", "d@A.B", "e@A.B", "A@A.B", "B@A.B", "group"];

/// One of ten accounts, of two domains.
fn account(number: u32) -> Sid {
    format!("S-1-5-21-1-1-{}-{number}", number % 2).parse().unwrap()
}

fn domain(number: u32) -> Sid {
    account(number).domain().unwrap()
}

prop_compose! {
    fn models()(
        there in proptest::collection::vec(
            (any::<bool>(), any::<bool>(), 0u32..14, 0usize..10, 0usize..32, any::<bool>()),
            NAMES.len(),
        ),
        flags in proptest::collection::vec(0u8..12, NAMES.len()),
        below in proptest::collection::vec((0usize..3, 0usize..NAMES.len()), 0..3),
    ) -> Model {
        let mut model = Model::of(["rds_ad", "rds_iam"].into_iter().chain(GROUPS));
        model.join("below_ad", "rds_ad");
        model.join("below_iam", "rds_iam");
        for ((name, one), flag) in NAMES.into_iter().zip(there).zip(flags) {
            let (is_there, can_login, number, text, groups, in_ad) = one;
            if !is_there {
                continue;
            }
            model.add(name, can_login, flag == 0);
            let text = ["somebody's ", "", "[kerbrole:S-1-5-18]"][text % 3];
            let bound = RoleComment::read(text).text().unwrap().to_string();
            let bound = RoleComment::read(&bound).bound_to(&account(number));
            // Of fourteen ten are accounts; the others stand for no binding.
            model.comment(name, if number < 10 { bound } else { Some(text.into()) });
            let groups = GROUPS.iter().enumerate().filter(|(at, _)| groups >> at & 1 == 1);
            for (_, group) in groups {
                model.join(name, group);
            }
            if in_ad {
                model.join(name, "rds_ad");
            }
            match flag {
                1 => drop(model.sessions.insert(name.into())),
                2 => drop(model.owners.insert(name.into())),
                _ => {}
            }
        }
        // Roles below principals.
        for (at, name) in below {
            let member = format!("below{at}");
            if model.find(&member).is_none() {
                model.add(&member, true, false);
                if at == 0 {
                    model.join(&member, "rds_iam");
                }
            }
            if model.find(NAMES[name]).is_some() {
                model.join(&member, NAMES[name]);
            }
        }
        model
    }
}

prop_compose! {
    fn requests()(
        people in proptest::collection::vec(
            (any::<bool>(), 0usize..NAMES.len(), 0usize..32, 0u8..4),
            10,
        ),
        managed in 0usize..32,
        domains in 0u32..4,
        absent in 0usize..3,
        except in proptest::option::weighted(0.3, 0usize..NAMES.len()),
    ) -> AccessRequest<'static> {
        let of = |bits: usize| {
            let set = GROUPS.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1);
            set.map(|(_, group)| group.to_string()).collect::<Vec<_>>()
        };
        let rules = NameRules::default();
        let people = (0..).zip(people).filter(|(_, (is_there, ..))| *is_there);
        let people = people.map(|(number, (_, name, groups, enabled))| AccessPerson {
            enabled: enabled > 0,
            roles: of(groups & managed).into(),
            ..AccessPerson::new(NAMES[name], account(number), &rules)
        });
        AccessRequest {
            people: people.collect(),
            roles: of(managed),
            domains: (0..2).filter(|at| domains >> at & 1 == 1).map(domain).collect(),
            absent: AbsentPolicy::ALL[absent],
            except: except.map(|at| RoleName::new(NAMES[at]).unwrap()).into_iter().collect(),
            ..AccessRequest::default()
        }
    }
}

fn sid_of(role: &ModelRole) -> Option<Sid> {
    RoleComment::read(role.comment.as_ref()?).sid().cloned()
}

fn logins(model: &Model) -> HashMap<RoleOid, &ModelRole> {
    model.roles.iter().map(|role| (role.oid, role)).collect()
}

/// Many cases: what is planned depends on much. PROPTEST_CASES is another number.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => ProptestConfig { cases: 3_000, ..config },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_is_done_but_what_may_be(before in models(), request in requests()) {
        let plan = before.plan(&request).unwrap();
        let mut after = before.clone();
        after.run(&plan);

        // No new conflict.
        let old = before.conflicts();
        let new: Vec<_> = after.conflicts().into_iter().filter(|oid| !old.contains(oid)).collect();
        prop_assert!(new.is_empty(), "{:?}", plan.steps);

        let listed: HashMap<Sid, &AccessPerson<'_>> =
            request.people.iter().map(|person| (person.sid.clone(), person)).collect();
        let names: HashSet<&str> =
            request.people.iter().map(|person| &*person.typed).collect();
        let is_excepted = |name: &str| {
            request.except.iter().any(|one| fold_case(one.as_str()) == fold_case(name))
        };
        let there = logins(&after);
        let mut losers = HashSet::new();
        for role in &before.roles {
            let sid = sid_of(role);
            let is_listed = sid.as_ref().is_some_and(|sid| listed.contains_key(sid));
            let is_read = sid.as_ref().and_then(Sid::domain);
            let is_read = is_read.is_some_and(|domain| request.domains.contains(&domain));
            let is_absent = is_read && !is_listed && request.absent != AbsentPolicy::Keep;
            let may_adopt = sid.is_none() && names.contains(role.name.as_str());
            let Some(now) = there.get(&role.oid) else {
                prop_assert!(is_absent && request.absent == AbsentPolicy::Drop);
                prop_assert!(!is_excepted(&role.name) && !role.has_powers);
                prop_assert!(!before.owners.contains(&role.name));
                losers.insert(role.oid);
                continue;
            };
            let edges = |model: &Model| -> HashSet<_> {
                model.edges.iter().filter(|edge| edge.0 == role.oid).copied().collect()
            };
            let (had, has) = (edges(&before), edges(&after));
            let is_same = role.name == now.name
                && (role.can_login, &role.comment) == (now.can_login, &now.comment)
                && had == has;
            if is_excepted(&role.name) || role.has_powers || !role.name.contains('@') {
                // What goes down with a role that is dropped is that role's.
                let dropped = had.difference(&has).all(|edge| !there.contains_key(&edge.1));
                prop_assert!(is_same || dropped && had.is_superset(&has), "{}", role.name);
                continue;
            }
            prop_assert!(is_same || is_listed || is_absent || may_adopt
                || names.contains(role.name.as_str()), "{}", role.name);
            if role.can_login && !now.can_login {
                losers.insert(role.oid);
                let is_closed = names.contains(role.name.as_str()) && sid.is_some();
                let person = sid.as_ref().and_then(|sid| listed.get(sid).copied());
                let is_adopters = |one: &&AccessPerson<'_>| may_adopt && one.typed == role.name;
                let adopter = request.people.iter().find(is_adopters);
                let may_not = person.or(adopter).is_some_and(|person| !person.enabled);
                prop_assert!(is_absent || is_closed || may_not, "{}", role.name);
            }
            if !role.can_login && now.can_login {
                let person = sid_of(now).and_then(|sid| listed.get(&sid).copied());
                let may = person.is_some_and(|person| person.enabled && person.typed == now.name);
                prop_assert!(may);
            }
            prop_assert!(sid.is_none() || role.comment == now.comment, "bound once");
            let person = sid_of(now).and_then(|sid| listed.get(&sid).copied());
            for edge in had.difference(&has) {
                losers.insert(role.oid);
                let group = before.roles.iter().find(|one| one.oid == edge.1).unwrap();
                prop_assert!(request.roles.contains(&group.name), "{}", group.name);
                let is_wanted = person.is_some_and(|person| person.roles.contains(&group.name));
                prop_assert!(is_absent || is_listed || may_adopt);
                prop_assert!(!is_wanted, "{}", group.name);
            }
            for edge in has.difference(&had) {
                let group = before.roles.iter().find(|one| one.oid == edge.1).unwrap();
                let is_wanted = person.is_some_and(|person| person.roles.contains(&group.name));
                prop_assert!(is_wanted || group.name == "rds_ad", "{}", group.name);
            }
        }
        prop_assert_eq!(losers.len(), plan.losses);
        for role in after.roles.iter().filter(|role| before.find(&role.name).is_none()) {
            // A name in between is nobody's at the end.
            prop_assert!(role.name.contains('@'), "{}", role.name);
            prop_assert!(!is_excepted(&role.name));
        }
        // Nobody can log in by the role of another account.
        for person in &request.people {
            let Some(role) = after.find(&person.typed) else { continue };
            let folded = fold_case(&person.typed);
            let alike = request.people.iter().filter(|one| fold_case(&one.typed) == folded);
            if alike.count() > 1 || is_excepted(&role.name) || role.has_powers
                || !role.name.contains('@')
                || before.roles.iter().any(|one| {
                    sid_of(one) == Some(person.sid.clone()) && is_excepted(&one.name)
                })
            {
                continue;
            }
            let is_anothers = sid_of(role).is_some_and(|sid| sid != person.sid);
            prop_assert!(!(is_anothers && role.can_login), "{} {:?}", role.name, plan.steps);
        }
    }

    #[test]
    fn a_second_run_finds_nothing(before in models(), request in requests()) {
        // What is below principals, and names that get free by a drop, are for the run after.
        let mut model = before;
        let below: Vec<_> =
            model.roles.iter().filter(|one| one.name.starts_with("below")).map(|r| r.oid).collect();
        model.edges.retain(|edge| {
            !below.contains(&edge.0) || [edge.1].iter().all(|oid| *oid < 14)
        });
        let first = model.plan(&request).unwrap();
        model.run(&first);
        if request.absent == AbsentPolicy::Drop {
            let second = model.plan(&request).unwrap();
            model.run(&second);
        }
        let last = model.plan(&request).unwrap();
        prop_assert!(last.is_empty(), "{:?}\nafter\n{:?}", last.steps, first.steps);
        prop_assert_eq!(last.losses, 0);
        prop_assert_eq!(model.plan(&request).unwrap().steps, last.steps);
    }
}
