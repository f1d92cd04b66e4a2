//! Who is a member of which group, as far as it was walked.

/// The groups that were walked, and who is directly in each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    /// Every group that was walked, those that are mapped among them.
    pub(crate) groups: Vec<Walked>,
    /// The places of the mapped groups.
    pub(crate) mapped: Vec<usize>,
    /// The groups that each of the people is directly in, in their order.
    pub(crate) of: Vec<Box<[u32]>>,
}

/// A group, and the groups that are directly in it.
#[derive(Debug, Clone)]
pub(crate) struct Walked {
    pub(crate) dn: String,
    pub(crate) groups: Vec<u32>,
}

impl Members {
    /// For each group the mapped groups that it is or is in, through any chain, in their order.
    pub(crate) fn mapped_above(&self) -> Vec<Vec<usize>> {
        let mut above = vec![Vec::new(); self.groups.len()];
        for (number, &root) in self.mapped.iter().enumerate() {
            for group in self.below(root).0 {
                above[group].push(number);
            }
        }
        above
    }

    /// A group and those in it through any chain, the nearest first; and from where each was
    /// reached.
    fn below(&self, root: usize) -> (Vec<usize>, Vec<Option<usize>>) {
        let mut from = vec![None; self.groups.len()];
        let mut order = vec![root];
        let mut at = 0;
        while let Some(&group) = order.get(at) {
            at += 1;
            for &next in &self.groups[group].groups {
                let next = next as usize;
                if next != root && from[next].is_none() {
                    from[next] = Some(group);
                    order.push(next);
                }
            }
        }
        (order, from)
    }

    /// The shortest chain from a mapped group to one that somebody is directly in.
    pub(crate) fn chain(&self, mapped: usize, person: usize) -> Option<Vec<&str>> {
        let (&root, direct) = (self.mapped.get(mapped)?, self.of.get(person)?);
        let (order, from) = self.below(root);
        let is_direct = |group: &&usize| direct.iter().any(|&other| other as usize == **group);
        let mut next = order.iter().find(is_direct).copied();
        let mut chain = Vec::new();
        while let Some(group) = next {
            chain.push(self.groups[group].dn.as_str());
            next = from[group];
        }
        chain.reverse();
        (!chain.is_empty()).then_some(chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups by their letters, with the groups in each; mapped is the first one.
    fn members(groups: &[(&str, &[u32])]) -> Members {
        let each = groups.iter();
        let groups =
            each.map(|(dn, groups)| Walked { dn: (*dn).into(), groups: groups.to_vec() }).collect();
        Members { groups, mapped: vec![0], of: Vec::new() }
    }

    #[test]
    fn a_chain_is_the_shortest_one_through_a_cycle() {
        let mut members =
            members(&[("a", &[1, 2]), ("b", &[0, 3]), ("c", &[4]), ("d", &[1]), ("e", &[0])]);
        members.of = vec![Box::new([3, 4]), Box::new([0, 4])];
        assert_eq!(members.chain(0, 0), Some(vec!["a", "b", "d"]));
        assert_eq!(members.chain(0, 1), Some(vec!["a"]));
        assert_eq!(members.chain(0, 2), None);
    }

    #[test]
    fn a_cycle_ends() {
        let mut members = members(&[("a", &[1]), ("b", &[1, 0]), ("c", &[0])]);
        members.mapped = vec![0, 1, 2];
        assert_eq!(members.mapped_above(), [vec![0, 1, 2], vec![0, 1, 2], vec![2]]);
    }
}
