//! Who is in both, by the definition and nothing else: whatever is cleverer is compared with it.

use std::collections::BTreeMap;

/// Member and role.
pub type Edge = (usize, usize);

/// For each role how many memberships it is away from `target`, by a shortest way; nothing where
/// there is no way.
pub fn below(roles: usize, edges: &[Edge], target: usize) -> Vec<Option<usize>> {
    let mut away = vec![None; roles];
    away[target] = Some(0);
    loop {
        let mut has_changed = false;
        for &(member, role) in edges {
            let by_this_way = away[role].map(|steps: usize| steps + 1);
            if by_this_way.is_some() && away[member].is_none_or(|is| Some(is) > by_this_way) {
                away[member] = by_this_way;
                has_changed = true;
            }
        }
        if !has_changed {
            return away;
        }
    }
}

/// Those who are in both, each with how far it is to `rds_ad` and to `rds_iam`.
pub fn in_both(roles: usize, edges: &[Edge]) -> BTreeMap<usize, (usize, usize)> {
    let (ad, iam) = (below(roles, edges, 0), below(roles, edges, 1));
    (0..roles).filter_map(|role| Some((role, (ad[role]?, iam[role]?)))).collect()
}

/// Those whom one more membership would put into both, with how far it is then.
pub fn added(roles: usize, edges: &[Edge], edge: Edge) -> BTreeMap<usize, (usize, usize)> {
    let before = in_both(roles, edges);
    let mut after = in_both(roles, &[edges, &[edge]].concat());
    after.retain(|role, _| !before.contains_key(role));
    after
}
