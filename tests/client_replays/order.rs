//! Real clients that take their steps in a given order.
//!
//! A client that is built for it waits before each step for an advisory lock (`kerbrole.gate`),
//! which one session here holds, and lets go for a moment.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::thread::Scope;

use kerbrole_client::{AddOptions, Backend, Error, Kerbrole};
use kerbrole_model::catalogue::{Catalogue, Name};
use kerbrole_model::checking::Counterexample;
use kerbrole_model::model::{Action, Step, World};
use kerbrole_model::program::{How, Statement};
use kerbrole_model::state::State;
use kerbrole_tests::fixture::{Context, Session};
use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::wait_until;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

/// Who may grant all of them, and comment on none: it has no CREATEROLE.
const HOLDER: &str = "holder";

/// What it came to.
#[derive(Debug)]
pub struct Ended {
    /// When the last of the steps had been taken.
    pub on_the_way: Seen,
    /// When all had ended.
    pub at_the_end: Seen,
    /// How each client ended: `done`, or the kind of its error.
    pub outcomes: Vec<String>,
}

/// The roles of the model, and who is a member of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub roles: Vec<String>,
    /// The member, and what it is in.
    pub memberships: Vec<(String, String)>,
}

impl Seen {
    /// What the model has.
    pub fn of(catalogue: &Catalogue) -> Self {
        let names = Name::ALL.into_iter().filter(|&name| catalogue.role(name).is_some());
        let name = |role| plain(catalogue.name(role).unwrap());
        let edges = catalogue.edges.each().map(|(member, role)| (name(member), name(role)));
        Self::sorted(names.map(plain).collect(), edges.collect())
    }

    fn on(session: &mut Session) -> Self {
        let names: Vec<_> = Name::ALL.into_iter().map(plain).collect();
        let is_ours = |name: &String| names.contains(name);
        let roles = session.column("SELECT rolname FROM pg_roles");
        let rows = session.rows(
            "SELECT m.rolname, r.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = \
             a.member JOIN pg_roles r ON r.oid = a.roleid",
        );
        let memberships = rows.into_iter().map(|row| (row[0].clone(), row[1].clone()));
        Self::sorted(
            roles.into_iter().filter(is_ours).collect(),
            memberships.filter(|(member, role)| is_ours(member) && is_ours(role)).collect(),
        )
    }

    fn sorted(mut roles: Vec<String>, mut memberships: Vec<(String, String)>) -> Self {
        roles.sort();
        memberships.sort();
        Self { roles, memberships }
    }

    /// Who is below both, by whatever way.
    pub fn in_both(&self) -> Vec<&str> {
        let below = |top: &str| {
            let mut found = vec![top.to_string()];
            let mut next = 0;
            while let Some(at) = found.get(next).cloned() {
                let members = self.memberships.iter().filter(|(_, role)| *role == at);
                for (member, _) in members {
                    if !found.contains(member) {
                        found.push(member.clone());
                    }
                }
                next += 1;
            }
            found
        };
        let (ad, iam) = (below("rds_ad"), below("rds_iam"));
        let both = |role: &&String| ad.contains(role) && iam.contains(role);
        self.roles.iter().filter(both).map(String::as_str).collect()
    }

    /// Whether the principal is in `rds_ad`, or not there.
    pub fn is_whole(&self) -> bool {
        let name = plain(Name::P);
        let is_in_ad = self.memberships.contains(&(name.clone(), plain(Name::Ad)));
        !self.roles.contains(&name) || is_in_ad
    }
}

fn plain(name: Name) -> String {
    name.sql().replace('"', "")
}

/// What the checker found, to be done by clients.
pub struct Replay<'r> {
    c: &'r Context<'r>,
    world: &'r World,
    found: &'r Counterexample,
    /// Holds the gates.
    keeper: Session,
}

/// Where a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It has ended.
    Over,
    /// It stands at the gate before a step.
    At(i32),
    /// It is on its way.
    Moves,
}

