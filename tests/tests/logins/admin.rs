//! The administrator who makes the roles: the master user, through the extension or, where there is none, by plain statements.

use std::cell::RefCell;

use kerbrole_client::{Absent, AddOptions, Backend, DropOptions, Dropped, Error, Kerbrole};
use kerbrole_tests::report::Evidence;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::REPORT;
use crate::world::{Context, Session};

pub struct Admin {
    runtime: Runtime,
    client: Client,
    backend: Backend,
    su: RefCell<Session>,
}

impl Admin {
    /// The master user. By plain statements it needs ADMIN on rds_ad since 16.
    pub fn new(c: &Context<'_>) -> Self {
        if c.kind.is_bare() && c.nests_creators() {
            c.superuser().run("GRANT rds_ad TO rds_master WITH ADMIN OPTION");
        }
        Self::of(c, "rds_master")
    }

    pub fn of(c: &Context<'_>, user: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut config = tokio_postgres::Config::new();
        config.host_path(c.server.socket()).port(c.server.port).user(user).dbname("postgres");
        let (client, connection) = runtime.block_on(config.connect(NoTls)).unwrap();
        runtime.spawn(connection);
        let backend = if c.kind.is_bare() { Backend::PlainSql } else { Backend::Extension };
        Self { runtime, client, backend, su: RefCell::new(c.superuser()) }
    }

    /// The rows of a test, on roles that this administrator makes.
    pub fn evidence<'c>(&self, c: &Context<'c>, section: usize) -> Evidence<'c> {
        REPORT.evidence(section, c.server, c.caseins, self.name())
    }

    pub fn name(&self) -> &'static str {
        if self.backend == Backend::Extension { "extension" } else { "plain statements" }
    }

    /// Runs something with the crate; `accept_nesting` as given.
    pub fn with<T>(
        &self,
        accept_nesting: bool,
        call: impl AsyncFnOnce(&Kerbrole<'_, Client>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.runtime.block_on(async {
            let builder = Kerbrole::<Client>::builder().backend(self.backend).accept_nesting(accept_nesting);
            call(&builder.max_removals(100).build(&self.client).await?).await
        })
    }

    fn run<T>(&self, call: impl AsyncFnOnce(&Kerbrole<'_, Client>) -> Result<T, Error>) -> T {
        self.with(true, call).unwrap()
    }

    /// Adds a principal and returns the role.
    pub fn add(&self, principal: &str) -> String {
        self.run(async |k| k.add_principal(principal, None, &AddOptions::new()).await)
    }

    pub fn add_if_missing(&self, principal: &str) -> String {
        self.run(async |k| k.add_principal(principal, None, &AddOptions::new().if_not_exists(true)).await)
    }

    pub fn add_in(&self, principal: &str, group: &str) -> String {
        self.run(async |k| k.add_principal(principal, None, &AddOptions::new().group(group)).await)
    }

    pub fn disable(&self, principal: &str, terminate: bool) {
        self.run(async |k| k.disable_principal(principal, None, terminate).await);
    }

    pub fn enable(&self, principal: &str) {
        self.run(async |k| k.enable_principal(principal, None).await);
    }

    /// The session of a login that was tried ends a moment after psql.
    pub fn rename(&self, principal: &str, new: &str) -> String {
        self.su.borrow_mut().wait_for_no_sessions(principal);
        self.run(async |k| k.rename_principal(principal, None, new, None).await)
    }

    pub fn rename_realm(&self, old: &str, new: &str) {
        let moved = self.run(async |k| k.rename_realm(old, new, false).await);
        assert!(moved.iter().all(|one| one.problem.is_none()), "{moved:?}");
    }

    pub fn drop(&self, principal: &str) {
        self.su.borrow_mut().wait_for_no_sessions(principal);
        let dropped = self.run(async |k| k.drop_principal(principal, None, &DropOptions::new()).await);
        assert!(matches!(dropped, Dropped::Gone(_)), "{dropped:?}");
    }

    pub fn sync(&self, principals: &[&str], absent: Absent) {
        self.run(async |k| k.sync_principals(principals, absent, false).await);
    }

    /// The statements that end what is in conflict.
    pub fn fixes(&self) -> Vec<String> {
        self.run(async |k| k.conflicts().await).into_iter().map(|conflict| conflict.fix).collect()
    }
}
