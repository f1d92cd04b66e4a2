//! Bringing the principals in line with a list.

use kerbrole_core::{Realm, SyncRequest};
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::{Kerbrole, texts};
use crate::options::SyncOptions;
use crate::plan::Plan;
use crate::results::SyncRow;
use crate::sync_plan::SyncPlan;

impl<C: GenericClient> Kerbrole<'_, C> {
    /// Brings the principals in line with a list, all or nothing, and returns the statements of the
    /// difference.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_sync_principals`. With plain statements those of adding, disabling and
    /// dropping.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`]; 53400 when more would be disabled or dropped than may
    /// be at once; 42704 when a group is missing.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn sync_principals(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
        options: &SyncOptions,
    ) -> Result<Vec<SyncRow>, Error> {
        let principals = texts(principals);
        match self.functions() {
            Some(functions) => {
                let plan = self.plan_to_look(self.additions_of(&principals, options)).await;
                let rows = functions.sync(&principals, options, false).await?;
                self.look_after(plan).await?;
                Ok(rows)
            }
            None => self.plain().sync(self.sync_request(principals, options)?, None).await,
        }
    }

    /// What bringing the principals in line with a list would do, to be carried out by
    /// [`Kerbrole::apply_sync`], or not.
    ///
    /// Only reads.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_sync_principals`. With plain statements none.
    ///
    /// # Errors
    /// Those of [`Kerbrole::sync_principals`], but for privileges and 53400, which is
    /// [`SyncPlan::refuse_too_many`].
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_sync(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
        options: &SyncOptions,
    ) -> Result<SyncPlan, Error> {
        let principals = texts(principals);
        let mut plan = SyncPlan {
            principals: principals.clone(),
            options: options.clone(),
            rows: Vec::new(),
            removable: 0,
            at_most: 0,
            by_settings: self.functions().is_some(),
        };
        match self.functions() {
            Some(functions) => {
                plan.rows = functions.sync(&principals, options, true).await?;
                if plan.removals() > 0 {
                    let request = self.sync_request(principals, options)?;
                    plan.removable = self.plain().removable(&request).await?;
                    let at_most = functions.sync_max_removals().await?;
                    plan.at_most = at_most.unwrap_or(plan.removable / 2);
                }
            }
            None => {
                let request = self.sync_request(principals, options)?;
                let planned = self.plain().plan_sync(&request).await?;
                (plan.removable, plan.at_most) = (planned.principals, planned.at_most);
                plan.rows = planned.steps.iter().map(SyncRow::of_step).collect();
            }
        }
        Ok(plan)
    }

    /// Carries out what was planned, all of it or nothing: where the server has changed so that
    /// something else would be done, nothing is.
    ///
    /// # Privileges
    /// Those of [`Kerbrole::sync_principals`].
    ///
    /// # Errors
    /// Those of [`Kerbrole::sync_principals`];
    /// [`ErrorKind::PlanChanged`](crate::ErrorKind::PlanChanged), 40001, where something else would
    /// be done.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn apply_sync(&self, plan: &SyncPlan) -> Result<(), Error> {
        match self.functions() {
            Some(functions) => {
                let additions = self.additions_of(&plan.principals, &plan.options);
                let additions = self.plan_to_look(additions).await;
                functions.sync_as_planned(&plan.principals, &plan.options, &plan.rows).await?;
                self.look_after(additions).await
            }
            None => {
                let request = self.sync_request(plan.principals.clone(), &plan.options)?;
                self.plain().sync(request, Some(&plan.rows)).await.map(drop)
            }
        }
    }

    async fn additions_of(
        &self,
        principals: &[String],
        options: &SyncOptions,
    ) -> Result<Plan, Error> {
        let request = self.sync_request(principals.to_vec(), options)?;
        let plain = self.plain();
        Ok(plain.additions(&plain.plan_sync(&request).await?))
    }

    fn sync_request(
        &self,
        principals: Vec<String>,
        options: &SyncOptions,
    ) -> Result<SyncRequest, Error> {
        let realms = options
            .realms
            .as_ref()
            .map(|realms| realms.iter().map(|realm| Realm::parse(realm)).collect());
        Ok(SyncRequest {
            wanted: self.canonical(principals)?,
            absent: options.absent,
            realms: realms.transpose()?,
            groups: options.groups.clone(),
            at_most: self.handle.known().asked.max_removals,
        })
    }
}