/// How a client has ended, if it has.
type Outcome = Arc<Mutex<Option<String>>>;

/// The steps at whose gates a client stops (`Step` of kerbrole-client/src/fault.rs).
const STEPS: std::ops::RangeInclusive<i32> = 1..=7;

fn key(step: Step) -> i32 {
    match step {
        Step::Plan => 1,
        Step::Begin => 2,
        Step::Write => 3,
        Step::Check => 4,
        Step::Commit => 5,
        Step::Again => 6,
        Step::TakeBack => 7,
        Step::Lock | Step::Names | Step::Look | Step::Resolve => panic!("no step of a client"),
    }
}

impl<'r> Replay<'r> {
    pub fn of(c: &'r Context<'r>, world: &'r World, found: &'r Counterexample) -> Self {
        Self { c, world, found, keeper: c.superuser() }
    }

    /// Sets up the start, lets the clients go their ways, and says what came of it.
    pub fn run(mut self, fault: &str) -> Ended {
        self.set_up();
        let acting: Vec<_> = (0..self.world.sessions).filter(|&of| self.acts(of)).collect();
        let outcomes: Vec<Outcome> = (0..self.world.sessions).map(|_| Outcome::default()).collect();
        let on_the_way = thread::scope(|scope| {
            for &of in &acting {
                self.hire(scope, of, fault, &outcomes[of]);
            }
            let seen = catch_unwind(AssertUnwindSafe(|| {
                for (state, action) in &self.found.steps {
                    if let Some(Action::Step(of)) = *action {
                        self.step(of, key(self.world.next(&state.sessions[of])), &outcomes[of]);
                    }
                }
                Seen::on(&mut self.keeper)
            }));
            // Also where something failed: the clients are waited for.
            self.keeper.run("SELECT pg_advisory_unlock_all()");
            seen.unwrap_or_else(|failed| resume_unwind(failed))
        });
        let outcomes = acting.iter().map(|&of| outcomes[of].lock().unwrap().clone().unwrap());
        let outcomes = outcomes.collect();
        Ended { on_the_way, at_the_end: Seen::on(&mut self.keeper), outcomes }
    }

    /// Whether a session takes a step at all.
    fn acts(&self, of: usize) -> bool {
        let takes = |action: &Option<Action>| matches!(action, Some(Action::Step(n)) if *n == of);
        self.found.steps.iter().any(|(_, action)| takes(action))
    }

    fn who_takes_back(&self) -> Option<usize> {
        let takes_back = |(state, action): &(State, Option<Action>)| match *action {
            Some(Action::Step(of)) => {
                (self.world.next(&state.sessions[of]) == Step::TakeBack).then_some(of)
            }
            _ => None,
        };
        self.found.steps.iter().find_map(takes_back)
    }

