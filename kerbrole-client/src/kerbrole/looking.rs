//! Questions about principals, which change nothing.

use kerbrole_core::RoleName;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::{Kerbrole, texts};
use crate::results::{CaseFinding, Check, ListedPrincipal, PrincipalState};

impl<C: GenericClient> Kerbrole<'_, C> {
    /// The exact name of the role that a principal logs in as, by the server's rules.
    ///
    /// Changes nothing.
    ///
    /// # Privileges
    /// None.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for what can be no principal.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn canonicalize(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<RoleName, Error> {
        match self.functions() {
            Some(functions) => functions.canonicalize(username, realm).await,
            None => Ok(self.rules().canonicalize(username, realm)?.role_name()),
        }
    }

    /// How each of these principals stands, with the exact name of its role: to find out what
    /// became of a call whose answer was lost.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for names; 42704 when `rds_ad` or `rds_iam` is missing.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn state_of(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Vec<(RoleName, PrincipalState)>, Error> {
        let principals = self.canonical(texts(principals))?;
        self.plain().state_of(&principals).await
    }

    /// The role of each of these principals, as it is called; `None` for one that is missing.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for names; 42710 when two of them are the same.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn find_principals(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Vec<Option<RoleName>>, Error> {
        let meant = self.all_meant(texts(principals))?;
        let found = self.plain().find_principals(&meant).await?;
        Ok(found.into_iter().map(Result::ok).collect())
    }

    /// The same where all have to be there: to see it before anything is done to one of them.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::find_principals`]; 42704 for the first that is missing.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn require_principals(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Vec<RoleName>, Error> {
        let meant = self.all_meant(texts(principals))?;
        let found = self.plain().find_principals(&meant).await?;
        found.into_iter().collect()
    }

    /// Every role whose name is a principal's.
    ///
    /// # Privileges
    /// With the extension EXECUTE on `kerb_list_principals`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when `rds_ad` or `rds_iam` is missing, 42501 without the privilege.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn list_principals(&self) -> Result<Vec<ListedPrincipal>, Error> {
        match self.functions() {
            Some(functions) => functions.list().await,
            None => self.plain().list().await,
        }
    }

    /// Every question that a login of this principal to this database asks.
    ///
    /// With plain statements, or for who is no superuser, without the server's own side.
    ///
    /// # Privileges
    /// With the extension EXECUTE on `kerb_check_principal`; with plain statements none.
    ///
    /// # Errors
    /// 22023 and 42939 for what can be no principal; 42704 when `rds_ad` or `rds_iam` is missing;
    /// 42501 without the privilege.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn check_principal(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<Vec<Check>, Error> {
        match self.functions() {
            Some(functions) => functions.check(username, realm).await,
            None => self.plain().check(self.rules().meant(username, realm)).await,
        }
    }

    /// Roles that their names open to the wrong tickets or to none, now or with `krb_caseins_users`
    /// flipped.
    ///
    /// # Privileges
    /// With the extension EXECUTE on `kerb_case_audit`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when `rds_ad` or `rds_iam` is missing, 42501 without the privilege.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn case_audit(&self) -> Result<Vec<CaseFinding>, Error> {
        match self.functions() {
            Some(functions) => functions.case_audit().await,
            None => self.plain().case_audit().await,
        }
    }
}
