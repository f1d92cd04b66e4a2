//! A list that may have a million names.

use std::collections::HashMap;

use kerbrole_client::Wanted;

/// Principals and their groups, in order: the names in one text, and each set of groups once. As
/// values of their own they would take several times as much.
#[derive(Debug, Default)]
pub(crate) struct LongList {
    names: String,
    /// Where in the text each name ends.
    ends: Vec<usize>,
    /// Which set of groups each has.
    sets: Vec<u32>,
    groups: Vec<Vec<String>>,
    known: HashMap<Vec<String>, u32>,
}

impl LongList {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The names, as they were given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.len()).map(|at| self.name(at))
    }

    /// One value for each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Wanted> + Clone {
        (0..self.len()).map(|at| Wanted {
            principal: self.name(at).into(),
            groups: self.groups[self.sets[at] as usize].clone(),
        })
    }

    fn name(&self, at: usize) -> &str {
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.names[begin..self.ends[at]]
    }
}

impl Extend<Wanted> for LongList {
    fn extend<I: IntoIterator<Item = Wanted>>(&mut self, wanted: I) {
        for Wanted { principal, groups } in wanted {
            let set = match self.known.get(&groups) {
                Some(&set) => set,
                None => {
                    // A file with more of them than that would not fit into memory.
                    let set = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
                    self.groups.push(groups.clone());
                    self.known.insert(groups, set);
                    set
                }
            };
            self.names.push_str(&principal);
            self.ends.push(self.names.len());
            self.sets.push(set);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let wanted = |principal: &str, groups: &[&str]| Wanted {
            principal: principal.into(),
            groups: groups.iter().map(ToString::to_string).collect(),
        };
        let all = vec![
            wanted("alice@A.B", &["x", "y"]),
            wanted("", &[]),
            wanted("jos\u{e9}@A.B", &["y", "x"]),
            wanted("alice@A.B", &["x", "y"]),
        ];
        let mut list = LongList::default();
        list.extend(all[..1].to_vec());
        list.extend(all[1..].to_vec());
        assert_eq!(list.len(), 4);
        assert_eq!(list.iter().collect::<Vec<_>>(), all);
        let names: Vec<_> = all.iter().map(|one| one.principal.as_str()).collect();
        assert_eq!(list.names().collect::<Vec<_>>(), names);
    }
}
