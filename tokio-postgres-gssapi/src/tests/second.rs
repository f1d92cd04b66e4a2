//! The second connection under `prefer`, and when there is none.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Config;

use super::peer::{connector, packet, request};
use crate::connect::connect;
use crate::error::{Error, ErrorKind};
use crate::machine::negotiation::GSSENC_REQUEST;
use crate::mode::GssEncMode;

/// What the server says to GSSENCRequest, and after its handshake.
#[derive(Clone, Copy)]
enum Answer {
    Says(&'static [u8]),
    /// It encrypts, and refuses the login before it has asked for anything.
    Refuses,
    /// It encrypts, and refuses the login after it has asked for a password.
    RefusesLater,
}

const REFUSAL: &[u8] = b"E\0\0\0\x24SFATAL\0VFATAL\0C28000\0Mnot here\0\0";

async fn answer(stream: &mut TcpStream, answer: Answer) {
    let later = match answer {
        Answer::Says(bytes) => return stream.write_all(bytes).await.unwrap(),
        Answer::Refuses => false,
        Answer::RefusesLater => true,
    };
    stream.write_all(b"G\0\0\0\x06theirs").await.unwrap();
    // Its token and its startup packet.
    let mut head = [0; 8];
    stream.read_exact(&mut head).await.unwrap();
    let length = stream.read_u32().await.unwrap();
    stream.read_exact(&mut vec![0; usize::try_from(length).unwrap()]).await.unwrap();
    if later {
        stream.write_all(&packet(0, &request(3, b""))).await.unwrap();
    }
    stream.write_all(&packet(u32::from(later), REFUSAL)).await.unwrap();
}

/// Connects to a server that answers so, and lets everybody in who does not ask for encryption: how
/// many connections it saw, and what came of it.
async fn connections(mode: GssEncMode, said: Answer) -> (usize, Result<(), Error>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        let mut seen = 0;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            seen += 1;
            let mut head = [0; 8];
            stream.read_exact(&mut head).await.unwrap();
            if head == GSSENC_REQUEST {
                answer(&mut stream, said).await;
            } else {
                let left = u32::from_be_bytes(head[..4].try_into().unwrap()) - 8;
                stream.read_exact(&mut vec![0; usize::try_from(left).unwrap()]).await.unwrap();
                stream.write_all(&request(0, b"")).await.unwrap();
                stream.write_all(b"Z\0\0\0\x05I").await.unwrap();
                return seen;
            }
            // Until the client has seen it.
            let _ended = stream.shutdown().await;
            if mode == GssEncMode::Require || matches!(said, Answer::RefusesLater) {
                return seen;
            }
        }
    };
    let text = format!("host=127.0.0.1 port={port} user=u password=p sslmode=disable");
    let config: Config = text.parse().unwrap();
    let connector = connector().gss_enc_mode(mode);
    let (seen, result) = tokio::join!(server, connect(&config, &connector));
    let unknown = || Error::new(ErrorKind::Io, "none of ours");
    (seen, result.map(drop).map_err(|e| Error::find(&e).cloned().unwrap_or_else(unknown)))
}

#[tokio::test]
async fn prefer_goes_without_where_the_server_does_not_go_on() {
    let answers = [
        Answer::Says(b"E\0\0\0\x10SFATAL\0Mwhat\0\0"),
        Answer::Says(b""),
        Answer::Says(b"G"),
        Answer::Says(b"G\0\0\0\x06others"),
        Answer::Says(b"?"),
        Answer::Refuses,
    ];
    for answer in answers {
        let (seen, result) = connections(GssEncMode::Prefer, answer).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(seen, 2);
    }
}

#[tokio::test]
async fn require_never_goes_without() {
    for (answer, kind) in [
        (Answer::Says(b"E\0\0\0\x10SFATAL\0Mwhat\0\0"), ErrorKind::EncryptionRefused),
        (Answer::Says(b"N"), ErrorKind::EncryptionRefused),
        (Answer::Says(b""), ErrorKind::Closed),
        (Answer::Refuses, ErrorKind::Io),
    ] {
        let (seen, result) = connections(GssEncMode::Require, answer).await;
        assert_eq!((seen, result.unwrap_err().kind()), (1, kind));
    }
}

#[tokio::test]
async fn who_was_asked_for_a_password_is_not_asked_without_encryption() {
    let (seen, result) = connections(GssEncMode::Prefer, Answer::RefusesLater).await;
    assert!(result.is_err());
    assert_eq!(seen, 1);
}
