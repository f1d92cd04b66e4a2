//! Real sessions that take their steps in a given order.
//!
//! A server that is built for it waits before each step for an advisory lock (`kerbrole.gate`),
//! which one session here holds, and lets go for a moment.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::thread::Scope;

use kerbrole_model::catalogue::Name;
use kerbrole_model::checking::Counterexample;
use kerbrole_model::model::{Action, Step, World};
use kerbrole_tests::fixture::{Context, Session, db_error};
use kerbrole_tests::oracle;
use kerbrole_tests::sandbox::wait_until;

/// What it came to.
#[derive(Debug)]
pub struct Ended {
    /// Who is in both, by name.
    pub in_both: Vec<String>,
    /// How each session ended: `done`, or the SQLSTATE.
    pub outcomes: Vec<String>,
}

/// What the checker found, to be done on a server.
pub struct Replay<'r> {
    c: &'r Context<'r>,
    world: &'r World,
    found: &'r Counterexample,
    /// Holds the gates.
    keeper: Session,
}

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It has nothing to do, or has done it.
    Idle,
    /// It stands at the gate before a step.
    At(i32),
    /// It waits for another session.
    Waits,
    /// It is on its way.
    Moves,
}

/// A session, and the thread that it works in.
struct Worker {
    orders: Sender<String>,
    state: Arc<Mutex<State>>,
    /// How many of its statements it was given.
    given: usize,
    /// Which were answered by a COMMIT.
    is_over: bool,
}

#[derive(Default)]
struct State {
    is_busy: bool,
    failed: Option<String>,
}

/// The second key of the lock before a step (`Step` of pg_kerbrole/src/fault.rs).
fn key(step: Step) -> Option<i32> {
    match step {
        Step::Lock => Some(1),
        Step::Look => Some(2),
        Step::Write => Some(3),
        Step::Check => Some(4),
        _ => None,
    }
}

impl<'r> Replay<'r> {
    pub fn of(c: &'r Context<'r>, world: &'r World, found: &'r Counterexample) -> Self {
        Self { c, world, found, keeper: c.superuser() }
    }

    /// Sets up the start, lets the sessions go their ways, and says what came of it.
    pub fn run(mut self, fault: &str) -> Ended {
        self.set_up();
        let outcomes = thread::scope(|scope| {
            let mut workers: Vec<Worker> =
                (0..self.world.sessions).map(|n| self.hire(scope, n, fault)).collect();
            for (state, action) in &self.found.steps {
                if let Some(Action::Step(of)) = *action {
                    let session = &state.sessions[of];
                    let step = self.world.next(session);
                    self.step(&mut workers[of], of, usize::from(session.statement), step);
                }
            }
            // Whoever is still on the way, and whoever waits for them.
            self.keeper.run("SELECT pg_advisory_unlock_all()");
            let acts = self.acts();
            wait_until(|| {
                for (of, worker) in workers.iter_mut().enumerate().filter(|(of, _)| acts[*of]) {
                    self.go_on(worker, of);
                }
                workers.iter().enumerate().all(|(of, worker)| worker.is_over || !acts[of])
            })
            .unwrap();
            wait_until(|| workers.iter().all(|worker| !worker.state.lock().unwrap().is_busy))
                .unwrap();
            let outcome = |worker: &Worker| worker.state.lock().unwrap().failed.clone();
            let acting = workers.iter().enumerate().filter(|(of, _)| acts[*of]);
            acting.map(|(_, worker)| outcome(worker).unwrap_or("done".into())).collect()
        });
        let in_both = oracle::in_both(&mut self.keeper).into_keys().collect();
        Ended { in_both, outcomes }
    }

    /// Who takes a step at all.
    fn acts(&self) -> Vec<bool> {
        let takes =
            |n| move |(_, action): &(_, _)| matches!(action, Some(Action::Step(of)) if *of == n);
        (0..self.world.sessions).map(|n| self.found.steps.iter().any(takes(n))).collect()
    }

    fn set_up(&mut self) {
        let start = self.found.steps[0].0.catalogue;
        let name = |role| start.name(role).unwrap().sql();
        let all: Vec<_> = Name::ALL[2..].iter().map(|name| name.sql()).collect();
        self.keeper.run("SET client_min_messages = error");
        self.keeper.run(&format!("DROP ROLE IF EXISTS {}", all.join(", ")));
        for name in Name::ALL[2..].iter().filter(|&&name| start.role(name).is_some()) {
            self.keeper.run(&format!("CREATE ROLE {} LOGIN", name.sql()));
        }
        for (member, role) in start.edges.each() {
            self.keeper.run(&format!("GRANT {} TO {}", name(role), name(member)));
        }
        for session in 1..=self.world.sessions {
            for step in 1..=4 {
                self.keeper.run(&format!("SELECT pg_advisory_lock({session}, {step})"));
            }
        }
    }

