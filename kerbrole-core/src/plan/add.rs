//! Adding principals: from what is and what is wanted to the statements in between.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::fix::Added;
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::memberships::reach::RuleReach;
use crate::memberships::reading::Reading;
use crate::names::case::fold_case;
use crate::names::role_name::RoleName;
use crate::names::rules::Canonical;
use crate::oid::{NEW_ROLE, RoleOid};
use crate::roles::role::Role;
use crate::roles::role_set::RoleSet;
use crate::rule::{Conflict, ConflictRule};
use crate::statement::Statement;

/// How many members one GRANT names at most, so that no statement grows without bound.
pub(super) const MEMBERS_PER_GRANT: usize = 1000;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct AddRequest {
    /// As it was typed, and what that means.
    pub principals: Vec<(String, Canonical)>,
    /// Further roles that each of them is to be a member of, exactly as they are called.
    pub groups: Vec<String>,
    /// Whether a role that exists already is taken as it is instead of being an error.
    pub if_not_exists: bool,
}

impl AddRequest {
    /// What has to be read for [`plan_add`].
    pub fn reading(&self, rule: &ConflictRule) -> Reading {
        let principals = self.principals.iter().map(|(_, canonical)| canonical.role_name());
        Reading::of_rule(rule).and_members_of(principals).and_groups_of(self.groups.iter().cloned())
    }
}

/// What becomes of one principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddAction {
    /// There was no such role.
    Created,
    /// The role was there and lacked something.
    Adopted,
    /// The role was there as it should be.
    Unchanged,
}

impl AddAction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Created, Self::Adopted, Self::Unchanged];

    /// The word that results show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Adopted => "adopted",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One principal of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddOutcome {
    /// As it was typed.
    pub principal: String,
    /// The exact name of its role.
    pub role: RoleName,
    /// What happens to it.
    pub action: AddAction,
    /// The role is a principal's, but has NOLOGIN: somebody disabled it, and adding it again does
    /// not change that.
    pub disabled: bool,
    /// See [`Canonical::case_matters`].
    pub case_matters: bool,
}

/// What has to be run, and what comes of it.
#[derive(Debug, Clone, Default)]
pub struct AddPlan {
    /// One for each principal asked for, in the same order.
    pub outcomes: Vec<AddOutcome>,
    /// What the manager of principals runs.
    pub statements: Vec<Statement>,
    /// What is run with the rights of the one who asks, after the above.
    pub grants: Vec<Statement>,
    /// The roles that were in conflict before: they do not count against the change.
    pub conflicts_before: HashSet<RoleOid>,
}

impl AddPlan {
    /// The exact names of the roles with which this happens.
    pub fn roles(&self, action: AddAction) -> impl Iterator<Item = &RoleName> {
        self.outcomes.iter().filter(move |o| o.action == action).map(|o| &o.role)
    }

    /// The roles that were there already and come into `rds_ad` only now.
    pub fn roles_made_by_hand(&self) -> impl Iterator<Item = &RoleName> {
        self.statements.iter().filter_map(|statement| match statement {
            Statement::Grant { members, .. } => members.first(),
            _ => None,
        })
    }

    /// What somebody runs who is no superuser: N × CREATE USER, then `rds_ad` for all of them in as
    /// few GRANTs as can be, then the groups. On 16 and later each GRANT walks all that its grantor
    /// created.
    pub fn plain_statements(&self, rule: &ConflictRule) -> Vec<Statement> {
        let mut members = Vec::new();
        let mut statements = Vec::new();
        for statement in &self.statements {
            match statement {
                Statement::CreateLogin { role, .. } => {
                    members.push(role.clone());
                    statements.push(Statement::CreateUser { role: role.clone() });
                }
                Statement::Grant { members: some, .. } => members.extend(some.iter().cloned()),
                other => statements.push(other.clone()),
            }
        }
        let roles = vec![rule.ad_role().clone()];
        let grant = |members: &[RoleName]| Statement::Grant {
            roles: roles.clone(),
            members: members.to_vec(),
        };
        statements.extend(members.chunks(MEMBERS_PER_GRANT).map(grant));
        statements.extend(self.grants.iter().cloned());
        statements
    }

