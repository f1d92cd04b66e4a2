//! Sessions that stand still where they are told to.
//!
//! A server that is built for it waits before each step for an advisory lock (`kerbrole.gate`).
//! One session here holds these locks, and lets go for a moment. Who waits, and for what, says the
//! server's table of locks: no time passes for its own sake.

use std::sync::Arc;

use kerbrole_tests::fixture::{Context, Session, db_error};
use kerbrole_tests::oracle;
use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::wait_until;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

use crate::interleavings::menu::World;

/// The steps that have a gate (`Step` of pg_kerbrole/src/fault.rs).
pub const LOCK: i32 = 1;
pub const LOOK: i32 = 2;
pub const WRITE: i32 = 3;
pub const CHECK: i32 = 4;

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Its last statement has been answered.
    Idle,
    /// It stands at the gate before a step.
    At(i32),
    /// It waits for another session.
    Waits,
}

/// A session that is told what to do.
struct Actor {
    client: Arc<Client>,
    pid: String,
    running: Option<JoinHandle<Result<(), tokio_postgres::Error>>>,
    place: Place,
    /// The SQLSTATE of the last statement.
    failed: Option<String>,
}

/// Who is on it, and who holds the gates.
pub struct Stage<'c> {
    c: &'c Context<'c>,
    keeper: Session,
    runtime: Runtime,
    actors: Vec<Actor>,
    resets: usize,
    /// What there is, where nobody has done anything since it was read.
    known: Option<World>,
}

impl<'c> Stage<'c> {
    pub fn open(c: &'c Context<'c>) -> Self {
        let mut keeper = c.superuser();
        keeper.run("SET client_min_messages = error");
        // It locks a table against the lock of ours, and makes way only after a while.
        keeper.run("ALTER SYSTEM SET autovacuum = off");
        keeper.run("SELECT pg_reload_conf()");
        let vacuums = "SELECT current_setting('autovacuum') = 'off' AND NOT EXISTS (SELECT FROM \
                       pg_stat_activity WHERE backend_type LIKE 'autovacuum%')";
        wait_until(|| keeper.one(vacuums) == "t").unwrap();
        // The sessions' answers are taken in while the keeper asks.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self { c, keeper, runtime, actors: Vec::new(), resets: 0, known: None }
    }

    /// New sessions in the place of those that there were.
    pub fn hire(&mut self, number: usize, settings: &str) {
        self.keeper.run("SELECT pg_advisory_unlock_all()");
        self.actors.clear();
        for gate in 1..=number {
            let mut config = tokio_postgres::Config::new();
            config.host_path(self.c.server.socket()).port(self.c.server.port);
            config.user(SUPERUSER).dbname("postgres").options("-c statement_timeout=10min");
            let actor = self.runtime.block_on(async {
                let (client, connection) = config.connect(NoTls).await.unwrap();
                tokio::spawn(connection);
                let settings = format!(
                    "SET client_min_messages = error; SET deadlock_timeout = '100ms'; {settings}"
                );
                client.batch_execute(&settings.replace("{gate}", &gate.to_string())).await.unwrap();
                let row = client.query_one("SELECT pg_backend_pid()::text", &[]).await.unwrap();
                let pid = row.get(0);
                let client = Arc::new(client);
                Actor { client, pid, running: None, place: Place::Idle, failed: None }
            });
            self.actors.push(actor);
            for step in [LOCK, LOOK, WRITE, CHECK] {
                self.keeper.run(&format!("SELECT pg_advisory_lock({gate}, {step})"));
            }
        }
    }

    /// Runs what waits for nobody.
    pub fn run(&mut self, of: usize, sql: &str) {
        self.give(of, sql);
        self.take_in(of);
        assert_eq!(self.actors[of].failed, None, "{sql}");
    }

    /// Waits for the answer to a session's statement.
    fn take_in(&mut self, of: usize) {
        let actor = &mut self.actors[of];
        let ended = self.runtime.block_on(actor.running.take().unwrap()).unwrap();
        actor.place = Place::Idle;
        actor.failed = ended.err().map(|error| db_error(&error).code().code().into());
    }

    /// Begins a statement, which may come to stand at a gate or wait.
    pub fn give(&mut self, of: usize, sql: &str) {
        self.known = None;
        let (client, sql) = (self.actors[of].client.clone(), sql.to_string());
        let running = self.runtime.spawn(async move {
            let answer = client.batch_execute(&sql).await;
            if answer.is_err() {
                // An error is told before its transaction is taken back, and its locks with it. The
                // next answer comes after that.
                client.batch_execute("").await?;
            }
            answer
        });
        self.actors[of].running = Some(running);
    }

