//! A directory, as it is configured.

use std::path::PathBuf;
use std::time::Duration;

use kerbrole_core::Realm;

use crate::error::Error;
use crate::secret::Secret;
use crate::server::{Scheme, Server};

/// As whom a directory is read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bind {
    /// By a user and a password, over TLS only.
    Simple {
        /// `svc-kerbrole@corp.example.com`, `CORP\svc-kerbrole` or a DN.
        user: String,
        /// The password.
        password: Secret,
    },
    /// By the process's ticket, or that of its client keytab, over LDAP that GSSAPI seals: servers
    /// are `ldap://`. Needs the feature `gssapi`.
    Kerberos,
}

/// A directory of one domain: where it is, what it is verified by, and as whom it is read.
///
/// ```no_run
/// use kerbrole_directory::{Bind, Directory, Secret};
///
/// let bind = Bind::simple(
///     "svc-kerbrole@corp.example.com",
///     Secret::from_file("/etc/kerbrole/ldap.password")?,
/// );
/// let directory = Directory::new("corp.example.com", bind)?
///     .server("ldaps://dc1.corp.example.com".parse()?)
///     .server("ldaps://dc2.corp.example.com".parse()?)
///     .ca_file("/etc/kerbrole/corp-ca.pem");
/// # Ok::<(), kerbrole_directory::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Directory {
    pub(crate) realm: Realm,
    pub(crate) servers: Vec<Server>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) bind: Bind,
    pub(crate) limits: Limits,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) read: Duration,
    pub(crate) total: Duration,
}

impl Limits {
    /// Where nothing else is said.
    pub(crate) const USUAL: Self = Self {
        connect: Duration::from_secs(10),
        read: Duration::from_secs(60),
        total: Duration::from_secs(900),
    };
}

impl Bind {
    /// By a user and a password.
    pub fn simple(user: impl Into<String>, password: Secret) -> Self {
        Self::Simple { user: user.into(), password }
    }
}

impl Directory {
    /// The directory of a domain, by its DNS name; the realm is its upper case.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) where that is no DNS name.
    pub fn new(domain: &str, bind: Bind) -> Result<Self, Error> {
        let realm = Realm::parse(domain).map_err(|error| {
            let hint = error.hint().map(|hint| hint.to_string());
            let error = Error::configuration(error.to_string());
            match hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        })?;
        Ok(Self { realm, servers: Vec::new(), ca_file: None, bind, limits: Limits::USUAL })
    }

    /// Adds a server. They are tried in this order, until one can be read from.
    #[must_use]
    pub fn server(mut self, server: Server) -> Self {
        self.servers.push(server);
        self
    }

    /// A file with the root certificates that servers are verified by, in PEM, instead of the
    /// system's.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// How long it may take until a server is connected to, TLS included: ten seconds where nothing
    /// is said.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.limits.connect = limit;
        self
    }

    /// How long a server may take for one message: 60 seconds where nothing is said.
    #[must_use]
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.limits.read = limit;
        self
    }

    /// How long a server may be read from in all: 15 minutes where nothing is said.
    #[must_use]
    pub fn total_timeout(mut self, limit: Duration) -> Self {
        self.limits.total = limit;
        self
    }

    /// The realm.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Refuses what must not be sent, before anybody is connected to.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let bad = |message: String| Err(Error::configuration(format!("{}: {message}", self.realm)));
        if self.servers.is_empty() {
            return bad("it has no servers".into());
        }
        match &self.bind {
            Bind::Simple { user, .. } if user.trim().is_empty() => {
                bad("the user is empty, which means nobody".into())
            }
            Bind::Simple { password, .. } if password.text().is_empty() => {
                bad("the password is empty: the server would take it for a login of nobody's"
                    .into())
            }
            Bind::Simple { .. } => Ok(()),
            Bind::Kerberos if !cfg!(feature = "gssapi") => {
                bad("this program was built without logins by a ticket".into())
            }
            Bind::Kerberos => match self.servers.iter().find(|s| s.scheme() == Scheme::Ldaps) {
                Some(server) => bad(format!(
                    "{server}: with a ticket GSSAPI seals the connection, and not TLS: \
                     write ldap://"
                )),
                None => Ok(()),
            },
        }
    }
}
