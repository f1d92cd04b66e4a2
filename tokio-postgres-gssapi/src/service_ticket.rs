//! The ticket for a server, without the server: what a login begins with, to be looked at.

use libgssapi::context::{ClientCtx, CtxFlags};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, GSS_NT_KRB5_PRINCIPAL};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::thread;

/// A server, as it is named when a ticket for it is asked for.
///
/// ```no_run
/// # async fn example() -> Result<(), tokio_postgres_gssapi::Error> {
/// use tokio_postgres_gssapi::{Credentials, ServiceName};
///
/// let server = ServiceName::at_host("postgres", "db.example.com");
/// println!("asks for {}", server.canonical().await?);
/// Credentials::default().service_ticket(&server).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceName {
    text: String,
    is_principal: bool,
}

impl ServiceName {
    /// A service on a host, as a login names it: `krbsrvname` and the host that was typed. What
    /// Kerberos makes of it is up to krb5.conf and, where that says so, to DNS.
    pub fn at_host(service: &str, host: &str) -> Self {
        Self { text: format!("{service}@{host}"), is_principal: false }
    }

    /// This name and no other: `postgres/db.example.com@EXAMPLE.COM`.
    pub fn principal(principal: impl Into<String>) -> Self {
        Self { text: principal.into(), is_principal: true }
    }

    /// What Kerberos makes of it: the principal that a KDC is asked for. After the `@` there is
    /// nothing where no rule says which realm the host is of. DNS may be asked.
    ///
    /// # Errors
    /// Where Kerberos makes nothing of it.
    pub async fn canonical(&self) -> Result<String, Error> {
        let this = self.clone();
        let call = thread::call(move || {
            let failed = |e| Error::gssapi(e, &format!("the name {} is none", this.text));
            let name = this.name()?.canonicalize(Some(GSS_MECH_KRB5)).map_err(failed)?;
            let name = name.display_name().map_err(failed)?;
            Ok(String::from_utf8_lossy(&name).into_owned())
        });
        thread::ended(call.await)
    }

    fn name(&self) -> Result<Name, Error> {
        let kind = match self.is_principal {
            true => GSS_NT_KRB5_PRINCIPAL,
            false => GSS_NT_HOSTBASED_SERVICE,
        };
        Name::new(self.text.as_bytes(), Some(kind))
            .map_err(|e| Error::gssapi(e, &format!("the name {} is none", self.text)))
    }
}

impl Credentials {
    /// Gets the ticket that a login at this server begins with. It is kept in the credential cache,
    /// as one is that a login gets; and one that is there already is taken.
    ///
    /// # Errors
    /// Those of [`ticket`](Self::ticket), and what the KDC has against it:
    /// [`ErrorKind::UnknownService`], [`ErrorKind::EncryptionType`], [`ErrorKind::ClockSkew`].
    pub async fn service_ticket(&self, service: &ServiceName) -> Result<ServiceTicket, Error> {
        let (this, service) = (self.clone(), service.clone());
        let call = thread::call(move || {
            let credential = this.acquire()?;
            let mechanism = Some(GSS_MECH_KRB5);
            let flags = CtxFlags::GSS_C_MUTUAL_FLAG;
            let mut context = ClientCtx::new(Some(credential), service.name()?, flags, mechanism);
            let token = context
                .step(None, None)
                .map_err(|e| Error::gssapi(e, &format!("no ticket for {}", service.text)))?;
            match token {
                Some(token) => Ok(ServiceTicket { message: token.to_vec() }),
                None => Err(Error::new(ErrorKind::Gssapi, "a login would begin with nothing")),
            }
        });
        thread::ended(call.await)
    }
}

/// A ticket for a server, in the message that a login would begin with.
#[derive(Clone)]
pub struct ServiceTicket {
    message: Vec<u8>,
}

impl ServiceTicket {
    /// The message: an AP-REQ (RFC 4120, section 5.5.1) in the frame of RFC 2743, section 3.1.
    /// Whoever has it could log in with it: it is not for logs.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Looks whether a server with this keytab could read it: `FILE:/etc/postgresql/krb5.keytab`.
    ///
    /// # Errors
    /// [`ErrorKind::WrongKey`] and the like, with the words of a server's log.
    #[cfg(feature = "cred-store")]
    pub async fn is_read_with(&self, keytab: &str) -> Result<(), Error> {
        use libgssapi::context::ServerCtx;

        let (message, keytab) = (self.message.clone(), keytab.to_owned());
        let call = thread::call(move || {
            let credential = crate::cred_store::acquire_keytab(&keytab)?;
            ServerCtx::new(Some(credential))
                .step(&message, None)
                .map_err(|e| Error::gssapi(e, "the ticket is not read"))?;
            Ok(())
        });
        thread::ended(call.await)
    }
}

impl std::fmt::Debug for ServiceTicket {
    /// Without the message, with which one could log in.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceTicket").finish_non_exhaustive()
    }
}
