//! Which memberships to end so that a role is in one of the two only.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::{Added, Both, OnceSides, Side};
use crate::statement::Revoke;

/// What ends the conflicts of many roles. The members of a group that is to leave by itself, and of nothing else, have its fix: it is worked out once, so that
/// a long chain of such groups takes no more than its length.
pub(super) struct Fixes<'a> {
    both: &'a Both<'a>,
    sides: &'a OnceSides,
    name_grantors: bool,
    known: HashMap<(u32, bool), Rc<[Revoke]>>,
}

impl<'a> Fixes<'a> {
    pub(super) fn new(both: &'a Both<'a>, sides: &'a OnceSides, name_grantors: bool) -> Self {
        Self { both, sides, name_grantors, known: HashMap::new() }
    }

    pub(super) fn of(&mut self, role: u32) -> Rc<[Revoke]> {
        let side = self.both.side(role, self.sides, self.name_grantors);
        let mut way: Vec<u32> = Vec::new();
        let mut at = role;
        let fix = loop {
            if let Some(known) = self.known.get(&(at, side == Side::Ad)) {
                break Rc::clone(known);
            }
            way.push(at);
            match self.only_way(at, side) {
                // No membership is its own group's: the way ends. Were the catalogue otherwise, it would end here.
                Some(above) if way.len() <= self.both.graph.len() as usize => at = above,
                _ => {
                    let (both, sides, pending) = (self.both, self.sides, &Added::default());
                    let cut = Cut::new(both, sides, self.name_grantors, pending);
                    break cut.leaving(at, side).into();
                }
            }
        };
        self.known.extend(way.into_iter().map(|role| ((role, side == Side::Ad), Rc::clone(&fix))));
        fix
    }

    /// The group by which alone the role is on that side, provided that the group is to leave it by itself.
    fn only_way(&self, role: u32, side: Side) -> Option<u32> {
        let both = self.both;
        let (reach, target) = both.reach_of(side);
        let mut ways =
            both.graph.memberships_of(role).iter().map(|edge| edge.role).filter(|&above| reach.contains(above));
        let above = ways.next()?;
        let is_only = ways.all(|other| other == above);
        let leaves = is_only && above != target && both.contains(above);
        (leaves && both.side(above, self.sides, self.name_grantors) == side).then_some(above)
    }
}

/// Which memberships to end so that a role leaves one of the two sides, taking as little as possible from others: the role's own
/// memberships, unless a group above it is in both by itself and is to leave the same side.
pub(super) struct Cut<'a> {
    both: &'a Both<'a>,
    sides: &'a OnceSides,
    name_grantors: bool,
    pending: &'a Added,
    seen: HashSet<u32>,
    fix: Vec<Revoke>,
}

impl<'a> Cut<'a> {
    pub(super) fn new(both: &'a Both<'a>, sides: &'a OnceSides, name_grantors: bool, pending: &'a Added) -> Self {
        Self { both, sides, name_grantors, pending, seen: HashSet::new(), fix: Vec::new() }
    }

    pub(super) fn of(self, role: u32) -> Vec<Revoke> {
        let side = self.both.side(role, self.sides, self.name_grantors);
        self.leaving(role, side)
    }

    fn leaving(mut self, role: u32, side: Side) -> Vec<Revoke> {
        self.leave(role, side);
        self.fix
    }

    /// Goes up from the role, a group that is to leave as well right where it is met. What is still to do lies in a list, and not on the stack: a chain of
    /// groups may be as long as somebody makes it.
    fn leave(&mut self, role: u32, side: Side) {
        let both = self.both;
        let (reach, target) = both.reach_of(side);
        self.seen.insert(role);
        // For each role on the way, how many of its memberships have been looked at.
        let mut way = vec![(role, 0)];
        while let Some((role, at)) = way.last_mut() {
            let (role, edges) = (*role, both.graph.memberships_of(*role));
            let Some(edge) = edges.get(*at) else {
                way.pop();
                continue;
            };
            let above = edge.role;
            // Memberships in the same role, by several grantors, stand beside each other.
            let is_first = *at == 0 || edges[*at - 1].role != above;
            *at += 1;
            if !reach.contains(above) {
                continue;
            }
            let shared =
                above != target && both.contains(above) && both.side(above, self.sides, self.name_grantors) == side;
            if shared || self.pending.contains(both.graph.oid(role), both.graph.oid(above)) {
                if above != target && self.seen.insert(above) {
                    way.push((above, 0));
                }
            } else if self.name_grantors || is_first {
                // Up to 15 one membership has one row, whoever granted it.
                let granted_by = if self.name_grantors { edge.grantor } else { None };
                self.fix.push(Revoke {
                    role: both.graph.role_name(above),
                    member: both.graph.role_name(role),
                    granted_by: granted_by.map(|grantor| both.graph.role_name(grantor)),
                    cascade: self.name_grantors && both.drags(role, edge),
                    from_creation: edge.from_creation,
                });
            }
        }
    }
}
