//! What is done to a message: to its bytes, or to its parts, in which case the lengths fit again.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::corpus;
use super::tree::{Content, Node};

#[derive(Debug, Clone)]
pub(super) enum Change {
    Turn(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    RemovePart(usize),
    RepeatPart(usize, usize),
    TagPart(usize, u8),
    FillPart(usize, Vec<u8>),
    WrapPart(usize, u8),
    SplitPart(usize),
    /// A part of another answer in its place.
    ForeignPart(usize, usize, usize),
}

/// Tags of LDAP, of strings in pieces, and those with several bytes.
const TAGS: &[u8] = &[
    0x01, 0x02, 0x04, 0x0a, 0x24, 0x30, 0x31, 0x61, 0x63, 0x64, 0x65, 0x73, 0x78, 0x79, 0x80, 0x85,
    0x87, 0x8a, 0xa0, 0xa2, 0xa3, 0xbf, 0x1f, 0x00,
];

pub(super) fn change() -> impl Strategy<Value = Change> {
    let place = || any::<usize>();
    let bytes = || vec(any::<u8>(), 0..12);
    let tag = || prop_oneof![4 => select(TAGS), 1 => any::<u8>()];
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, bits)| Change::Turn(at, bits)),
        place().prop_map(Change::Cut),
        (place(), bytes()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), 1..20_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (place(), 1..20_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        place().prop_map(Change::RemovePart),
        (place(), 1..4_usize).prop_map(|(at, times)| Change::RepeatPart(at, times)),
        (place(), tag()).prop_map(|(at, tag)| Change::TagPart(at, tag)),
        (place(), bytes()).prop_map(|(at, bytes)| Change::FillPart(at, bytes)),
        (place(), tag()).prop_map(|(at, tag)| Change::WrapPart(at, tag)),
        place().prop_map(Change::SplitPart),
        (place(), place(), place())
            .prop_map(|(at, other, from)| Change::ForeignPart(at, other, from)),
    ]
}

pub(super) fn changed(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    changes.iter().fold(bytes.to_vec(), |bytes, change| change.done_to(bytes))
}

impl Change {
    fn done_to(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let length = bytes.len();
        if length == 0 {
            return bytes;
        }
        match self {
            Self::Turn(at, bits) => bytes[at % length] ^= bits,
            Self::Cut(at) => bytes.truncate(at % length),
            Self::Insert(at, more) => {
                bytes.splice(at % length..at % length, more.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = at % length;
                bytes.drain(at..(at + count).min(length));
            }
            Self::Repeat(at, count) => {
                let at = at % length;
                let again = bytes[at..(at + count).min(length)].to_vec();
                bytes.splice(at..at, again);
            }
            _ => return self.done_to_parts(&bytes).unwrap_or(bytes),
        }
        bytes
    }

    /// `None` where the message is so broken that it has none.
    fn done_to_parts(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut root = Node::read(bytes)?;
        let count = root.count();
        let (Self::RemovePart(at)
        | Self::RepeatPart(at, _)
        | Self::TagPart(at, _)
        | Self::FillPart(at, _)
        | Self::WrapPart(at, _)
        | Self::SplitPart(at)
        | Self::ForeignPart(at, ..)) = self
        else {
            return None;
        };
        let node = root.nth(&mut (at % count))?;
        match self {
            // An empty wrapper would be left: it is marked, and taken away below.
            Self::RemovePart(_) => *node = Node::with(0, Vec::new()),
            Self::RepeatPart(_, times) => {
                *node = Node::with(0, vec![node.clone(); times + 1]);
            }
            Self::TagPart(_, tag) => node.tag = *tag,
            Self::FillPart(_, bytes) => node.content = Content::Bytes(bytes.clone()),
            Self::WrapPart(_, tag) => *node = Node::with(tag | 0x20, vec![node.clone()]),
            // A string in two pieces, as BER allows and LDAP does not.
            Self::SplitPart(_) => {
                if let Content::Bytes(bytes) = &node.content {
                    let (one, other) = bytes.split_at(bytes.len() / 2);
                    let pieces = vec![Node::of(0x04, one), Node::of(0x04, other)];
                    *node = Node::with(node.tag | 0x20, pieces);
                }
            }
            Self::ForeignPart(_, other, from) => {
                let all = &corpus::ANSWERS;
                let mut foreign = Node::read(&all[other % all.len()].1)?;
                let mut from = from % foreign.count();
                *node = foreign.nth(&mut from)?.clone();
            }
            _ => {}
        }
        Some(without_marks(&root).write())
    }
}

/// Puts what a wrapper of the tag 0 holds, which no message has, in the place of it.
fn without_marks(node: &Node) -> Node {
    let Content::Nodes(nodes) = &node.content else { return node.clone() };
    let each = nodes.iter().map(without_marks);
    let all = each.flat_map(|node| match node {
        Node { tag: 0, content: Content::Nodes(nodes) } => nodes,
        node => vec![node],
    });
    Node::with(node.tag, all.collect())
}
