//! Finds the end of a login in what a server says after AuthenticationOk, and keeps none of it.

/// The place in the messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Skim {
    /// Type and length of the message that begins.
    head: Vec<u8>,
    /// How much is left of the one before it.
    left: usize,
}

impl Skim {
    /// Whether the server is ready for queries, or has refused after all. So it is also where a
    /// message has a length that cannot be, which is for the reader to say.
    pub(crate) fn is_ready(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let passed = self.left.min(bytes.len());
            self.left -= passed;
            bytes = &bytes[passed..];
            let wanted = (5 - self.head.len()).min(bytes.len());
            self.head.extend_from_slice(&bytes[..wanted]);
            bytes = &bytes[wanted..];
            let [kind, length @ ..] = &self.head[..] else { continue };
            if matches!(kind, b'Z' | b'E') {
                return true;
            }
            let Ok(length) = <[u8; 4]>::try_from(length) else { continue };
            let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            let Some(left) = length.checked_sub(4) else { return true };
            self.left = left;
            self.head.clear();
        }
        false
    }

    /// How much memory it has taken.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.head.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many bytes it is ready, which arrive `step` at a time.
    fn ready_after(bytes: &[u8], step: usize) -> Option<usize> {
        let mut skim = Skim::default();
        bytes.chunks(step).position(|piece| skim.is_ready(piece)).map(|at| at * step + 1)
    }

    #[test]
    fn it_is_ready_when_the_server_says_so() {
        // What stands inside of a message does not count.
        let status = b"S\0\0\0\x0aZZ\0EZ\0".repeat(3);
        for end in [&b"Z\0\0\0\x05I"[..], b"E\0\0\0\x05\0"] {
            let all = [&status[..], end].concat();
            assert_eq!(ready_after(&all, 1), Some(status.len() + 1));
            assert!(ready_after(&all, 7).is_some());
        }
        assert_eq!(ready_after(&status, 1), None);
    }

    #[test]
    fn a_length_that_cannot_be_ends_it() {
        assert!(Skim::default().is_ready(b"S\0\0\0\x03"));
        assert!(!Skim::default().is_ready(b"S\xff\xff\xff\xff"));
    }
}
