//! Whether anybody is of a realm yet.

use kerbrole_core::{Canonical, UnknownRealm, UnknownRealms};
use tokio_postgres::GenericClient;

use super::Plain;
use crate::error::Error;

impl<C: GenericClient> Plain<'_, C> {
    /// Of the realms of these new principals those that nobody is of, while there are principals
    /// of others.
    pub(crate) async fn unknown_realms(
        &self,
        principals: &[(String, Canonical)],
    ) -> Result<Vec<UnknownRealm>, Error> {
        let new = principals.iter().map(|(_, canonical)| &canonical.principal);
        let mut realms = UnknownRealms::of(new, self.rules);
        if realms.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.catalog().some_names_of_each_realm().await?;
        names.iter().for_each(|name| realms.see(name));
        names.iter().for_each(|name| realms.compare(name));
        Ok(realms.found())
    }
}