    /// Looks at the memberships as they are after the plan was carried out: those around the roles
    /// that it changed, with their members.
    ///
    /// # Errors
    /// 0LP01 when there is a conflict that was not there before; 42704 when a role of the rule was
    /// not read.
    pub fn check_after(&self, cluster: &Cluster) -> Result<(), Error> {
        match cluster.new_conflict(&self.conflicts_before, &Added::default())? {
            Some(new) => Err(new.refusal(&cluster.rule)),
            None => Ok(()),
        }
    }
}

/// Works out what to run.
///
/// What has to be read is the request's [`reading`](AddRequest::reading).
///
/// # Errors
/// - 42704 when a group or a role of the rule is missing;
/// - 42710 when a principal exists (without `if_not_exists`), is named twice, or differs from a
///   role by case only;
/// - 42501 when an existing role would have to be changed and has an attribute that forbids it;
/// - 0LP01 when a role would come to be in both.
pub fn plan_add(request: &AddRequest, cluster: &Cluster) -> Result<AddPlan, Error> {
    let Cluster { roles, graph, rule, .. } = cluster;
    let both = RuleReach::find(cluster)?;
    let groups = groups(request, roles, rule)?;
    let mut plan = AddPlan::default();
    let mut lacking: Vec<Lacking> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::with_capacity(request.principals.len());

    for (at, (typed, canonical)) in request.principals.iter().enumerate() {
        let role = canonical.role_name();
        let of = request.principals.len();
        let here = |error: Error| error.of_element("principals", of, at, Some(typed));
        let first_time = match by_name.entry(fold_case(role.as_str())) {
            Entry::Occupied(first) => {
                let first = &plan.outcomes[*first.get()];
                plan.outcomes.push(named_again(request, first, typed, role).map_err(here)?);
                continue;
            }
            Entry::Vacant(none) => none,
        };
        first_time.insert(plan.outcomes.len());
        if let Some(other) = roles.other_spellings(role.as_str()).map(|other| &other.name).min() {
            let other = other.clone();
            return Err(here(Error::CaseCollision { role, other, both_new: false }));
        }
        let mut disabled = false;
        let action = match roles.get(role.as_str()) {
            None => {
                let member_of = rule.ad_role().clone();
                plan.statements.push(Statement::CreateLogin { role: role.clone(), member_of });
                lacking.push(Lacking {
                    role: role.clone(),
                    existing: None,
                    ad: true,
                    groups: groups.clone(),
                });
                AddAction::Created
            }
            Some(_) if !request.if_not_exists => return Err(here(Error::Exists { role })),
            Some(existing) => {
                let lacks = Lacking::of(existing, &groups, graph, &both);
                disabled = !existing.can_login;
                if lacks.nothing() {
                    AddAction::Unchanged
                } else if existing.elevated.any() {
                    let attributes = existing.elevated;
                    return Err(here(Error::Elevated { role, attributes }));
                } else {
                    if lacks.ad {
                        plan.statements.push(Statement::Grant {
                            roles: vec![rule.ad_role().clone()],
                            members: vec![role.clone()],
                        });
                    }
                    lacking.push(lacks);
                    AddAction::Adopted
                }
            }
        };
        plan.outcomes.push(AddOutcome {
            principal: typed.clone(),
            role,
            action,
            disabled,
            case_matters: canonical.case_matters,
        });
    }

    plan.grants = grants(&lacking);
    check_before(&mut plan, &lacking, cluster, &both)?;
    Ok(plan)
}

/// A role and the memberships that it is to get.
struct Lacking {
    role: RoleName,
    existing: Option<RoleOid>,
    ad: bool,
    groups: Vec<RoleName>,
}

