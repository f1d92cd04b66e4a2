//! A ticket that a server asks for while it is read from.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_postgres::tls::MakeTlsConnect;

use super::peer::{connection, connector, expect, request};
use crate::connector::MakeGssConnect;
use crate::error::{Error, ErrorKind};
use crate::mode::GssEncMode;

#[tokio::test]
async fn a_ticket_is_answered_with_and_all_else_passed_on() {
    let plain = connector().gss_enc_mode(GssEncMode::Disable);
    let (connecting, mut server) = connection(plain, "");
    let mut stream = connecting.await.unwrap();
    let server = tokio::spawn(async move {
        expect(&mut server, b"startup").await;
        for byte in request(7, b"") {
            server.write_all(&[byte]).await.unwrap();
        }
        expect(&mut server, b"p\0\0\0\x08mine").await;
        let rest =
            [request(8, b"theirs"), request(0, b""), b"Z\0\0\0\x05Iand so on".to_vec()].concat();
        for byte in rest {
            server.write_all(&[byte]).await.unwrap();
        }
    });
    stream.write_all(b"startup").await.unwrap();
    let mut all = Vec::new();
    // Into no room, and into room for one byte.
    while stream.read(&mut []).await.unwrap() == 0 {
        match stream.read_u8().await {
            Ok(byte) => all.push(byte),
            Err(_ended) => break,
        }
    }
    assert_eq!(all, [&request(0, b"")[..], b"Z\0\0\0\x05Iand so on"].concat());
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_up_before_anything_is_no_error_of_ours() {
    let plain = connector().gss_enc_mode(GssEncMode::Disable);
    let (connecting, server) = connection(plain, "");
    let mut stream = connecting.await.unwrap();
    drop(server);
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn what_failed_on_this_side_is_not_tried_twice() {
    let tried = Arc::new(AtomicUsize::new(0));
    let mut connector = MakeGssConnect::new();
    let count = tried.clone();
    connector.settings.set_begin(Arc::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Err(Error::new(ErrorKind::KdcUnreachable, "silence"))
    }));
    let (connecting, mut server) = connection(connector, "");
    // No encryption is asked for, and a ticket cannot be had for the login either.
    let mut stream = connecting.await.unwrap();
    server.write_all(&request(7, b"")).await.unwrap();
    let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(Error::find(&error).map(Error::kind), Some(ErrorKind::KdcUnreachable));
    assert_eq!(tried.load(Ordering::SeqCst), 1);
}

#[test]
fn a_connector_that_is_not_bound_refuses() {
    let mut connector = MakeGssConnect::new();
    let made = MakeTlsConnect::<DuplexStream>::make_tls_connect(&mut connector, "here");
    assert_eq!(made.unwrap_err().kind(), ErrorKind::Configuration);
}

#[test]
fn what_pools_want_of_a_connector_and_its_stream_is_so() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    fn is_sent<T: Send + Sync>() {}
    is_shared::<MakeGssConnect<tokio_postgres::NoTls>>();
    is_sent::<super::peer::Stream>();
}
