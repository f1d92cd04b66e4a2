//! Creating the login roles of principals.

use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::Kerbrole;
use crate::types::{AddOptions, Added, Plan};

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
    pub async fn add_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &AddOptions,
    ) -> Result<String, Error> {
        if let Some(functions) = self.functions() {
            return functions.add_principal(username, realm, options).await;
        }
        let canonical = self.rules.canonicalize(username, realm)?;
        let name = canonical.role_name().to_string();
        self.plain().add(&[(name.clone(), canonical)], options).await?;
        Ok(name)
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
    pub async fn add_principals(
        &self,
        principals: &[&str],
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        match self.functions() {
            Some(functions) => functions.add_principals(principals, options).await,
            None => self.plain().add(&self.canonical(principals)?, options).await,
        }
    }

    /// What adding these would run, as data and as SQL, without running it.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`], but for privileges.
    pub async fn plan_add(&self, principals: &[&str], options: &AddOptions) -> Result<Plan, Error> {
        self.plain().plan_add(&self.canonical(principals)?, options).await
    }
}
