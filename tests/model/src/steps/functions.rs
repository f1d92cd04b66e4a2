//! The functions, and kerbrole-client.

use crate::catalogue::{AD, Catalogue, Edges, IAM, NOBODY, Name, created_by};
use crate::fault::Fault;
use crate::model::{Step, World, new_ones};
use crate::program::{How, Statement};
use crate::state::{Outcome, Plan, Session, State};
use crate::steps::Stop;

/// A plan, and what it would add.
struct Planned {
    plan: Plan,
    adds: Edges,
}

impl World {
    /// What there is to do, on what somebody sees.
    fn planned(of: usize, statement: Statement, seen: &Catalogue) -> Result<Planned, Stop> {
        match statement {
            Statement::Grant { role, member } => {
                let edge = Self::edge(seen, member, role).ok_or(Stop::Failed)?;
                Ok(Planned { plan: Plan { grant: true, ..Plan::default() }, adds: edge })
            }
            Statement::Add { group } | Statement::SqlAdd { group } => {
                let there = seen.role(Name::P);
                let me = there.unwrap_or(created_by(of));
                let to =
                    |name| seen.role(name).map(|role| Edges::one(me, role)).ok_or(Stop::Failed);
                let is_lacking = |edge: Edges| edge.also_in(seen.edges).is_empty();
                let ad = to(Name::Ad)?;
                let group = group.map(to).transpose()?;
                let plan = Plan {
                    create: there.is_none(),
                    ad: is_lacking(ad),
                    grant: group.is_some_and(is_lacking),
                };
                Ok(Planned { plan, adds: ad.and(group.unwrap_or_default()) })
            }
            _ => Err(Stop::Failed),
        }
    }

    /// A function makes its plan under the lock, and refuses what would put somebody into both.
    pub(super) fn plan_add(
        &self,
        state: &mut State,
        of: usize,
        statement: Statement,
    ) -> Result<(), Stop> {
        let seen = Self::seen(state, of);
        let before = seen.edges.in_both();
        let Planned { plan, adds } = Self::planned(of, statement, &seen)?;
        let after = seen.edges.and(adds);
        if after.in_both() & !before != 0 && !self.is(Fault::AsleepInside) {
            return Err(Stop::Refused);
        }
        let session = &mut state.sessions[of];
        session.met |= before != 0 && !self.extension;
        // What a client looks at after the commit is its own plan, made before.
        if self.program(session).how != How::Functions {
            session.before = before;
        }
        session.plan = plan;
        Ok(())
    }

    /// The client reads what is committed.
    pub(super) fn make_plan(&self, state: &mut State, of: usize) -> Result<(), Stop> {
        let Some(statement) = self.statement(&state.sessions[of]) else { return Ok(()) };
        let seen = state.catalogue;
        let before = seen.edges.in_both();
        let is_plain = self.program(&state.sessions[of]).how != How::Functions;
        let planned = Self::planned(of, statement, &seen).and_then(|planned| {
            let is_refused = seen.edges.and(planned.adds).in_both() & !before != 0;
            if is_refused { Err(Stop::Refused) } else { Ok(planned) }
        });
        let session = &mut state.sessions[of];
        match planned {
            Ok(Planned { plan, .. }) if plan.is_empty() && is_plain => session.end(Outcome::Done),
            Ok(Planned { plan, .. }) => {
                session.before = before;
                session.plan = plan;
                session.planned = plan;
                session.watches = true;
                session.met |= before != 0;
            }
            Err(stop) if is_plain => return Err(stop),
            // The functions say in their own words what is wrong, and nobody looks afterwards.
            Err(_) => session.watches = false,
        }
        Ok(())
    }

