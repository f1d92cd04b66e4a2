//! The servers that tests share, a fresh start on them for each test, and the trials that come of
//! both.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, reason = "the names say it")]

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use kerbrole_client::Backend;
use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use once_cell::sync::OnceCell;
use postgres::error::DbError;
use postgres::types::ToSql;
use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::kdc::Kdc;
use crate::postgres_server::{MASTER, SUPERUSER, Server};
use crate::sandbox::{Site, wait_until};
use crate::tally::Tally;
use crate::version::{Installation, described, wanted};

pub const REALM: &str = "CORP.EXAMPLE.COM";

/// One test.
pub struct Case {
    pub name: &'static str,
    pub on: On,
    pub run: fn(&Context<'_>),
}

/// Where a test runs.
#[derive(Clone, Copy)]
pub enum On {
    /// Each version, with `krb_caseins_users` off and on.
    Every,
    /// Each version, with the setting off.
    EachVersion,
    /// Each version, with the library preloaded and the guard on.
    Guarded,
    /// Each version, with `krb_caseins_users` off and on, without a file of the extension.
    Bare,
    /// Each version, with the setting off, without a file of the extension.
    BareEachVersion,
    /// The newest version, with the setting off: what would come to the same on the others, and
    /// takes long.
    Newest,
    /// Each version, with `krb_caseins_users` off and on, with the extension and without a file of
    /// it.
    EitherWay,
    /// Once, and on no server.
    Nowhere,
}

/// The cases of a suite, named after their functions.
#[macro_export]
macro_rules! cases {
    ($($on:ident: $($name:ident),+ $(,)?;)+) => {
        pub const CASES: &[$crate::fixture::Case] = &[
            $($($crate::fixture::Case {
                name: stringify!($name),
                on: $crate::fixture::On::$on,
                run: $name,
            },)+)+
        ];
    };
}

#[derive(Clone, Copy)]
struct Place {
    major: u32,
    kind: Kind,
    nowhere: bool,
}

/// How a server is set up.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Plain,
    CaseIns,
    Guarded,
    Bare,
    BareCaseIns,
}

impl Kind {
    pub const ALL: [Self; 5] =
        [Self::Plain, Self::CaseIns, Self::Guarded, Self::Bare, Self::BareCaseIns];

    /// Whether there is no file of the extension.
    pub fn is_bare(self) -> bool {
        matches!(self, Self::Bare | Self::BareCaseIns)
    }

    fn ignores_case(self) -> bool {
        matches!(self, Self::CaseIns | Self::BareCaseIns)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::CaseIns => "_caseins",
            Self::Guarded => "_guarded",
            Self::Bare => "_bare",
            Self::BareCaseIns => "_bare_caseins",
        }
    }

    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Plain | Self::Bare => &["krb_caseins_users = off"],
            Self::CaseIns | Self::BareCaseIns => &["krb_caseins_users = on"],
            Self::Guarded => &["shared_preload_libraries = 'pg_kerbrole'", "kerbrole.guard = on"],
        }
    }
}

impl Place {
    fn label(self) -> String {
        if self.nowhere { "here".into() } else { format!("pg{}{}", self.major, self.kind.name()) }
    }
}

struct World {
    site: OnceCell<&'static Site>,
    kdc: OnceCell<Kdc>,
    servers: Vec<SharedServer>,
    majors: Vec<u32>,
    tally: Tally,
}

struct SharedServer {
    major: u32,
    kind: Kind,
    server: OnceCell<Server>,
    in_use: Mutex<()>,
}

/// Tries every case of every suite in each place where it runs, and says how it went. Nothing is
/// started where tests are only listed.
///
/// The last lines name each version that was asked for, how it came to be here, and what became of
/// its tests.
///
/// # Errors
/// When the servers do not come up.
pub fn try_all(
    suites: &[(&str, &[Case])],
    kinds: &[Kind],
    arguments: &Arguments,
) -> Result<Conclusion, String> {
    // What a failed test says is shown with its result, together with the place.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        PANICKED_AT.with_borrow_mut(|at| *at = place);
    }));
    let world = Arc::new(World::new(kinds, arguments.list)?);
    let mut trials = Vec::new();
    for (suite, cases) in suites {
        for case in *cases {
            for place in world.places(case.on) {
                let world = world.clone();
                let name = format!("{suite}::{}::{}", case.name, place.label());
                let run = case.run;
                trials.push(Trial::test(name, move || {
                    let outcome = world.run(place, run);
                    world.tally.count(place.major, outcome.is_ok());
                    outcome.map_err(Failed::from)
                }));
            }
        }
    }
    let conclusion = libtest_mimic::run(arguments, trials);
    world.close();
    if !arguments.list {
        world.tally.print(described)?;
    }
    Ok(conclusion)
}

