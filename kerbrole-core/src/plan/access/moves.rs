//! Who gets another name, and in which order: names may go round in a circle.

use std::collections::{HashMap, VecDeque};

use crate::error::Error;
use crate::names::role_name::RoleName;
use crate::names::sid::Sid;
use crate::oid::RoleOid;
use crate::plan::access::parts::Parts;
use crate::plan::access::people::{Accounts, Has};
use crate::plan::access::step::{AccessAction, AccessReason, AccessStep, step};
use crate::roles::role::Role;
use crate::statement::Statement;

/// A role that is to get another name.
struct Move<'c> {
    role: &'c Role,
    to: RoleName,
    sid: Sid,
    /// How many of the others have to be out of the way first.
    waits_for: usize,
    /// Those that wait for this one.
    lets_go: Vec<usize>,
    goes: bool,
}

impl<'c> Accounts<'c> {
    /// Gives every role its account's name where that is to be had; the others are left, with the
    /// reason.
    pub(super) fn move_all(
        &mut self,
        mut sessions: impl FnMut(&Role) -> u32,
        may_change: &mut impl FnMut(&Role) -> Result<(), Error>,
        parts: &mut Parts,
    ) {
        let mut moves: Vec<Move<'c>> = Vec::new();
        for account in &self.all {
            let (Has::Role(role), Some(to)) = (&account.has, &account.wanted) else { continue };
            if role.name == *to {
                continue;
            }
            let refused = match sessions(role) {
                0 => may_change(role).err(),
                sessions => Some(Error::InUse { role: role.name.clone(), sessions }),
            };
            let (to, sid) = (to.clone(), account.person.sid.clone());
            if let Some(error) = refused {
                parts.leave(role.name.clone(), error);
                continue;
            }
            let lets_go = Vec::new();
            moves.push(Move { role, to, sid, waits_for: 0, lets_go, goes: true });
        }
        self.find_who_waits(&mut moves);
        let order = in_order(&mut moves, |name| self.cluster.roles.get(name).is_none());
        for one in moves.iter().filter(|one| one.goes) {
            self.moved.insert(one.role.oid, one.to.clone());
            parts.change(one.role);
        }
        parts.renames = order;
        for one in moves.iter().filter(|one| !one.goes) {
            if let Some(role) = self.in_the_way(&one.to, Some(one.role.oid)) {
                let error = self.refuse_name(&one.to, &one.sid, role);
                parts.leave(one.role.name.clone(), error);
            }
        }
        self.close_names();
    }

    /// Whoever waits for somebody who stays, stays as well.
    fn find_who_waits(&self, moves: &mut [Move<'c>]) {
        let by_oid: HashMap<RoleOid, usize> =
            moves.iter().enumerate().map(|(at, one)| (one.role.oid, at)).collect();
        let mut stays = VecDeque::new();
        for at in 0..moves.len() {
            let (own, to) = (moves[at].role.oid, moves[at].to.clone());
            for other in self.cluster.roles.spellings(to.as_str()).filter(|one| one.oid != own) {
                match by_oid.get(&other.oid) {
                    Some(&other) => {
                        moves[other].lets_go.push(at);
                        moves[at].waits_for += 1;
                    }
                    None if moves[at].goes => {
                        moves[at].goes = false;
                        stays.push_back(at);
                    }
                    None => {}
                }
            }
        }
        while let Some(at) = stays.pop_front() {
            for waiting in std::mem::take(&mut moves[at].lets_go) {
                if std::mem::replace(&mut moves[waiting].goes, false) {
                    stays.push_back(waiting);
                }
            }
        }
    }
}

/// The renames of those that go: each after those that it waits for. Where names go round in a
/// circle, one of them gets a name in between.
fn in_order(moves: &mut [Move<'_>], is_free: impl Fn(&str) -> bool) -> Vec<AccessStep> {
    let going = |moves: &[Move<'_>], at: usize| moves[at].goes;
    let mut ready: VecDeque<usize> =
        (0..moves.len()).filter(|&at| going(moves, at) && moves[at].waits_for == 0).collect();
    let mut steps = Vec::new();
    let mut is_done = vec![false; moves.len()];
    // The names that those have who stand aside.
    let mut aside: HashMap<usize, RoleName> = HashMap::new();
    let mut next_in_circle = 0;
    loop {
        while let Some(at) = ready.pop_front() {
            is_done[at] = true;
            let from = aside.remove(&at);
            let stood_aside = from.is_some();
            steps.push(rename(&moves[at], from, moves[at].to.clone()));
            if !stood_aside {
                let_go(moves, at, &mut ready);
            }
        }
        while next_in_circle < moves.len()
            && (is_done[next_in_circle] || !moves[next_in_circle].goes)
        {
            next_in_circle += 1;
        }
        if next_in_circle == moves.len() {
            return steps;
        }
        let at = next_in_circle;
        next_in_circle += 1;
        let between = name_in_between(moves[at].role.oid, &is_free);
        steps.push(rename(&moves[at], None, between.clone()));
        aside.insert(at, between);
        let_go(moves, at, &mut ready);
    }
}

fn let_go(moves: &mut [Move<'_>], at: usize, ready: &mut VecDeque<usize>) {
    for waiting in std::mem::take(&mut moves[at].lets_go) {
        moves[waiting].waits_for -= 1;
        if moves[waiting].waits_for == 0 && moves[waiting].goes {
            ready.push_back(waiting);
        }
    }
}

fn rename(one: &Move<'_>, from: Option<RoleName>, to: RoleName) -> AccessStep {
    let role = one.role.name.clone();
    let statement = Statement::Rename { role: from.unwrap_or_else(|| role.clone()), to };
    step(AccessAction::Rename, role, statement, AccessReason::Renamed(one.sid.clone()))
}

/// A name that no role has. There are fewer roles than numbers.
fn name_in_between(role: RoleOid, is_free: impl Fn(&str) -> bool) -> RoleName {
    let with = |number: u32| format!("kerbrole_moving_{role}_{number}");
    let free = (0..=u32::MAX).map(with).find(|name| is_free(name));
    RoleName::of_catalogue(&free.unwrap_or_else(|| with(0)))
}
