//! Messages over a stream, sealed or not: bytes in, whole messages out.

pub(crate) mod framing;
pub(crate) mod seal;
pub(crate) mod tls;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use framing::LARGEST_MESSAGE;
use seal::Seal;

/// How much is read at a time.
const PIECE: usize = 16 << 10;

/// What goes both ways: TCP, TLS over it, or a pipe of a test.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection to a server, by messages.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    seal: Option<Seal>,
    /// What came and is sealed.
    sealed: Vec<u8>,
    /// What came, from `taken` on.
    plain: Vec<u8>,
    taken: usize,
    clock: Clock,
}

impl Wire {
    pub(crate) fn new(stream: Box<dyn Stream>, clock: Clock) -> Self {
        Self { stream, seal: None, sealed: Vec::new(), plain: Vec::new(), taken: 0, clock }
    }

    /// Lets what comes now take as long as this clock says.
    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Seals whatever goes either way from now on.
    ///
    /// # Errors
    /// Where something came that nobody had asked for: it would count as if it had been sealed.
    pub(crate) fn seal(&mut self, seal: Seal) -> Result<(), Error> {
        self.nothing_waits()?;
        self.seal = Some(seal);
        Ok(())
    }

    /// The stream, for TLS to begin on it.
    ///
    /// # Errors
    /// Where something came before TLS began: it would count as if it had come after.
    pub(crate) fn into_stream(self) -> Result<Box<dyn Stream>, Error> {
        self.nothing_waits()?;
        Ok(self.stream)
    }

    fn nothing_waits(&self) -> Result<(), Error> {
        if self.plain.len() > self.taken {
            return Err(Error::protocol("the server sent something before it was asked to"));
        }
        Ok(())
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Result<(), Error> {
        let clock = self.clock;
        let work = async {
            match &mut self.seal {
                None => self.stream.write_all(message).await.map_err(broke)?,
                Some(seal) => {
                    let packets = seal.wrap(message)?;
                    self.stream.write_all(&packets).await.map_err(broke)?;
                }
            }
            self.stream.flush().await.map_err(broke)
        };
        clock.within("a message is sent", work).await
    }

    /// The next message, of [`LARGEST_MESSAGE`] bytes at most. The limit of time is for all of it.
    pub(crate) async fn receive(&mut self) -> Result<Vec<u8>, Error> {
        let clock = self.clock;
        clock.within("the server is waited for", self.whole()).await
    }

    async fn whole(&mut self) -> Result<Vec<u8>, Error> {
        loop {
            if let Some(length) = framing::length(&self.plain[self.taken..])? {
                let end = self.taken + length;
                if end <= self.plain.len() {
                    let message = self.plain[self.taken..end].to_vec();
                    self.taken = end;
                    return Ok(message);
                }
            }
            // Moved once for each of these, and not for each message.
            self.plain.drain(..self.taken);
            self.taken = 0;
            self.fill().await?;
        }
    }

    /// Reads some more. What is kept grows by what came, and not by what a length says.
    async fn fill(&mut self) -> Result<(), Error> {
        let Some(seal) = &mut self.seal else {
            return read(&mut self.stream, &mut self.plain).await;
        };
        loop {
            if let Some(length) = seal.packet_length(&self.sealed)?
                && self.sealed.len() >= length
            {
                let opened = seal.unwrap(&self.sealed[4..length])?;
                self.sealed.drain(..length);
                self.plain.extend_from_slice(&opened);
                return Ok(());
            }
            read(&mut self.stream, &mut self.sealed).await?;
        }
    }
}

async fn read(stream: &mut Box<dyn Stream>, into: &mut Vec<u8>) -> Result<(), Error> {
    let mut piece = [0; PIECE];
    match stream.read(&mut piece).await.map_err(broke)? {
        0 if into.is_empty() => {
            Err(Error::new(ErrorKind::Unreachable, "the server closed the connection"))
        }
        0 => Err(Error::new(
            ErrorKind::Unreachable,
            "the server closed the connection within a message",
        )),
        count => {
            into.extend_from_slice(&piece[..count]);
            Ok(())
        }
    }
}

fn broke(error: std::io::Error) -> Error {
    Error::caused(ErrorKind::Unreachable, format!("the connection broke: {error}"), error)
}

const _: () = assert!(LARGEST_MESSAGE > PIECE);
