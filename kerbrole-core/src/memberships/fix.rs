//! Which memberships to end so that a role is in one of the two only.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::memberships::graph::{Edge, Reach};
use crate::memberships::node::Node;
use crate::memberships::reach::RuleReach;
use crate::names::principal::{KnownRealms, principal_parts};
use crate::oid::RoleOid;
use crate::statement::Revoke;

/// Memberships that a change adds.
///
/// A GRANT of many roles to many members adds each of the first to each of the second: what is kept
/// are the two lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    pairs: HashSet<(RoleOid, RoleOid)>,
    products: Vec<(HashSet<RoleOid>, HashSet<RoleOid>)>,
}

impl Added {
    /// And each of `members` in each of `roles`.
    #[must_use]
    pub fn all_of(mut self, members: &[RoleOid], roles: &[RoleOid]) -> Self {
        self.products.push((members.iter().copied().collect(), roles.iter().copied().collect()));
        self
    }

    /// Whether the membership of `member` in `role` is among them.
    pub fn contains(&self, member: RoleOid, role: RoleOid) -> bool {
        self.pairs.contains(&(member, role))
            || self
                .products
                .iter()
                .any(|(members, roles)| members.contains(&member) && roles.contains(&role))
    }
}

/// Pairs of `(member, role)`.
impl FromIterator<(RoleOid, RoleOid)> for Added {
    fn from_iter<I: IntoIterator<Item = (RoleOid, RoleOid)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().collect(), products: Vec::new() }
    }
}

/// Which of the two memberships a role in both should lose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Ad,
    Iam,
}

/// Which roles have a principal among them or below; worked out only where there is a conflict to
/// describe.
#[derive(Default)]
pub(crate) struct PrincipalsBelow(std::cell::OnceCell<Vec<bool>>);

impl RuleReach<'_> {
    fn reach_of(&self, side: Side) -> (&Reach, Node) {
        match side {
            Side::Ad => (&self.ad_reach, self.ad),
            Side::Iam => (&self.iam_reach, self.iam),
        }
    }

    /// A Kerberos principal, or a group that has one in it, keeps `rds_ad`; anybody else keeps
    /// `rds_iam`, since without a realm in its name it could never log in with a ticket. Neither of
    /// the two roles can leave itself. Whoever granted a way into `rds_ad` to others, as an
    /// administrator with ADMIN on it does, keeps it as well: since PostgreSQL 16 REVOKE would take
    /// theirs along, and lock them out.
    fn side(&self, role: Node, sides: &PrincipalsBelow) -> Side {
        if role == self.ad {
            return Side::Iam;
        }
        if role == self.iam {
            return Side::Ad;
        }
        let principals = sides.0.get_or_init(|| self.with_principals_below());
        let locks_others_out = || {
            let mut ways = self
                .graph
                .memberships_of(role)
                .iter()
                .filter(|edge| self.ad_reach.contains(edge.role));
            self.names_grantors && ways.any(|edge| self.revokes_others_too(role, edge))
        };
        let keeps_ad = principals[role.index()] || locks_others_out();
        if keeps_ad { Side::Iam } else { Side::Ad }
    }

    /// What makes a role leave `rds_iam`, whether it is in `rds_ad` or not.
    pub(crate) fn out_of_iam(&self, role: Node) -> Vec<Revoke> {
        let (sides, nothing) = (PrincipalsBelow::default(), Added::default());
        FixSearch::new(self, &sides, &nothing).leaving(role, Side::Iam)
    }

    /// Whether others' memberships end with this one: since PostgreSQL 16 what was granted on the
    /// strength of ADMIN does.
    fn revokes_others_too(&self, role: Node, edge: &Edge) -> bool {
        edge.admin && self.graph.granted_by(edge.role, role)
    }

    fn with_principals_below(&self) -> Vec<bool> {
        let mut marked = vec![false; self.graph.len()];
        let mut realms = KnownRealms::default();
        let mut is_principal =
            |role: &Node| principal_parts(self.graph.name(*role), &mut realms).is_some();
        let mut to_visit: Vec<Node> = self.graph.roles().filter(&mut is_principal).collect();
        while let Some(role) = to_visit.pop() {
            if !std::mem::replace(&mut marked[role.index()], true) {
                to_visit.extend(self.graph.memberships_of(role).iter().map(|edge| edge.role));
            }
        }
        marked
    }
}