impl World {
    fn new(kinds: &[Kind], only_list: bool) -> Result<Self, String> {
        let majors = wanted()?;
        let shared = |&major: &u32| {
            let one = move |&kind: &Kind| SharedServer {
                major,
                kind,
                server: OnceCell::new(),
                in_use: Mutex::new(()),
            };
            kinds.iter().map(one).collect::<Vec<_>>()
        };
        let servers = majors.iter().flat_map(shared).collect();
        let tally = Tally::new(&majors);
        let world = Self { site: OnceCell::new(), kdc: OnceCell::new(), servers, majors, tally };
        if !only_list {
            world.start()?;
        }
        Ok(world)
    }

    fn start(&self) -> Result<(), String> {
        let site = *self.site.get_or_try_init(|| Site::open(false))?;
        let kdc = self.kdc.get_or_try_init(|| Kdc::start(site, REALM))?;
        thread::scope(|scope| {
            let starting: Vec<_> = self
                .majors
                .iter()
                .map(|&major| scope.spawn(move || self.start_version(site, kdc, major)))
                .collect();
            starting
                .into_iter()
                .try_for_each(|thread| thread.join().map_err(|panic| message(&*panic))?)
        })
    }

    fn start_version(&self, site: &'static Site, kdc: &Kdc, major: u32) -> Result<(), String> {
        let installation = Arc::new(Installation::copy(site, major)?);
        let bare = Arc::new(Installation::copy_bare(site, major)?);
        for shared in self.servers.iter().filter(|shared| shared.major == major) {
            let name = format!("pg{major}{}", shared.kind.name());
            let installation = if shared.kind.is_bare() { &bare } else { &installation };
            let server =
                Server::start(site, installation.clone(), kdc, &name, shared.kind.settings())?;
            shared.server.set(server).map_err(|_| "started twice")?;
        }
        Ok(())
    }

    fn places(&self, on: On) -> Vec<Place> {
        let all =
            self.servers.iter().map(|s| Place { major: s.major, kind: s.kind, nowhere: false });
        match on {
            On::Every => {
                all.filter(|place| matches!(place.kind, Kind::Plain | Kind::CaseIns)).collect()
            }
            On::EitherWay => all.filter(|place| place.kind != Kind::Guarded).collect(),
            On::Bare => all.filter(|place| place.kind.is_bare()).collect(),
            On::BareEachVersion => all.filter(|place| place.kind == Kind::Bare).collect(),
            On::Newest => {
                let newest = self.majors.iter().copied().max();
                all.filter(|place| place.kind == Kind::Plain && Some(place.major) == newest)
                    .collect()
            }
            On::EachVersion => all.filter(|place| place.kind == Kind::Plain).collect(),
            On::Guarded => all.filter(|place| place.kind == Kind::Guarded).collect(),
            On::Nowhere => vec![Place { major: 0, kind: Kind::Plain, nowhere: true }],
        }
    }

    /// Runs a test on a server that nobody else uses meanwhile, and that is as if new.
    fn run(&self, place: Place, test: fn(&Context<'_>)) -> Result<(), String> {
        let shared = self
            .servers
            .iter()
            .find(|s| s.major == place.major && s.kind == place.kind)
            .or(self.servers.first())
            .ok_or("no servers")?;
        let _alone =
            (!place.nowhere).then(|| shared.in_use.lock().unwrap_or_else(PoisonError::into_inner));
        let context = Context {
            server: shared.server.get().ok_or("not started")?,
            kdc: self.kdc.get().ok_or("not started")?,
            caseins: shared.kind.ignores_case(),
            kind: shared.kind,
            site: self.site.get().ok_or("not started")?,
        };
        PANICKED_AT.with_borrow_mut(String::clear);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if !place.nowhere {
                context.start_afresh();
            }
            test(&context);
        }));
        outcome.map_err(|panic| {
            format!("{} ({})", message(&*panic), PANICKED_AT.with_borrow(String::clone))
        })
    }

    fn close(&self) {
        if let Some(site) = self.site.get() {
            site.close();
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "panicked".into())
}

