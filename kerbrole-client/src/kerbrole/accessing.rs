//! Bringing roles and memberships in line with the accounts of a directory.

use kerbrole_core::{AccessPerson, AccessRequest};
use tokio_postgres::GenericClient;

use crate::access::{Access, AccessPlan, AccessRow};
use crate::builder::Backend;
use crate::error::Error;
use crate::kerbrole::Kerbrole;

impl<C: GenericClient> Kerbrole<'_, C> {
    /// What the accounts of a directory come to here, to be carried out by
    /// [`Kerbrole::apply_access`], or not.
    ///
    /// Only reads. What is wrong with one account is a row that says so, and the others go on. What
    /// is taken away is taken away whatever else is wrong with an account: only a role that would
    /// come into conflict keeps its memberships.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_apply_access`. With plain statements none.
    ///
    /// # Errors
    /// 22023 for a SID that is none of an account or of a domain, for a role that is a principal's,
    /// and where somebody is to have one that is not among [`Access::roles`]; 42710 for an account
    /// that is there twice; 42704 when a role is missing.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_access(&self, access: &Access) -> Result<AccessPlan, Error> {
        let mut plan = AccessPlan {
            by_settings: self.functions().is_some(),
            principals: 0,
            at_most: usize::MAX,
            ..AccessPlan::new(access, [])
        };
        match self.functions() {
            Some(functions) => {
                plan.rows = functions.access(access, true).await?;
                if plan.losses() > 0 {
                    let request = self.access_request(access)?;
                    plan.principals = self.plain().plan_access(&request).await?.principals;
                    let limit = access.limit.of(plan.principals);
                    let at_most = functions.sync_max_removals().await?;
                    plan.at_most = at_most.map_or(limit, |at_most| at_most.min(limit));
                }
            }
            None => {
                let planned = self.plain().plan_access(&self.access_request(access)?).await?;
                (plan.principals, plan.at_most) = (planned.principals, planned.at_most);
                plan.rows = planned.steps.iter().map(AccessRow::of_step).collect();
            }
        }
        Ok(plan)
    }

    /// Carries out what was planned: where the server has changed so that something else would be
    /// done, nothing is.
    ///
    /// All of it or nothing. By plain statements that is so up to 5,000 roles, since the server
    /// keeps a lock on each of them; more are changed in portions, each of them whole. Where one
    /// fails [`Error::partly_done`] says how much was done before, and the next run does the rest.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_apply_access`, and the right to grant the roles. With plain statements
    /// those of adding, renaming, disabling and dropping, and since PostgreSQL 16 ADMIN on each
    /// role that is bound, which whoever creates it has.
    ///
    /// # Errors
    /// Those of [`Kerbrole::plan_access`] and of [`Kerbrole::add_principal`]; 53400 when more
    /// people would lose something than may at once;
    /// [`ErrorKind::PlanChanged`](crate::ErrorKind::PlanChanged), 40001, where something else would
    /// be done. With plain statements
    /// [`ErrorKind::SessionsLeft`](crate::ErrorKind::SessionsLeft) where all is done, but for
    /// sessions that the connection's user may not end.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn apply_access(&self, plan: &AccessPlan) -> Result<Vec<AccessRow>, Error> {
        match self.functions() {
            Some(functions) => {
                let to_look = match self.backend() {
                    Backend::SqlFunctions => {
                        let request = self.access_request(&plan.access)?;
                        let plain = self.plain();
                        let additions =
                            async { Ok(plain.access_as_plan(&plain.plan_access(&request).await?)) };
                        self.plan_to_look(additions).await
                    }
                    _ => None,
                };
                functions.access_as_planned(&plan.access, &plan.rows).await?;
                self.look_after(to_look).await?;
            }
            None => {
                let request = self.access_request(&plan.access)?;
                self.plain().apply_access(&request, &plan.rows, plan.access.terminate).await?;
            }
        }
        Ok(plan.rows.clone())
    }

    fn access_request(&self, access: &Access) -> Result<AccessRequest, Error> {
        let person = |one: &crate::access::AccessPerson| AccessPerson {
            enabled: one.enabled,
            roles: one.roles.clone(),
            ..AccessPerson::new(one.principal.as_str(), one.sid, self.rules())
        };
        Ok(AccessRequest {
            people: access.people.iter().map(person).collect(),
            roles: access.roles.clone(),
            domains: access.domains.clone(),
            absent: access.absent,
            except: self.rules().exceptions(&access.except)?,
            limit: access.limit,
            at_most: self.handle.known().asked.max_removals,
        })
    }
}
