//! Adding principals, with the look after the commit.

use kerbrole_core::{
    AddAction, AddPlan, AddRequest, Canonical, Reading, RoleName, Statement, plan_add,
};
use tokio_postgres::GenericClient;

use super::Plain;
use super::attempts::{Attempts, somebody_was_faster};
use super::batch::Batch;
use super::memberships::stays;
use super::written::{Xid, revoke};
use crate::error::{Error, Undone};
use crate::fault::{self, Fault, Step};
use crate::options::AddOptions;
use crate::plan::Plan;
use crate::results::Added;

impl<C: GenericClient> Plain<'_, C> {
    /// What is to be run to add these.
    pub(crate) async fn plan_add(
        &self,
        principals: &[(String, Canonical)],
        options: &AddOptions,
    ) -> Result<Plan, Error> {
        let request = AddRequest {
            principals: principals.to_vec(),
            groups: options.groups.clone(),
            if_not_exists: options.if_not_exists,
        };
        let reading = self.reading_to_add_these(&request);
        Ok(self.planned(plan_add(&request, &self.read(&reading).await?)?))
    }

    /// What has to be read whoever is added.
    pub(super) fn reading_to_add(&self) -> Reading {
        Reading::of_rule(self.rule).and_members_of(self.creator())
    }

    /// What has to be read to add these.
    pub(super) fn reading_to_add_these(&self, request: &AddRequest) -> Reading {
        request.reading(self.rule).and_members_of(self.creator())
    }

    /// Whoever creates a role becomes a member of it, and so does everybody below: whether they
    /// were in both before counts.
    fn creator(&self) -> Option<&str> {
        self.server.nests_creators().then_some(&*self.server.user)
    }

    /// What it takes as plain statements.
    pub(super) fn planned(&self, add: AddPlan) -> Plan {
        let outcomes = add
            .outcomes
            .iter()
            .map(|o| Added {
                principal: o.principal.clone(),
                role_name: o.role.clone(),
                action: o.action,
            })
            .collect();
        Plan { statements: add.plain_statements(self.rule), outcomes, add }
    }

    /// Adds these, all or none.
    pub(crate) async fn add(
        &self,
        principals: &[(String, Canonical)],
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        let mut attempts = Attempts::new();
        loop {
            let outcome = self.try_add(principals, options).await;
            if let Some(outcome) = attempts.settle(outcome, somebody_was_faster) {
                return outcome;
            }
        }
    }

    async fn try_add(
        &self,
        principals: &[(String, Canonical)],
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        fault::gate(self.client, Step::Plan).await?;
        let plan = self.plan_add(principals, options).await?;
        self.carry_out(&plan).await?;
        Ok(plan.outcomes)
    }

    pub(super) async fn carry_out(&self, plan: &Plan) -> Result<(), Error> {
        if plan.statements.is_empty() {
            return Ok(());
        }
        let creates = plan.add.roles(AddAction::Created).next().is_some();
        if creates && self.server.nests_creators() && !self.server.is_nested && !self.accept_nesting
        {
            return Err(Error::would_nest(&self.server.user, self.rule.ad_role()));
        }
        #[cfg(feature = "tracing")]
        self.trace_login_cost(plan);
        // Until the commit nobody else sees the new roles: of those that are granted the same the
        // first speaks for all.
        let of = |action| plan.changed().filter(move |outcome| outcome.action == action);
        let first_of_each = plan.add.grants.iter().filter_map(|grant| match grant {
            Statement::Grant { members, .. } => members.first().map(ToString::to_string),
            _ => None,
        });
        let changed = of(AddAction::Adopted).chain(of(AddAction::Created).take(1));
        let changed: Vec<_> =
            changed.map(|outcome| outcome.role_name.to_string()).chain(first_of_each).collect();
        let before = &plan.add.conflicts_before;
        let mut statements = &plan.statements[..];
        if fault::is(self.client, Fault::TwoTransactions).await? {
            let (first, second) = fault::halves(statements);
            let batch = Batch::of(first).guarded(self.server, self.rule, &[], before);
            self.run(&batch, first).await?;
            statements = second;
        }
        let batch = Batch::of(statements).guarded(self.server, self.rule, &changed, before);
        let by = self.run(&batch, &plan.statements).await?;
        self.look_again(plan, async |created, statements| {
            let statements = match by {
                Some(by) => self.own_part(&by, created, statements).await?,
                None => Vec::new(),
            };
            Ok(self.run_unlooked(&statements).await?)
        })
        .await
    }

    /// Of what undoes a plan that part which undoes what this transaction wrote: a membership that
    /// somebody else was faster with is theirs, and a new role to which somebody has given
    /// something loses only what it has by this plan.
    async fn own_part(
        &self,
        by: &Xid,
        created: Vec<RoleName>,
        undoing: Vec<Statement>,
    ) -> Result<Vec<Statement>, Error> {
        let members = undoing.iter().filter_map(|statement| match statement {
            Statement::RevokeGrant { member, .. } => Some(member),
            _ => None,
        });
        let concerned: Vec<_> = members.chain(&created).map(ToString::to_string).collect();
        let written = self.written(by, &concerned).await?;
        let is_own = |statement: &Statement| match statement {
            Statement::RevokeGrant { granted, member, .. } => written.is_own(granted, member),
            _ => true,
        };
        let mut statements: Vec<_> = undoing.into_iter().filter(is_own).collect();
        for role in created {
            if written.is_shared(&role) {
                statements.extend(written.leave(&role));
            } else {
                statements.push(Statement::DropRole { role });
            }
        }
        Ok(statements)
    }

    /// Notes it where creating these makes the user log in slowly.
    #[cfg(feature = "tracing")]
    fn trace_login_cost(&self, plan: &Plan) {
        let created = plan.add.roles(AddAction::Created).count();
        let cost = self.server.login_cost(created);
        if created > 0 && self.server.nests_creators() && cost.is_slow() {
            let seconds = cost.estimate().as_secs_f64();
            tracing::warn!(memberships = cost.roles(), seconds, "the user logs in slowly");
        }
    }

    /// Statements that undo something, without a look at anything.
    pub(crate) async fn run_unlooked(
        &self,
        statements: &[Statement],
    ) -> Result<(), tokio_postgres::Error> {
        if statements.is_empty() {
            return Ok(());
        }
        self.client.batch_execute(Batch::of(statements).sql()).await
    }

    /// The rule once more on what is committed by now. What others granted meanwhile may make a
    /// conflict together with this; each of the two sees it then, and takes its own part back:
    /// `take_back` gets the roles that were created, and what undoes the rest.
    pub(crate) async fn look_again<T>(&self, plan: &Plan, take_back: T) -> Result<(), Error>
    where
        T: AsyncFnOnce(Vec<RoleName>, Vec<Statement>) -> Result<(), Error>,
    {
        fault::gate(self.client, Step::Again).await?;
        if fault::is(self.client, Fault::NoSecondLook).await? {
            return Ok(());
        }
        let changed: Vec<_> = plan.changed().map(|outcome| outcome.role_name.clone()).collect();
        let reading = Reading::of_rule(self.rule).and_members_of(changed);
        let graph = self.catalog().neighbourhood_named(&reading).await?;
        let Err(refusal) = plan.add.check_after(&self.unread().with_graph(graph)) else {
            return Ok(());
        };
        if self.catalog().inside_a_transaction().await? {
            // The caller's transaction to roll back.
            return Err(refusal.into());
        }
        fault::gate(self.client, Step::TakeBack).await?;
        let created = plan.add.roles(AddAction::Created).cloned().collect();
        if let Err(error) = take_back(created, taken_back(plan)).await {
            return Err(stays(refusal, error));
        }
        let removes = |statement: &Statement| {
            matches!(
                statement,
                Statement::ForbidLogin { .. }
                    | Statement::DropRole { .. }
                    | Statement::Rename { .. }
                    | Statement::RevokeGrant { .. }
            )
        };
        let undone =
            if plan.statements.iter().any(removes) { Undone::Additions } else { Undone::All };
        Err(Error::taken_back(refusal, undone))
    }
}

/// What undoes a plan that was carried out, but for the roles that it created.
fn taken_back(plan: &Plan) -> Vec<Statement> {
    let created: Vec<_> = plan.add.roles(AddAction::Created).collect();
    let mut statements = Vec::new();
    for statement in &plan.statements {
        match statement {
            Statement::Grant { roles, members } => {
                for member in members.iter().filter(|member| !created.contains(member)) {
                    let granted = roles.iter().cloned();
                    statements.extend(granted.map(|granted| revoke(granted, member.clone())));
                }
            }
            Statement::AllowLogin { role } => {
                statements.push(Statement::ForbidLogin { role: role.clone() })
            }
            _ => {}
        }
    }
    statements
}