    fn hire<'s>(&self, scope: &'s Scope<'s, '_>, number: usize, fault: &str) -> Worker {
        let (orders, todo) = channel();
        let state = Arc::new(Mutex::new(State::default()));
        let mut session = self.c.superuser();
        session.run(&format!(
            "SET application_name = 'replay{}'; LOAD 'pg_kerbrole'; SET kerbrole.fault = {fault}; \
             SET kerbrole.gate = {}",
            number + 1,
            number + 1
        ));
        let mine = state.clone();
        scope.spawn(move || work(&mut session, &todo, &mine));
        Worker { orders, state, given: 0, is_over: false }
    }

    /// A session takes a step of the model, as far as its server has it.
    fn step(&mut self, worker: &mut Worker, of: usize, statement: usize, step: Step) {
        if step == Step::Commit {
            if self.settled(worker, of, None) == Place::Idle {
                worker.commit();
                self.settled(worker, of, None);
            }
            return;
        }
        if worker.given == 0 {
            let level = if self.world.program(&self.found.steps[0].0.sessions[of]).repeatable_read {
                "REPEATABLE READ"
            } else {
                "READ COMMITTED"
            };
            worker.order(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1"));
            self.settled(worker, of, None);
        }
        // Without a guard a statement runs at once: it is not given before it is to write.
        if worker.given <= statement && step != Step::Resolve {
            self.settled(worker, of, None);
            self.give(worker, of);
        }
        let mut place = self.settled(worker, of, None);
        let Some(key) = key(step) else { return };
        while let Place::At(at) = place {
            // A server without the lock has its gate all the same.
            if at != key && !(at == 1 && matches!(step, Step::Look | Step::Write)) {
                break;
            }
            self.let_pass(of, at);
            place = self.settled(worker, of, Some(at));
            if at == key {
                break;
            }
        }
    }

    /// The next of its statements.
    fn give(&self, worker: &mut Worker, of: usize) {
        let program = self.world.program(&self.found.steps[0].0.sessions[of]);
        if let Some(statement) = program.statements.get(worker.given).copied().flatten() {
            worker.order(&statement.to_string());
        }
        worker.given += 1;
    }

    /// Whatever is left to do, when no gate is held any more.
    fn go_on(&self, worker: &mut Worker, of: usize) {
        if worker.is_over || worker.state.lock().unwrap().is_busy {
            return;
        }
        let program = self.world.program(&self.found.steps[0].0.sessions[of]);
        let count = program.statements.iter().flatten().count();
        match worker.given < count && worker.state.lock().unwrap().failed.is_none() {
            true => self.give(worker, of),
            false => worker.commit(),
        }
    }

    fn let_pass(&mut self, of: usize, step: i32) {
        let session = of + 1;
        self.keeper.run(&format!("SELECT pg_advisory_unlock({session}, {step})"));
        // Taken again once it has passed, for its next statement.
        self.keeper.run(&format!("SELECT pg_advisory_lock({session}, {step})"));
    }

    /// Where a session has come to, when it moves no more.
    fn settled(&mut self, worker: &Worker, of: usize, left: Option<i32>) -> Place {
        let mut place = Place::Moves;
        wait_until(|| {
            place = self.place(worker, of);
            place != Place::Moves && (left.is_none() || place != Place::At(left.unwrap()))
        })
        .unwrap();
        place
    }

    fn place(&mut self, worker: &Worker, of: usize) -> Place {
        if !worker.state.lock().unwrap().is_busy {
            return Place::Idle;
        }
        let rows = self.keeper.rows(&format!(
            "SELECT l.locktype = 'advisory', l.objid FROM pg_locks l JOIN pg_stat_activity a \
             USING (pid) WHERE a.application_name = 'replay{}' AND NOT l.granted",
            of + 1
        ));
        match rows.first().map(|row| (row[0].as_str(), row[1].parse())) {
            Some(("t", Ok(step))) => Place::At(step),
            Some(_) => Place::Waits,
            None => Place::Moves,
        }
    }
}

impl Worker {
    fn order(&self, sql: &str) {
        self.state.lock().unwrap().is_busy = true;
        self.orders.send(sql.into()).unwrap();
    }

    fn commit(&mut self) {
        if !self.is_over {
            self.order("COMMIT");
            self.is_over = true;
        }
    }
}

fn work(session: &mut Session, todo: &Receiver<String>, state: &Mutex<State>) {
    while let Ok(sql) = todo.recv() {
        let failed = session.client.simple_query(&sql).err();
        let mut state = state.lock().unwrap();
        if let Some(error) = failed {
            state.failed.get_or_insert(db_error(&error).code().code().into());
        }
        state.is_busy = false;
    }
}
