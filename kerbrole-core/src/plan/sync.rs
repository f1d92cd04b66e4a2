//! From a list of who is wanted to the difference from who is there.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use crate::error::{Error, Warning};
use crate::lookup::changeable;
use crate::memberships::cluster::Cluster;
use crate::memberships::graph::Below;
use crate::memberships::reach::RuleReach;
use crate::names::principal::{KnownRealms, principal_parts, unwritable_principal_parts};
use crate::names::realm::Realm;
use crate::names::role_name::RoleName;
use crate::names::rules::Canonical;
use crate::oid::RoleOid;
use crate::plan::add::{AddAction, AddPlan, AddRequest, plan_add};
use crate::plan::drop::{DropOutcome, DropPlan, plan_drop};
use crate::plan::gone::Gone;
use crate::quote::comment;
use crate::roles::dependants::Dependants;
use crate::roles::role::Role;
use crate::roles::role_set::RoleSet;
use crate::statement::Statement;

/// What becomes of principals that are not on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AbsentPolicy {
    /// They stay as they are.
    #[default]
    Keep,
    /// They are disabled, and those on the list that are disabled are enabled: the list says who
    /// may log in.
    Disable,
    /// They are dropped; those that cannot be are disabled.
    Drop,
}

impl AbsentPolicy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Keep, Self::Disable, Self::Drop];

    /// The word that stands for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Disable => "disable",
            Self::Drop => "drop",
        }
    }
}

impl FromStr for AbsentPolicy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let named = Self::ALL.into_iter().find(|one| one.as_str() == text);
        named.ok_or_else(|| Error::Absent { value: text.into() })
    }
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct SyncRequest {
    /// As it was typed, and what that means.
    pub wanted: Vec<(String, Canonical)>,
    /// What becomes of the others.
    pub absent: AbsentPolicy,
    /// The realms that the list is about: nobody of another realm is removed. `None` stands for
    /// those of `wanted`, so that an empty list removes nobody.
    pub realms: Option<Vec<Realm>>,
    /// The roles of whose members the list is about, exactly as they are called: nobody else is
    /// removed. `None` stands for everybody.
    pub groups: Option<Vec<String>>,
    /// How many may be disabled or dropped at once; `None` stands for half of the principals that
    /// such a run could remove.
    pub at_most: Option<usize>,
}

/// What is done to one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SyncAction {
    /// There is no such role yet.
    Create,
    /// The role is there and lacks something.
    Adopt,
    /// The role is there and disabled.
    Enable,
    /// Nobody wants it any more, and it stays for what hangs on it.
    Disable,
    /// Nobody wants it any more.
    Drop,
}

impl SyncAction {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Create, Self::Adopt, Self::Enable, Self::Disable, Self::Drop];

    /// The word that results show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Drop => "drop",
        }
    }
}

/// One statement of the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStep {
    /// What it is a part of.
    pub action: SyncAction,
    /// The role; its OID is 0 where it is created.
    pub role: RoleName,
    /// The statement.
    pub statement: Statement,
    /// Why the role is disabled and not dropped, where that was wanted; with the first statement
    /// about it.
    pub reason: Option<Box<Error>>,
}

impl SyncStep {
    /// Why it is done.
    pub fn why(&self) -> String {
        match (self.action, &self.statement) {
            (SyncAction::Create, _) => "on the list, and there is no such role".into(),
            (SyncAction::Adopt, Statement::AllowLogin { .. }) => {
                "on the list, and cannot log in".into()
            }
            (SyncAction::Adopt, Statement::Grant { roles, .. }) if !roles.is_empty() => {
                format!("on the list, and no member of {}", roles[0])
            }
            (SyncAction::Adopt, _) => "on the list, and lacks something".into(),
            (SyncAction::Enable, _) => "on the list, and disabled".into(),
            (SyncAction::Disable | SyncAction::Drop, _) => {
                let realm = self.role.as_str().rsplit_once('@').map_or("", |(_, realm)| realm);
                format!("not on the list of realm {realm}")
            }
        }
    }

    /// `statement`, as it is shown, and behind it the reason as a comment.
    pub fn with_reason(&self, statement: String) -> String {
        let Some(reason) = &self.reason else { return statement };
        let detail = reason.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        format!("{statement} {}", comment(&format!("{reason}{detail}")))
    }
}

/// The difference.
#[derive(Debug, Clone, Default)]
pub struct SyncPlan {
    /// What is run, in this order.
    pub steps: Vec<SyncStep>,
    /// The part that adds, for its check afterwards.
    pub add: AddPlan,
    /// The roles that exist and are changed.
    pub changed: Vec<Role>,
    /// Why some are not treated as the list would have it.
    pub left: Vec<Error>,
    /// How many would be disabled or dropped.
    pub removals: usize,
    /// Of how many.
    pub principals: usize,
    /// How many may be at once.
    pub at_most: usize,
}

