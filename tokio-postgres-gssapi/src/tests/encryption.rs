//! Packets, and servers that get them wrong.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::peer::{agree, connection, connector, expect, packet, request};
use crate::error::{Error, ErrorKind};
use crate::machine::negotiation::GSSENC_REQUEST;
use crate::machine::packets::LONGEST;
use crate::mode::GssEncMode;

/// What reading all comes to, from a server that says this after it has agreed and let the client
/// in, `step` bytes at a time.
async fn read_all(said: Vec<u8>, step: usize) -> Result<Vec<u8>, Error> {
    let (connecting, mut server) = connection(connector(), "");
    let server = tokio::spawn(async move {
        agree(&mut server).await;
        server.write_all(&packet(0, &request(0, b""))).await.unwrap();
        for piece in said.chunks(step) {
            // The client may have seen enough.
            if server.write_all(piece).await.is_err() {
                return;
            }
        }
    });
    let mut stream = connecting.await.unwrap();
    assert!(stream.is_gss_encrypted());
    let mut all = Vec::new();
    let result = stream.read_to_end(&mut all).await;
    server.await.unwrap();
    match result {
        Ok(_) => Ok(all),
        Err(error) => Err(Error::find(&error).unwrap_or_else(|| panic!("{error}")).clone()),
    }
}

#[tokio::test]
async fn what_is_sent_arrives_however_it_is_cut() {
    let long = vec![7; LONGEST - 5];
    let said = [packet(1, b"one"), packet(2, b""), packet(3, &long), packet(4, b"end")].concat();
    let all = [&request(0, b"")[..], b"one", &long, b"end"].concat();
    for step in [1, 7, 100_000] {
        assert_eq!(read_all(said.clone(), step).await.unwrap(), all);
    }
}

#[tokio::test]
async fn a_server_that_sends_wrong_packets_is_refused() {
    let one = packet(1, b"one");
    let mut changed = packet(1, b"one");
    changed[9] ^= 1;
    let too_long = u32::try_from(LONGEST + 1).unwrap().to_be_bytes().to_vec();
    let rogues: [(&str, Vec<u8>, ErrorKind); 9] = [
        ("cuts a packet", one[..8].to_vec(), ErrorKind::Closed),
        ("cuts a length", one[..2].to_vec(), ErrorKind::Closed),
        ("repeats one", [&one[..], &one].concat(), ErrorKind::Protocol),
        ("repeats the first", packet(0, &request(0, b"")), ErrorKind::Protocol),
        ("leaves one out", packet(2, b"two"), ErrorKind::Protocol),
        ("turns two around", [packet(2, b"2"), packet(1, b"1")].concat(), ErrorKind::Protocol),
        ("changes one", changed, ErrorKind::Protocol),
        ("sends one too long", too_long, ErrorKind::Protocol),
        ("stops to encrypt", b"\0\0\0\x06R\0\0\0\x08\0".to_vec(), ErrorKind::Protocol),
    ];
    for (what, said, kind) in rogues {
        for step in [1, 100_000] {
            let error = read_all(said.clone(), step).await.unwrap_err();
            assert_eq!(error.kind(), kind, "a server that {what}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_written_comes_in_packets_of_their_size() {
    let (connecting, mut server) = connection(connector(), "");
    let server = tokio::spawn(async move {
        agree(&mut server).await;
        let (mut sizes, mut all) = (Vec::new(), Vec::new());
        while let Ok(length) = server.read_u32().await {
            let mut token = vec![0; usize::try_from(length).unwrap()];
            server.read_exact(&mut token).await.unwrap();
            sizes.push(token.len());
            all.extend(token[5..].iter().map(|byte| !byte));
        }
        (sizes, all)
    });
    let mut stream = connecting.await.unwrap();
    let said: Vec<u8> = (0..50_000_u32).map(|i| i.to_le_bytes()[0]).collect();
    stream.write_all(&said).await.unwrap();
    stream.shutdown().await.unwrap();
    let (sizes, all) = server.await.unwrap();
    assert_eq!(all, said);
    assert_eq!(sizes, [LONGEST, LONGEST, LONGEST, 50_000 - 3 * (LONGEST - 5) + 5]);
}

#[tokio::test]
async fn a_server_without_encryption_is_gone_on_with_or_refused() {
    for (mode, kind) in
        [(GssEncMode::Prefer, None), (GssEncMode::Require, Some(ErrorKind::EncryptionRefused))]
    {
        let (connecting, mut server) = connection(connector().gss_enc_mode(mode), "");
        let server = tokio::spawn(async move {
            expect(&mut server, &GSSENC_REQUEST).await;
            server.write_all(b"N").await.unwrap();
            server
        });
        let stream = connecting.await;
        assert_eq!(stream.as_ref().err().map(Error::kind), kind);
        assert!(stream.is_ok_and(|stream| !stream.is_gss_encrypted()) == kind.is_none());
        drop(server.await.unwrap());
    }
}

#[tokio::test]
async fn nothing_is_asked_where_encryption_is_not_wanted() {
    let without = connector().gss_enc_mode(GssEncMode::Disable);
    let (connecting, mut server) = connection(without, "sslmode=disable");
    let mut stream = connecting.await.unwrap();
    stream.write_all(b"startup").await.unwrap();
    drop(stream);
    expect(&mut server, b"startup").await;
}
