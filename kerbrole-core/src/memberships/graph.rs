//! Who is a member of what, through any chain.
//!
//! The rule counts every membership, whatever its ADMIN, INHERIT or SET option, because `+role` in pg_hba.conf does
//! (`is_member` in src/backend/libpq/hba.c asks `is_member_of_role_nosuper`). `pg_has_role()` would not do: it says
//! yes to everything for a superuser.

use std::ops::Range;

use crate::memberships::oid_index::{Names, OidIndex};
use crate::names::role_name::RoleName;
use crate::oid::{NO_ROLE, RoleOid};
use crate::roles::path::{HEAD, PathStep, TAIL};

/// One row of pg_auth_members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Membership {
    /// What was granted.
    pub role: RoleOid,
    /// To whom.
    pub member: RoleOid,
    /// By whom; may name a role that is gone, up to PostgreSQL 15.
    pub grantor: RoleOid,
    /// ADMIN OPTION
    pub admin: bool,
    /// Whether it came from creating the role: since PostgreSQL 16 whoever creates a role without being a superuser becomes a member of it, with
    /// ADMIN and nothing else, granted by the bootstrap superuser (`CreateRole` in src/backend/commands/user.c).
    pub from_creation: bool,
}

/// Roles and memberships, whole or in part. Immutable once built.
///
/// Roles are held in the order of their names, so that what is found does not depend on the order in which a catalogue was
/// read: of several shortest paths the one whose roles come first by name is given.
#[derive(Debug, Clone, Default)]
pub struct MembershipGraph {
    oids: Vec<RoleOid>,
    names: Names,
    places: OidIndex,
    /// Sorted by member, then role, then grantor.
    edges: Vec<Edge>,
    /// For each role the edges by which it is a member of others.
    up: Vec<Range<u32>>,
    /// The members of each role, and where they stand for each role.
    members: Vec<u32>,
    down: Vec<Range<u32>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) member: u32,
    pub(crate) role: u32,
    pub(crate) grantor: Option<u32>,
    pub(crate) admin: bool,
    pub(crate) from_creation: bool,
}

/// Every role from which one role can be reached, with the next step on a shortest way there.
#[derive(Debug)]
pub(crate) struct Reach {
    target: u32,
    next: Vec<u32>,
    /// How many steps it takes.
    depth: Vec<u32>,
    /// The role on the way from which it is [`TAIL`] steps, or the role itself where it is nearer: the end of a long path begins there.
    near: Vec<u32>,
}

/// No next step: not reached.
pub(crate) const UNREACHED: u32 = u32::MAX;

