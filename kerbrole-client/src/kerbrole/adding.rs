//! Creating the login roles of principals.

use kerbrole_core::{Canonical, RoleName};
use tokio_postgres::GenericClient;

use crate::builder::Backend;
use crate::error::Error;
use crate::kerbrole::{Kerbrole, texts};
use crate::options::AddOptions;
use crate::plan::Plan;
use crate::results::Added;

impl<C: GenericClient> Kerbrole<'_, C> {
    /// Creates the login role of a principal, a member of `rds_ad`, and returns its exact name.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_add_principal`, and for groups the right to grant them. With plain
    /// statements CREATEROLE, and since PostgreSQL 16 ADMIN on `rds_ad` and the groups.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for the name; 42710 when it exists or differs from a role by case
    /// only; 42704 when a group or `rds_ad` is missing; 0LP01 when a role would come to be in both
    /// `rds_ad` and `rds_iam`; 42501 without the privileges;
    /// [`ErrorKind::WouldNest`](crate::ErrorKind::WouldNest), also 42501.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn add_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &AddOptions,
    ) -> Result<RoleName, Error> {
        let canonical = self.rules().canonicalize(username, realm);
        let one = |canonical: Canonical| [(canonical.role_name().to_string(), canonical)];
        if let Some(functions) = self.functions() {
            let plan = async { self.plain().plan_add(&one(canonical?), options).await };
            let plan = self.plan_to_look(plan).await;
            let name = functions.add_principal(username, realm, options).await?;
            self.look_after(plan).await?;
            return Ok(name);
        }
        let principals = one(canonical?);
        self.plain().add(&principals, options).await?;
        let [(_, canonical)] = principals;
        Ok(canonical.role_name())
    }

    /// Creates the login roles of many principals, all or none, and says in the same order what
    /// became of each.
    ///
    /// The number of round trips does not depend on how many they are. For more than a few thousand
    /// see [`Bulk`](crate::Bulk).
    ///
    /// # Privileges
    /// Those of [`Kerbrole::add_principal`]; with the extension EXECUTE is on
    /// `kerb_add_principals`.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`].
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn add_principals(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        self.add_texts(texts(principals), options).await
    }

    pub(crate) async fn add_texts(
        &self,
        principals: Vec<String>,
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        match self.functions() {
            Some(functions) => {
                let plan = async {
                    self.plain().plan_add(&self.canonical(principals.clone())?, options).await
                };
                let plan = self.plan_to_look(plan).await;
                let added = functions.add_principals(&principals, options).await?;
                self.look_after(plan).await?;
                Ok(added)
            }
            None => self.plain().add(&self.canonical(principals)?, options).await,
        }
    }

    /// What the functions in PL/pgSQL will have done, for a look after the commit: they see no
    /// GRANT that commits while they work. What they refuse they refuse in their own words.
    pub(crate) async fn plan_to_look(
        &self,
        plan: impl Future<Output = Result<Plan, Error>>,
    ) -> Option<Plan> {
        if self.backend() == Backend::SqlFunctions { plan.await.ok() } else { None }
    }

    /// The rule once more, on what is committed by now.
    pub(crate) async fn look_after(&self, plan: Option<Plan>) -> Result<(), Error> {
        match (plan, self.functions()) {
            (Some(plan), Some(functions)) => {
                self.plain()
                    .look_again(&plan, async |created, statements| {
                        self.plain().run_unlooked(&statements).await?;
                        Ok(functions.drop_all(&created).await?)
                    })
                    .await
            }
            _ => Ok(()),
        }
    }

    /// What adding these would run, as data and as SQL, without running it.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`], but for privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_add(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
        options: &AddOptions,
    ) -> Result<Plan, Error> {
        let principals = self.canonical(texts(principals))?;
        self.plain().plan_add(&principals, options).await
    }
}
