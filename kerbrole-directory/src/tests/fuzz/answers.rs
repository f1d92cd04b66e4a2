//! Answers to a login and to searches, with something done to them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rasn_ldap::{ProtocolOp, SearchRequestScope};
use tokio::io::{AsyncRead, ReadBuf, join, sink};

use super::change::{Change, change, changed};
use super::corpus::{ANSWERS, answer};
use super::runtime;
use super::tree::Node;
use crate::clock::Clock;
use crate::error::Error;
use crate::ldap::connection::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::extended_dn::Member;
use crate::ldap::search::Search;
use crate::ldap::{controls, filter, range};
use crate::object::object;
use crate::tests::server::PAGED;
use crate::wire::Wire;
use crate::wire::framing::{self, LARGEST_MESSAGE};

const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;

/// A stream that gives bytes in pieces of these sizes, and ends.
struct Pieces {
    bytes: Vec<u8>,
    sizes: Vec<usize>,
    taken: usize,
    reads: usize,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let size = self.sizes[self.reads % self.sizes.len()].min(into.remaining());
        let end = (self.taken + size).min(self.bytes.len());
        into.put_slice(&self.bytes[self.taken..end]);
        self.taken = end;
        self.reads += 1;
        Poll::Ready(Ok(()))
    }
}

fn wire(bytes: Vec<u8>, sizes: &[usize]) -> Wire {
    let minute = Duration::from_secs(60);
    let pieces = Pieces { bytes, sizes: sizes.to_vec(), taken: 0, reads: 0 };
    Wire::new(Box::new(join(pieces, sink())), Clock::new(minute, minute))
}

/// The messages of these bytes, up to an error or their end.
fn messages(bytes: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, String) {
    runtime().block_on(async {
        let mut wire = wire(bytes.to_vec(), sizes);
        let mut all = Vec::new();
        loop {
            match wire.receive().await {
                Ok(message) => all.push(message),
                Err(error) => return (all, error.to_string()),
            }
        }
    })
}

fn an_answer() -> impl Strategy<Value = Vec<u8>> {
    (any::<usize>(), vec(change(), 0..5))
        .prop_map(|(which, changes)| changed(&ANSWERS[which % ANSWERS.len()].1, &changes))
}

/// The tag of the operation that a message is of, by its parts.
fn operation(message: &Node) -> Option<u8> {
    (message.tag == 0x30).then(|| message.nodes().get(1)).flatten().map(|node| node.tag)
}

/// Reads whatever an entry may hold.
fn take_apart(entry: Entry) -> Result<(), TestCaseError> {
    for first in [0, 15, 1_500] {
        if let Ok(Some(portion)) = range::portion(&entry, "member", first) {
            let count = u64::try_from(portion.values.len()).unwrap();
            prop_assert!(count > 0, "a portion of nobody");
            if let Some(next) = portion.next {
                prop_assert_eq!(next, first + count, "a gap");
            }
            for value in portion.values {
                let _any_answer = Member::parse(value);
            }
        }
    }
    let _any_answer = entry.number("highestCommittedUSN");
    let twice = |name: &str| {
        let mut same = entry.attributes().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        same.nth(1).is_some()
    };
    let is_ambiguous = ["objectSid", "objectGUID", "sAMAccountName", "objectClass"].map(twice);
    let read = object(entry, 133_000_000_000_000_000);
    prop_assert!(read.is_err() || is_ambiguous == [false; 4], "one of two is taken for all");
    Ok(())
}

/// A search by pages as a server answers it: for each page its entries, and its end.
#[derive(Debug, Clone)]
struct Script {
    pages: Vec<usize>,
    /// At which message what is done.
    changes: Vec<(usize, Change)>,
    cut: Option<usize>,
}

fn a_script() -> impl Strategy<Value = Script> {
    let cut = prop_oneof![2 => Just(None), 1 => any::<usize>().prop_map(Some)];
    (vec(0..4_usize, 1..4), vec((any::<usize>(), change()), 0..3), cut)
        .prop_map(|(pages, changes, cut)| Script { pages, changes, cut })
}

impl Script {
    fn bytes(&self) -> Vec<u8> {
        let entries = ["group", "person", "expired", "computer", "members-odd"].map(answer);
        let mut all = Vec::new();
        for (page, &count) in self.pages.iter().enumerate() {
            let is_last = page + 1 == self.pages.len();
            let end = answer(if is_last { "last-page" } else { "page" });
            let each = (0..count).map(|n| entries[(n + page) % entries.len()]);
            let id = u8::try_from(page + 1).unwrap();
            all.extend(each.chain([end]).map(|message| numbered(message, id)));
        }
        for (at, change) in &self.changes {
            let at = at % all.len();
            all[at] = changed(&all[at], std::slice::from_ref(change));
        }
        let mut bytes = all.concat();
        if let Some(at) = self.cut {
            bytes.truncate(at % bytes.len().max(1));
        }
        bytes
    }

    /// How many entries a reader has to find who takes these bytes for all; `Err` for those that
    /// are not all, and `None` for what is written as LDAP does not, and may be refused.
    fn reckoned(bytes: &[u8]) -> Option<Result<usize, ()>> {
        let (mut rest, mut id, mut count) = (bytes, 1, 0);
        loop {
            // A message that is cut, or is none, leads nowhere.
            let whole = Node::header(rest).and_then(|(_, _, end)| rest.split_at_checked(end));
            let Some((message, after)) = whole else { return Some(Err(())) };
            rest = after;
            let message = Node::read(message)?;
            let [number, operation, controls @ ..] = message.nodes() else { return Some(Err(())) };
            if number.bytes()? != [id] {
                // There are longer ways to write a small number.
                return if number.bytes()?.ends_with(&[id]) { None } else { Some(Err(())) };
            }
            match operation.tag {
                ENTRY => count += 1,
                DONE => {
                    let cookie = match end(operation, controls) {
                        End::Unclear => return None,
                        End::Wrong => return Some(Err(())),
                        End::Cookie(cookie) => cookie,
                    };
                    if cookie.is_empty() {
                        return Some(Ok(count));
                    }
                    id += 1;
                }
                _ => return Some(Err(())),
            }
        }
    }
}