impl SyncPlan {
    /// Why the whole is not to be carried out: it would remove too many.
    ///
    /// # Errors
    /// 53400, where it would.
    pub fn refuse_too_many(&self) -> Result<(), Error> {
        let Self { removals, principals, at_most, .. } = *self;
        if removals > at_most {
            return Err(Error::TooManyRemovals { removals, principals, at_most });
        }
        Ok(())
    }
}

/// Works out the difference.
///
/// Of the cluster it takes all roles and all memberships. `dependants` is asked once, for the roles
/// that nobody wants, and only where they are to be dropped.
///
/// `may_enable` says what keeps the caller from opening a role that is on the list and disabled: it
/// stays so, and the reason is in [`left`](SyncPlan::left).
///
/// A principal, for this, is a role with the name of one that is a member of `rds_ad`: other roles
/// are never touched.
///
/// # Errors
/// Those of [`plan_add`].
pub fn plan_sync(
    request: &SyncRequest,
    cluster: &Cluster,
    may_enable: impl FnMut(&Role) -> Result<(), Error>,
    dependants: impl FnOnce(&[RoleOid]) -> HashMap<RoleOid, Dependants>,
) -> Result<SyncPlan, Error> {
    let both = RuleReach::find(cluster)?;
    let absent = request.absent;
    let additions =
        AddRequest { principals: request.wanted.clone(), groups: Vec::new(), if_not_exists: true };
    let mut plan = SyncPlan { add: plan_add(&additions, cluster)?, ..SyncPlan::default() };
    plan.take_over_additions(&cluster.roles);
    if absent == AbsentPolicy::Disable {
        plan.enable_those_on_the_list(&cluster.roles, may_enable);
    }

    let on_the_list: HashSet<&RoleName> =
        plan.add.outcomes.iter().map(|outcome| &outcome.role).collect();
    let mut realms = KnownRealms::default();
    let removable = |role: &&Role| match absent {
        AbsentPolicy::Keep => false,
        AbsentPolicy::Disable => role.can_login,
        AbsentPolicy::Drop => true,
    };
    let of_groups = request.groups.as_ref().map(|groups| below(groups, cluster)).transpose()?;
    let in_ad = |role: &Role| cluster.graph.node(role.oid).is_some_and(|node| both.is_in_ad(node));
    let candidates = cluster.roles.iter().filter(removable);
    let about: HashSet<&str> = match &request.realms {
        Some(realms) => realms.iter().map(Realm::as_str).collect(),
        None => {
            let wanted = request.wanted.iter();
            wanted.map(|(_, canonical)| canonical.principal.realm().as_str()).collect()
        }
    };
    let is_in_groups = |role: &Role| {
        let node = cluster.graph.node(role.oid);
        let is_in = |below: &Below| node.is_some_and(|node| below.contains(node));
        of_groups.as_ref().is_none_or(is_in)
    };
    let mut candidates: Vec<_> = candidates
        .filter(|role| {
            let parts = principal_parts(role.name.as_str(), &mut realms);
            parts.is_some_and(|(_, realm)| about.contains(realm))
                && in_ad(role)
                && is_in_groups(role)
        })
        .collect();
    let principals = candidates.len();
    candidates.retain(|role| !on_the_list.contains(&role.name));
    let is_meant = |role: &&Role| {
        let parts = unwritable_principal_parts(role.name.as_str());
        parts.is_some_and(|(_, realm)| about.contains(realm)) && in_ad(role) && is_in_groups(role)
    };
    let unwritable = cluster.roles.iter().filter(removable).filter(is_meant);
    plan.left.extend(unwritable.map(|role| Error::Unwritable { role: role.name.clone() }));
    candidates.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let steps_before = plan.steps.len();
    plan.remove(&candidates, absent, cluster, dependants);
    let removed: HashSet<_> = plan.steps[steps_before..].iter().map(|step| &step.role).collect();
    let at_most = request.at_most.unwrap_or(principals / 2);
    (plan.removals, plan.principals, plan.at_most) = (removed.len(), principals, at_most);
    Ok(plan)
}

