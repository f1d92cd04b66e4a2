//! Realms that nobody is of yet.

use std::collections::HashSet;

use kerbrole_core::{Error as Refusal, UnknownRealm};
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::Kerbrole;

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
        // One of each realm is enough, and there may be very many.
        let mut realms = HashSet::new();
        let mut of_each = Vec::new();
        let mut principals = principals.into_iter().enumerate().peekable();
        while let Some((at, typed)) = principals.next() {
            let typed = typed.as_ref();
            let canonical = self.rules().canonicalize(typed, None).map_err(|error| {
                let of = at + 1 + usize::from(principals.peek().is_some());
                Refusal::from(error).of_element("principals", of, at, Some(typed))
            })?;
            if !realms.contains(canonical.principal.realm()) {
                realms.insert(canonical.principal.realm().clone());
                of_each.push((typed.to_string(), canonical));
            }
        }
        self.plain().unknown_realms(&of_each).await
    }
}
