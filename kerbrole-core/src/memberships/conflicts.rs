//! Who is a member of both roles of the rule, and what a change adds.

use std::collections::HashSet;

use crate::error::{Error, Warning};
use crate::memberships::fix::{Added, FixSearch, Fixes, PrincipalsBelow};
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::memberships::reach::RuleReach;
use crate::names::role_name::RoleName;
use crate::oid::{NO_ROLE, RoleOid};
use crate::rule::{Conflict, ConflictRule};

/// A conflict that a change adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConflict {
    /// The first role concerned, in order of names. Its `fix` is what to run so that the change can be made; empty where the change itself is
    /// all that is wrong.
    pub conflict: Conflict,
    /// All roles concerned, this one included.
    pub roles: Vec<RoleName>,
}

impl NewConflict {
    /// The error that refuses the change.
    pub fn refusal(self, rule: &ConflictRule) -> Error {
        let others = self.roles.len() - 1;
        self.refusal_of(rule, others, None)
    }

    /// The same for a change that was not refused: the warning about it.
    pub fn warning(self, rule: &ConflictRule) -> Warning {
        let others = self.roles.len() - 1;
        let (ad_role, iam_role) = (rule.ad_role().clone(), rule.iam_role().clone());
        Warning::ConflictMade { conflict: Box::new(self.conflict), others, ad_role, iam_role }
    }

    pub(crate) fn refusal_of(mut self, rule: &ConflictRule, others: usize, group: Option<RoleName>) -> Error {
        let fix = std::mem::take(&mut self.conflict.fix);
        Error::Conflict {
            conflict: Box::new(self.conflict),
            others,
            ad_role: rule.ad_role().clone(),
            iam_role: rule.iam_role().clone(),
            fix,
            group,
        }
    }
}

impl MembershipGraph {
    /// Every role of this graph that is a member of both, in the order of names.
    ///
    /// `name_grantors` says whether a REVOKE has to name the grantor: from PostgreSQL 16 on.
    ///
    /// # Errors
    /// 42704 when one of the two roles is not in the graph.
    pub fn conflicts(&self, rule: &ConflictRule, name_grantors: bool) -> Result<Vec<Conflict>, Error> {
        let mut conflicts = Vec::new();
        self.each_conflict(rule, name_grantors, |conflict| conflicts.push(conflict))?;
        Ok(conflicts)
    }

    /// The same, one after the other: as many as there are roles, each with two paths.
    ///
    /// # Errors
    /// As for [`conflicts`](Self::conflicts).
    pub fn each_conflict(
        &self,
        rule: &ConflictRule,
        name_grantors: bool,
        mut each: impl FnMut(Conflict),
    ) -> Result<(), Error> {
        let both = RuleReach::find(self, rule)?;
        let sides = PrincipalsBelow::default();
        let mut fixes = Fixes::new(&both, &sides, name_grantors);
        for role in both.roles() {
            each(Conflict { fix: fixes.of(role).to_vec(), ..both.paths_of(role) });
        }
        Ok(())
    }

    /// The roles of this graph that are members of both.
    ///
    /// # Errors
    /// 42704 when one of the two roles is not in the graph.
    pub fn conflicting_roles(&self, rule: &ConflictRule) -> Result<HashSet<RoleOid>, Error> {
        let both = RuleReach::find(self, rule)?;
        Ok(both.roles().map(|role| self.oid(role)).collect())
    }

    /// The conflicts of this graph, the memberships as they are after a change, that were not there `before` it.
    ///
    /// `added` are the memberships that the change added: the fix never consists in taking them back.
    ///
    /// # Errors
    /// 42704 when one of the two roles is not in the graph.
    pub fn new_conflict(
        &self,
        before: &HashSet<RoleOid>,
        added: &Added,
        rule: &ConflictRule,
        name_grantors: bool,
    ) -> Result<Option<NewConflict>, Error> {
        let both = RuleReach::find(self, rule)?;
        let new: Vec<u32> = both.roles().filter(|&role| !before.contains(&self.oid(role))).collect();
        let Some(&first) = new.first() else { return Ok(None) };
        let conflict = both.describe(first, &PrincipalsBelow::default(), name_grantors, added);
        Ok(Some(NewConflict { conflict, roles: new.into_iter().map(|role| self.role_name(role)).collect() }))
    }

    /// Refuses `GRANT granted TO member` where it would create a conflict; otherwise says who is in both already. What has to be in the graph is said at
    /// [`preview_grant`](Self::preview_grant).
    ///
    /// # Errors
    /// 42704 when a role of the rule is not in the graph; 0LP01.
    pub fn refuse_grant(
        &self,
        granted: RoleOid,
        member: RoleOid,
        rule: &ConflictRule,
        name_grantors: bool,
    ) -> Result<HashSet<RoleOid>, Error> {
        let before = self.conflicting_roles(rule)?;
        let grant = Membership { role: granted, member, grantor: NO_ROLE, admin: false, from_creation: false };
        match self.with([], [grant]).new_conflict(
            &before,
            &Added::from_iter([(member, granted)]),
            rule,
            name_grantors,
        )? {
            Some(new) => Err(new.refusal(rule)),
            None => Ok(before),
        }
    }

