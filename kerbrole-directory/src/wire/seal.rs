//! The layer of SASL that seals a connection by GSSAPI (RFC 4752; RFC 4422, section 3.7).

use crate::error::{Error, ErrorKind};

/// What a security mechanism does; tests have one without a KDC.
pub(crate) trait Mechanism: Send {
    /// Takes a step of the login; the token to send, and whether it was the last one. May ask a
    /// KDC, and wait for it.
    fn step(&mut self, token: Option<&[u8]>) -> Result<(Option<Vec<u8>>, bool), Error>;

    /// Signs, and encrypts where that is asked for.
    fn wrap(&mut self, encrypts: bool, plain: &[u8]) -> Result<Vec<u8>, Error>;

    /// Verifies, and whether it was encrypted.
    fn unwrap(&mut self, token: &[u8]) -> Result<(Vec<u8>, bool), Error>;
}

/// The most that is taken in one packet: as much as three bytes can say.
pub(crate) const LARGEST_PACKET: u32 = 0x00ff_ffff;

/// More than what any mechanism adds to what it wraps.
const OVERHEAD: usize = 256;

/// The most that is wrapped at once.
const PIECE: usize = 32 << 10;

/// A mechanism that has logged in, and seals.
pub(crate) struct Seal {
    mechanism: Box<dyn Mechanism>,
    /// The largest packet that the server takes.
    largest: usize,
}

impl Seal {
    /// `largest` is what the server takes in one packet.
    pub(crate) fn new(mechanism: Box<dyn Mechanism>, largest: usize) -> Result<Self, Error> {
        if largest < 2 * OVERHEAD {
            return Err(Error::protocol(format!("the server takes packets of {largest} bytes")));
        }
        Ok(Self { mechanism, largest })
    }

    /// The packets that a message goes in.
    pub(crate) fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut packets = Vec::new();
        for piece in message.chunks((self.largest - OVERHEAD).min(PIECE)) {
            let token = self.mechanism.wrap(true, piece)?;
            let length = u32::try_from(token.len()).ok().filter(|_| token.len() <= self.largest);
            let Some(length) = length else {
                return Err(Error::protocol("a packet got larger than the server takes"));
            };
            packets.extend_from_slice(&length.to_be_bytes());
            packets.extend_from_slice(&token);
        }
        Ok(packets)
    }

    /// How long the packet is that begins here, its length included; `None` where more bytes are
    /// needed to tell.
    pub(crate) fn packet_length(&self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        let Some(length) = bytes.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length);
        if length > LARGEST_PACKET {
            return Err(Error::protocol(format!(
                "the server sends a sealed packet of {length} bytes, and {LARGEST_PACKET} are the \
                 most that is taken"
            )));
        }
        Ok(Some(4 + length as usize))
    }

    /// Opens a packet.
    pub(crate) fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, Error> {
        match self.mechanism.unwrap(token)? {
            (plain, true) => Ok(plain),
            (_, false) => Err(Error::new(
                ErrorKind::Protocol,
                "the server sent a packet that is signed, and not encrypted",
            )),
        }
    }
}
