//! The rule that no role is in both `rds_ad` and `rds_iam`, and grants that keep it.

use kerbrole_core::RoleName;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::{Kerbrole, texts};
use crate::plan::Plan;
use crate::results::Conflict;

impl<C: GenericClient> Kerbrole<'_, C> {
    /// Every role that is a member of both `rds_ad` and `rds_iam`.
    ///
    /// # Privileges
    /// With the extension EXECUTE on `kerb_conflicts`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when one of the two is missing, 42501 without the privilege.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        match self.functions() {
            Some(functions) => functions.conflicts().await,
            None => self.plain().conflicts().await,
        }
    }

    /// The conflicts that `GRANT granted_role TO member` would create, both exactly as they are
    /// called.
    ///
    /// Changes nothing.
    ///
    /// # Privileges
    /// With the extension EXECUTE on `kerb_preview_grant`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when a role is missing, 42501 without the privilege.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn preview_grant(
        &self,
        granted_role: &str,
        member: &str,
    ) -> Result<Vec<Conflict>, Error> {
        match self.functions() {
            Some(functions) => functions.preview_grant(granted_role, member).await,
            None => self.plain().preview_grant(granted_role, member).await,
        }
    }

    /// `GRANT granted_role TO member` with the rule kept: refused where it would make a conflict,
    /// and taken back where somebody else granted the other half at the same time.
    ///
    /// A plain GRANT by either backend; a guard on the server keeps the rule besides.
    ///
    /// # Privileges
    /// The right to grant the role.
    ///
    /// # Errors
    /// 0LP01 where it would make a conflict, or made one and was taken back; 42704 when a role is
    /// missing; 42501 without the privilege.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn grant_role(&self, granted_role: &str, member: &str) -> Result<(), Error> {
        self.plain().grant_role(granted_role, member).await
    }

    /// The names of all roles that are members of one of these, directly or through others; each
    /// group exactly as it is called.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// 42704 when a group is missing.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn members_of(
        &self,
        groups: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Vec<RoleName>, Error> {
        self.plain().members_of(&texts(groups)).await
    }

    /// What a superuser would run to take back what creating principals with plain statements made
    /// of the connection's user, a member of each: see
    /// [`Builder::accept_nesting`](crate::Builder::accept_nesting). Nobody else can end them, the
    /// user itself included; whoever takes them away takes the right to change these principals
    /// with them.
    ///
    /// Nothing before PostgreSQL 16. Only reads.
    ///
    /// # Errors
    /// None of its own: it ends with an error when the connection fails.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_end_nesting(&self) -> Result<Plan, Error> {
        Ok(Plan::of(self.plain().end_nesting().await?))
    }
}
