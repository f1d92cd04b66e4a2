//! Which steps there are, and who can take one.

use stateright::{Model, Property};

use crate::catalogue::{Catalogue, Roles};
use crate::fault::Fault;
use crate::program::{How, Program, Statement};
use crate::properties;
use crate::state::{Held, SESSIONS, Session, State};

/// One step of a session, and where the code takes it. Between two of them others take theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Asks for SHARE ROW EXCLUSIVE on pg_auth_members, and waits for it:
    /// `keep_others_from_memberships` of pg_kerbrole/src/server/lock.rs.
    Lock,
    /// Finds out which roles are meant, apart from looking: only where that is wrong.
    Names,
    /// Finds out which roles are meant and who is in both (`before` of pg_kerbrole/src/guard.rs); a
    /// function makes its plan, and refuses (`plan_add` of kerbrole-core/src/plan/add.rs).
    Look,
    /// The server finds out which roles are meant, before it waits for its own lock: `GrantRole` of
    /// src/backend/commands/user.c.
    Resolve,
    /// Writes, under the server's own lock: `AddRoleMems` there. What our own plans write, they
    /// write by name (pg_kerbrole/src/server/execute.rs, kerbrole-client/src/plain/batch.rs).
    Write,
    /// Looks at the outcome: `after` of pg_kerbrole/src/guard.rs, `check` of
    /// pg_kerbrole/src/server/rule.rs, `kerbrole.check_after` of sql/kerbrole/conflicts.sql,
    /// `check` of kerbrole-client/src/plain/batch.rs.
    Check,
    /// Commits.
    Commit,
    /// The client reads, and makes its plan: `plan_add` of kerbrole-client/src/plain/adding.rs.
    Plan,
    /// The client's transaction begins, or a function in PL/pgSQL: the lock by COMMENT ON ROLE, for
    /// which everybody waits, and which those keep who may (`mutex` of
    /// kerbrole-client/src/plain/batch.rs, `kerbrole.lock` of sql/kerbrole/requests.sql).
    Begin,
    /// The client looks again at what is committed: `look_again` of
    /// kerbrole-client/src/plain/adding.rs, `try_grant` of plain/memberships.rs.
    Again,
    /// The client takes its part back: `own_part` and `look_after` there.
    TakeBack,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A session takes its next step, or begins to wait for it.
    Step(usize),
    /// The server ends one of those who wait for each other (40P01).
    Deadlock(usize),
    /// A connection is cut.
    Cut(usize),
    /// The server goes down and comes back.
    Crash,
}

/// A place where kerbrole is at work, and those who are.
#[derive(Debug, Clone)]
pub struct World {
    /// What it is called.
    pub name: &'static str,
    /// Whether the extension is there.
    pub extension: bool,
    /// Whether its guard is on.
    pub guard: bool,
    /// Whether connections are cut and the server goes down, once in each run.
    pub breaks: bool,
    /// How many sessions there are.
    pub sessions: usize,
    /// What each of them may do: every choice is tried.
    pub menu: Vec<Program>,
    /// What is there at the begin: each is tried.
    pub starts: Vec<Catalogue>,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

impl World {
    pub(crate) fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// What a session does.
    pub fn program(&self, session: &Session) -> &Program {
        &self.menu[usize::from(session.program)]
    }

    pub(crate) fn statement(&self, session: &Session) -> Option<Statement> {
        self.program(session).statements.get(usize::from(session.statement)).copied().flatten()
    }

    /// The steps of what a session is at.
    fn steps(&self, session: &Session) -> &'static [Step] {
        use Step::{
            Again, Begin, Check, Commit, Lock, Look, Names, Plan, Resolve, TakeBack, Write,
        };
        let Some(statement) = self.statement(session) else { return &[] };
        match (self.program(session).how, statement) {
            (How::Plain { .. }, _) if self.is(Fault::TwoTransactions) => {
                &[Plan, Begin, Write, Commit, Write, Check, Commit, Again, TakeBack]
            }
            (How::Plain { .. }, _) => &[Plan, Begin, Write, Check, Commit, Again, TakeBack],
            (How::Functions, _) => &[Plan, Begin, Look, Write, Check, Commit, Again, TakeBack],
            (_, Statement::SqlAdd { .. }) => &[Begin, Look, Write, Check],
            (_, Statement::Add { .. }) => match self.fault {
                Some(Fault::NoLock) => &[Look, Write, Check],
                Some(Fault::LockLate) => &[Look, Write, Lock, Check],
                Some(Fault::CheckBefore) => &[Look, Lock, Write],
                Some(Fault::FunctionLooksOnce | Fault::AsleepInside) => &[Lock, Look, Write],
                _ => &[Lock, Look, Write, Check],
            },
            _ if !self.guard || session.asleep => &[Resolve, Write],
            _ => match self.fault {
                Some(Fault::NoLock) => &[Look, Write, Check],
                Some(Fault::LockLate) => &[Look, Write, Lock, Check],
                Some(Fault::CheckBefore) => &[Look, Lock, Write],
                Some(Fault::NamesBeforeWait) => &[Names, Lock, Look, Write, Check],
                _ => &[Lock, Look, Write, Check],
            },
        }
    }

    /// What a session does next.
    pub fn next(&self, session: &Session) -> Step {
        self.steps(session).get(usize::from(session.step)).copied().unwrap_or(Step::Commit)
    }

