//! A chain of memberships may be as long as somebody makes it: nothing here goes along it on the
//! stack.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::thread;

use kerbrole_core::{
    AbsentPolicy, AddRequest, Added, Around, Cluster, ConflictRule, ConnectionLimit, DatabaseFacts,
    Dependants, Elevated, Error, FixWith, Groups, HighBytes, LoginFacts, Membership,
    MembershipCatalog, MembershipGraph, NameRules, PrincipalRef, Realm, Role, RoleName, RoleOid,
    RoleSet, Room, SlotFacts, StartupFacts, SyncRequest, case_audit, check_principal, few_below,
    list_principals, neighbourhood, neighbourhood_of_conflicts, plan_add, plan_disable, plan_drop,
    plan_enable, plan_rename, plan_rename_realm, plan_sync, refuse_powers,
};

const DEEP: u32 = 1_000_000;
const AD: RoleOid = DEEP + 1;
const IAM: RoleOid = DEEP + 2;

fn rule() -> ConflictRule {
    ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap()).unwrap()
}

fn membership(member: RoleOid, role: RoleOid) -> Membership {
    Membership { role, member, grantor: Some(1), admin: false, from_creation: false }
}

fn name(oid: RoleOid) -> String {
    match oid {
        AD => "rds_ad".into(),
        IAM => "rds_iam".into(),
        1 => "ann@A.B".into(),
        _ => format!("r{oid}"),
    }
}

/// 1 is a member of 2, 2 of 3, and so on; the last one of `ends`.
fn chain(ends: &[RoleOid]) -> Cluster {
    chain_with(&ends.iter().map(|&end| (DEEP, end)).collect::<Vec<_>>())
}

/// The same with further memberships.
fn chain_with(more: &[(RoleOid, RoleOid)]) -> Cluster {
    let steps = (1..DEEP).map(|oid| membership(oid, oid + 1));
    cluster(MembershipGraph::new(
        (1..=IAM + 1).map(|oid| (oid, name(oid))),
        steps.chain(more.iter().map(|&(member, role)| membership(member, role))),
    ))
}

fn cluster(graph: MembershipGraph) -> Cluster {
    Cluster::new(rule(), true).with_graph(graph)
}

/// The same chain as a catalogue would give it, a look-up at a time.
struct Catalogue;

impl MembershipCatalog for Catalogue {
    type Error = Infallible;

    fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
        Ok(RoleName::new(name(role)).ok())
    }

    fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Ok(match member {
            DEEP => vec![membership(DEEP, AD), membership(DEEP, IAM)],
            AD | IAM => Vec::new(),
            oid => vec![membership(oid, oid + 1)],
        })
    }

    fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Ok(match role {
            1 => Vec::new(),
            AD | IAM => vec![membership(DEEP, role)],
            oid => vec![membership(oid - 1, oid)],
        })
    }
}

/// Runs what would overflow the stack if anything in it went along the chain there.
fn on_a_small_stack(walk: fn()) {
    thread::Builder::new().stack_size(256 * 1024).spawn(walk).unwrap().join().unwrap();
}

#[test]
fn conflicts() {
    on_a_small_stack(|| {
        let both = chain(&[AD, IAM]);
        assert_eq!(both.conflicting_roles().unwrap().len(), DEEP as usize);
        let added = Added::from_iter([(DEEP, IAM)]);
        let new = both.new_conflict(&HashSet::new(), &added).unwrap().unwrap();
        assert_eq!((new.roles.len(), new.conflict.role.as_str()), (DEEP as usize, "ann@A.B"));
        // The middle of a long path is left out, and counted.
        let path: Vec<_> = new.conflict.ad_path.iter().map(ToString::to_string).collect();
        assert_eq!(
            (path.len(), &*path[0], &*path[24], &*path[25]),
            (50, "ann@A.B", "r25", "... 999952 more ...")
        );
        assert_eq!((&*path[26], &*path[48], &*path[49]), ("r999978", "r1000000", "rds_ad"));
        // Everything in proportion to the length of the chain: two paths of fifty for each role,
        // and one fix for all.
        let (mut conflicts, mut steps, mut fixes) = (0, 0, 0);
        both.each_conflict(|conflict| {
            conflicts += 1;
            steps += conflict.ad_path.len() + conflict.iam_path.len();
            fixes += conflict.fix.len();
        })
        .unwrap();
        assert_eq!(conflicts, DEEP as usize);
        assert!(steps <= 100 * conflicts && fixes == conflicts, "{steps} {fixes}");
        // The one that was added stays in the fix's place of what is refused: nothing else is
        // wrong.
        assert_eq!(new.conflict.fix, []);
    });
}

