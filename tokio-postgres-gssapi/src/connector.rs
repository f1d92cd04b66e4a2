//! What is handed to tokio-postgres.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::{Config, SslMode, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, NoTls, TlsConnect};

use crate::attempt::Attempt;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::hosts;
use crate::mode::GssEncMode;
use crate::negotiate;
use crate::require_auth::RequireAuth;
use crate::settings::Settings;
use crate::stream::GssStream;

/// Makes connections whose user has a ticket, over the TLS connector `T` where they are not
/// encrypted by GSSAPI.
///
/// Give it to [`connect`](crate::connect()), or [`bind`](Self::bind) it.
#[derive(Clone, Debug)]
pub struct MakeGssConnect<T> {
    tls: T,
    has_tls: bool,
    pub(crate) settings: Settings,
    bound: Option<Bound>,
}

/// What the configuration said that tokio-postgres is told otherwise.
#[derive(Clone, Debug)]
struct Bound {
    ssl_mode: SslMode,
    ssl_negotiation: SslNegotiation,
    connect_timeout: Option<Duration>,
    /// Why the configuration cannot be kept.
    refusal: Option<Error>,
    /// Of one connection and the one that is made after it; each has its own without this.
    attempt: Option<Arc<Attempt>>,
}

impl MakeGssConnect<NoTls> {
    /// Without TLS.
    pub fn new() -> Self {
        Self::with_tls(NoTls)
    }
}

impl Default for MakeGssConnect<NoTls> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: 'static> MakeGssConnect<T> {
    /// With TLS where the configuration asks for it by its `sslmode`, and GSSAPI does not encrypt.
    pub fn with_tls(tls: T) -> Self {
        // tokio-postgres knows by a method that nobody else can call.
        let has_tls = TypeId::of::<T>() != TypeId::of::<NoTls>();
        Self { tls, has_tls, settings: Settings::new(), bound: None }
    }
}

impl<T> MakeGssConnect<T> {
    /// Whether connections are encrypted by GSSAPI; [`GssEncMode::Prefer`] where nothing is said.
    #[must_use]
    pub fn gss_enc_mode(mut self, mode: GssEncMode) -> Self {
        self.settings.gss_enc_mode = mode;
        self
    }

    /// The service's name with the KDC, before the host's: libpq's `krbsrvname`, `postgres` where
    /// nothing is said.
    #[must_use]
    pub fn krb_srv_name(mut self, name: impl Into<String>) -> Self {
        self.settings.krb_srv_name = name.into();
        self
    }

    /// Whether the server gets a ticket with which it can act as the user: libpq's `gssdelegation`.
    #[must_use]
    pub fn gss_delegation(mut self, delegates: bool) -> Self {
        self.settings.delegates = delegates;
        self
    }

    /// Which methods of authentication the server may ask for; all where nothing is said.
    #[must_use]
    pub fn require_auth(mut self, methods: RequireAuth) -> Self {
        self.settings.require_auth = methods;
        self
    }

    /// Whose ticket is used.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.settings.set_credentials(credentials);
        self
    }

    /// No ticket is used: whatever would take one fails with this error, and no KDC is asked. For
    /// another attempt after one that failed on this side ([`ErrorKind::is_local`]), since a KDC
    /// that is silent may be waited for half a minute each time.
    #[must_use]
    pub fn without_ticket(mut self, error: Error) -> Self {
        self.settings.set_begin(Arc::new(move |_| Err(error.clone())));
        self
    }

    /// The configuration and the connector by which `config` is kept. They belong together.
    ///
    /// The configuration that is returned has tokio-postgres hand the bare socket to the connector,
    /// which then does what `config` says of TLS. Another connector would begin TLS on it at once,
    /// and this connector is of no use with another configuration: one that was not bound refuses
    /// to be used. Cancel queries with the bound connector, too.
    ///
    /// Under [`GssEncMode::Prefer`] a server that says no to encryption is gone on with. Where it
    /// takes a second connection, as with `hostssl` in pg_hba.conf, [`connect`](crate::connect())
    /// makes that; so it does for Unix sockets, over which there is neither TLS nor a ticket.
    pub fn bind(self, config: &Config) -> (Config, Self) {
        self.bound_to(config, None)
    }

    pub(crate) fn bound_to(
        mut self,
        config: &Config,
        attempt: Option<Arc<Attempt>>,
    ) -> (Config, Self) {
        let ssl_mode = config.get_ssl_mode();
        let mut changed = config.clone();
        let refusal = if hosts::are_sockets(config) {
            // tokio-postgres has no name to give to a connector, which is passed by.
            if ssl_mode != SslMode::Require {
                changed.ssl_mode(SslMode::Disable);
            }
            self.refused_by_a_socket()
        } else {
            changed.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
            if config.get_hosts().is_empty() {
                for address in config.get_hostaddrs() {
                    changed.host(address.to_string());
                }
            }
            None
        };
        self.bound = Some(Bound {
            ssl_mode,
            ssl_negotiation: config.get_ssl_negotiation(),
            connect_timeout: config.get_connect_timeout().copied(),
            refusal,
            attempt,
        });
        (changed, self)
    }

    /// What cannot be kept over a Unix socket.
    fn refused_by_a_socket(&self) -> Option<Error> {
        let what = if self.settings.gss_enc_mode == GssEncMode::Require {
            "there is no encryption by GSSAPI over a Unix socket"
        } else if !self.settings.require_auth.allows_all() {
            "require_auth cannot be kept over a Unix socket"
        } else {
            return None;
        };
        Some(Error::new(ErrorKind::Configuration, what))
    }
}

impl<S, T> MakeTlsConnect<S> for MakeGssConnect<T>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: MakeTlsConnect<S>,
    T::TlsConnect: Send + 'static,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<S>>::Future: Send,
{
    type Stream = GssStream<S, T::Stream>;
    type TlsConnect = GssConnect<T::TlsConnect>;
    type Error = Error;

    /// # Errors
    /// [`ErrorKind::Configuration`] where the connector is not bound.
    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Error> {
        let Some(bound) = &self.bound else {
            return Err(Error::new(
                ErrorKind::Configuration,
                "a MakeGssConnect was used that is not bound to a configuration: use connect(), or \
                 both that bind() returns",
            ));
        };
        if let Some(refusal) = &bound.refusal {
            return Err(refusal.clone());
        }
        let tls = (self.has_tls && bound.ssl_mode != SslMode::Disable)
            .then(|| self.tls.make_tls_connect(domain))
            .transpose()
            .map_err(|e| Error::caused(ErrorKind::Tls, "TLS cannot be used", e))?;
        let attempt = bound.attempt.clone().unwrap_or_default();
        attempt.begin();
        Ok(GssConnect {
            tls,
            host: domain.into(),
            settings: self.settings.clone(),
            ssl_mode: bound.ssl_mode,
            ssl_negotiation: bound.ssl_negotiation,
            connect_timeout: bound.connect_timeout,
            attempt,
        })
    }
}

/// Makes one connection.
#[derive(Debug)]
pub struct GssConnect<C> {
    pub(crate) tls: Option<C>,
    pub(crate) host: String,
    pub(crate) settings: Settings,
    pub(crate) ssl_mode: SslMode,
    pub(crate) ssl_negotiation: SslNegotiation,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) attempt: Arc<Attempt>,
}

impl<S, C> TlsConnect<S> for GssConnect<C>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    C: TlsConnect<S> + Send + 'static,
    C::Stream: Send + 'static,
    C::Future: Send,
{
    type Stream = GssStream<S, C::Stream>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(negotiate::establish(stream, self))
    }
}