    /// Lets a session through the gate at which it stands.
    pub fn let_pass(&mut self, of: usize, step: i32) {
        let gate = of + 1;
        self.keeper.run(&format!(
            "SELECT pg_advisory_unlock({gate}, {step}), pg_advisory_lock({gate}, {step})"
        ));
    }

    pub fn place(&self, of: usize) -> Place {
        self.actors[of].place
    }

    /// The SQLSTATE of a session's last statement.
    pub fn failed(&self, of: usize) -> Option<String> {
        self.actors[of].failed.clone()
    }

    /// Goes on until nobody moves any more.
    pub fn settle(&mut self) {
        let pids: Vec<_> = self.actors.iter().map(|actor| actor.pid.as_str()).collect();
        let waiting = format!(
            "SELECT pid, CASE locktype WHEN 'advisory' THEN objid ELSE 0 END FROM pg_locks \
             WHERE NOT granted AND pid IN ({})",
            pids.join(", ")
        );
        loop {
            // First who has come to an end: what they held is free when the table is read.
            for of in 0..self.actors.len() {
                if self.actors[of].running.as_ref().is_some_and(JoinHandle::is_finished) {
                    self.take_in(of);
                }
            }
            if self.actors.iter().all(|actor| actor.running.is_none()) {
                return;
            }
            let rows = self.keeper.rows(&waiting);
            let mut is_still = true;
            for actor in self.actors.iter_mut().filter(|actor| actor.running.is_some()) {
                match rows.iter().find(|row| row[0] == actor.pid).map(|row| row[1].as_str()) {
                    Some("0") => actor.place = Place::Waits,
                    Some(step) => actor.place = Place::At(step.parse().unwrap()),
                    None => is_still = false,
                }
            }
            if is_still {
                return;
            }
        }
    }

    /// Where they wait for each other: goes on when the server has ended one of the statements.
    pub fn settle_when_somebody_was_freed(&mut self) {
        wait_until(|| {
            self.settle();
            self.actors.iter().any(|actor| actor.place != Place::Waits)
        })
        .unwrap();
    }

    /// Whether those who wait only wait for each other; else somebody who has ended holds them.
    pub fn is_circle(&mut self) -> bool {
        let pids: Vec<_> = self
            .actors
            .iter()
            .filter(|actor| actor.place == Place::Waits)
            .map(|actor| actor.pid.clone())
            .collect();
        pids.iter().all(|pid| {
            let sql = format!("SELECT unnest(pg_blocking_pids({pid}))");
            self.keeper.column(&sql).iter().all(|by| pids.contains(by))
        })
    }

    /// Ends what every session does, and its transaction.
    pub fn clear(&mut self) {
        for of in 0..self.actors.len() {
            while self.actors[of].running.is_some() {
                let cancel = format!("SELECT pg_cancel_backend({})", self.actors[of].pid);
                self.keeper.run(&cancel);
                self.settle();
            }
            self.run(of, "ROLLBACK");
        }
    }

    /// Makes the catalogue what it is to be in the beginning.
    pub fn reset(&mut self, to: &World) {
        if self.known.take().unwrap_or_else(|| self.world()) != *to {
            self.keeper.run(&to.script());
            if self.c.in_plpgsql {
                self.c.let_change(&mut self.keeper);
            }
            self.resets += 1;
            // What was dropped is looked through by every scan until somebody clears it away.
            if self.resets.is_multiple_of(300) {
                self.keeper.run("VACUUM pg_authid, pg_auth_members, pg_shdepend");
            }
        }
    }

    /// The roles and memberships that there are now.
    pub fn world(&mut self) -> World {
        let names = World::NAMES.map(|name| format!("'{name}'")).join(", ");
        let (mut roles, mut edges) = (Vec::new(), Vec::new());
        for mut row in self.keeper.rows(&format!(
            "SELECT r.rolname, g.rolname FROM pg_roles r LEFT JOIN (pg_auth_members m JOIN \
             pg_roles g ON g.oid = m.roleid) ON m.member = r.oid WHERE r.rolname IN ({names})"
        )) {
            let (role, above) = (std::mem::take(&mut row[0]), std::mem::take(&mut row[1]));
            if above != "NULL" {
                edges.push((role.clone(), above));
            }
            roles.push(role);
        }
        let world =
            World { roles: roles.into_iter().collect(), edges: edges.into_iter().collect() };
        self.known = Some(world.clone());
        world
    }

    /// Who is in both, by a query of its own.
    pub fn in_both(&mut self) -> Vec<String> {
        oracle::in_both(&mut self.keeper).into_keys().filter(|r| r != "kerbrole_owner").collect()
    }
}
