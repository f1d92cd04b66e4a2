//! The ways to create many principals.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use kerbrole_client::{AddOptions, Backend, Kerbrole};
use kerbrole_tests::postgres_server::Server;
use kerbrole_tests::sandbox::{Result, run};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::Bench;
use crate::cluster::{block, connect, execute, prepare};
use crate::names::Name;
use crate::tools;

/// A way to create principals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Contestant {
    Script,
    Block,
    Ldap2pg,
    Ansible,
    Many,
    Loop,
    Plain,
    Client,
    /// The functions in PL/pgSQL, where they are installed.
    Functions,
    ClientOnFunctions,
}

impl Contestant {
    /// Those that need nothing but the extension.
    pub(crate) const ALL: [Self; 8] = [
        Self::Script,
        Self::Block,
        Self::Ldap2pg,
        Self::Ansible,
        Self::Many,
        Self::Loop,
        Self::Plain,
        Self::Client,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Script => "(a) psql, a script of `CREATE USER; GRANT` pairs in one transaction",
            Self::Block => "(b) a DO block of `CREATE ROLE … LOGIN IN ROLE rds_ad`, no checks",
            Self::Ldap2pg => "(c) ldap2pg 5.9, a static list",
            Self::Ansible => "(d) Ansible's `postgresql_user`",
            Self::Many => "(e) one `kerb_add_principals`",
            Self::Loop => "(f) `kerb_add_principal` for each, in one statement",
            Self::Plain => "(g) kerbrole-client, plain statements",
            Self::Client => "(h) kerbrole-client on the extension",
            Self::Functions => "(i) one `kerbrole.kerb_add_principals` in PL/pgSQL",
            Self::ClientOnFunctions => "(j) kerbrole-client on the functions in PL/pgSQL",
        }
    }

    /// How long it takes. Programs with their start; functions and the DO block in a session that
    /// has loaded what they need.
    pub(crate) fn run(
        self,
        bench: &Bench,
        server: &Server,
        user: &str,
        names: &[Name],
    ) -> Result<f64> {
        match self {
            Self::Script => {
                let path = script(bench, names)?;
                let mut psql = server.psql(user, "postgres");
                timed(|| run(psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&path)).map(drop))
            }
            Self::Block => self.in_session(server, user, names, &block()),
            Self::Many => self.in_session(
                server,
                user,
                names,
                "SELECT count(*) FROM kerb_add_principals((SELECT typed FROM names))",
            ),
            Self::Loop => self.in_session(
                server,
                user,
                names,
                "SELECT count(kerb_add_principal(name)) FROM names, unnest(typed) AS name",
            ),
            Self::Plain => by_client(server, user, names, Backend::PlainSql),
            Self::Client => by_client(server, user, names, Backend::Extension),
            Self::Functions => self.in_session(
                server,
                user,
                names,
                "SELECT count(*) FROM kerbrole.kerb_add_principals((SELECT typed FROM names))",
            ),
            Self::ClientOnFunctions => by_client(server, user, names, Backend::SqlFunctions),
            Self::Ldap2pg => tools::ldap2pg(bench, server, user, names),
            Self::Ansible => tools::ansible(bench, server, user, names),
        }
    }

    fn in_session(self, server: &Server, user: &str, names: &[Name], sql: &str) -> Result<f64> {
        prepare(server, names)?;
        let mut client = connect(server, user)?;
        let load = match self {
            Self::Block => "",
            Self::Functions => "SELECT kerbrole.kerb_canonicalize('alice@corp.example.com')",
            _ => "SELECT kerb_canonicalize('alice@corp.example.com')",
        };
        execute(&mut client, load)?;
        timed(|| execute(&mut client, sql))
    }
}

pub(crate) fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn script(bench: &Bench, names: &[Name]) -> Result<PathBuf> {
    let mut text = "BEGIN;\n".to_string();
    for Name { role, .. } in names {
        let _infallible = writeln!(text, "CREATE USER \"{role}\"; GRANT rds_ad TO \"{role}\";");
    }
    text.push_str("COMMIT;\n");
    bench.write("pairs.sql", &text)
}

/// Connecting and looking at the server included.
fn by_client(server: &Server, user: &str, names: &[Name], backend: Backend) -> Result<f64> {
    let mut config = tokio_postgres::Config::new();
    config.host_path(server.socket()).port(server.port).user(user).dbname("postgres");
    add_by_client(&config, names, backend)
}

/// The same over any connection.
pub(crate) fn add_by_client(
    config: &tokio_postgres::Config,
    names: &[Name],
    backend: Backend,
) -> Result<f64> {
    let typed: Vec<_> = names.iter().map(|name| name.typed.clone()).collect();
    let runtime = Runtime::new().map_err(|e| e.to_string())?;
    timed(|| {
        runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.map_err(|e| e.to_string())?;
            tokio::spawn(connection);
            let builder =
                Kerbrole::<tokio_postgres::Client>::builder().backend(backend).accept_nesting(true);
            let kerbrole = builder.build(&client).await.map_err(|e| e.to_string())?;
            let work = kerbrole.bulk(typed, AddOptions::new()).collect();
            work.await.map(drop).map_err(|e| format!("{e}: {:?}", e.detail()))
        })
    })
}
