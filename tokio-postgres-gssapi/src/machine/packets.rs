//! Encrypted packets: a length of four bytes, and what `gss_wrap` made.
//!
//! After `pg_GSS_read` and `pg_GSS_write` (src/interfaces/libpq/fe-secure-gssapi.c).

use crate::error::Error;

/// The longest packet with its length (`PQ_GSS_MAX_PACKET_SIZE`).
const LONGEST_PACKET: usize = 16_384;

/// The longest packet without its length.
pub(crate) const LONGEST: usize = LONGEST_PACKET - 4;

/// What has been read of packets; never more than the longest one.
pub(crate) struct Packets {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Packets {
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; LONGEST_PACKET].into_boxed_slice(), start: 0, end: 0 }
    }

    /// Where the next bytes go, which are told by [`filled`](Self::filled). There is room as long
    /// as [`next`](Self::next) has no packet.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        &mut self.buffer[self.end..]
    }

    /// So many bytes have been read.
    pub(crate) fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.buffer.len());
    }

    /// Whether there is a part of a packet.
    pub(crate) fn is_partial(&self) -> bool {
        self.start != self.end
    }

    /// The next packet, without its length.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) for one that is empty or too long.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        let here = &self.buffer[self.start..self.end];
        let Some((head, rest)) = here.split_first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        if length == 0 || length > LONGEST {
            return Err(Error::protocol("the server sent a packet that is empty or too long"));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let body = self.start + 4;
        self.start = body + length;
        Ok(Some(&self.buffer[body..self.start]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of bytes that arrive `step` at a time.
    fn packets(bytes: &[u8], step: usize) -> Result<Vec<Vec<u8>>, Error> {
        let (mut packets, mut found) = (Packets::new(), Vec::new());
        for piece in bytes.chunks(step) {
            let mut rest = piece;
            while !rest.is_empty() {
                let space = packets.space();
                let count = space.len().min(rest.len());
                assert!(count > 0, "no room, and no packet");
                space[..count].copy_from_slice(&rest[..count]);
                rest = &rest[count..];
                packets.filled(count);
                while let Some(packet) = packets.next()? {
                    found.push(packet.to_vec());
                }
            }
        }
        Ok(found)
    }

    #[test]
    fn packets_come_out_as_they_were_however_they_arrive() {
        let longest = vec![7; LONGEST];
        let all = [b"one".to_vec(), longest, b"three".to_vec()];
        let bytes: Vec<u8> = all
            .iter()
            .flat_map(|p| crate::machine::negotiation::framed(p, LONGEST).unwrap())
            .collect();
        for step in [1, 3, 4096, 100_000] {
            assert_eq!(packets(&bytes, step).unwrap(), all);
        }
    }

    #[test]
    fn what_is_empty_or_too_long_is_refused() {
        let one_more = u32::try_from(LONGEST + 1).unwrap();
        for length in [0, one_more, u32::MAX] {
            packets(&length.to_be_bytes(), 1).unwrap_err();
        }
    }

    #[test]
    fn a_part_is_not_a_packet() {
        let mut packets = Packets::new();
        packets.space()[..5].copy_from_slice(&[0, 0, 0, 9, 1]);
        packets.filled(5);
        assert_eq!(packets.next().unwrap(), None);
        assert!(packets.is_partial());
    }
}
