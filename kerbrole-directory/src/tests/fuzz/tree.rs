//! A message as a tree of tags and contents, which knows nothing of LDAP: what a test changes, and
//! what it counts by.

/// A tag with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) tag: u8,
    pub(super) content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    Nodes(Vec<Node>),
}

/// No message that is whole has more levels.
const DEEPEST: usize = 12;

impl Node {
    pub(super) fn of(tag: u8, bytes: &[u8]) -> Self {
        Self { tag, content: Content::Bytes(bytes.to_vec()) }
    }

    pub(super) fn with(tag: u8, nodes: Vec<Self>) -> Self {
        Self { tag, content: Content::Nodes(nodes) }
    }

    /// A whole message; `None` for what has a tag of several bytes, a length without an end, more
    /// levels than any message, or something behind it.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (node, rest) = Self::first(bytes, DEEPEST)?;
        rest.is_empty().then_some(node)
    }

    /// The tag of what begins here, and where its content begins and ends.
    pub(super) fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
        let (&[tag, short], rest) = bytes.split_first_chunk::<2>()?;
        let (count, length) = match short {
            0..=0x7f => (0, usize::from(short)),
            0x81..=0x84 => {
                let count = usize::from(short & 0x7f);
                let digits = rest.get(..count)?;
                (count, digits.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)))
            }
            _ => return None,
        };
        let begin = 2 + count;
        Some((tag, begin, begin + length))
    }

    fn first(bytes: &[u8], levels: usize) -> Option<(Self, &[u8])> {
        let (tag, begin, end) = Self::header(bytes)?;
        if tag & 0x1f == 0x1f || levels == 0 {
            return None;
        }
        let (mut content, rest) = (bytes.get(begin..end)?, &bytes[end..]);
        if tag & 0x20 == 0 {
            return Some((Self::of(tag, content), rest));
        }
        let mut nodes = Vec::new();
        while !content.is_empty() {
            let (node, after) = Self::first(content, levels - 1)?;
            nodes.push(node);
            content = after;
        }
        Some((Self::with(tag, nodes), rest))
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let content = match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Nodes(nodes) => nodes.iter().flat_map(Self::write).collect(),
        };
        let mut bytes = vec![self.tag];
        match u8::try_from(content.len()) {
            Ok(short @ ..0x80) => bytes.push(short),
            _ => {
                bytes.push(0x84);
                bytes.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
            }
        }
        bytes.extend(content);
        bytes
    }

    pub(super) fn nodes(&self) -> &[Self] {
        match &self.content {
            Content::Bytes(_) => &[],
            Content::Nodes(nodes) => nodes,
        }
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes),
            Content::Nodes(_) => None,
        }
    }

    pub(super) fn count(&self) -> usize {
        1 + self.nodes().iter().map(Self::count).sum::<usize>()
    }

    /// The node of this number, counted from the outermost on.
    pub(super) fn nth(&mut self, at: &mut usize) -> Option<&mut Self> {
        if *at == 0 {
            return Some(self);
        }
        *at -= 1;
        match &mut self.content {
            Content::Bytes(_) => None,
            Content::Nodes(nodes) => nodes.iter_mut().find_map(|node| node.nth(at)),
        }
    }
}

#[test]
fn every_answer_of_the_corpus_comes_back() {
    for (name, bytes) in super::corpus::ANSWERS.iter() {
        let node = Node::read(bytes).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(Node::read(&node.write()), Some(node), "{name}");
    }
}
