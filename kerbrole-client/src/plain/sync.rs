//! From a list to the difference.

use std::collections::HashMap;

use kerbrole_core::{
    Dependants, Holding, RoleOid, Statement, SyncPlan, SyncRequest, SyncStep, plan_sync,
};
use tokio_postgres::GenericClient;

use super::Plain;
use crate::error::Error;
use crate::plan::Plan;
use crate::results::{Added, SyncRow};

impl<C: GenericClient> Plain<'_, C> {
    /// Carries out what the request comes to; where `planned` says what it is to be, that or
    /// nothing.
    pub(crate) async fn sync(
        &self,
        request: SyncRequest,
        planned: Option<&[SyncRow]>,
    ) -> Result<Vec<SyncRow>, Error> {
        let plan = self.plan_sync(&request).await?;
        let rows: Vec<_> = plan.steps.iter().map(SyncRow::of_step).collect();
        if planned.is_some_and(|planned| planned != rows) {
            return Err(Error::plan_changed());
        }
        plan.refuse_too_many()?;
        self.carry_out_sync(&plan).await?;
        Ok(rows)
    }

    pub(crate) async fn plan_sync(&self, request: &SyncRequest) -> Result<SyncPlan, Error> {
        let cluster = self.read_all().await?;
        let plan_with = |known: &HashMap<RoleOid, Dependants>, asked: &mut Vec<RoleOid>| {
            let dependants = |oids: &[RoleOid]| {
                *asked = oids.to_vec();
                known.clone()
            };
            plan_sync(request, &cluster, |_| Ok(()), dependants)
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

    /// What hangs on roles that are to be dropped together. Whoever has anything is dropped one by
    /// one, or disabled: a batch that fails for one would fail for all.
    pub(super) async fn dependants_in_a_batch(
        &self,
        roles: &[RoleOid],
    ) -> Result<HashMap<RoleOid, Dependants>, Error> {
        let mut known = self.catalog().dependants(roles).await?;
        for (oid, dependants) in &mut known {
            dependants.holdings.iter_mut().for_each(|holding| holding.here = false);
            let granted =
                dependants.grants_made.iter().filter(|grant| grant.grantor == *oid).count();
            if granted > 0 && self.server.nests_creators() {
                let privileges = u32::try_from(granted).unwrap_or(u32::MAX);
                dependants.holdings.push(Holding {
                    database: None,
                    here: false,
                    owned: 0,
                    privileges,
                });
            }
        }
        Ok(known)
    }

    /// How many principals there are that the list could remove.
    pub(crate) async fn removable(&self, request: &SyncRequest) -> Result<usize, Error> {
        let cluster = self.read_all().await?;
        Ok(plan_sync(request, &cluster, |_| Ok(()), |_| HashMap::new())?.principals)
    }

    /// Who is added by the list.
    pub(crate) fn additions(&self, plan: &SyncPlan) -> Plan {
        Plan {
            statements: plan.add.plain_statements(self.rule),
            outcomes: plan
                .add
                .outcomes
                .iter()
                .map(|o| Added {
                    principal: o.principal.clone(),
                    role_name: o.role.clone(),
                    action: o.action,
                })
                .collect(),
            add: plan.add.clone(),
        }
    }

    async fn carry_out_sync(&self, plan: &SyncPlan) -> Result<(), Error> {
        if plan.steps.is_empty() {
            return Ok(());
        }
        let additions = self.additions(plan);
        let rest =
            plan.steps.iter().skip(plan.add.statements.len()).map(|step| step.statement.clone());
        let statements = additions.statements.iter().cloned().chain(rest).collect();
        let whole = Plan { statements, ..additions };
        self.carry_out(&whole).await
    }
}

impl SyncRow {
    pub(crate) fn of_step(step: &SyncStep) -> Self {
        Self {
            action: step.action,
            statement: step.with_reason(in_plain_words(&step.statement)),
            role_name: step.role.clone(),
            reason: step.why(),
        }
    }
}

/// A statement as it is carried out here.
pub(super) fn in_plain_words(statement: &Statement) -> String {
    match statement {
        Statement::CreateLogin { role, member_of } => {
            let grant =
                Statement::Grant { roles: vec![member_of.clone()], members: vec![role.clone()] };
            format!("{} {}", Statement::CreateUser { role: role.clone() }.script(), grant.script())
        }
        other => other.script(),
    }
}
