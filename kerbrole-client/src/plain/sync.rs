//! From a list to the difference.

use std::collections::HashMap;

use kerbrole_core::{Dependants, Holding, RoleOid, Statement, SyncPlan, SyncRequest, plan_sync};
use tokio_postgres::GenericClient;

use super::Plain;
use crate::error::Error;
use crate::types::{Added, Plan, SyncRow};

impl<C: GenericClient> Plain<'_, C> {
    pub(crate) async fn sync(
        &self,
        request: SyncRequest,
        dry_run: bool,
    ) -> Result<Vec<SyncRow>, Error> {
        let cluster = self.read_all().await?;
        let plan_with = |known: &HashMap<RoleOid, Dependants>, asked: &mut Vec<RoleOid>| {
            let dependants = |oids: &[RoleOid]| {
                *asked = oids.to_vec();
                known.clone()
            };
            plan_sync(&request, &cluster, |_| Ok(()), dependants)
        };
        // What hangs on those who are to be dropped is asked for once it is known who they are.
        let mut asked = Vec::new();
        let mut plan = plan_with(&HashMap::new(), &mut asked)?;
        if !asked.is_empty() {
            let mut known = self.catalog().dependants(&asked).await?;
            // Whoever has anything is dropped one by one, or disabled: a batch that fails for one
            // would fail for all.
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
            plan = plan_with(&known, &mut asked)?;
        }
        if !dry_run {
            plan.refusal.clone().map_or(Ok(()), Err)?;
            self.carry_out_sync(&plan).await?;
        }
        Ok(plan
            .steps
            .into_iter()
            .map(|step| SyncRow {
                action: step.action,
                statement: step.with_reason(in_plain_words(&step.statement)),
                role_name: step.role.to_string(),
            })
            .collect())
    }

    async fn carry_out_sync(&self, plan: &SyncPlan) -> Result<(), Error> {
        if plan.steps.is_empty() {
            return Ok(());
        }
        let additions = Plan {
            statements: plan.add.plain_statements(self.rule),
            outcomes: plan
                .add
                .outcomes
                .iter()
                .map(|o| Added {
                    principal: o.principal.clone(),
                    role_name: o.role.to_string(),
                    action: o.action,
                })
                .collect(),
            add: plan.add.clone(),
        };
        let rest =
            plan.steps.iter().skip(plan.add.statements.len()).map(|step| step.statement.clone());
        let statements = additions.statements.iter().cloned().chain(rest).collect();
        let whole = Plan { statements, ..additions };
        self.carry_out(&whole).await
    }
}

/// A statement as it is carried out here.
fn in_plain_words(statement: &Statement) -> String {
    match statement {
        Statement::CreateLogin { role, member_of } => {
            let grant =
                Statement::Grant { roles: vec![member_of.clone()], members: vec![role.clone()] };
            format!("{} {}", Statement::CreateUser { role: role.clone() }.script(), grant.script())
        }
        other => other.script(),
    }
}