/// Those that hand over all conflicts at once, where few of the roles on the chain are in one.
#[test]
fn conflicts_of_a_few() {
    on_a_small_stack(|| {
        let low = chain_with(&[(DEEP, AD), (10, IAM)]);
        let conflicts = low.conflicts().unwrap();
        assert_eq!(conflicts.len(), 10);
        assert_eq!((conflicts[0].role.as_str(), conflicts[0].ad_path.len()), ("ann@A.B", 50));
        let mut previewed = 0;
        chain(&[AD])
            .each_previewed(IAM, DEEP, |conflict| previewed += conflict.iam_path.len())
            .unwrap();
        assert!(previewed > 49 * DEEP as usize && previewed <= 50 * DEEP as usize, "{previewed}");
        let conflicts = chain(&[AD]).preview_grant(IAM, 10).unwrap();
        assert_eq!(conflicts.len(), 10);
        assert_eq!((conflicts[0].role.as_str(), conflicts[0].iam_path.len()), ("ann@A.B", 11));
    });
}

#[test]
fn a_refused_grant() {
    on_a_small_stack(|| {
        let refused = chain(&[AD]).refuse_grant(IAM, DEEP).unwrap_err();
        assert!(matches!(refused, Error::Conflict { .. }), "{}", refused.sqlstate());
        in_few_words(&refused);
        assert_eq!(chain(&[AD]).refuse_grant(DEEP, IAM + 1).unwrap(), HashSet::new());
    });
}

#[test]
fn neighbourhoods() {
    on_a_small_stack(|| {
        let around = Around { members_of: vec![DEEP], groups_of: vec![AD, IAM] };
        let Ok(around) = neighbourhood(&mut Catalogue, &around);
        assert_eq!(cluster(around).conflicting_roles().unwrap().len(), DEEP as usize);
        let Ok(below) = few_below(&mut Catalogue, AD, usize::MAX);
        assert_eq!(below.unwrap().len(), DEEP as usize + 1);
        let Ok(around) = neighbourhood_of_conflicts(&mut Catalogue, [AD, IAM], usize::MAX);
        assert_eq!(cluster(around.unwrap()).conflicting_roles().unwrap().len(), DEEP as usize);
    });
}

#[test]
fn lists_and_questions() {
    on_a_small_stack(|| {
        let cluster = chain(&[AD, IAM]).with_roles(all());
        let mut listed = 0;
        list_principals([(1, true)], &cluster, |p| listed += p.ad_path().unwrap().count()).unwrap();
        assert_eq!(listed, 50);
        let findings =
            case_audit(&cluster, &NameRules::default(), &HighBytes::Kept, FixWith::Functions)
                .unwrap();
        assert_eq!(findings, []);
        let of_ann: RoleSet = all().into_iter().take(1).collect();
        let cluster = cluster.with_roles(of_ann);
        let facts = LoginFacts {
            caseins_users: false,
            high_bytes: HighBytes::Kept,
            role_limit: ConnectionLimit { limit: -1, sessions: 0 },
            database: DatabaseFacts {
                name: "postgres".into(),
                is_spelled: true,
                allows_connections: true,
                limit: ConnectionLimit { limit: -1, sessions: 0 },
                may_connect: true,
            },
            startup: StartupFacts {
                settings: Vec::new(),
                libraries: None,
                triggers: Vec::new(),
                slots: SlotFacts { connections: 100, reserved: 3, room: Room::Enough },
            },
            server: None,
            fix_with: FixWith::Functions,
        };
        let checks = check_principal(&ann(), &cluster, &facts).unwrap();
        let wrong: Vec<_> =
            checks.iter().filter(|check| check.ok == Some(false)).map(|check| check.name).collect();
        assert_eq!(wrong, ["not_rds_iam"]);
        assert!(checks.iter().all(|check| check.detail.len() < 2000
            && check.fix.as_ref().is_none_or(|fix| fix.len() < 2000)));
    });
}