    fn user(&self, of: usize) -> &'static str {
        let program = self.world.program(&self.found.steps[0].0.sessions[of]);
        match program.how {
            How::Plain { locks: true } => SUPERUSER,
            How::Plain { locks: false } => HOLDER,
            How::Typed | How::Functions => panic!("no client by plain statements: {program}"),
        }
    }

    fn set_up(&mut self) {
        let start = self.found.steps[0].0.catalogue;
        let all: Vec<_> = Name::ALL[2..].iter().map(|name| name.sql()).collect();
        self.keeper.run("SET client_min_messages = error");
        self.keeper.run(&format!("DROP ROLE IF EXISTS {}, {HOLDER}", all.join(", ")));
        self.keeper.run(&format!("CREATE ROLE {HOLDER} LOGIN"));
        for name in Name::ALL.iter().filter(|&&name| start.role(name).is_some()) {
            if Name::ALL[2..].contains(name) {
                self.keeper.run(&format!("CREATE ROLE {} LOGIN", name.sql()));
            }
            if *name != Name::P {
                self.keeper.run(&format!("GRANT {} TO {HOLDER} WITH ADMIN OPTION", name.sql()));
            }
        }
        // By the one who takes something away, if one does: since 16 only the grantor can.
        self.keeper
            .run(&format!("SET ROLE {}", self.who_takes_back().map_or(HOLDER, |of| self.user(of))));
        let name = |role| start.name(role).unwrap().sql();
        for (member, role) in start.edges.each() {
            self.keeper.run(&format!("GRANT {} TO {}", name(role), name(member)));
        }
        self.keeper.run("RESET ROLE");
        for session in 1..=self.world.sessions {
            for step in STEPS {
                self.keeper.run(&format!("SELECT pg_advisory_lock({session}, {step})"));
            }
        }
    }

    fn hire<'s>(&self, scope: &'s Scope<'s, '_>, of: usize, fault: &str, outcome: &Outcome) {
        let program = *self.world.program(&self.found.steps[0].0.sessions[of]);
        let user = self.user(of);
        let mut config = tokio_postgres::Config::new();
        config.host_path(self.c.server.socket()).port(self.c.server.port);
        config.user(user).dbname("postgres").application_name(called(of));
        let settings = format!("SET kerbrole.fault = '{fault}'; SET kerbrole.gate = '{}'", of + 1);
        let outcome = outcome.clone();
        scope.spawn(move || {
            let statement = program.statements[0].unwrap();
            let ended = Runtime::new().unwrap().block_on(work(&config, &settings, statement));
            let said = match ended {
                Ok(()) => "done".to_string(),
                Err(error) => format!("{:?}", error.kind()),
            };
            *outcome.lock().unwrap() = Some(said);
        });
    }

    /// A client takes a step, and those before it that the model has not.
    fn step(&mut self, of: usize, key: i32, outcome: &Outcome) {
        let mut left = None;
        loop {
            match self.settled(of, left, outcome) {
                Place::At(at) if at <= key && left != Some(key) => {
                    self.let_pass(of, at);
                    left = Some(at);
                }
                _ => return,
            }
        }
    }

    fn let_pass(&mut self, of: usize, step: i32) {
        let session = of + 1;
        self.keeper.run(&format!("SELECT pg_advisory_unlock({session}, {step})"));
        // Taken again once it has passed, for its next try.
        self.keeper.run(&format!("SELECT pg_advisory_lock({session}, {step})"));
    }

    /// Where a client has come to, when it moves no more.
    fn settled(&mut self, of: usize, left: Option<i32>, outcome: &Outcome) -> Place {
        let mut place = Place::Moves;
        wait_until(|| {
            place = self.place(of, outcome);
            place != Place::Moves && left.is_none_or(|left| place != Place::At(left))
        })
        .unwrap();
        place
    }

    fn place(&mut self, of: usize, outcome: &Outcome) -> Place {
        if outcome.lock().unwrap().is_some() {
            return Place::Over;
        }
        let rows = self.keeper.column(&format!(
            "SELECT l.objid FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE \
             a.application_name = '{}' AND l.locktype = 'advisory' AND NOT l.granted",
            called(of)
        ));
        rows.first().map_or(Place::Moves, |step| Place::At(step.parse().unwrap()))
    }
}

fn called(of: usize) -> String {
    format!("replay{}", of + 1)
}

/// What one of them does, from its begin to its end.
async fn work(
    config: &tokio_postgres::Config,
    settings: &str,
    statement: Statement,
) -> Result<(), Error> {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(settings).await.unwrap();
    let kerbrole = Kerbrole::<Client>::builder().accept_nesting(true).build(&client).await.unwrap();
    assert_eq!(kerbrole.backend(), Backend::PlainSql);
    match statement {
        Statement::Grant { role, member } => {
            kerbrole.grant_role(&plain(role), &plain(member)).await
        }
        Statement::SqlAdd { group } => {
            let mut options = AddOptions::new().if_not_exists(true);
            if let Some(group) = group {
                options = options.group(plain(group));
            }
            kerbrole.add_principal("p@a.b", None, &options).await.map(|_| ())
        }
        other => panic!("nothing that a client does: {other}"),
    }
}
