//! What each step does.

mod functions;
mod typed;

use crate::catalogue::{Catalogue, Change, Edges, Name, created_by};
use crate::fault::Fault;
use crate::model::{Step, World, new_ones};
use crate::program::{How, Statement};
use crate::state::{Held, Outcome, SESSIONS, Session, State};

/// How often a client tries (`ATTEMPTS` of kerbrole-client).
const ATTEMPTS: u8 = 3;

/// What a step writes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rows {
    pub(crate) edges: Edges,
    pub(crate) names: [Option<Name>; 2],
}

/// Why a session does not come further.
pub(crate) enum Stop {
    /// By the rule.
    Refused,
    /// By the server.
    Failed,
    /// Somebody was faster, or a conflict was seen: a client makes a new plan.
    Again,
}

impl World {
    /// A session takes its next step, or begins to wait.
    pub(crate) fn step(&self, state: &mut State, of: usize) {
        let session = &mut state.sessions[of];
        let is_typed = self.program(session).how == How::Typed;
        if is_typed && self.program(session).repeatable_read && session.snapshot.is_none() {
            session.snapshot = Some(state.catalogue);
        }
        if self.waits_for(state, of) != 0 {
            return state.stand_in_line(of);
        }
        let waited = state.sessions[of].waits;
        state.leave_the_line(of);
        let step = self.next(&state.sessions[of]);
        let done = match step {
            Step::Commit => return self.commit(state, of),
            Step::Again => return self.look_again(state, of),
            Step::TakeBack => return self.take_back(state, of),
            Step::Lock => {
                state.sessions[of].held = Held::ShareRowExclusive;
                Ok(())
            }
            Step::Begin => self.begin(state, of),
            Step::Plan => self.make_plan(state, of),
            Step::Names | Step::Resolve => self.find_names(state, of),
            Step::Look => self.look(state, of),
            Step::Write => self.write(state, of, waited),
            Step::Check => self.check(state, of),
        };
        match done {
            Ok(()) if state.sessions[of].ended.is_none() => {
                self.advance(&mut state.sessions[of]);
            }
            Ok(()) => {}
            Err(stop) => self.stop(state, of, stop),
        }
    }

    /// What the server's own catalogue access shows: what is committed now, and its own.
    pub(crate) fn seen(state: &State, of: usize) -> Catalogue {
        state.sessions[of].change.on(&state.catalogue)
    }

    /// What a query shows.
    fn queried(&self, state: &State, of: usize) -> Catalogue {
        let session = &state.sessions[of];
        session.change.on(&session.snapshot.unwrap_or(state.catalogue))
    }

    /// The lock by COMMENT ON ROLE. The transaction's snapshot was taken when it was asked for.
    fn begin(&self, state: &mut State, of: usize) -> Result<(), Stop> {
        let program = self.program(&state.sessions[of]);
        let (how, repeatable_read) = (program.how, program.repeatable_read);
        let is_function = !matches!(how, How::Plain { .. });
        if is_function && repeatable_read {
            return Err(Stop::Failed);
        }
        let session = &mut state.sessions[of];
        session.comments = how != How::Plain { locks: false };
        if repeatable_read && session.snapshot.is_none() {
            session.snapshot = Some(state.catalogue);
        }
        Ok(())
    }

    fn write(&self, state: &mut State, of: usize, waited: bool) -> Result<(), Stop> {
        let rows = self.rows(state, of);
        let seen = Self::seen(state, of);
        // Somebody else's row has come in between: a unique index says so.
        if waited && !rows.edges.also_in(seen.edges).is_empty() && !self.extension {
            return Err(Stop::Again);
        }
        if self.extension && state.sessions[of].held == Held::No {
            state.sessions[of].held = Held::RowExclusive;
        }
        match self.statement(&state.sessions[of]) {
            Some(statement) if self.is_by_plan(&state.sessions[of], statement) => {
                self.write_plan(state, of)
            }
            Some(statement) => self.write_typed(state, of, statement),
            None => Ok(()),
        }
    }

    /// Whether a plan of ours is carried out, and not a statement that somebody typed.
    fn is_by_plan(&self, session: &Session, statement: Statement) -> bool {
        statement.is_function() || self.program(session).how != How::Typed
    }

    fn check(&self, state: &mut State, of: usize) -> Result<(), Stop> {
        let session = &state.sessions[of];
        let Some(statement) = self.statement(session) else { return Ok(()) };
        let by_plan = self.is_by_plan(session, statement);
        let is_plain = matches!(self.program(session).how, How::Plain { .. });
        let seen = match is_plain || self.is(Fault::Snapshot) {
            true => self.queried(state, of),
            false => Self::seen(state, of),
        };
        let below = self.changed(session, statement, &seen);
        let watches = if by_plan { !session.plan.is_empty() } else { session.watches };
        if !watches || new_ones(&seen, below, session.before) == 0 {
            return Ok(());
        }
        Err(if is_plain { Stop::Again } else { Stop::Refused })
    }

