//! Who is a member of what, through any chain.
//!
//! The rule counts every membership, whatever its ADMIN, INHERIT or SET option, because `+role` in
//! pg_hba.conf does (`is_member` in src/backend/libpq/hba.c asks `is_member_of_role_nosuper`).
//! `pg_has_role()` would not do: it says yes to everything for a superuser.

use std::iter;
use std::ops::Range;

use crate::memberships::node::Node;
use crate::memberships::oid_index::{Names, OidIndex};
use crate::names::role_name::RoleName;
use crate::oid::{NEW_ROLE, RoleOid};
use crate::roles::path::{HEAD, PathStep, TAIL};

/// One row of pg_auth_members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Membership {
    /// What was granted.
    pub role: RoleOid,
    /// To whom.
    pub member: RoleOid,
    /// By whom, where that is known. Up to PostgreSQL 15 it may be a role that is gone.
    pub grantor: Option<RoleOid>,
    /// ADMIN OPTION
    pub admin: bool,
    /// Whether it came from creating the role: since PostgreSQL 16 whoever creates a role without
    /// being a superuser becomes a member of it, with ADMIN and nothing else, granted by the
    /// bootstrap superuser (`CreateRole` in src/backend/commands/user.c).
    pub from_creation: bool,
}

impl Membership {
    /// One that is not made yet: nobody has granted it.
    pub(crate) fn to_be(member: RoleOid, role: RoleOid) -> Self {
        Self { role, member, grantor: None, admin: false, from_creation: false }
    }
}

/// Roles and memberships, whole or in part. Immutable once built.
///
/// Roles are held in the order of their names, so that what is found does not depend on the order
/// in which a catalogue was read: of several shortest paths the one whose roles come first by name
/// is given.
#[derive(Debug, Clone, Default)]
pub struct MembershipGraph {
    oids: Vec<RoleOid>,
    names: Names,
    nodes: OidIndex,
    /// Sorted by member, then role, then grantor.
    edges: Vec<Edge>,
    /// For each role the edges by which it is a member of others.
    up: Vec<Range<u32>>,
    /// The members of each role, and where they stand for each role.
    members: Vec<Node>,
    down: Vec<Range<u32>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) member: Node,
    pub(crate) role: Node,
    pub(crate) grantor: Option<Node>,
    pub(crate) admin: bool,
    pub(crate) from_creation: bool,
}

/// Every role from which one role can be reached, with the next step on a shortest way there.
#[derive(Debug)]
pub(crate) struct Reach {
    target: Node,
    /// [`Node::NONE`] for a role from which the target is not reached.
    next: Vec<Node>,
    /// How many steps it takes.
    depth: Vec<u32>,
    /// The role on the way from which it is [`TAIL`] steps, or the role itself where it is nearer:
    /// the end of a long path begins there.
    near: Vec<Node>,
}

impl MembershipGraph {
    /// Builds the graph. What cannot be a role's name is left out, and memberships between roles
    /// that are not among `roles`; so is a grantor that is not.
    pub fn new<Name: AsRef<str>>(
        roles: impl IntoIterator<Item = (RoleOid, Name)>,
        memberships: impl IntoIterator<Item = Membership>,
    ) -> Self {
        let roles: Vec<_> = roles.into_iter().collect();
        let (oids, names) = Names::in_order(roles.iter().map(|(oid, name)| (*oid, name.as_ref())));
        let nodes = OidIndex::new(&oids);

        let memberships: Vec<_> = memberships.into_iter().collect();
        let edges = || {
            memberships.iter().filter_map(|m| {
                Some(Edge {
                    member: nodes.get(m.member)?,
                    role: nodes.get(m.role)?,
                    grantor: m.grantor.and_then(|grantor| nodes.get(grantor)),
                    admin: m.admin,
                    from_creation: m.from_creation,
                })
            })
        };
        let count = oids.len();
        let up = ranges(count, edges().map(|edge| edge.member));
        let mut edges = in_ranges(&up, edges().map(|edge| (edge.member, edge)));
        for of_member in &up {
            edges[of_member.start as usize..of_member.end as usize].sort_unstable();
        }
        // Each membership once, whoever granted it; in the order of members, so that those of each
        // role are in order too.
        let same = |a: &Edge, b: &Edge| (a.member, a.role) == (b.member, b.role);
        let once = || edges.chunk_by(same).map(|same| same[0]);
        let down = ranges(count, once().map(|edge| edge.role));
        let members = in_ranges(&down, once().map(|edge| (edge.role, edge.member)));
        Self { oids, names, nodes, edges, up, members, down }
    }

    /// The role of a name.
    pub(crate) fn find(&self, name: &RoleName) -> Option<Node> {
        self.names.find(name.as_str())
    }

    /// The role of an OID.
    pub(crate) fn node(&self, oid: RoleOid) -> Option<Node> {
        self.nodes.get(oid)
    }

    pub(crate) fn oid(&self, role: Node) -> RoleOid {
        self.oids[role.index()]
    }

    pub(crate) fn name(&self, role: Node) -> &str {
        self.names.get(role)
    }

    pub(crate) fn role_name(&self, role: Node) -> RoleName {
        RoleName::of_catalogue(self.name(role))
    }

    /// The memberships of a role in others.
    pub(crate) fn memberships_of(&self, member: Node) -> &[Edge] {
        let range = &self.up[member.index()];
        &self.edges[range.start as usize..range.end as usize]
    }

