//! Servers over TCP that lie, cut, repeat, go on without end or fall silent: what `connect` says.
//!
//! Where no silence is meant `connect_timeout` is a minute, so that whatever is only given up then
//! has the wrong kind. No server is left before the client has hung up.

use openssl::ssl::{SslConnector, SslMethod};
use postgres_openssl::MakeTlsConnector;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Config;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

use super::peer::{connector, packet, request};
use crate::connect::connect;
use crate::connector::MakeGssConnect;
use crate::error::{Error, ErrorKind};
use crate::machine::packets::LONGEST;
use crate::mode::GssEncMode;

/// What a server does after it has said its part.
#[derive(Debug, Clone, Copy)]
enum Then {
    HangsUp,
    IsSilent,
    /// The same byte, until nobody takes it.
    GoesOn(u8),
}
use Then::{GoesOn, HangsUp, IsSilent};

/// Takes one connection, and what the client says first.
async fn serve(listener: &TcpListener, said: &[u8], step: usize, then: Then) {
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    let length = usize::try_from(stream.read_u32().await.unwrap()).unwrap();
    stream.read_exact(&mut vec![0; length - 4]).await.unwrap();
    for piece in said.chunks(step) {
        // The client may have seen enough.
        if stream.write_all(piece).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    match then {
        HangsUp => drop(stream.shutdown().await),
        IsSilent => {}
        GoesOn(byte) => while stream.write_all(&[byte; 10_000]).await.is_ok() {},
    }
    until_the_client_hangs_up(&mut stream).await;
}

async fn until_the_client_hangs_up(stream: &mut TcpStream) {
    while stream.read(&mut [0; 1_000]).await.is_ok_and(|count| count > 0) {}
}

/// What comes of a connection to a server that does so.
async fn ends<T>(
    connector: MakeGssConnect<T>,
    settings: &str,
    said: &[u8],
    step: usize,
    then: Then,
) -> Error
where
    T: MakeTlsConnect<tokio_postgres::Socket> + Clone,
    T::TlsConnect: Send + 'static,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<tokio_postgres::Socket>>::Future: Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seconds = if matches!(then, IsSilent) { 1 } else { 60 };
    let text = format!("host=127.0.0.1 port={port} user=u connect_timeout={seconds} {settings}");
    let config: Config = text.parse().unwrap();
    let connecting = async { connect(&config, &connector).await.map(drop) };
    let ((), result) = tokio::join!(serve(&listener, said, step, then), connecting);
    let error = result.unwrap_err();
    Error::find(&error).unwrap_or_else(|| panic!("none of ours: {error:?}")).clone()
}

/// What is done, what is said, what comes then, and the kind of error.
type Rogue = (&'static str, Vec<u8>, Then, ErrorKind);

async fn each_ends(rogues: &[Rogue], mode: GssEncMode, require: &str) {
    for (what, said, then, kind) in rogues {
        for step in [1, 100_000] {
            let connector = connector().gss_enc_mode(mode).require_auth(require.parse().unwrap());
            let error = ends(connector, "sslmode=disable", said, step, *then).await;
            assert_eq!(error.kind(), *kind, "a server that {what}: {error}");
            assert!(!error.to_string().contains("evil"), "its text is shown: {error}");
        }
    }
}

/// A message with its type and its length.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &u32::try_from(body.len() + 4).unwrap().to_be_bytes(), body].concat()
}

fn refusal() -> Vec<u8> {
    message(b'E', b"SFATAL\0VFATAL\0C28000\0Mrun evil things\0\0")
}

const TOKEN: &[u8] = b"\0\0\0\x06theirs";

