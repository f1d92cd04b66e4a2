//! Bringing the functions in PL/pgSQL onto a server.

use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::Kerbrole;
use crate::probe::probe;
use crate::sql_script::{InstalledFunctions, SqlScript};

impl<C: GenericClient> Kerbrole<'_, C> {
    /// Installs the functions in PL/pgSQL into the connection's database, or upgrades those that
    /// are there; what was granted and set stays. All or nothing.
    ///
    /// Warnings of the server say what could not be had, such as an owner of their own. This
    /// `Kerbrole` works on as before: [`Handle::refresh`](crate::Handle::refresh), or a new one,
    /// finds the functions.
    ///
    /// # Privileges
    /// To install them a superuser, or a role with CREATEROLE, CREATE on the database and, since
    /// PostgreSQL 16, ADMIN on `rds_ad`; with pg_tle a member of `pgtle_admin`. To upgrade them
    /// whoever installed them, or a superuser.
    ///
    /// # Errors
    /// 42501 without the privilege, and where a schema of their name is somebody else's; 55000
    /// where they are there in the other form; 42704 where there is no pg_tle, 42710 where it has
    /// another text of this version; 2BP01 where something depends on what this version has no
    /// more.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn install_sql_functions(
        &self,
        script: SqlScript,
    ) -> Result<InstalledFunctions, Error> {
        let ad_role = &self.handle.known().asked.ad_role;
        let before = probe(self.client, ad_role).await?.sql_functions;
        self.client.batch_execute(&script.text()).await?;
        let after = probe(self.client, ad_role).await?.sql_functions;
        let after = after.ok_or_else(Error::no_answer)?;
        Ok(InstalledFunctions {
            version: after.version,
            replaced: before.map(|functions| functions.version),
            owner: after.owner,
        })
    }
}