impl Lacking {
    fn of(role: &Role, groups: &[RoleName], graph: &MembershipGraph, both: &RuleReach<'_>) -> Self {
        let node = graph.node(role.oid);
        let has = |group: &RoleName| {
            node.is_some_and(|node| {
                let mut memberships = graph.memberships_of(node).iter();
                memberships.any(|edge| graph.name(edge.role) == group.as_str())
            })
        };
        Self {
            role: role.name.clone(),
            existing: Some(role.oid),
            ad: !node.is_some_and(|node| both.is_in_ad(node)),
            groups: groups.iter().filter(|group| !has(group)).cloned().collect(),
        }
    }

    fn nothing(&self) -> bool {
        !self.ad && self.groups.is_empty()
    }
}

/// The groups asked for, each once, provided that they exist.
fn groups(
    request: &AddRequest,
    roles: &RoleSet,
    rule: &ConflictRule,
) -> Result<Vec<RoleName>, Error> {
    let mut groups: Vec<RoleName> = Vec::new();
    for (at, group) in request.groups.iter().enumerate() {
        let Some(role) = roles.get(group) else {
            let other = roles.other_spelling(group).map(|role| role.name.clone());
            let missing = Error::GroupMissing { group: group.clone(), other };
            return Err(missing.of_element("groups", request.groups.len(), at, Some(group)));
        };
        // Everybody gets rds_ad anyway.
        if role.name != *rule.ad_role() && !groups.contains(&role.name) {
            groups.push(role.name.clone());
        }
    }
    Ok(groups)
}

fn named_again(
    request: &AddRequest,
    first: &AddOutcome,
    typed: &str,
    role: RoleName,
) -> Result<AddOutcome, Error> {
    if first.role != role {
        return Err(Error::CaseCollision { role, other: first.role.clone(), both_new: true });
    }
    if !request.if_not_exists {
        return Err(Error::NamedTwice {
            role,
            first: first.principal.clone(),
            second: typed.into(),
        });
    }
    Ok(AddOutcome { principal: typed.into(), action: AddAction::Unchanged, ..first.clone() })
}

/// The GRANTs of groups, those with the same groups together.
fn grants(lacking: &[Lacking]) -> Vec<Statement> {
    let mut by_groups: Vec<(&[RoleName], Vec<RoleName>)> = Vec::new();
    for lacks in lacking.iter().filter(|lacks| !lacks.groups.is_empty()) {
        match by_groups.iter_mut().find(|(groups, _)| *groups == lacks.groups) {
            Some((_, members)) => members.push(lacks.role.clone()),
            None => by_groups.push((&lacks.groups, vec![lacks.role.clone()])),
        }
    }
    by_groups
        .into_iter()
        .flat_map(|(roles, members)| {
            let chunks: Vec<_> =
                members.chunks(MEMBERS_PER_GRANT).map(<[RoleName]>::to_vec).collect();
            chunks.into_iter().map(|members| Statement::Grant { roles: roles.to_vec(), members })
        })
        .collect()
}

/// Refuses a plan that would add a conflict.
fn check_before(
    plan: &mut AddPlan,
    lacking: &[Lacking],
    cluster: &Cluster,
    both: &RuleReach<'_>,
) -> Result<(), Error> {
    let rule = &cluster.rule;
    plan.conflicts_before = cluster.conflicting_roles()?;

    // New roles all get the same memberships and have no members: the first speaks for all.
    let first_new = lacking.iter().find(|lacks| lacks.existing.is_none());
    let new_count = lacking.iter().filter(|lacks| lacks.existing.is_none()).count();
    let oid_of = |name: &RoleName| cluster.roles.get(name.as_str()).map(|role| role.oid);
    let mut more = Vec::new();
    for lacks in lacking.iter().filter(|lacks| lacks.existing.is_some()).chain(first_new) {
        let wanted = lacks.ad.then_some(rule.ad_role()).into_iter().chain(&lacks.groups);
        let member = lacks.existing.unwrap_or(NEW_ROLE);
        more.extend(wanted.filter_map(oid_of).map(|role| Membership::to_be(member, role)));
    }
    if more.is_empty() {
        return Ok(());
    }
    let new_role = first_new.map(|lacks| lacks.role.clone());
    let Some(new) = cluster.conflict_to_be(&plan.conflicts_before, new_role, &more)? else {
        return Ok(());
    };
    let group = pending_group(&new.conflict, lacking, rule, both);
    let speaks_for_others = first_new.is_some_and(|lacks| new.roles.contains(&lacks.role));
    let unspoken = if speaks_for_others { new_count - 1 } else { 0 };
    let others = new.roles.len() - 1 + unspoken;
    Err(new.refusal_of(rule, others, group))
}