thread_local! {
    /// Where this thread's last panic came from.
    static PANICKED_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What a test works with.
pub struct Context<'w> {
    pub server: &'w Server,
    pub kdc: &'w Kdc,
    pub caseins: bool,
    pub kind: Kind,
    pub site: &'static Site,
}

impl Context<'_> {
    /// What kerbrole-client works by on this server.
    pub fn backend(&self) -> Backend {
        if self.kind.is_bare() { Backend::PlainSql } else { Backend::Extension }
    }

    /// Changes `kerbrole.guard` in the server's configuration, and waits until it has arrived.
    pub fn set_guard(&self, su: &mut Session, value: &str) {
        su.run(&format!("ALTER SYSTEM SET kerbrole.guard = '{value}'"));
        su.run("SELECT pg_reload_conf()");
        wait_until(|| su.one("SHOW kerbrole.guard") == value).unwrap();
    }

    /// A further server of this version, for tests that need their own settings. It is stopped when
    /// it goes out of scope.
    pub fn own_server(&self, name: &str, settings: &[&str]) -> OwnServer {
        self.own_server_of(self.server.installation(), name, settings)
    }

    /// The same from other files.
    pub fn own_server_of(
        &self,
        installation: Arc<Installation>,
        name: &str,
        settings: &[&str],
    ) -> OwnServer {
        let name = format!("pg{}{}-{name}", self.major(), self.kind.name());
        let server = Server::start(self.site, installation, self.kdc, &name, settings).unwrap();
        server.run_script("rds_roles.sql", "postgres", &[]).unwrap();
        OwnServer(server)
    }

    /// Takes away whatever the last test left, and makes the role model and the extension anew.
    pub fn start_afresh(&self) {
        let mut su = self.superuser();
        for row in su.rows(
            "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', \
                'template0', 'template1')",
        ) {
            su.run(&format!(
                "DROP DATABASE {} WITH \
                (FORCE)",
                kerbrole_core::quote_identifier(&row[0])
            ));
        }
        su.run("DROP EXTENSION IF EXISTS pg_kerbrole CASCADE");
        su.run("ALTER DATABASE postgres RESET ALL");
        if self.kind == Kind::Guarded {
            self.set_guard(&mut su, "on");
        }
        su.run("SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
        for schema in su.column(
            "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ \
                '^(pg_|information_schema$)'",
        ) {
            su.run(&format!("DROP SCHEMA {schema} CASCADE"));
        }
        su.run(
            "CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public \
            TO PUBLIC",
        );
        // By their OIDs: a name need not be text here.
        let roles = su.column("SELECT oid FROM pg_roles WHERE oid >= 16384");
        // One lock for each: in portions that the default lock table holds.
        for chunk in roles.chunks(1000) {
            let oids = chunk.join(", ");
            su.run(&format!(
                "DO $$ DECLARE list text; BEGIN \
                   SELECT string_agg(quote_ident(rolname), ', ') INTO list FROM pg_roles WHERE oid \
                   IN ({oids}); \
                   EXECUTE 'DROP OWNED BY ' || list || ' CASCADE'; EXECUTE 'DROP ROLE ' || list; \
                   END $$"
            ));
        }
        self.server.run_script("rds_roles.sql", "postgres", &[]).unwrap();
        if !self.kind.is_bare() {
            su.run("CREATE EXTENSION pg_kerbrole");
        }
    }

    pub fn superuser(&self) -> Session {
        self.connect(SUPERUSER)
    }

    /// The rds_superuser that is no superuser.
    pub fn master(&self) -> Session {
        self.connect(MASTER)
    }

    pub fn connect(&self, user: &str) -> Session {
        self.try_connect(user, "postgres").unwrap()
    }

    pub fn try_connect(&self, user: &str, database: &str) -> Result<Session, postgres::Error> {
        Session::open(self.server, user, database)
    }

    /// Starts a statement of a superuser, waits until it waits for a lock, does something, and says
    /// how the statement ended: its SQLSTATE, or `fine`.
    pub fn while_it_waits(
        &self,
        su: &mut Session,
        statement: &str,
        meanwhile: impl FnOnce(),
    ) -> String {
        let mut second = self.superuser();
        second.run("SET application_name = 'second'");
        thread::scope(|scope| {
            let outcome = move || {
                second
                    .try_rows(statement)
                    .map_or_else(|e| e.code().code().to_string(), |_| "fine".into())
            };
            let waiting = scope.spawn(outcome);
            su.wait_for_waiting("second");
            meanwhile();
            waiting.join().unwrap()
        })
    }

    pub fn major(&self) -> u32 {
        self.server.major()
    }

    /// Whether creators of roles become members of them, and CREATEROLE alone grants nothing: since
    /// 16.
    pub fn nests_creators(&self) -> bool {
        self.major() >= 16
    }
}

