//! What a connector was told.

use std::fmt;
use std::sync::Arc;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::mechanism::{Kerberos, Mechanism, Service};
use crate::mode::GssEncMode;
use crate::require_auth::RequireAuth;

/// How a security context is begun.
type Begin = Arc<dyn Fn(Service) -> Result<Box<dyn Mechanism>, Error> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) gss_enc_mode: GssEncMode,
    pub(crate) krb_srv_name: String,
    pub(crate) delegates: bool,
    pub(crate) require_auth: RequireAuth,
    begin: Begin,
}

impl Settings {
    pub(crate) fn new() -> Self {
        Self {
            gss_enc_mode: GssEncMode::default(),
            krb_srv_name: "postgres".into(),
            delegates: false,
            require_auth: RequireAuth::default(),
            begin: kerberos(Credentials::default()),
        }
    }

    pub(crate) fn set_credentials(&mut self, credentials: Credentials) {
        self.begin = kerberos(credentials);
    }

    pub(crate) fn set_begin(&mut self, begin: Begin) {
        self.begin = begin;
    }

    pub(crate) fn service(&self, host: &str, encrypts: bool) -> Service {
        let name = format!("{}@{host}", self.krb_srv_name);
        Service { name, delegates: self.delegates, encrypts }
    }

    /// Takes the credentials and makes a context. May wait, on a thread that may.
    pub(crate) fn begin(&self, service: Service) -> Result<Box<dyn Mechanism>, Error> {
        (self.begin)(service)
    }
}

fn kerberos(credentials: Credentials) -> Begin {
    Arc::new(move |service| {
        let mechanism = Kerberos::new(credentials.acquire()?, service)?;
        Ok(Box::new(mechanism))
    })
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("gss_enc_mode", &self.gss_enc_mode)
            .field("krb_srv_name", &self.krb_srv_name)
            .field("gss_delegation", &self.delegates)
            .field("require_auth", &self.require_auth)
            .finish_non_exhaustive()
    }
}