impl MembershipGraph {
    /// Builds the graph. What cannot be a role's name is left out, and memberships between roles that are not among `roles`; so is a grantor that is not.
    pub fn new<Name: AsRef<str>>(
        roles: impl IntoIterator<Item = (RoleOid, Name)>,
        memberships: impl IntoIterator<Item = Membership>,
    ) -> Self {
        let roles: Vec<_> = roles.into_iter().collect();
        let (oids, names) = Names::in_order(roles.iter().map(|(oid, name)| (*oid, name.as_ref())));
        let places = OidIndex::new(&oids);

        let memberships: Vec<_> = memberships.into_iter().collect();
        let edges = || {
            memberships.iter().filter_map(|m| {
                Some(Edge {
                    member: places.get(m.member)?,
                    role: places.get(m.role)?,
                    grantor: places.get(m.grantor),
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
        // Each membership once, whoever granted it; in the order of members, so that those of each role are in order too.
        let once = || edges.chunk_by(|a, b| (a.member, a.role) == (b.member, b.role)).map(|same| same[0]);
        let down = ranges(count, once().map(|edge| edge.role));
        let members = in_ranges(&down, once().map(|edge| (edge.role, edge.member)));
        Self { oids, names, places, edges, up, members, down }
    }

    /// The role's place, by name.
    pub(crate) fn find(&self, name: &RoleName) -> Option<u32> {
        self.names.find(name.as_str()).map(index)
    }

    pub(crate) fn place(&self, oid: RoleOid) -> Option<u32> {
        self.places.get(oid)
    }

    pub(crate) fn oid(&self, role: u32) -> RoleOid {
        self.oids[role as usize]
    }

    pub(crate) fn name(&self, role: u32) -> &str {
        self.names.get(role as usize)
    }

    pub(crate) fn role_name(&self, role: u32) -> RoleName {
        RoleName::of_catalogue(self.name(role))
    }

    /// The memberships of a role in others.
    pub(crate) fn memberships_of(&self, member: u32) -> &[Edge] {
        let range = &self.up[member as usize];
        &self.edges[range.start as usize..range.end as usize]
    }

    fn members_of(&self, role: u32) -> &[u32] {
        let range = &self.down[role as usize];
        &self.members[range.start as usize..range.end as usize]
    }

    /// Whether `member` granted `role` to somebody.
    pub(crate) fn granted_by(&self, role: u32, grantor: u32) -> bool {
        self.members_of(role).iter().any(|&member| {
            self.memberships_of(member).iter().any(|edge| edge.role == role && edge.grantor == Some(grantor))
        })
    }

    /// `down(target)`: the role itself and every role that is a member of it through any chain.
    pub(crate) fn reach(&self, target: u32) -> Reach {
        let mut next = vec![UNREACHED; self.oids.len()];
        next[target as usize] = target;
        let mut depth = vec![0; self.oids.len()];
        let mut near: Vec<u32> = (0..self.len()).collect();
        let mut level = vec![target];
        while !level.is_empty() {
            // In the order of names, so that the first to reach a member is the first by name.
            level.sort_unstable();
            let mut below = Vec::new();
            for &role in &level {
                for &member in self.members_of(role) {
                    if next[member as usize] == UNREACHED {
                        next[member as usize] = role;
                        depth[member as usize] = depth[role as usize] + 1;
                        if depth[member as usize] > TAIL {
                            near[member as usize] = near[role as usize];
                        }
                        below.push(member);
                    }
                }
            }
            level = below;
        }
        Reach { target, next, depth, near }
    }

    /// The names on a shortest way from `role` up to the target of `reach`, both ends included; the middle of a long one is left out, and not gone along.
    pub(crate) fn path<'g>(&'g self, reach: &'g Reach, role: u32) -> impl Iterator<Item = PathStep<&'g str>> {
        let next = |&at: &u32| (at != reach.target && reach.contains(at)).then(|| reach.next[at as usize]);
        let from = move |start: Option<u32>| std::iter::successors(start, next).map(|at| PathStep::Role(self.name(at)));
        let roles = reach.depth[role as usize] as usize + 1;
        let shown = HEAD + TAIL as usize + 1;
        let is_long = roles > shown + 1;
        let head = if is_long { HEAD } else { roles };
        let left_out = is_long.then(|| PathStep::LeftOut(index(roles - shown)));
        from(Some(role)).take(head).chain(left_out).chain(from(is_long.then(|| reach.near[role as usize])))
    }

    /// The same graph with further roles and memberships.
    pub(crate) fn with(
        &self,
        roles: impl IntoIterator<Item = (RoleOid, RoleName)>,
        memberships: impl IntoIterator<Item = Membership>,
    ) -> Self {
        let oid = |place: u32| self.oids[place as usize];
        let mine = self.edges.iter().map(|edge| Membership {
            role: oid(edge.role),
            member: oid(edge.member),
            grantor: edge.grantor.map_or(NO_ROLE, oid),
            admin: edge.admin,
            from_creation: edge.from_creation,
        });
        let my_roles = (0..).zip(&self.oids).map(|(place, &oid)| (oid, self.role_name(place)));
        Self::new(my_roles.chain(roles), mine.chain(memberships))
    }

    /// How many roles there are.
    pub(crate) fn len(&self) -> u32 {
        index(self.oids.len())
    }
}

impl Reach {
    /// Whether the target can be reached from `role`.
    pub(crate) fn contains(&self, role: u32) -> bool {
        self.next[role as usize] != UNREACHED
    }
}

/// A place as it is stored: no cluster has as many roles as an OID has values.
fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(UNREACHED)
}

/// For each of `count` keys where it stands once `keys` are sorted.
fn ranges(count: usize, keys: impl Iterator<Item = u32>) -> Vec<Range<u32>> {
    let mut counts = vec![0u32; count];
    for key in keys {
        counts[key as usize] += 1;
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

/// Values in the ranges of their keys, those of one key in the order in which they come.
fn in_ranges<T: Copy + Default>(ranges: &[Range<u32>], keyed: impl Iterator<Item = (u32, T)>) -> Vec<T> {
    let mut values = vec![T::default(); ranges.last().map_or(0, |last| last.end as usize)];
    let mut free: Vec<_> = ranges.iter().map(|range| range.start).collect();
    for (key, value) in keyed {
        let place = &mut free[key as usize];
        values[*place as usize] = value;
        *place += 1;
    }
    values
}
