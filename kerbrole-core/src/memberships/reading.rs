//! What has to be read of a cluster before something can be decided about a few of its roles.

use crate::memberships::neighbourhood::Around;
use crate::roles::role_set::RoleSet;
use crate::rule::ConflictRule;

/// What to read: first the roles of some [`names`](Self::names), then the memberships
/// [`around`](Self::around) those that there are.
///
/// Every request has its own: [`AddRequest::reading`](crate::AddRequest::reading),
/// [`PrincipalRef::reading`](crate::PrincipalRef::reading), [`Reading::of_grant`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    members_of: Vec<String>,
    groups_of: Vec<String>,
}

impl Reading {
    /// The two roles of the rule, and what they are members of.
    pub fn of_rule(rule: &ConflictRule) -> Self {
        let groups_of = [rule.ad_role(), rule.iam_role()].map(ToString::to_string).to_vec();
        Self { members_of: Vec::new(), groups_of }
    }

    /// For `GRANT granted TO member`: the conflicts of the member and of all below it can change.
    pub fn of_grant(granted: &str, member: &str, rule: &ConflictRule) -> Self {
        Self::of_rule(rule).and_members_of([member]).and_groups_of([granted])
    }

    /// These roles as well, with all that is below them, and what any of those is a member of.
    #[must_use]
    pub fn and_members_of<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.members_of.extend(names.into_iter().map(Into::into));
        self
    }

    /// These roles as well, and what they are members of.
    #[must_use]
    pub fn and_groups_of<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.groups_of.extend(names.into_iter().map(Into::into));
        self
    }

    /// The names of roles with all that is below them.
    pub fn members_of(&self) -> &[String] {
        &self.members_of
    }

    /// The names of the other roles.
    pub fn groups_of(&self) -> &[String] {
        &self.groups_of
    }

    /// To be read: every role whose name equals one of these, case aside.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members_of.iter().chain(&self.groups_of).map(String::as_str)
    }

    /// To be read then, `roles` being the roles of these names: the memberships around those of
    /// exactly these names.
    pub fn around(&self, roles: &RoleSet) -> Around {
        let oids = |names: &[String]| {
            names.iter().filter_map(|name| roles.get(name).map(|role| role.oid)).collect()
        };
        Around { members_of: oids(&self.members_of), groups_of: oids(&self.groups_of) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::role_name::RoleName;
    use crate::roles::role::{Elevated, Role};

    #[test]
    fn names_are_read_in_any_case_and_memberships_of_the_exact_ones() {
        let name = |text: &str| RoleName::new(text).unwrap();
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        let reading = Reading::of_grant("Team", "bob@A.B", &rule);
        let names: Vec<_> = reading.names().collect();
        assert_eq!(names, ["bob@A.B", "rds_ad", "rds_iam", "Team"]);
        assert_eq!(reading.members_of(), ["bob@A.B"]);
        assert_eq!(reading.groups_of(), ["rds_ad", "rds_iam", "Team"]);
        let role = |(oid, text): (u32, &str)| Role {
            oid,
            name: name(text),
            can_login: true,
            elevated: Elevated::default(),
        };
        let there = [(1, "rds_iam"), (2, "team"), (3, "bob@A.B"), (4, "Team"), (5, "Bob@A.B")];
        let around = reading.around(&there.into_iter().map(role).collect());
        assert_eq!(around, Around { members_of: vec![3], groups_of: vec![1, 4] });
    }
}
