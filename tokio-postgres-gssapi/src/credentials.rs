//! Whose ticket is used, and where it is.

use std::time::Duration;

use libgssapi::credential::{Cred, CredUsage};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_KRB5_PRINCIPAL, OidSet};

use crate::error::{Error, ErrorKind};
use crate::thread;

/// Whose ticket is used: by default the one of the process, as libpq has it.
///
/// That is the credential cache that `KRB5CCNAME` or krb5.conf names, and where it holds nothing
/// the client keytab of `KRB5_CLIENT_KTNAME` or krb5.conf.
///
/// ```no_run
/// # async fn example() -> Result<(), tokio_postgres_gssapi::Error> {
/// use tokio_postgres_gssapi::Credentials;
///
/// let ticket = Credentials::default().ticket().await?;
/// println!("{} for {} s", ticket.principal(), ticket.lifetime().as_secs());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Credentials {
    pub(crate) principal: Option<String>,
    #[cfg(feature = "cred-store")]
    pub(crate) ccache: Option<String>,
    #[cfg(feature = "cred-store")]
    pub(crate) client_keytab: Option<String>,
}

impl Credentials {
    /// The ticket of the process.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only a ticket of this principal, as Kerberos writes it: `alice@EXAMPLE.COM`.
    #[must_use]
    pub fn principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// The cache that the ticket is in: `FILE:/tmp/krb5cc_1000`, `KCM:`.
    #[cfg(feature = "cred-store")]
    #[must_use]
    pub fn ccache(mut self, name: impl Into<String>) -> Self {
        self.ccache = Some(name.into());
        self
    }

    /// The keytab that a ticket is got with where the cache has none: `FILE:/etc/app.keytab`.
    #[cfg(feature = "cred-store")]
    #[must_use]
    pub fn client_keytab(mut self, name: impl Into<String>) -> Self {
        self.client_keytab = Some(name.into());
        self
    }

    /// Looks at the ticket. Where there is only a keytab, the KDC is asked for one.
    ///
    /// # Errors
    /// [`ErrorKind::NoCredentials`](crate::ErrorKind::NoCredentials),
    /// [`ErrorKind::CredentialsExpired`](crate::ErrorKind::CredentialsExpired) and
    /// [`ErrorKind::KdcUnreachable`](crate::ErrorKind::KdcUnreachable).
    pub async fn ticket(&self) -> Result<Ticket, Error> {
        let this = self.clone();
        thread::ended(thread::call(move || this.look()).await)
    }

    fn look(&self) -> Result<Ticket, Error> {
        let credential = self.acquire()?;
        let failed = |e| Error::gssapi(e, "the ticket cannot be looked at");
        let name = credential.name().map_err(failed)?;
        let name = name.display_name().map_err(failed)?;
        let principal = String::from_utf8_lossy(&name).into_owned();
        let lifetime = credential.lifetime().map_err(failed)?;
        // The library says so in this way, and no error is made of it.
        if lifetime.is_zero() {
            let what = format!("the ticket of {principal} has expired");
            return Err(Error::new(ErrorKind::CredentialsExpired, what));
        }
        Ok(Ticket { principal, lifetime })
    }

    /// Takes the credentials, on a thread that may wait.
    pub(crate) fn acquire(&self) -> Result<Cred, Error> {
        #[cfg(feature = "cred-store")]
        {
            let store: Vec<_> = [("ccache", &self.ccache), ("client_keytab", &self.client_keytab)]
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.as_deref()?)))
                .collect();
            if !store.is_empty() {
                return crate::cred_store::acquire(self.principal.as_deref(), &store);
            }
        }
        let failed = |e| Error::gssapi(e, "no ticket");
        let principal = self.principal.as_ref();
        let name = principal
            .map(|name| Name::new(name.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL)))
            .transpose()
            .map_err(failed)?;
        let mechanisms = OidSet::singleton(GSS_MECH_KRB5).map_err(failed)?;
        Cred::acquire(name.as_ref(), None, CredUsage::Initiate, Some(&mechanisms)).map_err(failed)
    }
}

/// A ticket, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    principal: String,
    lifetime: Duration,
}

impl Ticket {
    /// Whom it is for, as Kerberos writes it.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// How long it is good for from then on.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }
}