/// A connection, with the notices that came over it.
pub struct Session {
    pub client: Client,
    notices: Arc<Mutex<Vec<DbError>>>,
}

/// A server that ends with the test.
pub struct OwnServer(pub Server);

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Session {
    pub fn open(server: &Server, user: &str, database: &str) -> Result<Self, postgres::Error> {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let mut config = server.connection(user, database);
        let heard = notices.clone();
        config.notice_callback(move |notice| heard.lock().unwrap().push(notice));
        Ok(Self { client: config.connect(NoTls)?, notices })
    }

    /// The rows of a query as text; NULL is `NULL`.
    pub fn rows(&mut self, sql: &str) -> Vec<Vec<String>> {
        self.try_rows(sql).unwrap_or_else(|e| {
            panic!("{sql}: {} {} {:?}", e.code().code(), e.message(), e.detail())
        })
    }

    pub fn try_rows(&mut self, sql: &str) -> Result<Vec<Vec<String>>, Box<DbError>> {
        let messages = self.client.simple_query(sql).map_err(|e| Box::new(db_error(&e)))?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows
            .map(|row| (0..row.len()).map(|i| row.get(i).unwrap_or("NULL").to_string()).collect())
            .collect())
    }

    pub fn run(&mut self, sql: &str) {
        self.rows(sql);
    }

    /// The first column of the only row.
    pub fn one(&mut self, sql: &str) -> String {
        let mut rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0).remove(0)
    }

    /// The first column of each row.
    pub fn column(&mut self, sql: &str) -> Vec<String> {
        self.rows(sql).into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// The error that a statement ends with.
    pub fn error(&mut self, sql: &str) -> DbError {
        match self.try_rows(sql) {
            Err(error) => *error,
            Ok(rows) => panic!("{sql}: no error but {rows:?}"),
        }
    }

    /// SQLSTATE of the error that a statement ends with.
    pub fn code(&mut self, sql: &str) -> String {
        self.error(sql).code().code().into()
    }

    /// The text that a query with bound arguments returns.
    pub fn call(
        &mut self,
        sql: &str,
        arguments: &[&(dyn ToSql + Sync)],
    ) -> Result<String, Box<DbError>> {
        self.client
            .query_one(sql, arguments)
            .map(|row| row.get(0))
            .map_err(|e| Box::new(db_error(&e)))
    }

    /// Waits until the connection of this application name waits for a lock.
    pub fn wait_for_waiting(&mut self, application: &str) {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{application}' AND \
             wait_event_type = 'Lock'"
        );
        wait_until(|| self.one(&sql) == "1")
            .unwrap_or_else(|e| panic!("{application} does not wait: {e}"));
    }

    /// Waits until nobody is logged in as this role: a session ends a moment after its client has
    /// gone.
    pub fn wait_for_no_sessions(&mut self, role: &str) {
        let role = kerbrole_core::quote_literal(role);
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = {role}");
        wait_until(|| self.one(&sql) == "0")
            .unwrap_or_else(|e| panic!("{role} still has sessions: {e}"));
    }

    /// The notices since the last time.
    pub fn notices(&mut self) -> Vec<String> {
        self.notices.lock().unwrap().drain(..).map(|notice| notice.message().to_string()).collect()
    }

    /// The same with everything that they say.
    pub fn db_notices(&mut self) -> Vec<DbError> {
        self.notices.lock().unwrap().drain(..).collect()
    }

    /// The names of all roles that look like principals, and their memberships: what a failed call
    /// must not change.
    pub fn traces(&mut self) -> Vec<Vec<String>> {
        self.rows(
            "SELECT r.rolname, r.rolcanlogin, g.rolname FROM pg_roles r LEFT JOIN pg_auth_members \
             m ON m.member = r.oid \
             LEFT JOIN pg_roles g ON g.oid = m.roleid WHERE r.oid >= 16384 ORDER BY 1, 2, 3",
        )
    }
}

pub fn db_error(error: &postgres::Error) -> DbError {
    error.as_db_error().unwrap_or_else(|| panic!("not an error of the server: {error}")).clone()
}
