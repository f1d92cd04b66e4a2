//! A directory with Active Directory's limits, which fails where a test wants it to: a proxy in
//! front of Samba, which has neither (4.17 reads lDAPAdminLimits, and goes by none of what it says
//! of pages and ranges).
//!
//! Takes `ldaps` and StartTLS on one port, ends the TLS of the client, and talks TLS to Samba. What
//! it has no reason to change passes as it came. A connection that Kerberos seals it cannot look
//! into: there are no limits then, and only faults of messages.

mod ber;
mod fault;
mod limits;
mod session;

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslConnector, SslMethod};
use openssl::x509::X509;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::authority::Certificate;
use crate::domain_controller::Domain;
use crate::sandbox::{Result, lock};

pub use fault::{Fault, Notice};
pub use limits::Limits;

/// A running proxy. It ends, and so do its connections, when it goes out of scope.
#[derive(Debug)]
pub struct LdapProxy {
    /// The port, on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    directory: SocketAddr,
    acceptor: SslAcceptor,
    connector: SslConnector,
    limits: Limits,
    /// At which messages or searches, and what.
    fault: Mutex<Option<(Range<usize>, Fault)>>,
    /// How many messages went to clients, over all connections.
    messages: AtomicUsize,
    /// How many searches clients asked for, over all connections.
    searches: AtomicUsize,
}

impl LdapProxy {
    /// Starts one in front of a domain, with a certificate of its authority.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(domain: &Domain, limits: Limits) -> Result<Self> {
        let certificate = domain.authority().issue(&["localhost", "127.0.0.1"])?;
        Self::start_with(domain, limits, &certificate)
    }

    /// The same with another certificate, a wrong one for example.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start_with(domain: &Domain, limits: Limits, shown: &Certificate) -> Result<Self> {
        let shared = Arc::new(Shared {
            directory: SocketAddr::from((domain.address, 636)),
            acceptor: acceptor(shown).map_err(|e| e.to_string())?,
            connector: connector(domain).map_err(|e| e.to_string())?,
            limits,
            fault: Mutex::default(),
            messages: AtomicUsize::new(0),
            searches: AtomicUsize::new(0),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_io()
            .build()
            .map_err(|e| e.to_string())?;
        let listener =
            runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let mine = shared.clone();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = mine.clone();
                tokio::spawn(async move {
                    // However it ends, the client sees that it has.
                    let _ended = session::serve(&shared, client).await;
                });
            }
        });
        Ok(Self { port, shared, runtime: Some(runtime) })
    }

    /// Where it is asked over TLS.
    pub fn ldaps(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.port)
    }

    /// Where it is asked with StartTLS, or sealed by Kerberos: the ticket is for `ldap/127.0.0.1`.
    pub fn ldap(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// Fails from a message or a search on, as the fault says what it is about, counted from 0 and
    /// from now, until [`mend`](Self::mend).
    pub fn fail_from(&self, number: usize, fault: Fault) {
        self.fail(number..usize::MAX, fault);
    }

    /// The same at this one only: whatever comes after it is as it should be.
    pub fn fail_at(&self, number: usize, fault: Fault) {
        self.fail(number..number + 1, fault);
    }

    fn fail(&self, Range { start, end }: Range<usize>, fault: Fault) {
        let so_far = if fault.is_of_searches() { self.searches() } else { self.messages() };
        let numbers = start + so_far..end.saturating_add(so_far);
        *lock(&self.shared.fault) = Some((numbers, fault));
    }

    /// Lets everything pass again.
    pub fn mend(&self) {
        *lock(&self.shared.fault) = None;
    }

    /// How many messages the directory has sent to clients so far, answers to binds as well.
    pub fn messages(&self) -> usize {
        self.shared.messages.load(Ordering::SeqCst)
    }

    /// How many searches there were so far; each page is one.
    pub fn searches(&self) -> usize {
        self.shared.searches.load(Ordering::SeqCst)
    }
}

impl Drop for LdapProxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    /// The fault that this one is met with.
    fn fault_at(&self, number: usize, of_searches: bool) -> Option<Fault> {
        let fault = lock(&self.fault).clone();
        fault
            .filter(|(at, fault)| at.contains(&number) && fault.is_of_searches() == of_searches)
            .map(|(_, fault)| fault)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { directory, limits, fault, .. } = self;
        f.debug_struct("Shared")
            .field("directory", directory)
            .field("limits", limits)
            .field("fault", fault)
            .finish_non_exhaustive()
    }
}

fn acceptor(shown: &Certificate) -> std::result::Result<SslAcceptor, openssl::error::ErrorStack> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
    acceptor.set_certificate(&*X509::from_pem(shown.certificate.as_bytes())?)?;
    acceptor.set_private_key(&*PKey::private_key_from_pem(shown.key.as_bytes())?)?;
    Ok(acceptor.build())
}

fn connector(domain: &Domain) -> std::result::Result<SslConnector, openssl::error::ErrorStack> {
    let mut connector = SslConnector::builder(SslMethod::tls())?;
    connector.set_ca_file(domain.ca_file())?;
    Ok(connector.build())
}
