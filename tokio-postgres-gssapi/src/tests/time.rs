//! connect_timeout, and futures that are dropped.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::peer::{Playing, connection, connector, counting, expect, request};
use crate::connector::MakeGssConnect;
use crate::error::{Error, ErrorKind};
use crate::machine::negotiation::GSSENC_REQUEST;
use crate::mode::GssEncMode;

/// Long enough for nothing but silence.
const LIMIT: &str = "connect_timeout=1";

#[tokio::test]
async fn a_server_that_is_silent_is_given_up() {
    for said in ["", "G", "G\0\0", "G\0\0\0\x06the"] {
        let (connecting, mut server) = connection(connector(), LIMIT);
        server.write_all(said.as_bytes()).await.unwrap();
        assert_eq!(connecting.await.unwrap_err().kind(), ErrorKind::TimedOut, "{said:?}");
        drop(server);
    }
}

#[tokio::test]
async fn a_server_that_is_silent_during_the_login_is_given_up() {
    let (gss, ok) = (request(7, b""), request(0, b""));
    let started = [&ok[..], b"S\0\0\0\x06\0\0"].concat();
    for said in [&b""[..], &gss[..3], &gss, &ok, &started] {
        let plain = connector().gss_enc_mode(GssEncMode::Disable);
        let (connecting, mut server) = connection(plain, LIMIT);
        let mut stream = connecting.await.unwrap();
        server.write_all(said).await.unwrap();
        let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(Error::find(&error).map(Error::kind), Some(ErrorKind::TimedOut));
        drop(server);
    }
}

/// Lets calls wait until it is opened.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn wait(&self) {
        let mut is_open = self.is_open.lock().unwrap();
        while !*is_open {
            is_open = self.opened.wait(is_open).unwrap();
        }
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

#[tokio::test]
async fn a_kdc_that_is_silent_is_given_up_and_its_thread_ends_with_the_call() {
    let (gate, alive) = (Arc::new(Gate::default()), Arc::new(AtomicUsize::new(0)));
    let mut connector = MakeGssConnect::new();
    let (waits, counts) = (gate.clone(), alive.clone());
    connector.settings.set_begin(Arc::new(move |_| {
        let playing = Box::new(Playing::new(counts.clone()));
        waits.wait();
        Ok(playing)
    }));
    let (connecting, server) = connection(connector, LIMIT);
    assert_eq!(connecting.await.unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(alive.load(Ordering::SeqCst), 1, "the call is in flight");
    gate.open();
    until_none(&alive).await;
    drop(server);
}

#[tokio::test]
async fn a_future_that_is_dropped_anywhere_leaves_nothing() {
    // Polled so many times, and dropped.
    for polls in 0..12 {
        let alive = Arc::new(AtomicUsize::new(0));
        let (connecting, mut server) = connection(counting(alive.clone()), "");
        let server = tokio::spawn(async move {
            expect(&mut server, &GSSENC_REQUEST).await;
            for byte in *b"G\0\0\0\x06theirs" {
                server.write_all(&[byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
            server
        });
        let mut connecting = Box::pin(connecting);
        for _ in 0..polls {
            let soon = tokio::time::timeout(Duration::from_millis(1), &mut connecting);
            if soon.await.is_ok() {
                break;
            }
        }
        drop(connecting);
        server.abort();
        until_none(&alive).await;
    }
}

#[tokio::test]
async fn a_login_that_is_dropped_anywhere_leaves_nothing() {
    for polls in 0..16 {
        let alive = Arc::new(AtomicUsize::new(0));
        let plain = counting(alive.clone()).gss_enc_mode(GssEncMode::Disable);
        let (connecting, mut server) = connection(plain, "");
        let mut stream = connecting.await.unwrap();
        let server = tokio::spawn(async move {
            for byte in [request(7, b""), request(8, b"theirs")].concat() {
                server.write_all(&[byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
            server
        });
        // It does not end: the server never says Ok.
        for _ in 0..polls {
            let soon = tokio::time::timeout(Duration::from_millis(1), stream.read_u8());
            soon.await.unwrap_err();
        }
        drop(stream);
        server.abort();
        until_none(&alive).await;
    }
}

#[tokio::test]
async fn a_login_that_is_dropped_while_a_kdc_is_silent_ends_with_the_call() {
    let (gate, alive) = (Arc::new(Gate::default()), Arc::new(AtomicUsize::new(0)));
    let mut connector = MakeGssConnect::new().gss_enc_mode(GssEncMode::Disable);
    let (waits, counts) = (gate.clone(), alive.clone());
    connector.settings.set_begin(Arc::new(move |_| {
        let playing = Box::new(Playing::new(counts.clone()));
        waits.wait();
        Ok(playing)
    }));
    let (connecting, mut server) = connection(connector, "");
    let mut stream = connecting.await.unwrap();
    server.write_all(&request(7, b"")).await.unwrap();
    let begun = async {
        while alive.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = stream.read_u8() => panic!("nothing was said"),
        () = begun => {}
    }
    drop(stream);
    assert_eq!(alive.load(Ordering::SeqCst), 1, "the call is in flight");
    gate.open();
    until_none(&alive).await;
}

/// Waits until all mechanisms are gone.
async fn until_none(alive: &AtomicUsize) {
    let gone = async {
        while alive.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.unwrap();
}
