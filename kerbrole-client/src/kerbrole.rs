//! A server on which principals are managed; what can be done there is in the files below.

mod adding;
mod lifecycle;
mod looking;
mod memberships;
mod syncing;

use kerbrole_core::{Canonical, ConflictRule, NameRules, PrincipalRef};
use tokio_postgres::GenericClient;

use crate::builder::{Backend, Builder};
use crate::error::Error;
use crate::extension::Functions;
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
    pub(crate) server: Server,
    pub(crate) backend: Backend,
    /// The extension's schema, quoted.
    pub(crate) schema: String,
    pub(crate) rules: NameRules,
    pub(crate) rule: ConflictRule,
    pub(crate) accept_nesting: bool,
    pub(crate) max_removals: Option<usize>,
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
        &self.server
    }

    /// How the work is done.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn functions(&self) -> Option<Functions<'_, C>> {
        (self.backend == Backend::Extension)
            .then(|| Functions { client: self.client, schema: &self.schema })
    }

    pub(crate) fn plain(&self) -> Plain<'_, C> {
        Plain {
            client: self.client,
            server: &self.server,
            rules: &self.rules,
            rule: &self.rule,
            accept_nesting: self.accept_nesting,
        }
    }

    pub(crate) fn meant(&self, username: &str, realm: Option<&str>) -> Result<PrincipalRef, Error> {
        Ok(self.rules.meant(username, realm)?)
    }

    pub(crate) fn canonical(&self, principals: &[&str]) -> Result<Vec<(String, Canonical)>, Error> {
        let one = |principal: &&str| {
            Ok((principal.to_string(), self.rules.canonicalize(principal, None)?))
        };
        principals.iter().map(one).collect()
    }
}
