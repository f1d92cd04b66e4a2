//! The domain and the servers that the tests share, and a fresh start on them for each test.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use kerbrole_client::Backend;
use kerbrole_tests::admin::Admin;
use kerbrole_tests::domain_controller::{Asked, Domain};
use kerbrole_tests::fixture::Session;
use kerbrole_tests::kerberos::{Kerberos, Ticket};
use kerbrole_tests::postgres_server::{MASTER, SUPERUSER, Server};
use kerbrole_tests::report::Evidence;
use kerbrole_tests::sandbox::Sandbox;
use kerbrole_tests::version::{Installation, wanted};
use once_cell::sync::OnceCell;

use crate::accounts;
use crate::sections::{REPORT, section};

pub const REALM: &str = "CORP.EXAMPLE.COM";

/// One test: its name, where it runs, and what it does.
pub type Case = (&'static str, On, fn(&Context<'_>));

/// Where a test runs.
#[derive(Clone, Copy, PartialEq)]
pub enum On {
    /// Servers with the extension.
    Extension,
    /// Those, and servers without a file of it.
    EitherWay,
    /// Those, and on servers without a file of it the functions in PL/pgSQL as well.
    EachBackend,
    /// One server with the extension, each test in its turn: it is about the directory.
    Once,
}

/// The cases of a suite, named after their functions.
#[macro_export]
macro_rules! ad_cases {
    ($($on:ident: $($name:ident),+ $(,)?;)+) => {
        pub const CASES: &[$crate::directory::Case] =
            &[$($((stringify!($name), $crate::directory::On::$on, $name),)+)+];
    };
}

/// A server, by its place among them.
#[derive(Clone, Copy, PartialEq)]
pub struct Place {
    pub major: u32,
    caseins: bool,
    /// Without a file of the extension.
    bare: bool,
    /// With the functions of sql/kerbrole.sql on such a server.
    in_plpgsql: bool,
}

impl Place {
    fn of(major: u32) -> [Self; 4] {
        [(false, false), (true, false), (false, true), (true, true)].map(|(caseins, bare)| Self {
            major,
            caseins,
            bare,
            in_plpgsql: false,
        })
    }

    pub fn label(self) -> String {
        let bare = match (self.bare, self.in_plpgsql) {
            (true, true) => "_functions",
            (true, false) => "_bare",
            (false, _) => "",
        };
        format!("pg{}{bare}{}", self.major, if self.caseins { "_caseins" } else { "" })
    }

    fn runs(self, on: On) -> bool {
        !self.bare || matches!(on, On::EitherWay | On::EachBackend)
    }

    fn backend(self) -> Backend {
        match (self.bare, self.in_plpgsql) {
            (true, true) => Backend::SqlFunctions,
            (true, false) => Backend::PlainSql,
            (false, _) => Backend::Extension,
        }
    }
}

pub struct Directory {
    started: OnceCell<Started>,
    places: Vec<Place>,
}

struct Started {
    sandbox: &'static Sandbox,
    domain: Domain,
    servers: Vec<SharedServer>,
    tickets: Mutex<BTreeMap<(String, Asked), Result<Ticket, String>>>,
}

struct SharedServer {
    server: Server,
    in_use: Mutex<()>,
}

impl Directory {
    /// Starts everything, unless the tests are only listed.
    pub fn open(only_list: bool) -> Result<Self, String> {
        let majors = wanted()?;
        let places = majors.iter().flat_map(|&major| Place::of(major)).collect();
        let directory = Self { started: OnceCell::new(), places };
        if !only_list {
            let sandbox = Sandbox::open(false)?;
            if let Err(error) = directory.start(sandbox, &majors) {
                sandbox.close();
                return Err(error);
            }
        }
        Ok(directory)
    }

    fn start(&self, sandbox: &'static Sandbox, majors: &[u32]) -> Result<(), String> {
        let (domain, installations) = thread::scope(|scope| {
            let copy = |&major: &u32| {
                scope.spawn(move || {
                    Ok([
                        Arc::new(Installation::copy(sandbox, major)?),
                        Arc::new(Installation::copy_bare(sandbox, major)?),
                    ])
                })
            };
            let copying: Vec<_> = majors.iter().map(copy).collect();
            let domain = Domain::start(sandbox, REALM)?;
            domain.add(&accounts::all())?;
            domain.add(&accounts::services(REALM))?;
            let copies = copying
                .into_iter()
                .map(|copy| joined(copy.join()))
                .collect::<Result<Vec<_>, _>>()?;
            Ok::<_, String>((domain, copies))
        })?;
        let servers = thread::scope(|scope| {
            let start = |place: &Place| {
                let of_major = installations.iter().find(|[one, _]| one.major == place.major);
                let installation = of_major.map(|both| both[usize::from(place.bare)].clone());
                let (domain, place) = (&domain, *place);
                scope.spawn(move || {
                    let caseins =
                        format!("krb_caseins_users = {}", if place.caseins { "on" } else { "off" });
                    let installation = installation.ok_or("there is no copy")?;
                    let server =
                        Server::start(sandbox, installation, domain, &place.label(), &[&caseins])?;
                    Ok(SharedServer { server, in_use: Mutex::default() })
                })
            };
            let starting: Vec<_> = self.places.iter().map(start).collect();
            starting.into_iter().map(|server| joined(server.join())).collect::<Result<_, String>>()
        })?;
        let started = Started { sandbox, domain, servers, tickets: Mutex::default() };
        self.started.set(started).map_err(|_| "started twice".to_string())
    }

