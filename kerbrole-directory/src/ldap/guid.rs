//! The objectGUID, which an object keeps for life.

use std::fmt;

/// An objectGUID, in the order of bytes in which a directory stores it (MS-DTYP, section 2.3.4.2:
/// the first three parts begin with their least byte).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Guid([u8; 16]);

/// Which byte stands at each place of the text.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

impl Guid {
    /// From an attribute's value.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// From `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let hyphens = [8, 13, 18, 23];
        let text = text.as_bytes();
        if text.len() != 36 || hyphens.iter().any(|&at| text[at] != b'-') {
            return None;
        }
        let digits: Vec<u8> = (0..36)
            .filter(|at| !hyphens.contains(at))
            .map(|at| char::from(text[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        let mut bytes = [0; 16];
        for (pair, place) in digits.chunks_exact(2).zip(ORDER) {
            bytes[place] = pair[0] << 4 | pair[1];
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, place) in ORDER.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[place])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_parts_are_turned() {
        let text = "6b7f8a3c-1122-3344-5566-778899aabbcc";
        let guid = Guid::parse(text).unwrap();
        assert_eq!(guid.bytes()[..8], [0x3c, 0x8a, 0x7f, 0x6b, 0x22, 0x11, 0x44, 0x33]);
        assert_eq!(guid.to_string(), text);
        assert_eq!(Guid::from_bytes(guid.bytes()), Some(guid));
    }

    #[test]
    fn what_is_none() {
        for text in ["", "6b7f8a3c", "6b7f8a3c-1122-3344-5566-778899aabbcg", "6b7f8a3c11223344556"]
        {
            assert_eq!(Guid::parse(text), None);
        }
        assert_eq!(Guid::from_bytes(&[0; 15]), None);
    }
}
