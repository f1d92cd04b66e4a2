//! Both ends of what the tests say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_postgres::Config;
use tokio_postgres::tls::{MakeTlsConnect, NoTls, NoTlsStream, TlsConnect};

use crate::connector::MakeGssConnect;
use crate::error::{Error, ErrorKind};
use crate::machine::negotiation::GSSENC_REQUEST;
use crate::mechanism::{Mechanism, Step};
use crate::stream::GssStream;

pub(super) type Stream = GssStream<DuplexStream, NoTlsStream>;

/// A mechanism that says `mine`, wants `theirs`, and wraps by a number that counts up, the bytes
/// turned over and a sum.
#[derive(Default)]
pub(super) struct Playing {
    sent: u32,
    received: u32,
    /// How many of them there are.
    alive: Arc<AtomicUsize>,
}

impl Playing {
    pub(super) fn new(alive: Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Self { sent: 0, received: 0, alive }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Mechanism for Playing {
    fn step(&mut self, token: Option<&[u8]>) -> Result<Step, Error> {
        match token {
            None => Ok(Step { token: Some(b"mine".to_vec()), is_complete: false }),
            Some(b"theirs") => Ok(Step { token: None, is_complete: true }),
            Some(_) => Err(Error::new(ErrorKind::NotAuthenticated, "somebody else")),
        }
    }

    fn longest_plain(&mut self, longest: usize) -> Result<usize, Error> {
        Ok(longest - 5)
    }

    fn wrap(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(&wrapped(self.sent, plain));
        self.sent += 1;
        Ok(())
    }

    fn unwrap(&mut self, token: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let plain: Vec<u8> = token.iter().skip(5).map(|byte| !byte).collect();
        if token != wrapped(self.received, &plain) {
            return Err(Error::protocol("not the packet that comes next"));
        }
        self.received += 1;
        out.extend_from_slice(&plain);
        Ok(())
    }
}

/// What [`Playing`] makes of its packet of this number.
pub(super) fn wrapped(number: u32, plain: &[u8]) -> Vec<u8> {
    let sum = plain.iter().fold(7, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    let mut token = number.to_be_bytes().to_vec();
    token.push(sum);
    token.extend(plain.iter().map(|byte| !byte));
    token
}

/// The same with its length.
pub(super) fn packet(number: u32, plain: &[u8]) -> Vec<u8> {
    let token = wrapped(number, plain);
    [&u32::try_from(token.len()).unwrap().to_be_bytes()[..], &token].concat()
}

/// A connector whose mechanism is [`Playing`].
pub(super) fn connector() -> MakeGssConnect<NoTls> {
    counting(Arc::default())
}

pub(super) fn counting(alive: Arc<AtomicUsize>) -> MakeGssConnect<NoTls> {
    let mut connector = MakeGssConnect::new();
    connector.settings.set_begin(Arc::new(move |_| Ok(Box::new(Playing::new(alive.clone())))));
    connector
}

/// A connection by this connector and configuration, and the server's end of the wire.
pub(super) fn connection(
    connector: MakeGssConnect<NoTls>,
    config: &str,
) -> (impl Future<Output = Result<Stream, Error>>, DuplexStream) {
    let config: Config = format!("host=here {config}").parse().unwrap();
    let (_, mut bound) = connector.bind(&config);
    let (ours, theirs) = duplex(1 << 16);
    let connect = MakeTlsConnect::<DuplexStream>::make_tls_connect(&mut bound, "here").unwrap();
    (connect.connect(ours), theirs)
}

/// What a server says to GSSENCRequest that it agrees to, in two tokens.
pub(super) async fn agree(server: &mut DuplexStream) {
    expect(server, &GSSENC_REQUEST).await;
    server.write_all(b"G").await.unwrap();
    expect(server, b"\0\0\0\x04mine").await;
    server.write_all(b"\0\0\0\x06theirs").await.unwrap();
}

/// The client sends this and nothing else.
pub(super) async fn expect(server: &mut DuplexStream, bytes: &[u8]) {
    let mut said = vec![0; bytes.len()];
    server.read_exact(&mut said).await.unwrap();
    assert_eq!(said, bytes);
}

/// An authentication request.
pub(super) fn request(code: u32, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 8).unwrap();
    [b"R", &length.to_be_bytes()[..], &code.to_be_bytes(), data].concat()
}
