//! What is so at one moment: the catalogue, and how far each session has come.

use crate::catalogue::{Catalogue, Change, Edges, NOBODY, Oid, Roles};

/// How many sessions there are at most.
pub const SESSIONS: usize = 3;

/// How somebody holds pg_auth_members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Held {
    /// Not at all.
    #[default]
    No,
    /// ROW EXCLUSIVE, as every GRANT takes it.
    RowExclusive,
    /// SHARE ROW EXCLUSIVE, which conflicts with itself and with that.
    ShareRowExclusive,
}

impl Held {
    /// Whether two can not hold these at once.
    pub fn conflicts_with(self, other: Self) -> bool {
        self.max(other) == Self::ShareRowExclusive && self.min(other) != Self::No
    }
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The caller was told that it is done.
    Done,
    /// By the rule.
    Refused,
    /// By the rule, after the commit.
    TakenBack,
    /// By the server.
    Failed,
    /// The connection was cut, or the server went down: the caller knows nothing.
    Cut,
}

/// What a function or the client has found that there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Plan {
    /// To create the role.
    pub create: bool,
    /// To put it into `rds_ad`.
    pub ad: bool,
    /// To grant the group, or the role of a GRANT.
    pub grant: bool,
}

impl Plan {
    /// Whether everything is there as it is wanted.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    /// Which program of the menu it runs.
    pub program: u8,
    /// Which of its statements.
    pub statement: u8,
    /// Which step of that comes next.
    pub step: u8,
    /// How often a client has begun anew.
    pub tries: u8,
    /// Whether it waits for others.
    pub waits: bool,
    /// How it holds pg_auth_members.
    pub held: Held,
    /// Whether it holds the lock on `rds_ad`, that of COMMENT ON ROLE.
    pub comments: bool,
    /// What its transaction has changed.
    pub change: Change,
    /// What its transaction saw first, where that counts.
    pub snapshot: Option<Catalogue>,
    /// Who was in both before.
    pub before: Roles,
    /// Who was meant when it looked: the member of a GRANT and the role.
    pub meant: [Oid; 2],
    /// Whether the outcome is to be looked at.
    pub watches: bool,
    /// What there is to do.
    pub plan: Plan,
    /// What a client found before that there is to do.
    pub planned: Plan,
    /// Whether it began while others had just made a conflict.
    pub met: bool,
    /// Whether the guard has been put to sleep for good.
    pub asleep: bool,
    /// Whether nobody is at the other end any more.
    pub gone: bool,
    /// Memberships that it has committed and nobody has taken away.
    pub made: Edges,
    /// Whether it took back what somebody else had made.
    pub took: bool,
    /// Whether its commit put somebody into both.
    pub broke: bool,
    /// How it ended.
    pub ended: Option<Outcome>,
}

impl Session {
    /// At the begin of a program.
    pub fn new(program: u8) -> Self {
        Self {
            program,
            statement: 0,
            step: 0,
            tries: 0,
            waits: false,
            held: Held::No,
            comments: false,
            change: Change::default(),
            snapshot: None,
            before: 0,
            meant: [NOBODY; 2],
            watches: false,
            plan: Plan::default(),
            planned: Plan::default(),
            met: false,
            asleep: false,
            gone: false,
            made: Edges::default(),
            took: false,
            broke: false,
            ended: None,
        }
    }

    /// Nothing of its transaction is left, but what it has committed.
    pub fn release(&mut self) {
        *self = Self {
            program: self.program,
            tries: self.tries,
            plan: self.plan,
            planned: self.planned,
            met: self.met,
            before: self.before,
            watches: self.watches,
            statement: self.statement,
            step: self.step,
            gone: self.gone,
            made: self.made,
            took: self.took,
            broke: self.broke,
            ..Self::new(self.program)
        };
    }

    /// It is over.
    pub fn end(&mut self, outcome: Outcome) {
        *self = Self {
            made: self.made,
            took: self.took,
            broke: self.broke,
            met: self.met,
            ended: Some(outcome),
            ..Self::new(self.program)
        };
    }
}

/// One moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    /// What is committed.
    pub catalogue: Catalogue,
    /// The sessions.
    pub sessions: [Session; SESSIONS],
    /// Those who wait for a lock, in the order in which they came.
    pub queue: [u8; SESSIONS],
    /// Whether something can still be cut or go down.
    pub may_break: bool,
}

/// Nobody stands here.
const FREE: u8 = 0xff;

impl State {
    /// The begin: sessions that are not there have ended.
    pub fn new(catalogue: Catalogue, programs: &[u8], may_break: bool) -> Self {
        let mut sessions = [Session::new(0); SESSIONS];
        sessions.iter_mut().for_each(|session| session.end(Outcome::Done));
        for (session, &program) in sessions.iter_mut().zip(programs) {
            *session = Session::new(program);
        }
        Self { catalogue, sessions, queue: [FREE; SESSIONS], may_break }
    }

    /// Joins those who wait.
    pub fn stand_in_line(&mut self, session: usize) {
        self.sessions[session].waits = true;
        if let Some(place) = self.queue.iter_mut().find(|place| **place == FREE) {
            *place = session as u8;
        }
    }

    /// Waits no longer.
    pub fn leave_the_line(&mut self, session: usize) {
        self.sessions[session].waits = false;
        if let Some(at) = self.queue.iter().position(|&place| place == session as u8) {
            self.queue.copy_within(at + 1.., at);
            self.queue[SESSIONS - 1] = FREE;
        }
    }

    /// Those who came before, or everybody in line where it has not come yet.
    pub fn ahead_of(&self, session: usize) -> impl Iterator<Item = usize> {
        self.queue
            .into_iter()
            .take_while(move |&place| place != session as u8 && place != FREE)
            .map(usize::from)
    }

    /// Whether all is over.
    pub fn is_over(&self) -> bool {
        self.sessions.iter().all(|session| session.ended.is_some())
    }
}