    /// The conflicts that `GRANT granted TO member` would create, the member and the roles below it included; paths through the new
    /// membership, and no fix. Both must be in the graph with what is below the member and above either.
    ///
    /// # Errors
    /// 42704 when a role of the rule is not in the graph.
    pub fn preview_grant(
        &self,
        granted: RoleOid,
        member: RoleOid,
        rule: &ConflictRule,
    ) -> Result<Vec<Conflict>, Error> {
        let mut conflicts = Vec::new();
        self.each_previewed(granted, member, rule, |conflict| conflicts.push(conflict))?;
        Ok(conflicts)
    }

    /// The same, one after the other: as many as there are roles below the member, each with two paths.
    ///
    /// # Errors
    /// As for [`preview_grant`](Self::preview_grant).
    pub fn each_previewed(
        &self,
        granted: RoleOid,
        member: RoleOid,
        rule: &ConflictRule,
        mut each: impl FnMut(Conflict),
    ) -> Result<(), Error> {
        let before = self.conflicting_roles(rule)?;
        let grant = Membership { role: granted, member, grantor: NO_ROLE, admin: false, from_creation: false };
        let after = self.with([], [grant]);
        let both = RuleReach::find(&after, rule)?;
        both.roles().filter(|&role| !before.contains(&after.oid(role))).for_each(|role| each(both.paths_of(role)));
        Ok(())
    }
}