/// What ends the conflicts of many roles. The members of a group that is to leave by itself, and of
/// nothing else, have its fix: it is worked out once, so that a long chain of such groups takes no
/// more than its length.
pub(crate) struct Fixes<'a> {
    both: &'a RuleReach<'a>,
    sides: &'a PrincipalsBelow,
    known: HashMap<(Node, bool), Rc<[Revoke]>>,
}

impl<'a> Fixes<'a> {
    pub(crate) fn new(both: &'a RuleReach<'a>, sides: &'a PrincipalsBelow) -> Self {
        Self { both, sides, known: HashMap::new() }
    }

    pub(crate) fn of(&mut self, role: Node) -> Rc<[Revoke]> {
        let side = self.both.side(role, self.sides);
        let mut way: Vec<Node> = Vec::new();
        let mut at = role;
        let fix = loop {
            if let Some(known) = self.known.get(&(at, side == Side::Ad)) {
                break Rc::clone(known);
            }
            way.push(at);
            match self.only_way(at, side) {
                // No membership is its own group's: the way ends. Were the catalogue otherwise, it
                // would end here.
                Some(above) if way.len() <= self.both.graph.len() => at = above,
                _ => {
                    let nothing = Added::default();
                    let search = FixSearch::new(self.both, self.sides, &nothing);
                    break search.leaving(at, side).into();
                }
            }
        };
        let known = |role| ((role, side == Side::Ad), Rc::clone(&fix));
        self.known.extend(way.into_iter().map(known));
        fix
    }

    /// The group by which alone the role is on that side, provided that the group is to leave it by
    /// itself.
    fn only_way(&self, role: Node, side: Side) -> Option<Node> {
        let both = self.both;
        let (reach, target) = both.reach_of(side);
        let mut ways = both
            .graph
            .memberships_of(role)
            .iter()
            .map(|edge| edge.role)
            .filter(|&above| reach.contains(above));
        let above = ways.next()?;
        let is_only = ways.all(|other| other == above);
        let leaves = is_only && above != target && both.contains(above);
        (leaves && both.side(above, self.sides) == side).then_some(above)
    }
}

/// Which memberships to end so that a role leaves one of the two sides, taking as little as
/// possible from others: the role's own memberships, unless a group above it is in both by itself
/// and is to leave the same side.
pub(crate) struct FixSearch<'a> {
    both: &'a RuleReach<'a>,
    sides: &'a PrincipalsBelow,
    pending: &'a Added,
    seen: HashSet<Node>,
    fix: Vec<Revoke>,
}

impl<'a> FixSearch<'a> {
    pub(crate) fn new(
        both: &'a RuleReach<'a>,
        sides: &'a PrincipalsBelow,
        pending: &'a Added,
    ) -> Self {
        Self { both, sides, pending, seen: HashSet::new(), fix: Vec::new() }
    }

    pub(crate) fn of(self, role: Node) -> Vec<Revoke> {
        let side = self.both.side(role, self.sides);
        self.leaving(role, side)
    }

    fn leaving(mut self, role: Node, side: Side) -> Vec<Revoke> {
        self.revoke_side(role, side);
        self.fix
    }

    /// Goes up from the role, a group that is to leave as well right where it is met. What is still
    /// to do lies in a list, and not on the stack: a chain of groups may be as long as somebody
    /// makes it.
    fn revoke_side(&mut self, role: Node, side: Side) {
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
                above != target && both.contains(above) && both.side(above, self.sides) == side;
            if shared || self.pending.contains(both.graph.oid(role), both.graph.oid(above)) {
                if above != target && self.seen.insert(above) {
                    way.push((above, 0));
                }
            } else if both.names_grantors || is_first {
                // Up to 15 one membership has one row, whoever granted it.
                let granted_by = if both.names_grantors { edge.grantor } else { None };
                self.fix.push(Revoke {
                    role: both.graph.role_name(above),
                    member: both.graph.role_name(role),
                    granted_by: granted_by.map(|grantor| both.graph.role_name(grantor)),
                    cascade: both.names_grantors && both.revokes_others_too(role, edge),
                    from_creation: edge.from_creation,
                });
            }
        }
    }
}
