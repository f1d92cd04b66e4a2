//! Roles and memberships, as small as they can be: who is in both is a question of a few bits.

use std::fmt;

/// What a role is, whatever it is called. 0 and 1 are the two roles of the rule, 2 to 4 those that
/// are there at the start, 5 and on those that the sessions create, each of them one.
pub type Oid = u8;

/// No role.
pub const NOBODY: Oid = 0xff;
/// As it was.
const SAME: Oid = 0xfe;

/// The OIDs of the two roles of the rule.
pub const AD: Oid = 0;
/// The other one.
pub const IAM: Oid = 1;

/// The role that a session creates.
pub const fn created_by(session: usize) -> Oid {
    5 + session as Oid
}

/// A set of roles, a bit for each.
pub type Roles = u8;

/// What a role is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// `rds_ad`
    Ad,
    /// `rds_iam`
    Iam,
    /// A principal.
    P,
    /// A group.
    G,
    /// Another group.
    H,
    /// A name that nobody has at the start.
    Old,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Ad, Self::Iam, Self::P, Self::G, Self::H, Self::Old];

    /// As SQL has it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Ad => "rds_ad",
            Self::Iam => "rds_iam",
            Self::P => "\"p@A.B\"",
            Self::G => "g",
            Self::H => "h",
            Self::Old => "old",
        }
    }
}

/// Memberships: bit `8 * member + role`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Edges(u64);

impl Edges {
    /// One.
    pub const fn one(member: Oid, role: Oid) -> Self {
        Self(1 << (8 * member as u32 + role as u32))
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both sets.
    #[must_use]
    pub const fn also_in(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Without those.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those in which a role is the member or what was granted.
    pub const fn of(self, role: Oid) -> Self {
        let as_member = 0xff << (8 * role as u32);
        let as_role = 0x0101_0101_0101_0101 << role as u32;
        Self(self.0 & (as_member | as_role))
    }

    /// Each of them: member and role.
    pub fn each(self) -> impl Iterator<Item = (Oid, Oid)> {
        (0..64u8).filter(move |bit| self.0 >> bit & 1 == 1).map(|bit| (bit / 8, bit % 8))
    }

    const fn roles_of(self, member: Oid) -> Roles {
        (self.0 >> (8 * member as u32)) as Roles
    }

    /// A role and all that are members of it, through any chain.
    pub fn down(self, from: Roles) -> Roles {
        let mut all = from;
        loop {
            let more = (0..8)
                .filter(|&member| self.roles_of(member) & all != 0)
                .fold(all, |all, member| all | 1 << member);
            if more == all {
                return all;
            }
            all = more;
        }
    }

    /// A role and all that it is a member of, through any chain.
    pub fn up(self, from: Roles) -> Roles {
        let mut all = from;
        loop {
            let of = |member| if all >> member & 1 == 1 { self.roles_of(member) } else { 0 };
            let more = (0..8).fold(all, |all, member| all | of(member));
            if more == all {
                return all;
            }
            all = more;
        }
    }

    /// Those who are in both.
    pub fn in_both(self) -> Roles {
        self.down(1 << AD) & self.down(1 << IAM)
    }
}

impl fmt::Debug for Edges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.each()).finish()
    }
}

/// What is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Catalogue {
    names: [Oid; 6],
    /// Who is a member of what.
    pub edges: Edges,
}

impl Catalogue {
    /// The two roles of the rule, of the others those that are named, and these memberships: member
    /// and role.
    pub fn of(there: &[Name], memberships: &[(Name, Name)]) -> Self {
        let mut names = [AD, IAM, NOBODY, NOBODY, NOBODY, NOBODY];
        for &name in there {
            names[name as usize] = name as Oid;
        }
        let edge = |&(member, role): &(Name, Name)| Edges::one(member as Oid, role as Oid);
        let edges = memberships.iter().map(edge).fold(Edges::default(), Edges::and);
        Self { names, edges }
    }

    /// The role of a name.
    pub fn role(&self, name: Name) -> Option<Oid> {
        Some(self.names[name as usize]).filter(|&oid| oid != NOBODY)
    }

    /// What a role is called.
    pub fn name(&self, role: Oid) -> Option<Name> {
        Name::ALL.into_iter().find(|&name| self.role(name) == Some(role))
    }
}

/// What a transaction has done and not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    names: [Oid; 6],
    /// Memberships that it inserted.
    pub added: Edges,
    removed: Edges,
}

impl Default for Change {
    fn default() -> Self {
        Self { names: [SAME; 6], added: Edges::default(), removed: Edges::default() }
    }
}

impl Change {
    /// What this transaction sees on top of something committed.
    pub fn on(&self, base: &Catalogue) -> Catalogue {
        let mut seen = *base;
        for (name, own) in seen.names.iter_mut().zip(self.names) {
            if own != SAME {
                *name = own;
            }
        }
        seen.edges = base.edges.without(self.removed).and(self.added);
        seen
    }

    /// What is committed then. A membership of a role that has gone meanwhile is nobody's.
    pub fn commit(&self, base: &Catalogue) -> Catalogue {
        let mut after = self.on(base);
        for role in 0..8 {
            if after.name(role).is_none() {
                after.edges = after.edges.without(after.edges.of(role));
            }
        }
        after
    }

    /// Whether it has changed what a name means.
    pub fn has_changed(&self, name: Name) -> bool {
        self.names[name as usize] != SAME
    }

    /// From here on the name means this.
    pub fn set(&mut self, name: Name, role: Oid) {
        self.names[name as usize] = role;
    }

    /// `seen` is what the transaction sees.
    pub fn add(&mut self, edge: Edges, seen: &Catalogue) {
        if seen.edges.also_in(edge).is_empty() {
            self.added = self.added.and(edge);
        }
    }

    /// Memberships that it deleted.
    pub fn remove(&mut self, edges: Edges) {
        self.added = self.added.without(edges);
        self.removed = self.removed.and(edges);
    }
}
