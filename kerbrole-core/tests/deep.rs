//! A chain of memberships may be as long as somebody makes it: nothing here goes along it on the stack.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashSet;
use std::convert::Infallible;
use std::thread;

use kerbrole_core::{
    Added, ConflictRule, Error, Membership, MembershipCatalog, MembershipGraph, RoleName, RoleOid, few_below,
    list_principals, neighbourhood, neighbourhood_of_conflicts,
};

const DEEP: u32 = 1_000_000;
const AD: RoleOid = DEEP + 1;
const IAM: RoleOid = DEEP + 2;

fn rule() -> ConflictRule {
    ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap()).unwrap()
}

fn membership(member: RoleOid, role: RoleOid) -> Membership {
    Membership { role, member, grantor: 1, admin: false, from_creation: false }
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
fn chain(ends: &[RoleOid]) -> MembershipGraph {
    let steps = (1..DEEP).map(|oid| membership(oid, oid + 1));
    MembershipGraph::new(
        (1..=IAM).map(|oid| (oid, name(oid))),
        steps.chain(ends.iter().map(|&end| membership(DEEP, end))),
    )
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

#[test]
fn a_chain_of_a_million_roles_fits_on_a_small_stack() {
    let walk = || {
        let both = chain(&[AD, IAM]);
        assert_eq!(both.conflicting_roles(&rule()).unwrap().len(), DEEP as usize);
        let new = both.new_conflict(&HashSet::new(), &Added::from_iter([(DEEP, IAM)]), &rule(), true).unwrap().unwrap();
        assert_eq!((new.roles.len(), new.conflict.role.as_str()), (DEEP as usize, "ann@A.B"));
        // The middle of a long path is left out, and counted.
        let path: Vec<_> = new.conflict.ad_path.iter().map(ToString::to_string).collect();
        assert_eq!((path.len(), &*path[0], &*path[24], &*path[25]), (50, "ann@A.B", "r25", "... 999952 more ..."));
        assert_eq!((&*path[26], &*path[48], &*path[49]), ("r999978", "r1000000", "rds_ad"));
        // Everything in proportion to the length of the chain: two paths of fifty for each role, and one fix for all.
        let (mut conflicts, mut steps, mut fixes) = (0, 0, 0);
        both.each_conflict(&rule(), true, |conflict| {
            conflicts += 1;
            steps += conflict.ad_path.len() + conflict.iam_path.len();
            fixes += conflict.fix.len();
        })
        .unwrap();
        assert_eq!(conflicts, DEEP as usize);
        assert!(steps <= 100 * conflicts && fixes == conflicts, "{steps} {fixes}");
        // The one that was added stays in the fix's place of what is refused: nothing else is wrong.
        assert_eq!(new.conflict.fix, []);
        let mut listed = 0;
        list_principals([(1, true)], &both, &rule(), |p| listed += p.ad_path().unwrap().count()).unwrap();
        assert_eq!(listed, 50);

        let refused = chain(&[AD]).refuse_grant(IAM, DEEP, &rule(), true).unwrap_err();
        assert!(matches!(refused, Error::Conflict { .. }), "{}", refused.sqlstate());

        let Ok(around) = neighbourhood(&mut Catalogue, [DEEP], [AD, IAM]);
        assert_eq!(around.conflicting_roles(&rule()).unwrap().len(), DEEP as usize);
        let Ok(below) = few_below(&mut Catalogue, AD, usize::MAX);
        assert_eq!(below.unwrap().len(), DEEP as usize + 1);
        let Ok(around) = neighbourhood_of_conflicts(&mut Catalogue, [AD, IAM], usize::MAX);
        assert_eq!(around.unwrap().conflicting_roles(&rule()).unwrap().len(), DEEP as usize);
    };
    thread::Builder::new().stack_size(256 * 1024).spawn(walk).unwrap().join().unwrap();
}
