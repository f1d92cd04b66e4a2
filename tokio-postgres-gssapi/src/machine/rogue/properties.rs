//! What holds whatever a server sends.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{authenticate, exchange, join, message, negotiate, ok, pieces, request, token};
use crate::error::ErrorKind;
use crate::machine::packets::{LONGEST, Packets};

/// The sizes of pieces.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(1_usize..60, 1..6)
}

/// Requests of every kind, and codes that are none.
const CODES: &[u32] = &[0, 0, 7, 7, 8, 8, 8, 9, 3, 5, 10, 11, 12, 6, 42];

/// Tokens of the server's, of which one is somebody else's.
const DATA: &[&[u8]] = &[b"t", b"token", b"t", b"x", b""];

const REQUIRED: &[&str] = &["", "gss", "gss,sspi", "scram-sha-256", "!none", "!gss"];

fn a_request() -> impl Strategy<Value = (u32, &'static [u8])> {
    (select(CODES), select(DATA))
}

/// A message that has a place, or none, or a length that lies.
fn something() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => a_request().prop_map(|(code, data)| request(code, data)),
        1 => Just(message(b'E', b"SFATAL\0\0")),
        1 => Just(message(b'v', &[0; 8])),
        1 => (any::<u8>(), vec(any::<u8>(), 0..20)).prop_map(|(kind, body)| message(kind, &body)),
        1 => (select(&b"REvSZ"[..]), any::<u32>())
            .prop_map(|(kind, length)| join(&[&[kind], &length.to_be_bytes()])),
        1 => vec(any::<u8>(), 0..40),
    ]
}

/// A beginning that is right, and what may come then.
fn a_login() -> impl Strategy<Value = Vec<u8>> {
    (0_usize..4, vec(something(), 0..8)).prop_map(|(count, rest)| {
        let begun = [request(7, b""), request(8, b"t"), request(8, b"t")];
        [begun[..count].concat(), rest.concat()].concat()
    })
}

/// Packets, or what looks like some.
fn some_packets() -> impl Strategy<Value = Vec<u8>> {
    let packet = prop_oneof![
        4 => vec(any::<u8>(), 1..40).prop_map(|body| token(&body)),
        1 => (LONGEST - 3..LONGEST + 3).prop_map(|length| token(&vec![7; length])),
        1 => vec(any::<u8>(), 0..9),
    ];
    vec(packet, 0..6).prop_map(|packets| packets.concat())
}

/// The packets in these bytes, up to one that cannot be.
fn unpack(bytes: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, Option<ErrorKind>, bool) {
    let (mut packets, mut found) = (Packets::new(), Vec::new());
    for mut piece in pieces(bytes, sizes) {
        while !piece.is_empty() {
            let space = packets.space();
            let (here, later) = piece.split_at(space.len().min(piece.len()));
            assert!(!here.is_empty(), "no room, and no packet");
            space[..here.len()].copy_from_slice(here);
            packets.filled(here.len());
            piece = later;
            loop {
                match packets.next() {
                    Ok(Some(packet)) => found.push(packet.to_vec()),
                    Ok(None) => break,
                    Err(error) => return (found, Some(error.kind()), false),
                }
            }
        }
    }
    (found, None, packets.is_partial())
}

/// What is done to a login that would go well.
#[derive(Debug, Clone, Copy)]
enum Disturbance {
    Cut,
    Repeat,
    LeaveOut,
    Swap,
    Lengthen,
    Interrupt,
    Replace,
}

const DISTURBANCES: &[Disturbance] = &[
    Disturbance::Cut,
    Disturbance::Repeat,
    Disturbance::LeaveOut,
    Disturbance::Swap,
    Disturbance::Lengthen,
    Disturbance::Interrupt,
    Disturbance::Replace,
];

