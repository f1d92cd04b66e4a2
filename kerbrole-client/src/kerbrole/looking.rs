//! Questions about principals, which change nothing.

use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::Kerbrole;
use crate::types::{CaseFinding, Check, ListedPrincipal, PrincipalState};

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
    pub async fn canonicalize(&self, username: &str, realm: Option<&str>) -> Result<String, Error> {
        match self.functions() {
            Some(functions) => functions.canonicalize(username, realm).await,
            None => Ok(self.rules.canonicalize(username, realm)?.role_name().to_string()),
        }
    }

    /// How each of these principals stands, with the exact name of its role: to find out what
    /// became of a call whose answer was lost.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for names; 42704 when `rds_ad` or `rds_iam` is missing.
    pub async fn state_of(
        &self,
        principals: &[&str],
    ) -> Result<Vec<(String, PrincipalState)>, Error> {
        self.plain().state_of(&self.canonical(principals)?).await
    }

    /// Every role whose name is a principal's.
    ///
    /// # Privileges
    /// With the extension EXECUTE on `kerb_list_principals`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when `rds_ad` or `rds_iam` is missing, 42501 without the privilege.
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
    pub async fn check_principal(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<Vec<Check>, Error> {
        match self.functions() {
            Some(functions) => functions.check(username, realm).await,
            None => self.plain().check(self.rules.meant(username, realm)).await,
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
    pub async fn case_audit(&self) -> Result<Vec<CaseFinding>, Error> {
        match self.functions() {
            Some(functions) => functions.case_audit().await,
            None => self.plain().case_audit().await,
        }
    }
}
