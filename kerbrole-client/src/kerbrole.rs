//! A server on which principals are managed; what can be done there is in the files below.

mod accessing;
mod adding;
mod installing;
mod lifecycle;
mod login_cost;
mod looking;
mod memberships;
mod realms;
mod syncing;

use kerbrole_core::{Canonical, NameRules, PrincipalRef};
use tokio_postgres::GenericClient;

use crate::builder::{Backend, Builder};
use crate::error::Error;
use crate::extension::Functions;
use crate::handle::Handle;
use crate::plain::Plain;
use crate::probe::Server;

/// A server, seen through a connection or a transaction, on which principals are managed.
///
/// What is changed inside an open transaction is a part of it; otherwise each method that changes
/// something does all of it or nothing ([`Kerbrole::disable_principal`] disables also where it may
/// not end the sessions).
#[derive(Debug)]
pub struct Kerbrole<'c, C> {
    pub(crate) client: &'c C,
    pub(crate) handle: Handle,
}

impl<'c, C: GenericClient> Kerbrole<'c, C> {
    /// Looks at the server and works with it by the defaults of [`Builder`].
    ///
    /// # Privileges
    /// None.
    ///
    /// # Errors
    /// Those of [`Builder::build`].
    pub async fn new(client: &'c C) -> Result<Self, Error> {
        Builder::new().build(client).await
    }

    /// A [`Builder`], for something else than the defaults.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// What kind of server this is.
    pub fn server(&self) -> &Server {
        self.handle.server()
    }

    /// How the work is done.
    pub fn backend(&self) -> Backend {
        self.handle.backend()
    }

    /// What is known of the server, to be kept and used with other connections to it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn rules(&self) -> &NameRules {
        &self.handle.known().rules
    }

    pub(crate) fn functions(&self) -> Option<Functions<'_, C>> {
        let known = self.handle.known();
        (known.backend != Backend::PlainSql).then(|| Functions {
            client: self.client,
            schema: &known.schema,
            backend: known.backend,
        })
    }

    pub(crate) fn plain(&self) -> Plain<'_, C> {
        let known = self.handle.known();
        Plain {
            client: self.client,
            server: &known.server,
            rules: &known.rules,
            rule: &known.rule,
            accept_nesting: known.asked.accept_nesting,
        }
    }

    pub(crate) fn meant(&self, username: &str, realm: Option<&str>) -> Result<PrincipalRef, Error> {
        Ok(self.rules().meant(username, realm)?)
    }

    /// What each of them means, beside what was typed.
    pub(crate) fn all_meant(
        &self,
        principals: Vec<String>,
    ) -> Result<Vec<(String, PrincipalRef)>, Error> {
        let one = |typed: String| self.meant(&typed, None).map(|meant| (typed, meant));
        principals.into_iter().map(one).collect()
    }

    pub(crate) fn canonical(
        &self,
        principals: Vec<String>,
    ) -> Result<Vec<(String, Canonical)>, Error> {
        Ok(self.rules().canonicalize_each(principals)?)
    }
}

/// A list as it was given, to be kept while the server is asked.
pub(crate) fn texts(list: impl IntoIterator<Item: AsRef<str>>) -> Vec<String> {
    list.into_iter().map(|one| one.as_ref().to_string()).collect()
}
