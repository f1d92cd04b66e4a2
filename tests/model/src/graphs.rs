//! Random roles and memberships, and what is so in them by the definition.

pub mod core;
pub mod naive;

use fastrand::Rng;

use naive::Edge;

/// Where graphs begin: the one of number `n` is that of `SEED + n`.
pub const SEED: u64 = 24;

/// How many graphs `make prove` compares.
pub const GRAPHS: u64 = 1_000_000;

/// What is granted when a graph is asked for previews.
const PREVIEWS: usize = 3;

/// The roles of a cluster, and who is a member of what. Role 0 is `rds_ad`, role 1 `rds_iam`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// What each role is called.
    pub names: Vec<String>,
    /// Member and role, each once, without circles.
    pub edges: Vec<Edge>,
    /// Further edges that would make no circle.
    pub previews: Vec<Edge>,
}

impl Graph {
    /// The graph of a number: mostly small, dense and thin ones, chains and diamonds; sometimes
    /// `rds_ad` or `rds_iam` is itself somewhere below.
    pub fn numbered(number: u64) -> Self {
        let mut rng = Rng::with_seed(SEED + number);
        let roles = match rng.u8(..20) {
            0 => rng.usize(2..4),
            1 => rng.usize(25..45),
            _ => rng.usize(4..15),
        };
        // Memberships go from one role to another that comes later here.
        let mut order: Vec<usize> = (0..roles).collect();
        rng.shuffle(&mut order);
        if rng.u8(..4) > 0 {
            // As it mostly is: nothing is above the two.
            order.retain(|&role| role > 1);
            order.extend([0, 1]);
        }
        let edge = |rng: &mut Rng| {
            let high = rng.usize(1..roles);
            // Near ones make long ways.
            let low = if rng.bool() { high - 1 } else { rng.usize(..high) };
            (order[low], order[high])
        };
        let wanted = rng.usize(..=2 * roles);
        let mut edges: Vec<Edge> = (0..wanted).map(|_| edge(&mut rng)).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut previews: Vec<Edge> = (0..PREVIEWS).map(|_| edge(&mut rng)).collect();
        previews.retain(|edge| !edges.contains(edge));
        previews.dedup();
        let name = |role| match role {
            0 => "rds_ad".to_string(),
            1 => "rds_iam".to_string(),
            _ if rng.bool() => format!("p{role}@A.B"),
            _ => format!("g{role}"),
        };
        Self { names: (0..roles).map(name).collect(), edges, previews }
    }

    /// The role of a name.
    pub fn role(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|one| one == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_gives_the_same_graph_again_and_none_has_a_circle() {
        let mut in_both = 0;
        for number in 0..2000 {
            let graph = Graph::numbered(number);
            assert_eq!(graph, Graph::numbered(number));
            for &(member, role) in graph.edges.iter().chain(&graph.previews) {
                let above = naive::below(graph.names.len(), &graph.edges, member)[role];
                assert_eq!(above, None, "{number}: {member} is above {role}");
            }
            in_both += usize::from(!naive::in_both(graph.names.len(), &graph.edges).is_empty());
        }
        assert!((300..1700).contains(&in_both), "{in_both} of 2000 have somebody in both");
    }
}
