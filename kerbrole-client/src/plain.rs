//! What the extension does, without it: plain statements, by whoever is connected.

mod access;
mod adding;
mod attempts;
mod batch;
mod catalog;
mod dropping;
mod finding;
mod lifecycle;
mod looking;
mod members;
mod memberships;
mod realms;
mod recursive_sql;
mod rights;
mod sets;
mod sync;
mod written;

use kerbrole_core::{Cluster, ConflictRule, NameRules, Reading};
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::probe::Server;
pub(crate) use batch::CONFLICT_SEEN;
use catalog::Catalog;

/// Everything that an operation depends on.
pub(crate) struct Plain<'k, C> {
    pub(crate) client: &'k C,
    pub(crate) server: &'k Server,
    pub(crate) rules: &'k NameRules,
    pub(crate) rule: &'k ConflictRule,
    pub(crate) accept_nesting: bool,
}

impl<C: GenericClient> Plain<'_, C> {
    pub(crate) fn catalog(&self) -> Catalog<'_, C> {
        Catalog { client: self.client, server: self.server }
    }

    /// The rule, and nothing read yet.
    fn unread(&self) -> Cluster {
        Cluster::new(self.rule.clone(), self.server.names_grantors())
    }

    /// What a request needs.
    async fn read(&self, reading: &Reading) -> Result<Cluster, Error> {
        let cluster = self.read_roles(reading.names()).await?;
        let graph = self.catalog().neighbourhood(reading.around(&cluster.roles)).await?;
        Ok(cluster.with_graph(graph))
    }

    /// The roles of these names, whatever their case, and no memberships.
    async fn read_roles(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Cluster, Error> {
        Ok(self.unread().with_roles(self.catalog().roles_spelled_like(names).await?))
    }

    /// All roles and all memberships.
    async fn read_all(&self) -> Result<Cluster, Error> {
        let (roles, graph) = self.catalog().everything().await?;
        Ok(self.unread().with_roles(roles).with_graph(graph))
    }
}