    /// It comes to the next step, the next statement, or its commit.
    pub(crate) fn advance(&self, session: &mut Session) {
        session.step += 1;
        let is_typed = self.program(session).how == How::Typed;
        if is_typed && usize::from(session.step) == self.steps(session).len() {
            session.statement += 1;
            session.step = 0;
        }
    }

    /// Whom a session waits for, or would: a bit for each.
    pub(crate) fn waits_for(&self, state: &State, of: usize) -> u8 {
        let me = &state.sessions[of];
        match self.next(me) {
            Step::Lock => self.holders(state, of, Held::ShareRowExclusive),
            // Whoever may not comment on the role waits for the lock as well: the server takes it
            // before it looks at the right, and lets it go with the error.
            Step::Begin => {
                let others = (0..SESSIONS).filter(|&s| s != of && state.sessions[s].comments);
                let ahead =
                    state.ahead_of(of).filter(|&s| self.next(&state.sessions[s]) == Step::Begin);
                bits(others.chain(ahead))
            }
            Step::Write => {
                let members = match self.extension && self.writes_memberships(me) {
                    true => self.holders(state, of, Held::RowExclusive),
                    false => 0,
                };
                members | self.same_rows(state, of)
            }
            _ => 0,
        }
    }

    fn holders(&self, state: &State, of: usize, asked: Held) -> u8 {
        let mine = state.sessions[of].held;
        if mine >= asked {
            return 0;
        }
        let hold =
            (0..SESSIONS).filter(|&s| s != of && state.sessions[s].held.conflicts_with(asked));
        let ahead = state.ahead_of(of).filter(|&s| {
            let theirs = match self.next(&state.sessions[s]) {
                Step::Lock => Held::ShareRowExclusive,
                Step::Write => Held::RowExclusive,
                _ => Held::No,
            };
            // Whoever waits for what I hold is passed by (ProcSleep, storage/lmgr/proc.c).
            theirs.conflicts_with(asked) && !theirs.conflicts_with(mine)
        });
        bits(hold.chain(ahead))
    }

    /// Whether it is about pg_auth_members. A new name is not.
    fn writes_memberships(&self, session: &Session) -> bool {
        !matches!(self.statement(session), Some(Statement::Rename { .. }))
    }

    /// Those who have written the same row, or the same name, and not committed.
    fn same_rows(&self, state: &State, of: usize) -> u8 {
        let mine = self.rows(state, of);
        bits((0..SESSIONS).filter(|&s| {
            let theirs = &state.sessions[s].change;
            s != of
                && (!theirs.added.also_in(mine.edges).is_empty()
                    || mine.names.iter().flatten().any(|&name| theirs.has_changed(name)))
        }))
    }

    /// Those who wait for each other with this one, in a circle.
    pub(crate) fn waits_in_a_circle(&self, state: &State, of: usize) -> bool {
        let waiting = |s: usize| match state.sessions[s].waits && state.sessions[s].ended.is_none()
        {
            true => self.waits_for(state, s),
            false => 0,
        };
        let mut reached = waiting(of);
        for _ in 0..SESSIONS {
            reached = (0..SESSIONS)
                .filter(|s| reached >> s & 1 == 1)
                .fold(reached, |all, s| all | waiting(s));
        }
        reached >> of & 1 == 1
    }

    pub(crate) fn can_go_on(&self, state: &State, of: usize) -> bool {
        let session = &state.sessions[of];
        session.ended.is_none() && !(session.waits && self.waits_for(state, of) != 0)
    }

    fn choices(&self, chosen: &mut Vec<u8>, all: &mut Vec<Vec<u8>>) {
        if chosen.len() == self.sessions {
            return all.push(chosen.clone());
        }
        // Which session does what makes no difference.
        for program in chosen.last().copied().unwrap_or(0)..self.menu.len() as u8 {
            chosen.push(program);
            self.choices(chosen, all);
            chosen.pop();
        }
    }
}

fn bits(of: impl Iterator<Item = usize>) -> u8 {
    of.fold(0, |all, session| all | 1 << session)
}

/// The roles that are in both and were not before.
pub(crate) fn new_ones(seen: &Catalogue, below: Roles, before: Roles) -> Roles {
    seen.edges.in_both() & seen.edges.down(below) & !before
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut choices = Vec::new();
        self.choices(&mut Vec::new(), &mut choices);
        let of = |start: &Catalogue| -> Vec<State> {
            choices.iter().map(|programs| State::new(*start, programs, self.breaks)).collect()
        };
        self.starts.iter().flat_map(of).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for session in 0..SESSIONS {
            if self.can_go_on(state, session) {
                actions.push(Action::Step(session));
            }
            if state.sessions[session].waits && self.waits_in_a_circle(state, session) {
                actions.push(Action::Deadlock(session));
            }
            if state.may_break && self.can_be_cut(&state.sessions[session]) {
                actions.push(Action::Cut(session));
            }
        }
        if state.may_break && !state.is_over() {
            actions.push(Action::Crash);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = *state;
        match action {
            Action::Step(session) => self.step(&mut next, session),
            Action::Deadlock(session) => self.fail(&mut next, session),
            Action::Cut(session) => self.cut(&mut next, session),
            Action::Crash => self.crash(&mut next),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}