#[tokio::test]
async fn a_server_that_sets_up_encryption_wrongly_is_refused() {
    let after = |said: &[u8]| [b"G", said].concat();
    let rogues: [Rogue; 15] = [
        ("says nothing", vec![], HangsUp, ErrorKind::Closed),
        ("says N", b"N".to_vec(), HangsUp, ErrorKind::EncryptionRefused),
        ("says E", refusal(), HangsUp, ErrorKind::EncryptionRefused),
        ("says S", b"S".to_vec(), HangsUp, ErrorKind::Protocol),
        ("lets everybody in", request(0, b""), HangsUp, ErrorKind::Protocol),
        ("leaves G out", TOKEN.to_vec(), HangsUp, ErrorKind::Protocol),
        ("says G twice", after(b"G\0\0\0\x06theirs"), HangsUp, ErrorKind::Protocol),
        ("cuts a length", after(&TOKEN[..3]), HangsUp, ErrorKind::Closed),
        ("cuts a token", after(&TOKEN[..7]), HangsUp, ErrorKind::Closed),
        ("sends no token", after(b"\0\0\0\0"), HangsUp, ErrorKind::Protocol),
        ("sends one too long", after(b"\0\0\xff\xfd"), GoesOn(b't'), ErrorKind::Protocol),
        ("sends one without end", after(b"\xff\xff\xff\xff"), GoesOn(b't'), ErrorKind::Protocol),
        ("sends another's token", after(b"\0\0\0\x05other"), HangsUp, ErrorKind::NotAuthenticated),
        ("sends the longest", after(b"\0\0\xff\xfc"), GoesOn(b't'), ErrorKind::NotAuthenticated),
        ("refuses then", after(&refusal()), HangsUp, ErrorKind::NotAuthenticated),
    ];
    each_ends(&rogues, GssEncMode::Require, "").await;
}

#[tokio::test]
async fn a_server_that_encrypts_wrongly_is_refused() {
    let ok = request(0, b"");
    let after = |said: &[&[u8]]| [b"G", TOKEN, &said.concat()].concat();
    let mut changed = packet(0, &ok);
    changed[10] ^= 1;
    let too_long = u32::try_from(LONGEST + 1).unwrap().to_be_bytes();
    let rogues: [Rogue; 10] = [
        ("repeats its token", after(&[TOKEN]), HangsUp, ErrorKind::Protocol),
        ("stops to encrypt", after(&[&ok]), HangsUp, ErrorKind::Protocol),
        ("cuts a packet", after(&[&packet(0, &ok)[..9]]), HangsUp, ErrorKind::Closed),
        ("repeats one", after(&[&packet(0, &ok), &packet(0, &ok)]), HangsUp, ErrorKind::Protocol),
        ("leaves one out", after(&[&packet(1, &ok)]), HangsUp, ErrorKind::Protocol),
        ("changes one", after(&[&changed]), HangsUp, ErrorKind::Protocol),
        ("sends one too long", after(&[&too_long]), GoesOn(7), ErrorKind::Protocol),
        ("sends no end of them", after(&[]), GoesOn(0), ErrorKind::Protocol),
        (
            "asks for a ticket once more",
            after(&[&packet(0, &request(7, b""))]),
            HangsUp,
            ErrorKind::Protocol,
        ),
        (
            "cuts a request inside of packets",
            after(&[&packet(0, &ok[..3]), &packet(1, &ok[3..8])]),
            HangsUp,
            ErrorKind::Closed,
        ),
    ];
    each_ends(&rogues, GssEncMode::Require, "").await;
    let password = after(&[&packet(0, &request(3, b""))]);
    let rogue = ("asks for a password", password, HangsUp, ErrorKind::MethodNotAllowed);
    each_ends(&[rogue], GssEncMode::Require, "gss").await;
}

