//! What is known of a server, without a connection to it.

use std::sync::Arc;

use kerbrole_core::{ConflictRule, NameRules};
use tokio_postgres::GenericClient;

use crate::builder::{Backend, Builder};
use crate::error::Error;
use crate::kerbrole::Kerbrole;
use crate::probe::Server;

/// What is known of a server, to be kept in an application's state and used with any connection
/// that a pool lends.
///
/// It holds no connection, and a clone of it is cheap. [`Handle::on`] takes no round trip. Use it
/// with connections of the same user to the same database: whatever it knows, it knows of those.
///
/// # What is looked at once
/// Looked at when it was made, and not again until [`Handle::refresh`]:
///
/// - whether the extension is installed, and in which schema. Installed meanwhile, it is not used;
///   dropped or moved meanwhile, its functions are not found (42883 or 3F000,
///   [`ErrorKind::Other`](crate::ErrorKind::Other));
/// - the rules for names and the two roles, which are the server's settings with the extension.
///   Its functions go by the settings as they are; what this crate works out by itself (plans, and
///   [`Kerbrole::state_of`]) goes by those that were found;
/// - the user, whether that is a superuser, and whether it is a member of `rds_ad`
///   ([`Server::is_nested`]). Whoever takes that membership away has to look again, or the next
///   principal that is added by plain statements makes the user a member once more;
/// - how many roles the user is a member of ([`Server::memberships`]), by which
///   [`Kerbrole::slow_login`](crate::Kerbrole::slow_login) says what that costs it;
/// - [`Server::read_only`], which decides nothing here: after a failover the server itself says
///   whether it takes changes, and refuses them with 25006
///   ([`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly)) where it does not.
///
/// Roles, memberships and conflicts are never kept: every method reads them anew.
#[derive(Debug, Clone)]
pub struct Handle(Arc<Known>);

/// What a look at a server has found, and what was asked for.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) asked: Builder,
    pub(crate) server: Server,
    pub(crate) backend: Backend,
    /// The extension's schema, quoted.
    pub(crate) schema: String,
    pub(crate) rules: NameRules,
    pub(crate) rule: ConflictRule,
}

impl Handle {
    pub(crate) fn new(known: Known) -> Self {
        Self(Arc::new(known))
    }

    pub(crate) fn known(&self) -> &Known {
        &self.0
    }

    /// Works with that server through this connection or transaction, which has to be one of the
    /// same user to the same database.
    pub fn on<'c, C: GenericClient>(&self, client: &'c C) -> Kerbrole<'c, C> {
        Kerbrole { client, handle: self.clone() }
    }

    /// Looks at the server again, as [`Builder::handle`] did; this handle stays as it is.
    ///
    /// # Privileges
    /// None.
    ///
    /// # Errors
    /// Those of [`Builder::handle`].
    pub async fn refresh<C: GenericClient>(&self, client: &C) -> Result<Self, Error> {
        self.0.asked.clone().handle(client).await
    }

    /// What kind of server it is, as it was found.
    pub fn server(&self) -> &Server {
        &self.0.server
    }

    /// How the work is done.
    pub fn backend(&self) -> Backend {
        self.0.backend
    }
}
