//! What is done to a sample: to its bytes, its lines, by words of the format, and by other samples.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::corpus::Corpus;

/// As long as an input may get. A parser that takes more than linear time is seen well before.
const LONGEST: usize = 1 << 16;

#[derive(Debug, Clone)]
enum Change {
    Turn(usize, u8),
    Set(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    /// Very often, as for what is nested or walked through again and again.
    RepeatOften(usize, usize, usize),
    Word(usize, usize),
    WordInstead(usize, usize, usize),
    RemoveLine(usize),
    RepeatLine(usize),
    SwapLines(usize, usize),
    /// A line of a sample, between two.
    ForeignLine(usize, usize, usize),
    /// What is before a place, and what another sample has after one.
    Splice(usize, usize, usize),
    /// Two bytes as a number, which may be a length: a little more or less, or a bound.
    Number(usize, u16),
}

/// Bytes at which parsers decide.
const BYTES: &[u8] = b"\0\n\r\t \"'\\#=:;,@/[]{}%&*+-.!\x7f\x80\xc3\xff09azAZ";

fn change() -> impl Strategy<Value = Change> {
    let place = || any::<usize>();
    let byte = || prop_oneof![proptest::sample::select(BYTES), any::<u8>()];
    let few = || 1..12_usize;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, bits)| Change::Turn(at, bits)),
        (place(), byte()).prop_map(|(at, byte)| Change::Set(at, byte)),
        place().prop_map(Change::Cut),
        (place(), vec(byte(), 1..6)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), few()).prop_map(|(at, count)| Change::Remove(at, count)),
        (place(), few()).prop_map(|(at, count)| Change::Repeat(at, count)),
        (place(), few(), 2..300_usize)
            .prop_map(|(at, count, times)| Change::RepeatOften(at, count, times)),
        (place(), place()).prop_map(|(at, word)| Change::Word(at, word)),
        (place(), few(), place())
            .prop_map(|(at, count, word)| Change::WordInstead(at, count, word)),
        place().prop_map(Change::RemoveLine),
        place().prop_map(Change::RepeatLine),
        (place(), place()).prop_map(|(one, other)| Change::SwapLines(one, other)),
        (place(), place(), place())
            .prop_map(|(at, sample, from)| Change::ForeignLine(at, sample, from)),
        (place(), place(), place()).prop_map(|(at, sample, from)| Change::Splice(at, sample, from)),
        (place(), prop_oneof![0..9_u16, Just(0x7fff), Just(0x8000), Just(0xffff)])
            .prop_map(|(at, number)| Change::Number(at, number)),
    ]
}

/// Samples with up to six things done to them.
pub(crate) fn changed(corpus: &Corpus) -> impl Strategy<Value = Vec<u8>> {
    let count = corpus.samples.len();
    (0..count, vec(change(), 1..7)).prop_map(move |(which, changes)| {
        let begin = corpus.samples[which].1.clone();
        changes.iter().fold(begin, |bytes, change| {
            let bytes = change.done_to(bytes, corpus);
            bytes[..bytes.len().min(LONGEST)].to_vec()
        })
    })
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

impl Change {
    fn done_to(&self, mut bytes: Vec<u8>, corpus: &Corpus) -> Vec<u8> {
        let length = bytes.len();
        let within = |at: usize| at % (length + 1);
        let part = |at: usize, count: usize| within(at)..(within(at) + count).min(length);
        let word = |which: usize| corpus.words[which % corpus.words.len()].bytes();
        match *self {
            Self::Turn(at, bits) if length > 0 => bytes[at % length] ^= bits,
            Self::Set(at, byte) if length > 0 => bytes[at % length] = byte,
            Self::Turn(..) | Self::Set(..) => {}
            Self::Cut(at) => bytes.truncate(within(at)),
            Self::Insert(at, ref more) => drop(bytes.splice(part(at, 0), more.iter().copied())),
            Self::Remove(at, count) => drop(bytes.drain(part(at, count))),
            Self::Repeat(at, count) => {
                let again = bytes[part(at, count)].to_vec();
                bytes.splice(part(at, 0), again);
            }
            Self::RepeatOften(at, count, times) => {
                let again = bytes[part(at, count)].repeat(times);
                bytes.splice(part(at, 0), again);
            }
            Self::Word(at, which) => drop(bytes.splice(part(at, 0), word(which))),
            Self::WordInstead(at, count, which) => {
                bytes.splice(part(at, count), word(which));
            }
            Self::Number(at, number) if length > 1 => {
                let at = at % (length - 1);
                let old = u16::from_be_bytes([bytes[at], bytes[at + 1]]);
                let new =
                    if number < 9 { old.wrapping_add(number).wrapping_sub(4) } else { number };
                bytes[at..at + 2].copy_from_slice(&new.to_be_bytes());
            }
            Self::Number(..) => {}
            Self::Splice(at, sample, from) => {
                let (_, other) = &corpus.samples[sample % corpus.samples.len()];
                bytes.truncate(within(at));
                bytes.extend(&other[from % (other.len() + 1)..]);
            }
            _ => return self.done_to_lines(&bytes, corpus),
        }
        bytes
    }

    fn done_to_lines(&self, bytes: &[u8], corpus: &Corpus) -> Vec<u8> {
        let mut lines = lines(bytes);
        let count = lines.len();
        let (_, other) = match *self {
            Self::ForeignLine(_, sample, _) => &corpus.samples[sample % corpus.samples.len()],
            _ => &corpus.samples[0],
        };
        match *self {
            Self::RemoveLine(at) if count > 0 => drop(lines.remove(at % count)),
            Self::RepeatLine(at) if count > 0 => lines.insert(at % count, lines[at % count]),
            Self::SwapLines(one, another) if count > 0 => lines.swap(one % count, another % count),
            Self::ForeignLine(at, _, from) => {
                let others = self::lines(other);
                if let Some(line) = others.get(from % others.len().max(1)) {
                    lines.insert(at % (count + 1), line);
                }
            }
            _ => {}
        }
        lines.concat()
    }
}
