//! Statements that somebody types, with the guard beside them.

use crate::catalogue::{AD, Catalogue, Edges, IAM, NOBODY, created_by};
use crate::fault::Fault;
use crate::model::{World, new_ones};
use crate::program::Statement;
use crate::state::State;
use crate::steps::Stop;

impl World {
    /// Which roles a GRANT means now.
    pub(super) fn find_names(&self, state: &mut State, of: usize) -> Result<(), Stop> {
        if let Some(Statement::Grant { role, member }) = self.statement(&state.sessions[of]) {
            let seen = Self::seen(state, of);
            state.sessions[of].meant = [member, role].map(|name| seen.role(name).unwrap_or(NOBODY));
        }
        Ok(())
    }

    /// The guard looks at what is so before, or a function makes its plan.
    pub(super) fn look(&self, state: &mut State, of: usize) -> Result<(), Stop> {
        let Some(statement) = self.statement(&state.sessions[of]) else { return Ok(()) };
        if statement.is_function() {
            return self.plan_add(state, of, statement);
        }
        if !self.is(Fault::NamesBeforeWait) {
            self.find_names(state, of)?;
        }
        let seen = Self::seen(state, of);
        let of_rule = 1 << AD | 1 << IAM;
        let session = &mut state.sessions[of];
        session.before = seen.edges.in_both();
        let granted = match statement {
            Statement::Grant { .. } => 1u8.checked_shl(session.meant[1].into()).unwrap_or(0),
            Statement::Create { roles, .. } => roles
                .into_iter()
                .flatten()
                .filter_map(|name| seen.role(name))
                .fold(0, |a, r| a | 1 << r),
            _ => 0,
        };
        session.watches = seen.edges.up(granted) & of_rule != 0;
        if self.is(Fault::CheckBefore) && session.watches {
            return judge(&seen, session.meant, session.before);
        }
        Ok(())
    }

    /// The server carries a statement out, or says what is wrong with it.
    pub(super) fn write_typed(
        &self,
        state: &mut State,
        of: usize,
        statement: Statement,
    ) -> Result<(), Stop> {
        let seen = Self::seen(state, of);
        let role = |name| seen.role(name).ok_or(Stop::Failed);
        let session = &mut state.sessions[of];
        match statement {
            Statement::Grant { role: granted, member } => {
                // Without the guard names were looked up before the server waited for its lock.
                let is_resolved = (!self.guard || session.asleep) && session.meant[0] != NOBODY;
                let [member, granted] = match is_resolved {
                    true => session.meant,
                    false => [role(member)?, role(granted)?],
                };
                if granted == NOBODY || seen.name(member).is_none() || seen.name(granted).is_none()
                {
                    return Err(Stop::Failed);
                }
                if seen.edges.up(1 << granted) >> member & 1 == 1 {
                    return Err(Stop::Failed);
                }
                session.change.add(Edges::one(member, granted), &seen);
            }
            Statement::Revoke { role: granted, member } => {
                session.change.remove(Edges::one(role(member)?, role(granted)?));
            }
            Statement::Rename { from, to } => {
                let renamed = role(from)?;
                if seen.role(to).is_some() {
                    return Err(Stop::Failed);
                }
                session.change.set(from, NOBODY);
                session.change.set(to, renamed);
            }
            Statement::Drop { role: name } => {
                let gone = role(name)?;
                session.change.remove(seen.edges.of(gone));
                session.change.set(name, NOBODY);
            }
            Statement::Create { name, roles } => {
                if seen.role(name).is_some() {
                    return Err(Stop::Failed);
                }
                let new = created_by(of);
                session.change.set(name, new);
                for above in roles.into_iter().flatten() {
                    session.change.add(Edges::one(new, role(above)?), &seen);
                }
            }
            Statement::Add { .. } | Statement::SqlAdd { .. } => {}
        }
        Ok(())
    }
}

/// What would come of a GRANT.
fn judge(seen: &Catalogue, [member, role]: [u8; 2], before: u8) -> Result<(), Stop> {
    if member == NOBODY || role == NOBODY {
        return Ok(());
    }
    let mut after = *seen;
    after.edges = after.edges.and(Edges::one(member, role));
    match new_ones(&after, 1 << member, before) {
        0 => Ok(()),
        _ => Err(Stop::Refused),
    }
}
