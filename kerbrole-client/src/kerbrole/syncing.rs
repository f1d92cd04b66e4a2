//! Bringing the principals in line with a list.

use kerbrole_core::{Realm, SyncRequest};
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::Kerbrole;
use crate::types::{SyncOptions, SyncRow};

impl<C: GenericClient> Kerbrole<'_, C> {
    /// Brings the principals in line with a list, all or nothing, and returns the statements of the
    /// difference; a dry run only returns them.
    ///
    /// # Privileges
    /// EXECUTE on `kerb_sync_principals`. With plain statements those of adding, disabling and
    /// dropping.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`]; 53400 when more would be disabled or dropped than may
    /// be at once.
    pub async fn sync_principals(
        &self,
        principals: &[&str],
        options: &SyncOptions,
        dry_run: bool,
    ) -> Result<Vec<SyncRow>, Error> {
        match self.functions() {
            Some(functions) => functions.sync(principals, options, dry_run).await,
            None => {
                let realms = options
                    .realms
                    .as_ref()
                    .map(|realms| realms.iter().map(|realm| Realm::parse(realm)).collect());
                let request = SyncRequest {
                    wanted: self.canonical(principals)?,
                    absent: options.absent,
                    realms: realms.transpose()?,
                    at_most: self.max_removals,
                };
                self.plain().sync(request, dry_run).await
            }
        }
    }
}
