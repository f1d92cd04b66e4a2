//! Realms that nobody is of yet.

use kerbrole_core::UnknownRealm;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::{Kerbrole, texts};

impl<C: GenericClient> Kerbrole<'_, C> {
    /// Of the realms of these new principals those that no principal is of yet, while there are
    /// principals of others, each with the nearest realm that is there: a new domain, or a typing
    /// mistake. [`Warning`](crate::Warning) says it in words.
    ///
    /// To be asked before they are added. Realms that the rules name (`default_realm`,
    /// `allowed_realms`, `netbios_domains`) are known. Only reads; the same by either backend.
    ///
    /// # Privileges
    /// None.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for names.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn unknown_realms(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Vec<UnknownRealm>, Error> {
        let principals = self.canonical(texts(principals))?;
        self.plain().unknown_realms(&principals).await
    }
}