    fn members_of(&self, role: Node) -> &[Node] {
        let range = &self.down[role.index()];
        &self.members[range.start as usize..range.end as usize]
    }

    /// Whether `grantor` granted `role` to somebody.
    pub(crate) fn granted_by(&self, role: Node, grantor: Node) -> bool {
        let granted = |edge: &Edge| edge.role == role && edge.grantor == Some(grantor);
        self.members_of(role).iter().any(|&member| self.memberships_of(member).iter().any(granted))
    }

    /// `down(target)`: the role itself and every role that is a member of it through any chain.
    pub(crate) fn reach(&self, target: Node) -> Reach {
        let mut next = vec![Node::NONE; self.len()];
        next[target.index()] = target;
        let mut depth = vec![0; self.len()];
        let mut near: Vec<Node> = self.roles().collect();
        let mut level = vec![target];
        while !level.is_empty() {
            // In the order of names, so that the first to reach a member is the first by name.
            level.sort_unstable();
            let mut below = Vec::new();
            for &role in &level {
                for &member in self.members_of(role) {
                    let at = member.index();
                    if next[at] == Node::NONE {
                        next[at] = role;
                        depth[at] = depth[role.index()] + 1;
                        if depth[at] > TAIL {
                            near[at] = near[role.index()];
                        }
                        below.push(member);
                    }
                }
            }
            level = below;
        }
        Reach { target, next, depth, near }
    }

    /// For each role whether it is one of these, or a member of one through any chain. However
    /// many they are, each role is looked at once.
    pub(crate) fn below_any(&self, targets: impl IntoIterator<Item = Node>) -> Below {
        let mut is_below = vec![false; self.len()];
        let mut left: Vec<Node> = Vec::new();
        for target in targets {
            if !std::mem::replace(&mut is_below[target.index()], true) {
                left.push(target);
            }
        }
        while let Some(role) = left.pop() {
            for &member in self.members_of(role) {
                if !std::mem::replace(&mut is_below[member.index()], true) {
                    left.push(member);
                }
            }
        }
        Below(is_below)
    }

    /// The names on a shortest way from `role` up to the target of `reach`, both ends included; the
    /// middle of a long one is left out, and not gone along.
    pub(crate) fn path<'g>(
        &'g self,
        reach: &'g Reach,
        role: Node,
    ) -> impl Iterator<Item = PathStep<&'g str>> {
        let next = |at: &Node| {
            (*at != reach.target && reach.contains(*at)).then(|| reach.next[at.index()])
        };
        let from = move |start: Option<Node>| {
            iter::successors(start, next).map(|at| PathStep::Role(self.name(at)))
        };
        let roles = reach.depth[role.index()] as usize + 1;
        let shown = HEAD + TAIL as usize + 1;
        let is_long = roles > shown + 1;
        let head = if is_long { HEAD } else { roles };
        // No way is longer than there are roles.
        let left_out = is_long.then(|| PathStep::LeftOut((roles - shown) as u32));
        let tail = from(is_long.then(|| reach.near[role.index()]));
        from(Some(role)).take(head).chain(left_out).chain(tail)
    }

    /// The same graph with further memberships, and with a role that is to be created, whose OID is
    /// [`NEW_ROLE`].
    pub(crate) fn with(
        &self,
        new_role: Option<RoleName>,
        memberships: impl IntoIterator<Item = Membership>,
    ) -> Self {
        let mine = self.edges.iter().map(|edge| Membership {
            role: self.oid(edge.role),
            member: self.oid(edge.member),
            grantor: edge.grantor.map(|grantor| self.oid(grantor)),
            admin: edge.admin,
            from_creation: edge.from_creation,
        });
        let my_roles = self.roles().map(|role| (self.oid(role), self.role_name(role)));
        let new_role = new_role.map(|name| (NEW_ROLE, name));
        Self::new(my_roles.chain(new_role), mine.chain(memberships))
    }

    /// All roles, in the order of their names.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Node> + use<> {
        Node::first(self.oids.len())
    }

    /// How many roles there are.
    pub(crate) fn len(&self) -> usize {
        self.oids.len()
    }
}

/// Who is one of some roles, or a member of one.
pub(crate) struct Below(Vec<bool>);

impl Below {
    pub(crate) fn contains(&self, role: Node) -> bool {
        self.0[role.index()]
    }
}

impl Reach {
    /// Whether the target can be reached from `role`.
    pub(crate) fn contains(&self, role: Node) -> bool {
        self.next[role.index()] != Node::NONE
    }
}

/// For each of `count` roles where it stands once `keys` are sorted.
fn ranges(count: usize, keys: impl Iterator<Item = Node>) -> Vec<Range<u32>> {
    let mut counts = vec![0u32; count];
    for key in keys {
        counts[key.index()] += 1;
    }
    let mut start = 0;
    counts
        .into_iter()
        .map(|n| {
            let range = start..start + n;
            start += n;
            range
        })
        .collect()
}

/// Values in the ranges of their roles, those of one role in the order in which they come.
fn in_ranges<T: Copy + Default>(
    ranges: &[Range<u32>],
    keyed: impl Iterator<Item = (Node, T)>,
) -> Vec<T> {
    let mut values = vec![T::default(); ranges.last().map_or(0, |last| last.end as usize)];
    let mut free: Vec<_> = ranges.iter().map(|range| range.start).collect();
    for (key, value) in keyed {
        let place = &mut free[key.index()];
        values[*place as usize] = value;
        *place += 1;
    }
    values
}

#[cfg(test)]
mod tests;
