//! Where a role stands in a graph.

use std::fmt;

/// The place of a role in one graph, where roles stand in the order of their names. It means
/// nothing in another graph, and is no OID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node(u32);

impl Node {
    /// No place.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The place of this index. No cluster has as many roles as an OID has values.
    pub(crate) fn new(index: usize) -> Self {
        u32::try_from(index).map_or(Self::NONE, Self)
    }

    /// The places of the first `count` roles.
    pub(crate) fn first(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(Self::new)
    }

    /// What to index by.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