/// A login of one request, `rounds` tokens and Ok that is disturbed at one of these messages, and
/// what it has to end with.
fn disturbed(rounds: usize, how: Disturbance, at: usize, by: usize) -> (Vec<u8>, ErrorKind) {
    let mut said = vec![request(7, b"")];
    said.extend((0..rounds).map(|_| request(8, b"token")));
    said.push(ok());
    // The request, a token, or Ok: the last.
    let at = at % said.len();
    let (is_request, is_last) = (at == 0, at + 1 == said.len());
    let kind = match how {
        Disturbance::Cut => {
            let length = 1 + by % (said[at].len() - 1);
            said[at].truncate(length);
            said.truncate(at + 1);
            ErrorKind::Closed
        }
        // What comes after Ok is no business of ours.
        Disturbance::Repeat if is_last => {
            said.swap(0, at);
            ErrorKind::MethodNotAllowed
        }
        Disturbance::Repeat => {
            said.insert(at, said[at].clone());
            ErrorKind::Protocol
        }
        Disturbance::LeaveOut => {
            said.remove(at);
            match (is_request, is_last, rounds) {
                (true, _, 0) => ErrorKind::MethodNotAllowed,
                (true, ..) => ErrorKind::Protocol,
                (_, true, _) => ErrorKind::Closed,
                _ => ErrorKind::NotAuthenticated,
            }
        }
        Disturbance::Swap => {
            let last = said.len() - 1;
            said.swap(last - 1, last);
            if rounds == 0 { ErrorKind::MethodNotAllowed } else { ErrorKind::NotAuthenticated }
        }
        Disturbance::Lengthen => {
            let length = u32::try_from(2_001 + by).unwrap();
            said[at][1..5].copy_from_slice(&length.to_be_bytes());
            ErrorKind::Protocol
        }
        Disturbance::Interrupt => {
            let code = [3, 5, 9, 10, 6][by % 5];
            said.insert(at, request(code, b""));
            let is_ours = !is_request && code != 9;
            if is_ours { ErrorKind::Protocol } else { ErrorKind::MethodNotAllowed }
        }
        Disturbance::Replace if is_request || is_last => {
            said[at] = message(b'D', b"\0\0");
            ErrorKind::Protocol
        }
        Disturbance::Replace => {
            said[at] = request(8, b"x");
            ErrorKind::NotAuthenticated
        }
    };
    (said.concat(), kind)
}

