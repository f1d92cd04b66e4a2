//! Clusters that start from the same files every time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kerbrole_tests::postgres_server::{MASTER, SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;
use kerbrole_tests::version::Installation;
use postgres::{Client, NoTls};

use crate::Bench;
use crate::names::Name;

/// Since PostgreSQL 16 a transaction holds a lock for each membership that it adds: the default has
/// room for some thirteen thousand.
const SETTINGS: [&str; 2] = ["autovacuum = off", "max_locks_per_transaction = 1000"];

static COPIES: AtomicUsize = AtomicUsize::new(0);

/// A cluster that is stopped: the RDS role model, the extension, ADMIN on rds_ad for the master
/// user where plain statements need that, and principals.
pub(crate) struct Prototype {
    server: Server,
    present: usize,
}

impl Prototype {
    pub(crate) fn new(
        bench: &Bench,
        installation: &Arc<Installation>,
        present: &[Name],
    ) -> Result<Self> {
        Self::of(bare(bench, installation)?, present)
    }

    /// With the functions in PL/pgSQL beside the extension, and no principals.
    pub(crate) fn with_functions(bench: &Bench, installation: &Arc<Installation>) -> Result<Self> {
        let server = bare(bench, installation)?;
        server.run_script("kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"])?;
        Self::of(server, &[])
    }

    /// Of a cluster that runs, with so many principals.
    pub(crate) fn keeping(server: Server, present: usize) -> Result<Self> {
        execute(&mut connect(&server, SUPERUSER)?, "VACUUM ANALYZE")?;
        server.stop();
        Ok(Self { server, present })
    }

    fn of(server: Server, present: &[Name]) -> Result<Self> {
        let mut client = connect(&server, SUPERUSER)?;
        if server.major() >= 16 {
            execute(&mut client, &format!("GRANT rds_ad TO {MASTER} WITH ADMIN OPTION"))?;
        }
        if !present.is_empty() {
            prepare(&server, present)?;
            execute(&mut client, &block())?;
            execute(&mut client, "DROP TABLE names")?;
        }
        drop(client);
        Self::keeping(server, present.len())
    }

    /// A cluster of the same files, running.
    pub(crate) fn fresh(&self) -> Result<Server> {
        let server = self.server.copy(&numbered("fresh"))?;
        // The first look at the catalogues is nobody's.
        let mut client = connect(&server, SUPERUSER)?;
        execute(
            &mut client,
            "SELECT count(*) FROM pg_authid JOIN pg_auth_members ON member = pg_authid.oid",
        )?;
        Ok(server)
    }

    /// Removes its files.
    pub(crate) fn discard(self) -> Result<()> {
        self.server.discard()
    }

    /// Makes sure that these are there, whole, beside those that were, and nobody else.
    pub(crate) fn verify(&self, server: &Server, names: &[Name]) -> Result<()> {
        const COUNT: &str = "WITH in_ad AS (SELECT DISTINCT member FROM pg_auth_members WHERE \
            roleid = 'rds_ad'::regrole), \
             whole AS (SELECT rolname FROM pg_authid JOIN in_ad ON member = oid WHERE rolcanlogin \
             AND rolname LIKE '%@%') \
             SELECT (SELECT count(*) FROM whole JOIN unnest($1::text[]) AS name ON rolname = \
             name::name), (SELECT count(*) FROM whole), (SELECT count(*) FROM pg_authid WHERE \
             rolname LIKE '%@%')";
        let roles: Vec<_> = names.iter().map(|name| name.role.as_str()).collect();
        let row = connect(server, SUPERUSER)?.query_one(COUNT, &[&roles]).map_err(|e| said(&e))?;
        let found = [0, 1, 2].map(|column| usize::try_from(row.get::<_, i64>(column)).unwrap_or(0));
        let all = self.present + names.len();
        let expected = [names.len(), all, all];
        if found == expected {
            Ok(())
        } else {
            Err(format!("{found:?} principals, not {expected:?}"))
        }
    }
}

/// A running cluster with the RDS role model and the extension.
pub(crate) fn bare(bench: &Bench, installation: &Arc<Installation>) -> Result<Server> {
    let server = Server::start(
        bench.sandbox,
        installation.clone(),
        &bench.kdc,
        &numbered("cluster"),
        &SETTINGS,
    )?;
    server.run_script("rds_roles.sql", "postgres", &[])?;
    execute(&mut connect(&server, SUPERUSER)?, "CREATE EXTENSION pg_kerbrole")?;
    Ok(server)
}

fn numbered(what: &str) -> String {
    format!("{what}-{}", COPIES.fetch_add(1, Ordering::Relaxed))
}

/// Puts names where statements find them: the table `names`.
pub(crate) fn prepare(server: &Server, names: &[Name]) -> Result<()> {
    let typed: Vec<_> = names.iter().map(|name| name.typed.as_str()).collect();
    let roles: Vec<_> = names.iter().map(|name| name.role.as_str()).collect();
    let mut client = connect(server, SUPERUSER)?;
    execute(
        &mut client,
        "CREATE TABLE names (typed text[], roles text[]); GRANT SELECT ON names TO PUBLIC",
    )?;
    client
        .execute("INSERT INTO names VALUES ($1, $2)", &[&typed, &roles])
        .map(drop)
        .map_err(|e| said(&e))
}

/// The least that creates the roles of the table `names`: without any check.
pub(crate) fn block() -> String {
    "DO $$ DECLARE name text; BEGIN FOREACH name IN ARRAY (SELECT roles FROM names) LOOP \
     EXECUTE format('CREATE ROLE %I LOGIN IN ROLE rds_ad', name); END LOOP; END $$"
        .into()
}

/// A connection that has loaded what it needs for a DO block and for the extension.
pub(crate) fn connect(server: &Server, user: &str) -> Result<Client> {
    let mut client = server.connection(user, "postgres").connect(NoTls).map_err(|e| said(&e))?;
    execute(&mut client, "DO $$ BEGIN END $$")?;
    Ok(client)
}

pub(crate) fn execute(client: &mut Client, sql: &str) -> Result<()> {
    let start: String = sql.chars().take(80).collect();
    client.batch_execute(sql).map_err(|e| format!("{start}: {}", said(&e)))
}

/// What the server said.
pub(crate) fn said(error: &postgres::Error) -> String {
    error
        .as_db_error()
        .map_or(error.to_string(), |e| format!("{} {}", e.message(), e.hint().unwrap_or_default()))
}
