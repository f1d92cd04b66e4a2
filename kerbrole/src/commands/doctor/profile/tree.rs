//! Sections, blocks and relations, as one file of the list and those that it includes have them.

/// A relation, or a block of them.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    /// None: a block.
    pub(super) value: Option<String>,
    pub(super) parent: usize,
    pub(super) children: Vec<usize>,
    /// Of a block: what comes in later files does not count.
    pub(super) is_final: bool,
}

/// Nodes, which know each other by their numbers.
#[derive(Debug)]
pub(super) struct Tree(Vec<Node>);

impl Tree {
    /// The block that all sections are in.
    pub(super) const ROOT: usize = 0;

    pub(super) fn new() -> Self {
        Self(vec![Node::default()])
    }

    pub(super) fn node(&self, at: usize) -> &Node {
        &self.0[at]
    }

    /// The block of that name in another.
    pub(super) fn block(&self, parent: usize, name: &str) -> Option<usize> {
        let is_it = |node: &Node| node.name == name && node.value.is_none();
        self.0[parent].children.iter().copied().find(|&child| is_it(&self.0[child]))
    }

    /// The block of that name: one that is there already goes on.
    pub(super) fn enter(&mut self, parent: usize, name: &str) -> usize {
        match self.block(parent, name) {
            Some(at) => at,
            None => self.push(Node { name: name.into(), parent, ..Node::default() }),
        }
    }

    pub(super) fn push(&mut self, node: Node) -> usize {
        let at = self.0.len();
        self.0[node.parent].children.push(at);
        self.0.push(node);
        at
    }

    /// Makes a block final where it is said to be; once final it stays so.
    pub(super) fn make_final(&mut self, at: usize, is_final: bool) {
        self.0[at].is_final |= is_final;
    }
}
