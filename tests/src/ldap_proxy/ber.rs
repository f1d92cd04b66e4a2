//! Frames of LDAP: one message of ASN.1 after the other (RFC 4511, 5.1), or in a sealed connection
//! one that nobody else can read, with four bytes for its length before it (RFC 4422, 3.7).

use std::io::{Error, Result};

use rasn_ldap::LdapMessage;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The type of every message: SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;

/// No message of a test is longer.
const LONGEST: usize = 256 << 20;

/// The next message with its head, or nothing where the other side has ended.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>> {
    let mut frame = vec![0; 2];
    if from.read(&mut frame[..1]).await? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut frame[1..]).await?;
    match frame[0] {
        SEQUENCE => {}
        // Sealed messages are shorter than 16 MB: the first byte of the length is 0.
        0 => {
            let mut more = [0; 2];
            from.read_exact(&mut more).await?;
            let length = usize::from(frame[1]) << 16 | usize::from(u16::from_be_bytes(more));
            frame.extend(more);
            frame.resize(4 + length, 0);
            from.read_exact(&mut frame[4..]).await?;
            return Ok(Some(frame));
        }
        other => return Err(Error::other(format!("a message begins with {other:#x}"))),
    }
    let mut length = usize::from(frame[1]);
    if length & 0x80 != 0 {
        let mut more = vec![0; length & 0x7f];
        from.read_exact(&mut more).await?;
        length = more
            .iter()
            .try_fold(0_usize, |length, &byte| {
                length.checked_mul(256)?.checked_add(usize::from(byte))
            })
            .filter(|length| *length <= LONGEST)
            .ok_or_else(|| Error::other("a message is too long"))?;
        frame.extend(more);
    }
    let head = frame.len();
    frame.resize(head + length, 0);
    from.read_exact(&mut frame[head..]).await?;
    Ok(Some(frame))
}

pub(super) fn decode(frame: &[u8]) -> Result<LdapMessage> {
    rasn::ber::decode(frame).map_err(Error::other)
}

pub(super) fn encode(message: &LdapMessage) -> Result<Vec<u8>> {
    rasn::ber::encode(message).map_err(Error::other)
}