enum End {
    Wrong,
    Unclear,
    Cookie(Vec<u8>),
}

/// What the end of a page says: success, and where the next one is.
fn end(operation: &Node, controls: &[Node]) -> End {
    let code = operation.nodes().first().filter(|code| code.tag == 0x0a);
    match code.and_then(Node::bytes) {
        Some([0]) => {}
        // There are longer ways to write a small number.
        Some([.., 0]) => return End::Unclear,
        _ => return End::Wrong,
    }
    let controls = match controls {
        [] => return End::Wrong,
        [controls] if controls.tag == 0xa0 => controls.nodes(),
        _ => return End::Unclear,
    };
    let mut values = Vec::new();
    for control in controls {
        let Some(name) = control.nodes().first().and_then(Node::bytes) else {
            return End::Unclear;
        };
        if name == PAGED.as_bytes() {
            values.push(control.nodes().last().and_then(Node::bytes).and_then(Node::read));
        }
    }
    match values.as_slice() {
        [Some(value)] => match value.nodes().last().and_then(Node::bytes) {
            Some(cookie) => End::Cookie(cookie.to_vec()),
            None => End::Unclear,
        },
        [None] => End::Unclear,
        _ => End::Wrong,
    }
}

/// The same message as an answer to the operation of this number.
fn numbered(message: &[u8], id: u8) -> Vec<u8> {
    let mut message = Node::read(message).unwrap();
    *message.nth(&mut 1).unwrap() = Node::of(0x02, &[id]);
    message.write()
}

fn search(bytes: Vec<u8>, sizes: &[usize]) -> Result<usize, Error> {
    let search = Search {
        doing: "a search",
        base: "DC=read,DC=example,DC=net",
        scope: SearchRequestScope::WholeSubtree,
        filter: filter::any(),
        attributes: &["objectSid"],
        extended_dn: true,
    };
    let mut connection = Connection::new(wire(bytes, sizes));
    let mut count = 0;
    let mut found = |_: Entry| {
        count += 1;
        Ok(())
    };
    runtime().block_on(connection.search(&search, &mut found))?;
    Ok(count)
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(1..900_usize, 1..6)
}

#[test]
fn an_undisturbed_search_finds_all() {
    let script = Script { pages: vec![3, 0, 2], changes: Vec::new(), cut: None };
    let bytes = script.bytes();
    assert_eq!(Script::reckoned(&bytes), Some(Ok(5)));
    assert_eq!(search(bytes, &[7]).unwrap(), 5);
}

kerbrole_fuzz::fuzz! {
    "ldap";

    #[test]
    fn no_answer_is_too_odd(message in an_answer(), id in 0..30_u32) {
        let head = framing::head(&message);
        // Mostly the operation that it is an answer to.
        let id = head.map(|head| head.id).filter(|_| id > 0).unwrap_or(id);
        let tag = Node::read(&message).as_ref().map(operation);
        let mut connection = Connection::new(wire(message, &[1 << 20]));
        let Ok(answer) = runtime().block_on(connection.receive(id)) else { return Ok(()) };
        let (kind, entry) = match answer.protocol_op {
            ProtocolOp::BindResponse(_) => (0x61, None),
            ProtocolOp::SearchResEntry(entry) => (ENTRY, Some(entry)),
            ProtocolOp::SearchResDone(_) => (DONE, None),
            ProtocolOp::SearchResRef(_) => (0x73, None),
            ProtocolOp::ExtendedResp(_) => (0x78, None),
            ProtocolOp::IntermediateResponse(_) => (0x79, None),
            other => {
                prop_assert!(false, "{other:?} is no answer");
                return Ok(());
            }
        };
        prop_assert_eq!(head.map(|head| head.operation), Some(kind));
        prop_assert_eq!(tag.unwrap_or(Some(kind)), Some(kind));
        prop_assert_eq!(answer.message_id, id);
        let _any_answer = controls::next_page(answer.controls.as_ref());
        if let Some(entry) = entry.map(Entry::try_from).and_then(Result::ok) {
            take_apart(entry)?;
        }
    }

    #[test]
    fn a_search_ends_well_only_where_its_last_answer_says_so(
        script in a_script(),
        sizes in sizes(),
    ) {
        let bytes = script.bytes();
        let reckoned = Script::reckoned(&bytes);
        match (search(bytes, &sizes), reckoned) {
            (Ok(found), Some(reckoned)) => prop_assert_eq!(Ok(found), reckoned),
            (Ok(_), None) | (Err(_), _) => {}
        }
    }

    #[test]
    fn the_same_messages_come_in_whatever_pieces(
        answers in vec(an_answer(), 0..4),
        sizes in sizes(),
    ) {
        let bytes = answers.concat();
        let (at_once, error) = messages(&bytes, &[bytes.len().max(1)]);
        prop_assert!(bytes.starts_with(&at_once.concat()));
        prop_assert!(at_once.iter().all(|message| message.len() <= LARGEST_MESSAGE));
        prop_assert_eq!(messages(&bytes, &sizes), (at_once, error));
    }
}