#[tokio::test]
async fn a_server_that_logs_in_wrongly_is_refused() {
    let (gss, theirs, ok) = (request(7, b""), request(8, b"theirs"), request(0, b""));
    let said = |parts: &[&[u8]]| parts.concat();
    let rogues: [Rogue; 16] = [
        ("says Ok too early", said(&[&gss, &ok]), HangsUp, ErrorKind::NotAuthenticated),
        ("repeats the request", said(&[&gss, &gss]), HangsUp, ErrorKind::Protocol),
        ("repeats a token", said(&[&gss, &theirs, &theirs]), HangsUp, ErrorKind::Protocol),
        ("begins with a token", theirs.clone(), HangsUp, ErrorKind::Protocol),
        (
            "sends another's token",
            said(&[&gss, &request(8, b"other")]),
            HangsUp,
            ErrorKind::NotAuthenticated,
        ),
        ("sends no token", said(&[&gss, &request(8, b"")]), HangsUp, ErrorKind::NotAuthenticated),
        (
            "asks for a password after a ticket",
            said(&[&gss, &theirs, &request(3, b"")]),
            HangsUp,
            ErrorKind::Protocol,
        ),
        ("cuts the request", gss[..6].to_vec(), HangsUp, ErrorKind::Closed),
        ("hangs up after it", gss.clone(), HangsUp, ErrorKind::Closed),
        ("cuts a token", said(&[&gss, &theirs[..11]]), HangsUp, ErrorKind::Closed),
        ("hangs up before Ok", said(&[&gss, &theirs]), HangsUp, ErrorKind::Closed),
        (
            "sends a request too long",
            b"R\0\0\x07\xd1\0\0\0\x08".to_vec(),
            GoesOn(b't'),
            ErrorKind::Protocol,
        ),
        (
            "sends a token without end",
            said(&[&gss, b"R\xff\xff\xff\xff\0\0\0\x08"]),
            GoesOn(b't'),
            ErrorKind::Protocol,
        ),
        (
            "refuses without end",
            b"E\x7f\xff\xff\xffSFATAL\0".to_vec(),
            GoesOn(b'x'),
            ErrorKind::Protocol,
        ),
        ("sends rows", message(b'D', b"\0\0"), HangsUp, ErrorKind::Protocol),
        ("is no PostgreSQL", b"SSH-2.0-x\r\n".to_vec(), HangsUp, ErrorKind::Protocol),
    ];
    each_ends(&rogues, GssEncMode::Disable, "").await;
    let others: [Rogue; 3] = [
        ("lets everybody in", ok, HangsUp, ErrorKind::MethodNotAllowed),
        ("asks for a password", request(3, b""), HangsUp, ErrorKind::MethodNotAllowed),
        ("asks for SASL", request(10, b"PLAIN\0\0"), HangsUp, ErrorKind::MethodNotAllowed),
    ];
    each_ends(&others, GssEncMode::Disable, "gss").await;
}

#[tokio::test]
async fn a_server_that_sets_up_tls_wrongly_is_refused() {
    let tls = MakeTlsConnector::new(SslConnector::builder(SslMethod::tls()).unwrap().build());
    let connector = MakeGssConnect::with_tls(tls).gss_enc_mode(GssEncMode::Disable);
    let rogues: [Rogue; 6] = [
        ("says nothing", vec![], HangsUp, ErrorKind::Closed),
        ("says N", b"N".to_vec(), HangsUp, ErrorKind::TlsRefused),
        ("says E", refusal(), HangsUp, ErrorKind::Protocol),
        ("says G", b"G".to_vec(), HangsUp, ErrorKind::Protocol),
        ("hangs up then", b"S".to_vec(), HangsUp, ErrorKind::Tls),
        ("lets everybody in then", b"SR\0\0\0\x08\0\0\0\0".to_vec(), HangsUp, ErrorKind::Tls),
    ];
    for (what, said, then, kind) in rogues {
        let error = ends(connector.clone(), "sslmode=require", &said, 100_000, then).await;
        assert_eq!(error.kind(), kind, "a server that {what}: {error}");
    }
    let error = ends(connector, "sslmode=require", b"S", 1, IsSilent).await;
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let (gss, ok) = (request(7, b""), request(0, b""));
    let begun = [b"G", TOKEN].concat();
    let (encrypted, plain) = (GssEncMode::Require, GssEncMode::Disable);
    // At once: each takes a second.
    let mut servers = tokio::task::JoinSet::new();
    for (mode, said) in [
        (encrypted, vec![]),
        (encrypted, b"G".to_vec()),
        (encrypted, begun[..8].to_vec()),
        (encrypted, begun.clone()),
        (encrypted, [&begun[..], &packet(0, &ok)[..8]].concat()),
        (encrypted, [&begun[..], &packet(0, &ok)].concat()),
        (plain, vec![]),
        (plain, gss[..5].to_vec()),
        (plain, gss.clone()),
        (plain, [&gss[..], &request(8, b"theirs")].concat()),
        (plain, ok),
    ] {
        servers.spawn(async move {
            let connector = connector().gss_enc_mode(mode);
            let error = ends(connector, "sslmode=disable", &said, 1, IsSilent).await;
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{mode:?} {said:?}: {error}");
        });
    }
    servers.join_all().await;
}