/// The group asked for by which a role would come to be in `rds_iam`.
fn pending_group(
    conflict: &Conflict,
    lacking: &[Lacking],
    rule: &ConflictRule,
    both: &RuleReach<'_>,
) -> Option<RoleName> {
    conflict.iam_path.windows(2).find_map(|step| {
        let (member, group) = (step[0].role()?, step[1].role()?);
        let lacks = lacking.iter().find(|lacks| lacks.role == *member)?;
        let is_in_iam = both.graph.find(group).is_some_and(|group| both.is_in_iam(group));
        (*group != *rule.ad_role() && lacks.groups.contains(group) && is_in_iam)
            .then(|| group.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::rules::NameRules;
    use crate::roles::role::Elevated;

    fn name(text: &str) -> RoleName {
        RoleName::new(text).unwrap()
    }

    /// Roles by name, `(member, role)` memberships; a role that begins with `-` has NOLOGIN.
    fn plan(
        roles: &[&str],
        edges: &[(&str, &str)],
        principals: &[&str],
        groups: &[&str],
        if_not_exists: bool,
    ) -> Result<AddPlan, Error> {
        let all: Vec<_> = ["rds_ad", "rds_iam"].iter().chain(roles).collect();
        let oid = |wanted: &str| {
            let place = all.iter().position(|role| role.trim_start_matches('-') == wanted).unwrap();
            u32::try_from(place).unwrap() + 1
        };
        let role = |role: &str| Role {
            oid: oid(role.trim_start_matches('-')),
            name: name(role.trim_start_matches('-')),
            can_login: !role.starts_with('-'),
            elevated: Elevated { createdb: role.contains("boss"), ..Elevated::default() },
        };
        let set: RoleSet = all.iter().map(|r| role(r)).collect();
        let graph = MembershipGraph::new(
            all.iter().map(|r| (role(r).oid, role(r).name)),
            edges.iter().map(|&(m, r)| Membership::to_be(oid(m), oid(r))),
        );
        let rules = NameRules::default();
        let request = AddRequest {
            principals: principals
                .iter()
                .map(|p| ((*p).to_string(), rules.canonicalize(p, None).unwrap()))
                .collect(),
            groups: groups.iter().map(ToString::to_string).collect(),
            if_not_exists,
        };
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        let cluster = Cluster::new(rule, false).with_roles(set).with_graph(graph);
        plan_add(&request, &cluster)
    }

    fn sql(statements: &[Statement]) -> Vec<String> {
        statements.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn new_principals_are_created_and_groups_granted_together() {
        let plan = plan(&["g", "h"], &[], &["a@x.y", "b@x.y"], &["g", "h", "g"], false).unwrap();
        assert_eq!(
            sql(&plan.statements),
            [
                r#"CREATE ROLE "a@X.Y" LOGIN IN ROLE "rds_ad""#,
                r#"CREATE ROLE "b@X.Y" LOGIN IN ROLE "rds_ad""#
            ]
        );
        assert_eq!(sql(&plan.grants), [r#"GRANT "g", "h" TO "a@X.Y", "b@X.Y""#]);
        assert!(plan.outcomes.iter().all(|o| o.action == AddAction::Created));
    }

    #[test]
    fn an_existing_role_gets_what_it_lacks_and_no_more() {
        let roles = ["-hand@X.Y", "user@X.Y", "whole@X.Y", "-left@X.Y", "g"];
        let edges = [
            ("whole@X.Y", "rds_ad"),
            ("left@X.Y", "rds_ad"),
            ("whole@X.Y", "g"),
            ("left@X.Y", "g"),
        ];
        let plan =
            plan(&roles, &edges, &["hand@x.y", "user@x.y", "whole@x.y", "left@x.y"], &["g"], true)
                .unwrap();
        assert_eq!(
            sql(&plan.statements),
            [r#"GRANT "rds_ad" TO "hand@X.Y""#, r#"GRANT "rds_ad" TO "user@X.Y""#]
        );
        assert_eq!(sql(&plan.grants), [r#"GRANT "g" TO "hand@X.Y", "user@X.Y""#]);
        let outcomes: Vec<_> = plan.outcomes.iter().map(|o| (o.action, o.disabled)).collect();
        assert_eq!(
            outcomes,
            [
                (AddAction::Adopted, true),
                (AddAction::Adopted, false),
                (AddAction::Unchanged, false),
                (AddAction::Unchanged, true)
            ]
        );
    }

    #[test]
    fn refusals_say_what_is_the_matter() {
        let refused = |result: Result<AddPlan, Error>| result.unwrap_err().reason().clone();
        assert!(matches!(
            refused(plan(&["a@X.Y"], &[], &["a@x.y"], &[], false)),
            Error::Exists { .. }
        ));
        assert!(matches!(
            refused(plan(&["A@x.y"], &[], &["a@x.y"], &[], true)),
            Error::CaseCollision { both_new: false, .. }
        ));
        assert!(matches!(
            refused(plan(&[], &[], &["a@x.y", "A@x.y"], &[], true)),
            Error::CaseCollision { both_new: true, .. }
        ));
        assert!(matches!(
            refused(plan(&[], &[], &["a@x.y", "a@X.y"], &[], false)),
            Error::NamedTwice { .. }
        ));
        assert!(matches!(
            refused(plan(&["boss@X.Y"], &[], &["boss@x.y"], &[], true)),
            Error::Elevated { .. }
        ));
        assert!(matches!(
            refused(plan(&["G"], &[], &["a@x.y"], &["g"], true)),
            Error::GroupMissing { other: Some(_), .. }
        ));
    }

    #[test]
    fn a_list_says_which_element_is_wrong_and_a_single_one_does_not() {
        let detail = |principals: &[&str], groups: &[&str]| {
            plan(&["b@X.Y", "g", "C@X.Y"], &[], principals, groups, false).unwrap_err().detail()
        };
        let said = |text: &str| Some(text.to_string());
        assert_eq!(detail(&["a@x.y", "b@x.y"], &[]), said("Element 2 of principals is \"b@x.y\"."));
        assert_eq!(
            detail(&["a@x.y", "d@x.y", "a@X.y"], &[]),
            said("Element 3 of principals is \"a@X.y\".")
        );
        assert_eq!(detail(&["a@x.y"], &["g", "h"]), said("Element 2 of groups is \"h\"."));
        assert!(
            detail(&["a@x.y", "c@x.y"], &[])
                .unwrap()
                .ends_with("which. Element 2 of principals is \"c@x.y\".")
        );
        assert_eq!(detail(&["b@x.y"], &[]), None);
        assert_eq!(detail(&["a@x.y"], &["h"]), None);
    }

    #[test]
    fn a_conflict_is_refused_in_either_direction() {
        let Err(Error::Conflict { others, fix, group, .. }) =
            plan(&["g", "h"], &[("g", "h"), ("h", "rds_iam")], &["a@x.y", "b@x.y"], &["g"], false)
        else {
            panic!("not refused")
        };
        assert_eq!((others, group, fix.len()), (1, Some(name("g")), 1));
        assert_eq!(fix[0].to_string(), r#"REVOKE "h" FROM "g";"#);

        let below = [("app", "lead@X.Y"), ("app", "rds_iam")];
        let Err(Error::Conflict { conflict, .. }) =
            plan(&["lead@X.Y", "app"], &below, &["lead@x.y"], &[], true)
        else {
            panic!("not refused")
        };
        assert_eq!(conflict.role, name("app"));

        let before = [("both@X.Y", "rds_ad"), ("both@X.Y", "rds_iam")];
        let plan =
            plan(&["both@X.Y", "g"], &before, &["both@x.y", "new@x.y"], &["g"], true).unwrap();
        assert_eq!(plan.conflicts_before.len(), 1);
    }
}
