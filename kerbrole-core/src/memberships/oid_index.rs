//! Where the roles of a graph stand: by name, and by OID.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::memberships::node::Node;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;

/// The names of roles in their order, one after the other in one text: who goes through all of them
/// reads memory from one end to the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    text: String,
    ranges: Vec<Range<u32>>,
}

impl Names {
    /// Sorts roles by name, each once, and leaves out those whose names cannot be.
    pub(crate) fn in_order<'n>(
        roles: impl Iterator<Item = (RoleOid, &'n str)>,
    ) -> (Vec<RoleOid>, Self) {
        let valid = roles.filter(|(_, name)| RoleName::can_be_held(name));
        let mut roles: Vec<_> = valid.map(|(oid, name)| (start(name), name, oid)).collect();
        roles.sort_unstable();
        roles.dedup_by_key(|role| role.2);
        let mut names = Self {
            text: String::with_capacity(roles.iter().map(|role| role.1.len()).sum()),
            ranges: Vec::new(),
        };
        names.ranges.reserve_exact(roles.len());
        for (_, name, _) in &roles {
            let start = names.text.len() as u32;
            names.text.push_str(name);
            names.ranges.push(start..names.text.len() as u32);
        }
        (roles.into_iter().map(|role| role.2).collect(), names)
    }

    pub(crate) fn get(&self, node: Node) -> &str {
        self.at(&self.ranges[node.index()])
    }

    pub(crate) fn find(&self, name: &str) -> Option<Node> {
        self.ranges.binary_search_by(|range| self.at(range).cmp(name)).ok().map(Node::new)
    }

    fn at(&self, range: &Range<u32>) -> &str {
        &self.text[range.start as usize..range.end as usize]
    }
}

/// The first bytes of a name, as a number of the same order: most names differ there, and are
/// compared without going to their texts.
fn start(name: &str) -> u64 {
    let (mut start, length) = ([0; 8], name.len().min(8));
    start[..length].copy_from_slice(&name.as_bytes()[..length]);
    u64::from_be_bytes(start)
}

/// Where a role of an OID stands.
#[derive(Debug, Clone)]
pub(crate) enum OidIndex {
    /// By the distance from the lowest OID: as roles are made one after the other, what is looked
    /// up one after the other stands close together. [`Node::NONE`] where no role has the OID.
    Dense { lowest: RoleOid, nodes: Vec<Node> },
    /// Where the OIDs are far apart.
    Hashed(FxHashMap<RoleOid, Node>),
}

impl OidIndex {
    /// How many OIDs there may be for each role until they are far apart: those of a few roles,
    /// with the server's own among them, are.
    const MAX_SPAN_PER_ROLE: usize = 16;

    pub(crate) fn new(oids: &[RoleOid]) -> Self {
        let (lowest, highest) = (oids.iter().min(), oids.iter().max());
        let (lowest, highest) = (lowest.copied().unwrap_or(0), highest.copied().unwrap_or(0));
        let numbered = oids.iter().copied().zip(Node::first(oids.len()));
        let span = (highest - lowest) as usize + 1;
        if span > oids.len() * Self::MAX_SPAN_PER_ROLE {
            return Self::Hashed(numbered.collect());
        }
        let mut nodes = vec![Node::NONE; span];
        for (oid, node) in numbered {
            nodes[(oid - lowest) as usize] = node;
        }
        Self::Dense { lowest, nodes }
    }

    pub(crate) fn get(&self, oid: RoleOid) -> Option<Node> {
        match self {
            Self::Dense { lowest, nodes } => {
                let node = nodes.get(oid.checked_sub(*lowest)? as usize).copied();
                node.filter(|&node| node != Node::NONE)
            }
            Self::Hashed(nodes) => nodes.get(&oid).copied(),
        }
    }
}

impl Default for OidIndex {
    fn default() -> Self {
        Self::Hashed(FxHashMap::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_byte_order_each_role_once() {
        let names = [
            "group10",
            "group1",
            "group1",
            "",
            "b\0",
            "Zoe",
            "group12345",
            "group12344",
            "é",
            "b?\09",
        ];
        let (oids, sorted) = Names::in_order([1, 2, 2, 3, 4, 5, 6, 7, 8, 9].into_iter().zip(names));
        let all: Vec<_> = Node::first(oids.len()).map(|node| sorted.get(node)).collect();
        assert_eq!(all, ["Zoe", "b?\09", "group1", "group10", "group12344", "group12345", "é"]);
        assert_eq!(oids, [5, 9, 2, 1, 7, 6, 8]);
        assert_eq!((sorted.find("group12344"), sorted.find("b?")), (Some(Node::new(4)), None));
    }

    #[test]
    fn roles_are_found_whether_their_oids_are_near_or_far_apart() {
        for (oids, near) in [([10, 42, 33], true), ([10, u32::MAX, 3373], false)] {
            let nodes = OidIndex::new(&oids);
            assert_eq!(matches!(nodes, OidIndex::Dense { .. }), near);
            assert_eq!(oids.map(|oid| nodes.get(oid)), [0, 1, 2].map(|at| Some(Node::new(at))));
            assert_eq!([0, 9, 11, u32::MAX - 1].map(|oid| nodes.get(oid)), [None; 4]);
        }
        assert_eq!(OidIndex::new(&[]).get(0), None);
    }
}
