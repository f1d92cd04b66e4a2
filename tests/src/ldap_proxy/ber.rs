//! Frames of LDAP: one message of ASN.1 after the other (RFC 4511, 5.1).

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
    if frame[0] != SEQUENCE {
        return Err(Error::other(format!("a message begins with {:#x}", frame[0])));
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