    /// The roles whose standing a statement can change.
    fn changed(&self, session: &Session, statement: Statement, seen: &Catalogue) -> u8 {
        let bit = |name| seen.role(name).map_or(0, |role| 1 << role);
        match statement {
            Statement::Add { .. } | Statement::SqlAdd { .. } => bit(Name::P),
            Statement::Create { name, .. } => bit(name),
            Statement::Grant { member, .. } if self.program(session).how != How::Typed => {
                bit(member)
            }
            Statement::Grant { .. } => 1u8.checked_shl(session.meant[0].into()).unwrap_or(0),
            _ => 0,
        }
    }

    fn commit(&self, state: &mut State, of: usize) {
        let before = state.catalogue;
        state.catalogue = state.sessions[of].change.commit(&before);
        let added = state.sessions[of].change.added;
        let session = &mut state.sessions[of];
        if self.extension {
            session.broke |= state.catalogue.edges.in_both() & !before.edges.in_both() != 0;
        } else {
            session.made = session.made.and(added);
            Self::forget_what_has_gone(state);
        }
        let session = &mut state.sessions[of];
        session.release();
        if session.gone {
            session.end(Outcome::Cut);
        } else if self.program(session).how == How::Typed {
            session.end(Outcome::Done);
        } else {
            self.advance(session);
        }
    }

    fn forget_what_has_gone(state: &mut State) {
        for session in &mut state.sessions {
            session.made = session.made.also_in(state.catalogue.edges);
        }
    }

    fn stop(&self, state: &mut State, of: usize, stop: Stop) {
        let session = &mut state.sessions[of];
        let is_client = matches!(self.program(session).how, How::Plain { .. });
        match stop {
            _ if session.gone => session.end(Outcome::Cut),
            Stop::Refused => session.end(Outcome::Refused),
            Stop::Again if is_client && session.tries + 1 < ATTEMPTS => {
                session.release();
                *session = Session {
                    tries: session.tries + 1,
                    made: session.made,
                    met: session.met,
                    ..Session::new(session.program)
                };
            }
            Stop::Again if is_client => session.end(Outcome::Refused),
            Stop::Again | Stop::Failed => session.end(Outcome::Failed),
        }
    }

    pub(crate) fn fail(&self, state: &mut State, of: usize) {
        state.leave_the_line(of);
        self.stop(state, of, Stop::Failed);
    }

    /// Whether a cut makes a difference.
    pub(crate) fn can_be_cut(&self, session: &Session) -> bool {
        session.ended.is_none() && !session.gone
    }

    pub(crate) fn cut(&self, state: &mut State, of: usize) {
        state.may_break = false;
        let session = &mut state.sessions[of];
        let next = self.next(session);
        let is_with_the_server = self.program(session).how != How::Typed
            && !matches!(next, Step::Plan | Step::Again | Step::TakeBack)
            && !(session.change == Change::default() && !session.waits && !session.comments);
        if self.is(Fault::LockOutlivesSession) && session.comments {
            session.end(Outcome::Cut);
            session.comments = true;
        } else if is_with_the_server {
            // The message is there: the server carries it out to the end.
            session.gone = true;
        } else {
            state.leave_the_line(of);
            state.sessions[of].end(Outcome::Cut);
        }
    }

    pub(crate) fn crash(&self, state: &mut State) {
        state.may_break = false;
        for of in 0..SESSIONS {
            if state.sessions[of].ended.is_none() {
                state.leave_the_line(of);
                state.sessions[of].end(Outcome::Cut);
            }
        }
    }

    /// The membership of a GRANT, or of a group of a plan.
    pub(crate) fn edge(seen: &Catalogue, member: Name, role: Name) -> Option<Edges> {
        Some(Edges::one(seen.role(member)?, seen.role(role)?))
    }

    /// The rows and names that the next step writes.
    pub(crate) fn rows(&self, state: &State, of: usize) -> Rows {
        let session = &state.sessions[of];
        let seen = Self::seen(state, of);
        let edge = |member, role| Self::edge(&seen, member, role).unwrap_or_default();
        match self.statement(session) {
            Some(Statement::Add { group } | Statement::SqlAdd { group }) => {
                let plan = session.plan;
                let me = if plan.create { Some(created_by(of)) } else { seen.role(Name::P) };
                let to = |role: Name| {
                    let both = me.zip(seen.role(role));
                    both.map_or(Edges::default(), |(me, role)| Edges::one(me, role))
                };
                let ad = if plan.ad { to(Name::Ad) } else { Edges::default() };
                let group = group.filter(|_| plan.grant).map_or(Edges::default(), to);
                let creates = plan.create && seen.role(Name::P) != Some(created_by(of));
                Rows { edges: ad.and(group), names: [creates.then_some(Name::P), None] }
            }
            Some(Statement::Grant { role, member }) => {
                Rows { edges: edge(member, role), ..Rows::default() }
            }
            Some(Statement::Create { name, .. }) => {
                Rows { names: [Some(name), None], ..Rows::default() }
            }
            Some(Statement::Rename { from, to }) => {
                Rows { names: [Some(from), Some(to)], ..Rows::default() }
            }
            Some(Statement::Drop { role }) => Rows { names: [Some(role), None], ..Rows::default() },
            _ => Rows::default(),
        }
    }
}
