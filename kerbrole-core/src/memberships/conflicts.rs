//! Who is a member of both roles of the rule, and what a change adds.

use std::collections::HashSet;

use crate::error::{Error, Warning};
use crate::memberships::cluster::Cluster;
use crate::memberships::fix::{Added, FixSearch, Fixes, PrincipalsBelow};
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::memberships::node::Node;
use crate::memberships::reach::RuleReach;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::rule::{Conflict, ConflictRule};

/// A conflict that a change adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConflict {
    /// The first role concerned, in order of names. Its `fix` is what to run so that the change can
    /// be made; empty where the change itself is all that is wrong.
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

    /// The warning about a change that was not refused.
    pub fn warning(self, rule: &ConflictRule) -> Warning {
        let others = self.roles.len() - 1;
        let (ad_role, iam_role) = (rule.ad_role().clone(), rule.iam_role().clone());
        Warning::ConflictMade { conflict: Box::new(self.conflict), others, ad_role, iam_role }
    }

    pub(crate) fn refusal_of(
        mut self,
        rule: &ConflictRule,
        others: usize,
        group: Option<RoleName>,
    ) -> Error {
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

impl Cluster {
    /// Every role that is a member of both, in the order of names.
    ///
    /// # Errors
    /// 42704 when one of the two roles of the rule was not read.
    pub fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        let mut conflicts = Vec::new();
        self.each_conflict(|conflict| conflicts.push(conflict))?;
        Ok(conflicts)
    }

    /// Hands over every conflict, one after the other: there may be as many as there are roles,
    /// each with two paths.
    ///
    /// # Errors
    /// 42704 when one of the two roles of the rule was not read.
    pub fn each_conflict(&self, mut each: impl FnMut(Conflict)) -> Result<(), Error> {
        let both = RuleReach::find(self)?;
        let sides = PrincipalsBelow::default();
        let mut fixes = Fixes::new(&both, &sides);
        for role in both.roles() {
            each(Conflict { fix: fixes.of(role).to_vec(), ..both.paths_of(role) });
        }
        Ok(())
    }

    /// The roles that are members of both.
    ///
    /// # Errors
    /// 42704 when one of the two roles of the rule was not read.
    pub fn conflicting_roles(&self) -> Result<HashSet<RoleOid>, Error> {
        let both = RuleReach::find(self)?;
        Ok(both.roles().map(|role| self.graph.oid(role)).collect())
    }

    /// The conflicts, the memberships as they are after a change, that were not there `before` it.
    ///
    /// `added` are the memberships that the change added: the fix never consists in taking them
    /// back.
    ///
    /// # Errors
    /// 42704 when one of the two roles of the rule was not read.
    pub fn new_conflict(
        &self,
        before: &HashSet<RoleOid>,
        added: &Added,
    ) -> Result<Option<NewConflict>, Error> {
        Ok(RuleReach::find(self)?.new_conflict(before, added))
    }

    /// The conflicts that memberships would add which are not made yet, among them those of a role
    /// that is to be created.
    pub(crate) fn conflict_to_be(
        &self,
        before: &HashSet<RoleOid>,
        new_role: Option<RoleName>,
        memberships: &[Membership],
    ) -> Result<Option<NewConflict>, Error> {
        let after = self.graph.with(new_role, memberships.iter().copied());
        let added = memberships.iter().map(|m| (m.member, m.role)).collect();
        let both = RuleReach::find_in(&after, &self.rule, self.names_grantors)?;
        Ok(both.new_conflict(before, &added))
    }

    /// Refuses `GRANT granted TO member` where it would create a conflict; otherwise says who is in
    /// both already. What has to be read is [`Reading::of_grant`](crate::Reading::of_grant).
    ///
    /// # Errors
    /// 42704 when a role of the rule was not read; 0LP01.
    pub fn refuse_grant(
        &self,
        granted: RoleOid,
        member: RoleOid,
    ) -> Result<HashSet<RoleOid>, Error> {
        let before = self.conflicting_roles()?;
        match self.conflict_to_be(&before, None, &[Membership::to_be(member, granted)])? {
            Some(new) => Err(new.refusal(&self.rule)),
            None => Ok(before),
        }
    }

    /// The conflicts that `GRANT granted TO member` would create, the member and the roles below it
    /// included; paths through the new membership, and no fix. What has to be read is
    /// [`Reading::of_grant`](crate::Reading::of_grant).
    ///
    /// # Errors
    /// 42704 when a role of the rule was not read.
    pub fn preview_grant(&self, granted: RoleOid, member: RoleOid) -> Result<Vec<Conflict>, Error> {
        let mut conflicts = Vec::new();
        self.each_previewed(granted, member, |conflict| conflicts.push(conflict))?;
        Ok(conflicts)
    }

    /// Hands over what [`preview_grant`](Self::preview_grant) gives, one after the other: there may
    /// be as many as there are roles below the member, each with two paths.
    ///
    /// # Errors
    /// 42704 when a role of the rule was not read.
    pub fn each_previewed(
        &self,
        granted: RoleOid,
        member: RoleOid,
        each: impl FnMut(Conflict),
    ) -> Result<(), Error> {
        let before = self.conflicting_roles()?;
        let after: MembershipGraph = self.graph.with(None, [Membership::to_be(member, granted)]);
        let both = RuleReach::find_in(&after, &self.rule, self.names_grantors)?;
        let new = both.roles().filter(|&role| !before.contains(&after.oid(role)));
        new.map(|role| both.paths_of(role)).for_each(each);
        Ok(())
    }
}

impl RuleReach<'_> {
    /// The conflict that a role is in, if it is in one.
    pub(crate) fn conflict_of(&self, role: Node) -> Option<Conflict> {
        self.contains(role).then(|| self.describe(role, &Added::default()))
    }

    fn new_conflict(&self, before: &HashSet<RoleOid>, added: &Added) -> Option<NewConflict> {
        let is_new = |role: &Node| !before.contains(&self.graph.oid(*role));
        let new: Vec<Node> = self.roles().filter(is_new).collect();
        let conflict = self.describe(*new.first()?, added);
        Some(NewConflict {
            conflict,
            roles: new.into_iter().map(|role| self.graph.role_name(role)).collect(),
        })
    }

    fn describe(&self, role: Node, pending: &Added) -> Conflict {
        let sides = PrincipalsBelow::default();
        let fix = FixSearch::new(self, &sides, pending).of(role);
        Conflict { fix, ..self.paths_of(role) }
    }
}

#[cfg(test)]
mod tests;
