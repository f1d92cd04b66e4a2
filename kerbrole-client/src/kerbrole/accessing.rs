//! Bringing roles and memberships in line with the accounts of a directory.

use kerbrole_core::{AccessError, AccessPerson, AccessRequest};
use tokio_postgres::GenericClient;

use crate::access::{Access, AccessPlan, AccessRow};
use crate::builder::Backend;
use crate::error::Error;
use crate::extension::Functions;
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
        let (rows, principals, at_most) = match self.functions() {
            Some(functions) => {
                let rows = functions.access(access, true).await?;
                if AccessPlan::losses_of(&rows) == 0 {
                    (rows, 0, usize::MAX)
                } else {
                    let request = self.access_request(access)?;
                    let principals = self.plain().plan_access(&request).await?.principals;
                    let limit = access.limit.of(principals);
                    let at_most = functions.sync_max_removals().await?;
                    (rows, principals, at_most.map_or(limit, |at_most| at_most.min(limit)))
                }
            }
            None => {
                let planned = self.plain().plan_access(&self.access_request(access)?).await?;
                let rows = planned.steps.iter().map(AccessRow::of_step).collect();
                (rows, planned.principals, planned.at_most)
            }
        };
        // Only now: until here there is much else in memory.
        let by_settings = self.functions().is_some();
        Ok(AccessPlan { principals, at_most, by_settings, ..AccessPlan::new(access, rows) })
    }

    /// Carries out what was planned: where the server has changed so that something else would be
    /// done, nothing is.
    ///
    /// All of it or nothing, as long as the server has room for a lock on each role: with the
    /// extension, whatever they are up to PostgreSQL 15, and up to 5,000 since 16; up to 2,000 with
    /// the functions in PL/pgSQL, and 5,000 by plain statements. More are changed in portions, each
    /// of them whole, what is taken away last. Where one fails [`Error::partly_done`] says how much
    /// was done before, and the next run does the rest.
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
                let portions = plan.portions(self.rules(), self.roles_in_a_call());
                if portions.is_some() {
                    self.refuse_too_many(plan).await?;
                }
                let portions = portions.as_deref().unwrap_or(std::slice::from_ref(plan));
                let outcome = self.call_for_each(&functions, portions, plan).await;
                let looked = self.look_after(to_look).await;
                outcome.and(looked)?;
            }
            None => {
                let request = self.access_request(&plan.access)?;
                self.plain().apply_access(&request, &plan.rows, plan.access.terminate).await?;
            }
        }
        Ok(plan.rows.clone())
    }

    /// One call for each portion, until one fails.
    async fn call_for_each(
        &self,
        functions: &Functions<'_, C>,
        portions: &[AccessPlan],
        plan: &AccessPlan,
    ) -> Result<(), Error> {
        let statements =
            |plan: &AccessPlan| plan.rows.iter().filter(|row| row.statement.is_some()).count();
        let (mut done, of) = (0, statements(plan));
        for portion in portions {
            // In a transaction of the caller's nothing is done that the caller does not commit.
            let is_partly_done = done > 0 && !self.plain().catalog().inside_a_transaction().await?;
            let called = functions.access_as_planned(&portion.access, &portion.rows).await;
            called.map_err(|error| if is_partly_done { error.after(done, of) } else { error })?;
            done += statements(portion);
        }
        Ok(())
    }

    /// As many may lose something as before anybody is added: the server itself looks at that when
    /// those who lose something have their turn.
    async fn refuse_too_many(&self, plan: &AccessPlan) -> Result<(), Error> {
        let people = plan.losses();
        if people == 0 {
            return Ok(());
        }
        let request = self.access_request(&plan.access)?;
        let principals = self.plain().plan_access(&request).await?.principals;
        let at_most = plan.access.limit.of(principals);
        if people > at_most {
            let refusal = AccessError::TooManyLosses { people, principals, at_most };
            return Err(kerbrole_core::Error::from(refusal).into());
        }
        Ok(())
    }

    /// How many roles one call changes, with room in a server with default settings for locks of
    /// others. The extension writes comments without one, and until 16 roles too.
    fn roles_in_a_call(&self) -> usize {
        match self.backend() {
            Backend::Extension if !self.handle.known().server.names_grantors() => usize::MAX,
            Backend::Extension => 5_000,
            _ => 2_000,
        }
    }

    fn access_request<'a>(&self, access: &'a Access) -> Result<AccessRequest<'a>, Error> {
        let person = |one: &'a crate::access::AccessPerson| AccessPerson {
            enabled: one.enabled,
            roles: one.roles.as_slice().into(),
            ..AccessPerson::new(one.principal.as_str(), one.sid.clone(), self.rules())
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