kerbrole_fuzz::fuzz! {
    "gss";

    #[test]
    fn no_bytes_make_it_panic(
        bytes in vec(any::<u8>(), 0..600),
        sizes in sizes(),
        rounds in 0_usize..4,
    ) {
        let _any = negotiate(&bytes, rounds, &sizes);
        let _any = negotiate(&join(&[b"G", &bytes]), rounds, &sizes);
        let _any = authenticate(&bytes, rounds, &sizes, "", false);
        let _any = unpack(&bytes, &sizes);
    }

    /// The same comes of the same bytes, whatever the pieces that they arrive in.
    #[test]
    fn pieces_make_no_difference(
        bytes in a_login(),
        packets in some_packets(),
        sizes in sizes(),
        rounds in 0_usize..4,
        require in select(REQUIRED),
        is_encrypted in any::<bool>(),
    ) {
        let logged_in = |sizes: &[usize]| {
            let (passed, result) = exchange(&bytes, rounds, sizes, require, is_encrypted);
            (passed, result.map_err(|e| (e.kind(), e.to_string())))
        };
        prop_assert_eq!(logged_in(&sizes), logged_in(&[usize::MAX]));
        for bytes in [&bytes, &packets] {
            let agreed = |sizes: &[usize]| {
                negotiate(&join(&[b"G", bytes]), rounds, sizes)
                    .map_err(|e| (e.kind(), e.to_string()))
            };
            prop_assert_eq!(agreed(&sizes), agreed(&[usize::MAX]));
        }
        prop_assert_eq!(unpack(&packets, &sizes), unpack(&packets, &[usize::MAX]));
    }

    /// Any order of messages that are whole: where a ticket was asked for, Ok gets through only
    /// after both sides know each other, and where it is required, only then.
    #[test]
    fn no_order_of_messages_lets_ok_through_too_early(
        said in vec(a_request(), 0..8),
        begun in 0_usize..4,
        sizes in sizes(),
        rounds in 0_usize..4,
        require in select(REQUIRED),
    ) {
        let begin: [(u32, &[u8]); 3] = [(7, b""), (8, b"t"), (8, b"t")];
        let said: Vec<_> = begin.into_iter().take(begun).chain(said).collect();
        let bytes: Vec<u8> = said.iter().flat_map(|(code, data)| request(*code, data)).collect();
        let (passed, _) = exchange(&bytes, rounds, &sizes, require, false);
        // Nothing that is passed on holds the bytes of Ok elsewhere.
        if passed.windows(9).any(|part| part == ok()) {
            let before: Vec<_> = said.iter().take_while(|(code, _)| *code != 0).collect();
            let has_begun = before.iter().any(|(code, _)| [7, 8, 9].contains(code));
            let is_mutual = before.len() == 1 + rounds
                && [7, 9].contains(&before[0].0)
                && before[1..].iter().all(|(code, data)| *code == 8 && data.starts_with(b"t"));
            prop_assert!(!has_begun || is_mutual, "{said:?}");
            prop_assert!(!require.starts_with("gss") || is_mutual, "{said:?}");
            prop_assert!(require != "!gss" || !has_begun || before[0].0 == 9, "{said:?}");
        }
    }

    /// Whatever goes wrong has its own kind, and one at which a program may stop trying.
    #[test]
    fn what_is_disturbed_ends_by_an_error_of_its_kind(
        rounds in 0_usize..4,
        how in select(DISTURBANCES),
        at in any::<usize>(),
        by in 0_usize..100_000,
        sizes in sizes(),
    ) {
        let (bytes, kind) = disturbed(rounds, how, at, by);
        let (passed, result) = exchange(&bytes, rounds, &sizes, "gss", false);
        prop_assert_eq!(result.map_err(|error| error.kind()), Err(kind));
        prop_assert_eq!(passed, b"");
    }

    /// Encryption is agreed on by G and all tokens that the mechanism wants, and by nothing else.
    #[test]
    fn a_negotiation_ends_as_the_server_has_it(
        first in select(&b"GGGGNES\0R"[..]),
        tokens in vec(select(DATA), 0..5),
        sizes in sizes(),
        rounds in 0_usize..4,
    ) {
        let framed: Vec<u8> = tokens.iter().flat_map(|body| token(body)).collect();
        let agreed = negotiate(&join(&[&[first], &framed]), rounds, &sizes);
        let wrong = tokens.iter().copied().take(rounds).find(|body| !body.starts_with(b"t"));
        let wanted = match (first, wrong) {
            (b'N', _) => Ok("refused"),
            (b'E', _) => Err(ErrorKind::EncryptionRefused),
            (b'G', Some([])) => Err(ErrorKind::Protocol),
            (b'G', Some(_)) => Err(ErrorKind::NotAuthenticated),
            (b'G', None) if tokens.len() >= rounds => Ok("encrypted"),
            (b'G', None) => Err(ErrorKind::Closed),
            _ => Err(ErrorKind::Protocol),
        };
        prop_assert_eq!(agreed.map_err(|error| error.kind()), wanted);
    }

    /// Whatever is sent, no more is kept than the longest message and a piece: the drivers look at
    /// that after each piece. So that it matters, there is much of it, and it need not end.
    #[test]
    fn memory_has_a_bound(
        begun in a_login(),
        kind in select(&b"REvSZ"[..]),
        length in prop_oneof![any::<u32>(), 0_u32..300_000],
        sent in 0_usize..300_000,
        sizes in vec(1_000_usize..4_096, 1..4),
        rounds in 0_usize..4,
    ) {
        let endless = join(&[&[kind], &length.to_be_bytes(), &vec![b't'; sent]]);
        let _any = exchange(&join(&[&begun, &endless]), rounds, &sizes, "", false);
        let _any = exchange(&join(&[&ok(), &endless]), rounds, &sizes, "", false);
        let _any = negotiate(&join(&[b"G", &endless[1..]]), rounds, &sizes);
    }
}
