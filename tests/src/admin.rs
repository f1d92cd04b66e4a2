//! The administrator who makes the roles, through the extension or, where there is none, by plain
//! statements: kerbrole-client as a tool would use it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(missing_docs, reason = "the names say it")]

use std::cell::RefCell;

use kerbrole_client::{
    AbsentPolicy, AddOptions, Backend, Check, DropOptions, Dropped, Error, Kerbrole, Sessions,
    SyncOptions,
};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::fixture::Session;
use crate::postgres_server::{MASTER, SUPERUSER, Server};

pub struct Admin {
    runtime: Runtime,
    client: Client,
    backend: Backend,
    su: RefCell<Session>,
}

impl Admin {
    /// The master user. By plain statements it needs ADMIN on rds_ad since 16.
    pub fn master(server: &Server, backend: Backend) -> Self {
        let admin = Self::connect(server, backend, MASTER);
        if backend == Backend::PlainSql && server.major() >= 16 {
            admin.su.borrow_mut().run("GRANT rds_ad TO rds_master WITH ADMIN OPTION");
        }
        admin
    }

    pub fn connect(server: &Server, backend: Backend, user: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut config = tokio_postgres::Config::new();
        config.host_path(server.socket()).port(server.port).user(user).dbname("postgres");
        let (client, connection) = runtime.block_on(config.connect(NoTls)).unwrap();
        runtime.spawn(connection);
        let su = Session::open(server, SUPERUSER, "postgres").unwrap();
        Self { runtime, client, backend, su: RefCell::new(su) }
    }

    pub fn name(&self) -> &'static str {
        if self.backend == Backend::Extension { "extension" } else { "plain statements" }
    }

    /// Runs something with the crate; `accept_nesting` as given.
    ///
    /// # Errors
    /// Those of the call.
    pub fn with<T>(
        &self,
        accept_nesting: bool,
        call: impl AsyncFnOnce(&Kerbrole<'_, Client>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.runtime.block_on(async {
            let builder =
                Kerbrole::<Client>::builder().backend(self.backend).accept_nesting(accept_nesting);
            call(&builder.max_removals(100).build(&self.client).await?).await
        })
    }

    fn run<T>(&self, call: impl AsyncFnOnce(&Kerbrole<'_, Client>) -> Result<T, Error>) -> T {
        self.with(true, call).unwrap()
    }

    /// Adds what was typed, and returns the role or the refusal.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`].
    pub fn try_add(&self, username: &str, realm: Option<&str>) -> Result<String, Error> {
        self.with(true, async |k| k.add_principal(username, realm, &AddOptions::new()).await)
            .map(String::from)
    }

    /// Adds a principal and returns the role.
    pub fn add(&self, principal: &str) -> String {
        self.run(async |k| k.add_principal(principal, None, &AddOptions::new()).await).into()
    }

    pub fn add_if_missing(&self, principal: &str) -> String {
        self.run(async |k| {
            k.add_principal(principal, None, &AddOptions::new().if_not_exists(true)).await
        })
        .into()
    }

    pub fn add_in(&self, principal: &str, group: &str) -> String {
        self.run(async |k| k.add_principal(principal, None, &AddOptions::new().group(group)).await)
            .into()
    }

    /// Why a principal cannot log in.
    pub fn check(&self, principal: &str) -> Vec<Check> {
        self.run(async |k| k.check_principal(principal, None).await)
    }

    pub fn disable(&self, principal: &str, terminate: bool) {
        let sessions = if terminate { Sessions::Terminate } else { Sessions::Keep };
        self.run(async |k| k.disable_principal(principal, None, sessions).await);
    }

    pub fn enable(&self, principal: &str) {
        self.run(async |k| k.enable_principal(principal, None).await);
    }

    /// The session of a login that was tried ends a moment after psql.
    pub fn rename(&self, principal: &str, new: &str) -> String {
        self.su.borrow_mut().wait_for_no_sessions(principal);
        self.run(async |k| k.rename_principal(principal, None, new, None).await).into()
    }

    pub fn rename_realm(&self, old: &str, new: &str) {
        let moved = self.run(async |k| k.rename_realm(old, new).await);
        assert!(moved.iter().all(|one| one.problem.is_none()), "{moved:?}");
    }

    pub fn drop(&self, principal: &str) {
        self.su.borrow_mut().wait_for_no_sessions(principal);
        let dropped =
            self.run(async |k| k.drop_principal(principal, None, &DropOptions::new()).await);
        assert!(matches!(dropped, Dropped::Dropped(_)), "{dropped:?}");
    }

    pub fn sync(&self, principals: &[&str], absent: AbsentPolicy) {
        self.run(async |k| k.sync_principals(principals, &SyncOptions::new().absent(absent)).await);
    }

    /// The statements that end what is in conflict.
    pub fn fixes(&self) -> Vec<String> {
        self.run(async |k| k.conflicts().await).into_iter().map(|conflict| conflict.fix).collect()
    }
}