#[test]
fn plans_that_add() {
    on_a_small_stack(|| {
        let names = NameRules::default();
        let of_chain = |ends: &[RoleOid]| chain(ends).with_roles(all());
        let request = |name: &str| AddRequest {
            principals: vec![(name.into(), names.canonicalize(name, None).unwrap())],
            groups: vec!["r2".into()],
            if_not_exists: true,
        };
        let (in_ad, in_both) = (of_chain(&[AD]), of_chain(&[AD, IAM]));
        for name in ["ann@a.b", "bob@a.b"] {
            let plan = plan_add(&request(name), &in_ad).unwrap();
            assert_eq!(plan.conflicts_before, HashSet::new());
            plan.check_after(&in_ad).unwrap();
            in_few_words(&plan.check_after(&in_both).unwrap_err());
        }
        in_few_words(&plan_add(&request("bob@a.b"), &of_chain(&[IAM])).unwrap_err());
        assert_eq!(plan_enable(&ann(), &names, &in_ad).unwrap().statements.len(), 0);
        let warned = plan_enable(&ann(), &names, &in_both).unwrap().warnings;
        assert_eq!(warned.len(), 1);
        in_few_words(&warned[0].clone().into());
    });
}

#[test]
fn plans_that_take_away_and_rename() {
    on_a_small_stack(|| {
        let (names, cluster) = (NameRules::default(), chain(&[AD]).with_roles(all()));
        assert_eq!(plan_disable(&ann(), &cluster).unwrap().statements.len(), 1);
        let dropped = plan_drop(&all()[0], &Dependants::default(), None, &cluster).unwrap();
        assert_eq!(dropped.statements.len(), 1);
        let bea = names.canonicalize("bea@a.b", None).unwrap();
        assert!(plan_rename(&ann(), &bea, &cluster, |_| 0).unwrap().statement.is_some());
        let (old, new) = (Realm::parse("a.b").unwrap(), Realm::parse("c.d").unwrap());
        assert_eq!(plan_rename_realm(&old, &new, &cluster, |_| 0).unwrap().len(), 1);
        for absent in [AbsentPolicy::Keep, AbsentPolicy::Disable, AbsentPolicy::Drop] {
            let wanted = vec![("bea@a.b".into(), bea.clone())];
            let request =
                SyncRequest { wanted, absent, realms: None, groups: None, at_most: Some(1) };
            let of = |oids: &[RoleOid]| {
                oids.iter().map(|&oid| (oid, Dependants::default())).collect::<HashMap<_, _>>()
            };
            let plan = plan_sync(&request, &cluster, |_| Ok(()), of).unwrap();
            assert_eq!(plan.changed.len(), usize::from(absent != AbsentPolicy::Keep), "{absent:?}");
        }
    });
}

#[test]
fn powers_of_groups() {
    on_a_small_stack(|| {
        let ann = &all()[0];
        // The last of the chain has an attribute; before that everything may be granted, or nothing
        // is looked at any more.
        for (groups, more) in
            [(OfGroups { grantable: true }, 999_951), (OfGroups { grantable: false }, 0)]
        {
            let mut groups = groups;
            let Ok(refused) = refuse_powers(ann, &rule(), &mut groups);
            let Err(error @ Error::Powers { .. }) = refused else { panic!("{refused:?}") };
            in_few_words(&error);
            assert_eq!(
                error.detail().unwrap().contains(&format!("... {more} more ...")),
                more > 0,
                "{error}"
            );
        }
    });
}

/// Nothing that is said has the whole chain in it.
fn in_few_words(error: &Error) {
    for text in [Some(error.to_string()), error.detail(), error.hint()].into_iter().flatten() {
        assert!(text.len() < 2000, "{} bytes: {}", text.len(), &text[..100]);
    }
}

fn ann() -> PrincipalRef {
    NameRules::default().meant("ann@a.b", None).unwrap()
}

/// Every role on the chain, and the two of the rule.
fn all() -> Vec<Role> {
    let role = |oid| Role {
        oid,
        name: RoleName::new(name(oid)).unwrap(),
        can_login: oid == 1,
        elevated: Elevated::default(),
    };
    (1..=IAM).map(role).collect()
}

/// The catalogue as one caller sees it.
struct OfGroups {
    grantable: bool,
}

impl MembershipCatalog for OfGroups {
    type Error = Infallible;

    fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
        Catalogue.name(role)
    }

    fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Catalogue.memberships_of(member)
    }

    fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Catalogue.members_of(role)
    }
}

impl Groups for OfGroups {
    fn attributes(&mut self, role: RoleOid) -> Result<Elevated, Infallible> {
        Ok(Elevated { createrole: role == DEEP, ..Elevated::default() })
    }

    fn may_grant(&mut self, _: RoleOid) -> Result<bool, Infallible> {
        Ok(self.grantable)
    }
}
