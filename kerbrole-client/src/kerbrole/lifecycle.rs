//! What becomes of a principal after it was added: disabled, enabled, renamed, dropped.

use kerbrole_core::{Realm, RoleName};
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::Kerbrole;
use crate::options::{DropOptions, Sessions};
use crate::plan::Plan;
use crate::results::{Dropped, RealmRename};

impl<C: GenericClient> Kerbrole<'_, C> {
    /// Drops a principal's role with its memberships and its privileges in this database; nothing
    /// that it owns is dropped.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_drop_principal`, and the right to SET ROLE to the heir. With plain
    /// statements CREATEROLE, since PostgreSQL 16 ADMIN on the role, and on what it granted to
    /// others; for an heir membership of it, inherited.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for the name; 42704 when it is not there, 2BP01 when it owns something
    /// and there is no heir, 55006 when it has sessions; 42501 when its role has SUPERUSER and the
    /// like or without the privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn drop_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &DropOptions,
    ) -> Result<Dropped, Error> {
        let meant = self.meant(username, realm);
        match self.functions() {
            // What can be no principal the function refuses in its own words.
            Some(_)
                if options.if_exists
                    && let Ok(meant) = &meant
                    && !self.plain().exists(meant).await? =>
            {
                Ok(Dropped::Missing)
            }
            Some(functions) => match functions.drop(username, realm, options).await? {
                Dropped::OnlyDisabled { role_name, .. } => {
                    self.plain().what_keeps(role_name, None).await
                }
                dropped => Ok(dropped),
            },
            None => self.plain().drop(&meant?, options).await,
        }
    }

    /// What dropping a principal would run by plain statements; nothing where it is not there and
    /// need not be.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::drop_principal`], but for privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_drop(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &DropOptions,
    ) -> Result<Plan, Error> {
        let plan = self.plain().plan_drop(&self.meant(username, realm)?, options).await?;
        Ok(Plan::of(plan.map(|plan| plan.statements).unwrap_or_default()))
    }

    /// Keeps a principal from logging in, and ends its sessions where that is wanted.
    ///
    /// Sessions end when the transaction commits with the extension, and at once with plain
    /// statements.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_disable_principal`. With plain statements CREATEROLE, since PostgreSQL 16
    /// ADMIN on the role, and for sessions `pg_signal_backend` or the role's own rights.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for the name; 42704 when it is not there; 42501 when its role has
    /// SUPERUSER and the like or without the privileges.
    ///
    /// With plain statements, and without the privilege to end its sessions only, it is disabled
    /// all the same: [`ErrorKind::SessionsLeft`](crate::ErrorKind::SessionsLeft), also 42501. That
    /// error leaves a transaction as it is.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn disable_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        sessions: Sessions,
    ) -> Result<RoleName, Error> {
        let terminate = sessions == Sessions::Terminate;
        match self.functions() {
            Some(functions) => functions.disable(username, realm, terminate).await,
            None => self.plain().disable(&self.meant(username, realm)?, terminate).await,
        }
    }

    /// What disabling a principal would run.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::disable_principal`], but for privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_disable(&self, username: &str, realm: Option<&str>) -> Result<Plan, Error> {
        Ok(Plan::of(self.plain().plan_disable(&self.meant(username, realm)?).await?.statements))
    }

    /// Lets a principal log in again.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_enable_principal`. With plain statements CREATEROLE, and since PostgreSQL
    /// 16 ADMIN on the role.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for the name, 22023 also when principals may not be of its realm;
    /// 42704 when it is not there; 42710 when a role that differs by case only can log in; 42501
    /// when its role has SUPERUSER and the like or without the privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn enable_principal(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<RoleName, Error> {
        match self.functions() {
            Some(functions) => functions.enable(username, realm).await,
            None => self.plain().enable(&self.meant(username, realm)?).await,
        }
    }

    /// What enabling a principal would run.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::enable_principal`], but for privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_enable(&self, username: &str, realm: Option<&str>) -> Result<Plan, Error> {
        Ok(Plan::of(self.plain().plan_enable(&self.meant(username, realm)?).await?.statements))
    }

    /// Gives a principal's role another name, and returns it.
    ///
    /// What the role owns and was granted stays. Without a new realm the old one does.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_rename_principal`. With plain statements CREATEROLE, and since PostgreSQL
    /// 16 ADMIN on the role.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for the names; 42704 when it is not there; 42710 when the new name is
    /// taken or differs from another role's by case only; 55006 when the role has sessions; 42501
    /// when it has SUPERUSER and the like or without the privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn rename_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        new_username: &str,
        new_realm: Option<&str>,
    ) -> Result<RoleName, Error> {
        if let Some(functions) = self.functions() {
            return functions.rename(username, realm, new_username, new_realm).await;
        }
        let meant = self.meant(username, realm)?;
        let new = self.rules().canonicalize_beside(&meant, new_username, new_realm)?;
        self.plain().rename(&meant, &new).await
    }

    /// What renaming a principal would run.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::rename_principal`], but for privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_rename(
        &self,
        username: &str,
        realm: Option<&str>,
        new_username: &str,
        new_realm: Option<&str>,
    ) -> Result<Plan, Error> {
        let meant = self.meant(username, realm)?;
        let new = self.rules().canonicalize_beside(&meant, new_username, new_realm)?;
        Ok(Plan::of(self.plain().plan_rename(&meant, &new).await?.statement.into_iter().collect()))
    }

    /// Gives every principal of one realm the same name in another, all or none.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_rename_realm`. With plain statements those of
    /// [`Kerbrole::rename_principal`], on each.
    ///
    /// # Errors
    /// 22023 for the realms; those of [`Kerbrole::rename_principal`] for the first that cannot be
    /// renamed; 42501 without the privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn rename_realm(&self, old: &str, new: &str) -> Result<Vec<RealmRename>, Error> {
        match self.functions() {
            Some(functions) => functions.rename_realm(old, new, false).await,
            None => {
                let (old, new) = (Realm::parse(old)?, Realm::parse(new)?);
                self.plain().rename_realm(&old, &new, None).await
            }
        }
    }

    /// Which principals [`Kerbrole::rename_realm`] would rename, and what is in the way.
    ///
    /// Only reads.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_rename_realm`. With plain statements none.
    ///
    /// # Errors
    /// 22023 for the realms, 42501 without the privilege.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_rename_realm(&self, old: &str, new: &str) -> Result<Vec<RealmRename>, Error> {
        match self.functions() {
            Some(functions) => functions.rename_realm(old, new, true).await,
            None => self.plain().plan_rename_realm(&Realm::parse(old)?, &Realm::parse(new)?).await,
        }
    }

    /// Renames those who were planned, all of them or nobody: where the server has changed so that
    /// others would be, nothing is done.
    ///
    /// # Privileges
    /// Those of [`Kerbrole::rename_realm`].
    ///
    /// # Errors
    /// Those of [`Kerbrole::rename_realm`];
    /// [`ErrorKind::PlanChanged`](crate::ErrorKind::PlanChanged), 40001, where it would be others.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn apply_rename_realm(
        &self,
        old: &str,
        new: &str,
        planned: &[RealmRename],
    ) -> Result<(), Error> {
        match self.functions() {
            Some(functions) => functions.rename_realm_as_planned(old, new, planned).await,
            None => {
                let (old, new) = (Realm::parse(old)?, Realm::parse(new)?);
                self.plain().rename_realm(&old, &new, Some(planned)).await.map(drop)
            }
        }
    }
}