    pub(super) fn write_plan(&self, state: &mut State, of: usize) -> Result<(), Stop> {
        let session = &state.sessions[of];
        let (plan, seen) = (session.plan, Self::seen(state, of));
        let statement = self.statement(session);
        let in_halves = self.is(Fault::TwoTransactions);
        let is_second_half = in_halves && session.step > 2;
        let session = &mut state.sessions[of];
        let member = match statement {
            Some(Statement::Grant { member, .. }) => member,
            _ => Name::P,
        };
        let mut me = seen.role(member);
        if plan.create && !is_second_half {
            if me.is_some() {
                return Err(Stop::Again);
            }
            me = Some(created_by(of));
            session.change.set(Name::P, created_by(of));
        }
        let me = me.ok_or(Stop::Again)?;
        if in_halves && !is_second_half && plan.create {
            return Ok(());
        }
        let granted = match statement {
            Some(Statement::Grant { role, .. }) => Some(role),
            Some(Statement::Add { group } | Statement::SqlAdd { group }) => group,
            _ => None,
        };
        let wanted = plan.ad.then_some(Name::Ad).into_iter();
        for name in wanted.chain(granted.filter(|_| plan.grant)) {
            let role = seen.role(name).ok_or(Stop::Again)?;
            if seen.edges.up(1 << role) >> me & 1 == 1 {
                return Err(Stop::Failed);
            }
            session.change.add(Edges::one(me, role), &seen);
        }
        session.asleep = self.is(Fault::AsleepAfter);
        Ok(())
    }

    /// The client looks at what is committed by now.
    pub(super) fn look_again(&self, state: &mut State, of: usize) {
        let (session, seen) = (&state.sessions[of], state.catalogue);
        let changed = match self.statement(session) {
            Some(Statement::Grant { member, .. }) => seen.role(member),
            _ => seen.role(Name::P),
        };
        let below = changed.map_or(0, |role| 1 << role);
        let is_new = session.watches && new_ones(&seen, below, session.before) != 0;
        let session = &mut state.sessions[of];
        if is_new && !self.is(Fault::NoSecondLook) {
            self.advance(session);
            debug_assert_eq!(self.next(session), Step::TakeBack, "it comes after the look");
        } else {
            session.end(Outcome::Done);
        }
    }

    /// The client takes back what it has added: memberships whose rows its own transaction wrote,
    /// and a role that it created where nobody has added to it. Of what the functions wrote it
    /// knows nothing, and goes by its plan.
    pub(super) fn take_back(&self, state: &mut State, of: usize) {
        let (session, seen) = (state.sessions[of], state.catalogue);
        let knows_rows = self.program(&session).how != How::Functions;
        let planned = self.to_take_back(&session, &seen).also_in(seen.edges);
        let role = seen.role(Name::P).unwrap_or(NOBODY);
        let (own, drops) = match (knows_rows, session.planned.create) {
            _ if self.is(Fault::WrongHalf) => (planned, false),
            (true, creates) => {
                let own = planned.also_in(session.made);
                let is_alone = role != NOBODY && seen.edges.of(role).without(own).is_empty();
                (own, creates && role == created_by(of) && is_alone)
            }
            (false, true) if role != NOBODY => (seen.edges.of(role), true),
            (false, creates) => (if creates { Edges::default() } else { planned }, false),
        };
        let mut change = session.change;
        change.remove(own);
        if drops {
            change.set(Name::P, NOBODY);
        }
        state.catalogue = change.commit(&seen);
        let others = own.without(session.made);
        Self::forget_what_has_gone(state);
        let session = &mut state.sessions[of];
        session.took |= knows_rows && !others.is_empty();
        session.end(Outcome::TakenBack);
    }

    /// The memberships of its plan.
    fn to_take_back(&self, session: &Session, seen: &Catalogue) -> Edges {
        if self.is(Fault::WrongHalf) {
            // A way into rds_iam or rds_ad that this client has not made.
            let in_both = seen.edges.in_both();
            let mut others = seen.edges.without(session.made).each();
            let leads_there = |&(member, role): &(u8, u8)| {
                in_both >> member & 1 == 1 && seen.edges.up(1 << role) & (1 << AD | 1 << IAM) != 0
            };
            return others.find(leads_there).map_or(Edges::default(), |(m, r)| Edges::one(m, r));
        }
        let (member, granted) = match self.statement(session) {
            Some(Statement::Grant { role, member }) => (member, Some(role)),
            Some(Statement::Add { group } | Statement::SqlAdd { group }) => (Name::P, group),
            _ => (Name::P, None),
        };
        let plan = session.planned;
        let edge = |role| Self::edge(seen, member, role).unwrap_or_default();
        let ad = if plan.ad { edge(Name::Ad) } else { Edges::default() };
        ad.and(granted.filter(|_| plan.grant).map_or(Edges::default(), edge))
    }
}
