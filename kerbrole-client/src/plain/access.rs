//! From the accounts of a directory to roles and memberships.

use std::collections::{HashMap, HashSet};

use kerbrole_core::{
    AccessPlan, AccessRequest, AccessStep, AddAction, AddOutcome, AddPlan, Dependants, Role,
    RoleName, RoleOid, Statement, plan_access,
};
use tokio_postgres::GenericClient;

use super::Plain;
use super::sync::in_plain_words;
use crate::access::AccessRow;
use crate::error::Error;
use crate::plan::Plan;
use crate::results::Added;

/// How many roles one transaction changes: a server with default settings has room for some 14,900
/// locks, on which others live as well.
const PER_TRANSACTION: usize = 5_000;

impl<C: GenericClient> Plain<'_, C> {
    pub(crate) async fn plan_access(
        &self,
        request: &AccessRequest<'_>,
    ) -> Result<AccessPlan, Error> {
        let cluster = self.read_all().await?;
        let comments = self.catalog().role_comments().await?;
        let sessions = self.catalog().sessions().await?;
        let sessions = |role: &Role| sessions.get(&role.oid).copied().unwrap_or(0);
        let plan_with = |known: &HashMap<RoleOid, Dependants>, asked: &mut Vec<RoleOid>| {
            let dependants = |oids: &[RoleOid]| {
                *asked = oids.to_vec();
                known.clone()
            };
            plan_access(request, &cluster, &comments, sessions, |_| Ok(()), dependants)
        };
        // What hangs on those who are to be dropped is asked for once it is known who they are.
        let mut asked = Vec::new();
        let mut plan = plan_with(&HashMap::new(), &mut asked)?;
        if !asked.is_empty() {
            let known = self.dependants_in_a_batch(&asked).await?;
            plan = plan_with(&known, &mut asked)?;
        }
        Ok(plan)
    }

    /// Carries out what the request comes to, where that is what was planned, or nothing.
    pub(crate) async fn apply_access(
        &self,
        request: &AccessRequest<'_>,
        planned: &[AccessRow],
        terminate: bool,
    ) -> Result<(), Error> {
        let plan = self.plan_access(request).await?;
        let rows = plan.steps.iter().map(AccessRow::of_step);
        let is_same = planned.len() == plan.steps.len()
            && rows.zip(planned).all(|(now, planned)| now.is_as(planned));
        if !is_same {
            return Err(Error::plan_changed());
        }
        plan.refuse_too_many()?;
        let (mut done, of) = (0, plan.statements().count());
        for portion in plan.portions(PER_TRANSACTION) {
            // In a transaction of the caller's nothing is done that the caller does not commit.
            let is_partly_done = done > 0 && !self.catalog().inside_a_transaction().await?;
            let carried_out = self.carry_out(&self.access_as_plan(&portion)).await;
            carried_out
                .map_err(|error| if is_partly_done { error.after(done, of) } else { error })?;
            done += portion.statements().count();
        }
        if terminate { self.end_all_sessions(&plan.shut_out).await } else { Ok(()) }
    }

    /// The plan as one that adds, for the rule to be looked at as it is there.
    pub(crate) fn access_as_plan(&self, plan: &AccessPlan) -> Plan {
        let created: HashSet<&RoleName> = plan.created().collect();
        let mut seen = HashSet::new();
        let mut add =
            AddPlan { conflicts_before: plan.conflicts_before.clone(), ..AddPlan::default() };
        for statement in plan.statements() {
            let role = match statement {
                Statement::CreateLogin { role, .. } => role,
                // Each is for one role.
                Statement::Grant { members, .. } => &members[0],
                _ => continue,
            };
            if let Statement::Grant { .. } = statement {
                add.grants.push(statement.clone());
            }
            if seen.insert(role) {
                let is_new = created.contains(role);
                add.outcomes.push(AddOutcome {
                    principal: role.to_string(),
                    role: role.clone(),
                    action: if is_new { AddAction::Created } else { AddAction::Adopted },
                    disabled: false,
                    case_matters: false,
                });
            }
        }
        let outcome = |one: &AddOutcome| Added {
            principal: one.principal.clone(),
            role_name: one.role.clone(),
            action: one.action,
        };
        Plan {
            statements: plan.plain_statements(self.rule),
            outcomes: add.outcomes.iter().map(outcome).collect(),
            add,
        }
    }

    /// Ends what sessions these have; of those that may not be ended the first is told, and the
    /// others' end all the same.
    async fn end_all_sessions(&self, roles: &[Role]) -> Result<(), Error> {
        let sessions = self.catalog().sessions().await?;
        let mut first = Ok(());
        for role in roles.iter().filter(|role| sessions.contains_key(&role.oid)) {
            match self.end_sessions(role).await {
                Err(error) if error.sessions_left_of().is_none() => return Err(error),
                ended => first = first.and(ended),
            }
        }
        first
    }
}

impl AccessRow {
    pub(crate) fn of_step(step: &AccessStep) -> Self {
        Self {
            action: step.action,
            statement: step.statement.as_ref().map(in_plain_words),
            role_name: step.role.clone(),
            reason: step.reason.to_string(),
        }
    }
}