    /// The servers where a test runs, the `number`-th of all.
    pub fn places(&self, on: On, number: usize) -> Vec<Place> {
        match on {
            // Most of such a test is waiting: not all wait for the same server.
            On::Once => {
                let plain = self.places.iter().filter(|place| !place.bare && !place.caseins);
                plain.cycle().nth(number).copied().into_iter().collect()
            }
            On::EachBackend => {
                let bare = self.places.iter().filter(|place| place.bare);
                let by_functions = bare.map(|place| Place { in_plpgsql: true, ..*place });
                self.places.iter().copied().chain(by_functions).collect()
            }
            _ => self.places.iter().filter(|place| place.runs(on)).copied().collect(),
        }
    }

    /// Runs a test on a server that nobody else uses meanwhile, and that is as if new.
    pub fn run(&self, place: Place, name: &str, test: fn(&Context<'_>)) -> Result<(), String> {
        let started = self.started.get().ok_or("not started")?;
        let there = Place { in_plpgsql: false, ..place };
        let number =
            self.places.iter().position(|&other| other == there).ok_or("no such server")?;
        let shared = &started.servers[number];
        let _alone = shared.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        let by = match place.backend() {
            Backend::SqlFunctions => "SQL functions",
            Backend::PlainSql => "plain statements",
            _ => "extension",
        };
        let evidence = REPORT.evidence(section(name), &shared.server, place.caseins, by);
        let context = Context { place, server: &shared.server, started, evidence };
        PANICKED_AT.with_borrow_mut(String::clear);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            context.start_afresh();
            test(&context);
        }));
        outcome.map_err(|panic| {
            format!("{} ({})", message(&*panic), PANICKED_AT.with_borrow(String::clone))
        })
    }

    pub fn close(&self) {
        if let Some(started) = self.started.get() {
            started.sandbox.close();
        }
    }
}

fn joined<T>(outcome: thread::Result<Result<T, String>>) -> Result<T, String> {
    outcome.map_err(|panic| message(&*panic))?
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "panicked".into())
}

thread_local! {
    /// Where this thread's last panic came from.
    pub static PANICKED_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What a test works with.
pub struct Context<'d> {
    place: Place,
    pub server: &'d Server,
    started: &'d Started,
    pub evidence: Evidence<'d>,
}

impl Context<'_> {
    /// Takes away whatever the last test left, and makes the role model and the extension anew.
    fn start_afresh(&self) {
        let mut su = self.superuser();
        su.run("DROP EXTENSION IF EXISTS pg_kerbrole CASCADE");
        su.run("ALTER DATABASE postgres RESET ALL");
        for role in su.column("SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384") {
            su.run(&format!("DROP OWNED BY {role} CASCADE"));
            su.run(&format!("DROP ROLE {role}"));
        }
        self.server.run_script("rds_roles.sql", "postgres", &[]).unwrap();
        if !self.place.bare {
            su.run("CREATE EXTENSION pg_kerbrole");
        }
        if self.place.in_plpgsql {
            self.server.run_script("kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"]).unwrap();
        }
    }

    /// What does the work here, as the command calls it.
    pub fn backend(&self) -> &'static str {
        match self.place.backend() {
            Backend::SqlFunctions => "functions",
            Backend::PlainSql => "sql",
            _ => "extension",
        }
    }

    pub fn domain(&self) -> &Domain {
        &self.started.domain
    }

    pub fn sandbox(&self) -> &'static Sandbox {
        self.started.sandbox
    }

    /// One more server of the same version, which has to be discarded.
    pub fn another_server(&self) -> Server {
        self.another_server_of(self.domain(), "another")
    }

    /// The same with the key of another realm.
    pub fn another_server_of(&self, realm: &dyn Kerberos, name: &str) -> Server {
        let name = format!("{}-{name}", self.place.label());
        Server::start(self.sandbox(), self.server.installation(), realm, &name, &[]).unwrap()
    }

    pub fn superuser(&self) -> Session {
        Session::open(self.server, SUPERUSER, "postgres").unwrap()
    }

    /// The rds_superuser that is no superuser.
    pub fn master(&self) -> Session {
        Session::open(self.server, MASTER, "postgres").unwrap()
    }

    /// The master user with kerbrole-client, by the extension or by plain statements.
    pub fn admin(&self) -> Admin {
        Admin::master(self.server, self.place.backend())
    }

    /// What tells this place from the others, short enough to be a part of an account's name.
    pub fn short_label(&self) -> String {
        let Place { major, caseins, bare, in_plpgsql } = self.place;
        let sign = |yes, letter| if yes { letter } else { "" };
        format!("{major}{}{}{}", sign(bare, "b"), sign(in_plpgsql, "f"), sign(caseins, "c"))
    }

    /// Whether `krb_caseins_users` is on.
    pub fn caseins(&self) -> bool {
        self.place.caseins
    }

    /// A ticket, or why there is none. Each is asked for once; it opens whatever server it may.
    pub fn try_ticket(&self, name: &str, asked: Asked) -> Result<Ticket, String> {
        let mut tickets = self.started.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets
            .entry((name.to_string(), asked))
            .or_insert_with(|| self.domain().ticket(name, asked))
            .clone()
    }

    pub fn ticket(&self, name: &str, asked: Asked) -> Ticket {
        self.try_ticket(name, asked).unwrap()
    }
}