impl RuleReach<'_> {
    /// The conflict that a role is in, if it is in one.
    pub(crate) fn conflict_of(&self, role: u32, name_grantors: bool) -> Option<Conflict> {
        let describe = || self.describe(role, &PrincipalsBelow::default(), name_grantors, &Added::default());
        self.contains(role).then(describe)
    }

    fn describe(&self, role: u32, sides: &PrincipalsBelow, name_grantors: bool, pending: &Added) -> Conflict {
        let cut = FixSearch::new(self, sides, name_grantors, pending);
        Conflict { fix: cut.of(role), ..self.paths_of(role) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::path::PathStep;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Builds a graph from `member -> role` lines; every edge granted by `root`.
    fn graph(edges: &[(&str, &str)]) -> MembershipGraph {
        let mut names: BTreeSet<&str> = ["rds_ad", "rds_iam", "root"].into();
        names.extend(edges.iter().flat_map(|&(a, b)| [a, b]));
        let names: Vec<_> = names.into_iter().collect();
        let oid = |name: &str| u32::try_from(names.binary_search(&name).unwrap()).unwrap() + 10;
        MembershipGraph::new(
            names.iter().map(|name| (oid(name), RoleName::new(*name).unwrap())),
            edges.iter().map(|&(m, r)| Membership {
                role: oid(r),
                member: oid(m),
                grantor: oid("root"),
                admin: false,
                from_creation: false,
            }),
        )
    }

    fn rule() -> ConflictRule {
        ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap()).unwrap()
    }

    fn found(edges: &[(&str, &str)]) -> Vec<(String, String, String, String)> {
        let text = |path: &[PathStep]| path.iter().map(ToString::to_string).collect::<Vec<_>>().join(">");
        let conflicts = graph(edges).conflicts(&rule(), false).unwrap();
        conflicts
            .iter()
            .map(|c| {
                let fix: Vec<_> = c.fix.iter().map(|r| format!("{}-{}", r.member, r.role)).collect();
                (c.role.to_string(), text(&c.ad_path), text(&c.iam_path), fix.join(" "))
            })
            .collect()
    }

    fn row(role: &str, ad: &str, iam: &str, fix: &str) -> (String, String, String, String) {
        (role.into(), ad.into(), iam.into(), fix.into())
    }

    #[test]
    fn direct_and_nested_conflicts_are_found_with_the_least_that_ends_them() {
        assert_eq!(found(&[("a@X.Y", "rds_ad"), ("b", "rds_iam")]), []);
        assert_eq!(
            found(&[("a@X.Y", "rds_ad"), ("a@X.Y", "rds_iam")]),
            [row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>rds_iam", "a@X.Y-rds_iam")]
        );
        assert_eq!(
            found(&[("a@X.Y", "rds_ad"), ("a@X.Y", "g1"), ("g1", "g2"), ("g2", "rds_iam")]),
            [row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>g1>g2>rds_iam", "a@X.Y-g1")]
        );
    }

    #[test]
    fn of_two_ways_the_shorter_is_shown_and_all_are_cut() {
        assert_eq!(
            found(&[
                ("a@X.Y", "rds_ad"),
                ("a@X.Y", "g1"),
                ("a@X.Y", "g2"),
                ("g1", "g3"),
                ("g3", "rds_iam"),
                ("g2", "rds_iam")
            ]),
            [row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>g2>rds_iam", "a@X.Y-g1 a@X.Y-g2")]
        );
    }

    #[test]
    fn a_group_in_both_is_mended_once_for_all_below() {
        assert_eq!(
            found(&[("a@X.Y", "g"), ("g", "rds_ad"), ("g", "h"), ("h", "rds_iam")]),
            [row("a@X.Y", "a@X.Y>g>rds_ad", "a@X.Y>g>h>rds_iam", "g-h"), row("g", "g>rds_ad", "g>h>rds_iam", "g-h"),]
        );
    }

    #[test]
    fn a_login_without_a_realm_keeps_iam() {
        assert_eq!(
            found(&[("bob", "rds_ad"), ("bob", "rds_iam")]),
            [row("bob", "bob>rds_ad", "bob>rds_iam", "bob-rds_ad")]
        );
    }

    #[test]
    fn the_two_roles_themselves_count() {
        assert_eq!(
            found(&[("rds_ad", "rds_iam"), ("a@X.Y", "rds_ad")]),
            [
                row("a@X.Y", "a@X.Y>rds_ad", "a@X.Y>rds_ad>rds_iam", "rds_ad-rds_iam"),
                row("rds_ad", "rds_ad", "rds_ad>rds_iam", "rds_ad-rds_iam"),
            ]
        );
        assert_eq!(found(&[("rds_iam", "rds_ad")]), [row("rds_iam", "rds_iam>rds_ad", "rds_iam", "rds_iam-rds_ad")]);
    }

    #[test]
    fn each_grantors_membership_is_revoked_by_name_where_there_are_several() {
        let names = ["a@X.Y", "boss", "rds_ad", "rds_iam", "root"];
        let oids: Vec<_> = (1..).zip(names.map(|n| RoleName::new(n).unwrap())).collect();
        let edge = |member, role, grantor, admin| Membership { role, member, grantor, admin, from_creation: false };
        let graph = MembershipGraph::new(
            oids,
            [edge(1, 3, 5, false), edge(1, 4, 5, true), edge(1, 4, 2, false), edge(2, 4, 1, false)],
        );
        let fix = |grantors| {
            graph
                .conflicts(&rule(), grantors)
                .unwrap()
                .remove(0)
                .fix
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            fix(true),
            [
                r#"REVOKE "rds_iam" FROM "a@X.Y" GRANTED BY "boss";"#,
                r#"REVOKE "rds_iam" FROM "a@X.Y" GRANTED BY "root" CASCADE;"#,
            ]
        );
        assert_eq!(fix(false), [r#"REVOKE "rds_iam" FROM "a@X.Y";"#]);
    }

    #[test]
    fn a_fix_does_not_end_what_others_were_granted() {
        let names = ["a@X.Y", "boss", "rds_ad", "rds_iam", "root", "team"];
        let oids: Vec<_> = (1..).zip(names.map(|n| RoleName::new(n).unwrap())).collect();
        let edge = |member, role, grantor, admin| Membership { role, member, grantor, admin, from_creation: false };
        // The administrator has ADMIN on rds_ad, and by that made a principal; REVOKE ... CASCADE would lock it out.
        let edges = [edge(2, 3, 5, true), edge(1, 3, 2, false), edge(2, 6, 5, true), edge(6, 4, 5, false)];
        let fixes = |edges: &[Membership]| -> Vec<String> {
            let graph = MembershipGraph::new(oids.clone(), edges.iter().copied());
            graph.conflicts(&rule(), true).unwrap().iter().map(|c| c.fix[0].to_string()).collect()
        };
        assert_eq!(fixes(&edges), [r#"REVOKE "team" FROM "boss" GRANTED BY "root";"#]);
        // Where nothing hangs on it, who has no realm leaves rds_ad.
        assert_eq!(fixes(&[edges[0], edges[2], edges[3]]), [r#"REVOKE "rds_ad" FROM "boss" GRANTED BY "root";"#]);
    }

    #[test]
    fn a_grant_can_be_tried_beforehand() {
        let graph = graph(&[
            ("a@X.Y", "rds_ad"),
            ("a@X.Y", "g"),
            ("both", "rds_ad"),
            ("both", "rds_iam"),
            ("both", "g"),
            ("h", "rds_iam"),
        ]);
        let oid = |name: &str| (0..100).find(|&oid| graph.place(oid).is_some_and(|p| graph.name(p) == name)).unwrap();
        let preview = |granted, member| graph.preview_grant(oid(granted), oid(member), &rule()).unwrap();
        assert_eq!(preview("h", "rds_iam").len(), 0);
        let found = preview("h", "g");
        assert_eq!(
            found.iter().map(|c| c.role.as_str()).collect::<Vec<_>>(),
            ["a@X.Y"],
            "the one from before is not new"
        );
        assert_eq!(found[0].iam_path.iter().map(PathStep::text).collect::<Vec<_>>(), ["a@X.Y", "g", "h", "rds_iam"]);
    }

    #[test]
    fn what_a_change_adds_is_told_from_what_was_there() {
        let after = graph(&[("a@X.Y", "rds_ad"), ("a@X.Y", "g"), ("g", "rds_iam"), ("b", "rds_ad"), ("b", "rds_iam")]);
        let oid = |name: &str| (0..100).find(|&oid| after.place(oid).is_some_and(|p| after.name(p) == name)).unwrap();
        let before = HashSet::from([oid("b")]);
        let new = after
            .new_conflict(&before, &Added::from_iter([(oid("a@X.Y"), oid("g"))]), &rule(), false)
            .unwrap()
            .unwrap();
        assert_eq!(new.roles.iter().map(RoleName::as_str).collect::<Vec<_>>(), ["a@X.Y"]);
        assert_eq!(
            new.conflict.fix.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [r#"REVOKE "rds_iam" FROM "g";"#]
        );
        let all = HashSet::from([oid("a@X.Y"), oid("b")]);
        assert_eq!(after.new_conflict(&all, &Added::default(), &rule(), false).unwrap(), None);
    }

    #[test]
    fn a_missing_role_is_an_error_not_an_empty_answer() {
        let graph = MembershipGraph::new([(1, RoleName::new("rds_ad").unwrap())], []);
        let error = graph.conflicts(&rule(), false).unwrap_err();
        assert_eq!((error.sqlstate().code(), error.to_string().contains("rds_iam")), ("42704", true));
    }

    /// Memberships without cycles: the server refuses those.
    fn acyclic() -> impl Strategy<Value = Vec<(u32, u32)>> {
        proptest::collection::vec((0u32..12, 0u32..12), 0..30)
            .prop_map(|edges| edges.into_iter().filter(|(a, b)| a > b).collect())
    }

    /// Members of `role` by the definition, edge by edge until nothing changes.
    fn closure(edges: &[(u32, u32)], role: u32) -> BTreeSet<u32> {
        let mut all = BTreeSet::from([role]);
        loop {
            let more: Vec<_> = edges.iter().filter(|(m, r)| all.contains(r) && !all.contains(m)).map(|e| e.0).collect();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    proptest! {
        #[test]
        fn conflicts_are_the_intersection_paths_are_real_and_the_fix_ends_them(edges in acyclic(), ad in 0u32..12, iam in 0u32..12) {
            prop_assume!(ad != iam);
            let name = |i: u32| RoleName::new(match i {
                _ if i == ad => "rds_ad".into(),
                _ if i == iam => "rds_iam".into(),
                _ if i.is_multiple_of(2) => format!("u{i}@X.Y"),
                _ => format!("g{i}"),
            }).unwrap();
            let build = |edges: &[(u32, u32)]| MembershipGraph::new(
                (0..12).map(|i| (i + 1, name(i))),
                edges.iter().map(|&(m, r)| Membership { role: r + 1, member: m + 1, grantor: 1, admin: false, from_creation: false }),
            );
            let expected: BTreeSet<_> =
                closure(&edges, ad).intersection(&closure(&edges, iam)).map(|&i| name(i)).collect();
            let conflicts = build(&edges).conflicts(&rule(), false).unwrap();
            prop_assert_eq!(conflicts.iter().map(|c| c.role.clone()).collect::<BTreeSet<_>>(), expected);
            for conflict in &conflicts {
                for (path, end) in [(&conflict.ad_path, ad), (&conflict.iam_path, iam)] {
                    prop_assert_eq!(path[0].role(), Some(&conflict.role));
                    prop_assert_eq!(path.last().unwrap().role(), Some(&name(end)));
                    for step in path.windows(2) {
                        prop_assert!(edges.iter().any(|&(m, r)| Some(&name(m)) == step[0].role() && Some(&name(r)) == step[1].role()));
                    }
                }
                let left: Vec<_> = edges.iter().copied()
                    .filter(|&(m, r)| !conflict.fix.iter().any(|f| f.member == name(m) && f.role == name(r)))
                    .collect();
                let still = build(&left).conflicts(&rule(), false).unwrap();
                prop_assert!(still.iter().all(|c| c.role != conflict.role), "{:?} does not end {:?}", conflict.fix, conflict.role);
            }
        }
    }
}
