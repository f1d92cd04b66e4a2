//! What the memberships of the connection's user cost it.

use kerbrole_core::SlowLogin;

use crate::builder::Backend;
use crate::kerbrole::Kerbrole;
use crate::results::as_shown;

impl<C> Kerbrole<'_, C> {
    /// Whether the connection's user logs in slowly, since it is in too many roles: how many, and
    /// an estimate. [`Warning`](crate::Warning) says it in words.
    ///
    /// By [`Server::memberships`](crate::Server::memberships), as it was found; asks nothing.
    pub fn slow_login(&self) -> Option<SlowLogin> {
        let server = self.handle.server();
        let cost = server.login_cost(0);
        cost.is_slow().then(|| SlowLogin { user: as_shown(&server.user), cost })
    }

    /// The same with so many principals more that are created: nothing where the user does not
    /// become a member of what is created.
    ///
    /// To be asked before they are added. Since PostgreSQL 16 whoever creates a role becomes a
    /// member of it: with plain statements the connection's user, unless it is a superuser; with
    /// the functions in PL/pgSQL their owner, which mostly is a role that nobody logs in as.
    pub fn slow_login_after(&self, creating: usize) -> Option<SlowLogin> {
        let server = self.handle.server();
        let owns = || server.sql_functions.as_ref().is_some_and(|found| found.owner == server.user);
        let becomes_a_member = server.nests_creators()
            && match self.handle.backend() {
                Backend::PlainSql => true,
                Backend::SqlFunctions => owns(),
                Backend::Extension => false,
            };
        if creating == 0 || !becomes_a_member {
            return None;
        }
        let cost = server.login_cost(creating);
        cost.is_slow().then(|| SlowLogin { user: as_shown(&server.user), cost })
    }
}