/// Who is a member of one of these roles, directly or through others.
fn below(groups: &[String], cluster: &Cluster) -> Result<Below, Error> {
    let one = |(at, group): (usize, &String)| {
        let missing = || {
            let other = cluster.roles.other_spelling(group).map(|role| role.name.clone());
            let missing = Error::GroupMissing { group: group.clone(), other };
            missing.of_element("groups", groups.len(), at, Some(group))
        };
        let role = RoleName::new(group.as_str()).map_err(|_| missing())?;
        cluster.graph.find(&role).ok_or_else(missing)
    };
    let groups: Vec<_> = groups.iter().enumerate().map(one).collect::<Result<_, Error>>()?;
    Ok(cluster.graph.below_any(groups))
}

impl SyncPlan {
    fn take_over_additions(&mut self, roles: &RoleSet) {
        let actions: HashMap<&RoleName, AddAction> =
            self.add.outcomes.iter().map(|outcome| (&outcome.role, outcome.action)).collect();
        for statement in &self.add.statements {
            let role = match statement {
                Statement::CreateLogin { role, .. } | Statement::AllowLogin { role } => role,
                // Each is for one role: groups are not asked for.
                Statement::Grant { members, .. } => &members[0],
                _ => continue,
            };
            let action = match actions.get(role) {
                Some(AddAction::Created) => SyncAction::Create,
                _ => SyncAction::Adopt,
            };
            self.steps.push(SyncStep {
                action,
                role: role.clone(),
                statement: statement.clone(),
                reason: None,
            });
        }
        self.changed.extend(
            self.add.roles(AddAction::Adopted).filter_map(|name| roles.get(name.as_str())).cloned(),
        );
    }

    fn enable_those_on_the_list(
        &mut self,
        roles: &RoleSet,
        mut may_enable: impl FnMut(&Role) -> Result<(), Error>,
    ) {
        let mut seen = HashSet::new();
        for outcome in self.add.outcomes.iter_mut().filter(|outcome| outcome.disabled) {
            let Some(role) = roles.get(outcome.role.as_str()).filter(|role| seen.insert(role.oid))
            else {
                continue;
            };
            if role.elevated.any() {
                self.left
                    .push(Error::Elevated { role: role.name.clone(), attributes: role.elevated });
                continue;
            }
            if let Err(reason) = may_enable(role) {
                self.left.push(reason);
                continue;
            }
            outcome.disabled = false;
            let statement = Statement::AllowLogin { role: role.name.clone() };
            self.steps.push(SyncStep {
                action: SyncAction::Enable,
                role: role.name.clone(),
                statement,
                reason: None,
            });
            self.changed.push(role.clone());
        }
    }

    fn remove(
        &mut self,
        candidates: &[&Role],
        absent: AbsentPolicy,
        cluster: &Cluster,
        dependants: impl FnOnce(&[RoleOid]) -> HashMap<RoleOid, Dependants>,
    ) {
        let changeable = |role: &Role| changeable(role, &cluster.rule);
        let (mine, others): (Vec<&Role>, Vec<&Role>) =
            candidates.iter().partition(|role| changeable(role).is_ok());
        self.left.extend(others.into_iter().filter_map(|role| changeable(role).err()));
        let mut of_all = match absent {
            AbsentPolicy::Drop if !mine.is_empty() => {
                dependants(&mine.iter().map(|role| role.oid).collect::<Vec<_>>())
            }
            _ => HashMap::new(),
        };
        let mut gone = Gone::default();
        for role in mine {
            let planned = match absent {
                AbsentPolicy::Drop => {
                    let dependants =
                        gone.as_left(role, of_all.remove(&role.oid).unwrap_or_default());
                    Some(plan_drop(role, &dependants, None, cluster))
                }
                _ => None,
            };
            let (action, statements, reason) = match planned {
                Some(Ok(plan)) if plan.outcome == DropOutcome::Dropped => {
                    gone.add(&plan);
                    (SyncAction::Drop, plan.statements, None)
                }
                Some(Ok(DropPlan {
                    outcome: DropOutcome::Disabled(holdings), statements, ..
                })) => {
                    let reason = Warning::OnlyDisabled { role: role.name.clone(), holdings };
                    (SyncAction::Disable, statements, Some(reason.into()))
                }
                other => {
                    let forbid = Statement::ForbidLogin { role: role.name.clone() };
                    let statements = if role.can_login { vec![forbid] } else { Vec::new() };
                    (SyncAction::Disable, statements, other.and_then(Result::err))
                }
            };
            if !statements.is_empty() {
                self.changed.push(role.clone());
            }
            let mut with_the_first = reason.clone().map(Box::new);
            self.left.extend(reason);
            self.steps.extend(statements.into_iter().map(|statement| SyncStep {
                action,
                role: role.name.clone(),
                statement,
                reason: with_the_first.take(),
            }));
        }
    }
}

#[cfg(test)]
mod tests;
