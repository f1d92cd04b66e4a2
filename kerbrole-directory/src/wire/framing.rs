//! Where a message ends, and what is at its beginning (RFC 4511, sections 4.1.1 and 5.1).

use crate::error::Error;

/// The largest message that is taken, in bytes. One of 5,000 members, each with a DN of 255
/// characters outside of ASCII, has 5 MiB.
pub(crate) const LARGEST_MESSAGE: usize = 16 << 20;

/// Of how many parts a message may be. A server that knows of no portions gives all members at
/// once, of which a message of [`LARGEST_MESSAGE`] has room for fewer.
const MOST_PARTS: usize = 250_000;

/// How long the message is that begins here, its tag and its length included; `None` where more
/// bytes are needed to tell.
///
/// # Errors
/// For what is no message, has a length that LDAP does not allow, or is too large.
pub(crate) fn length(bytes: &[u8]) -> Result<Option<usize>, Error> {
    match bytes.first() {
        None => return Ok(None),
        Some(0x30) => {}
        Some(_) => return Err(Error::protocol("what the server sent is no message of LDAP")),
    }
    let Some((header, content)) = content(bytes)? else { return Ok(None) };
    let whole = header + content;
    if whole > LARGEST_MESSAGE {
        return Err(Error::protocol(format!(
            "the server sends a message of {whole} bytes, and {LARGEST_MESSAGE} are the most that \
             is taken"
        )));
    }
    Ok(Some(whole))
}

/// How long tag and length are, and what they say of the content.
fn content(bytes: &[u8]) -> Result<Option<(usize, usize)>, Error> {
    match bytes.get(1) {
        None => Ok(None),
        Some(&short @ 0..=0x7f) => Ok(Some((2, usize::from(short)))),
        // Windows writes four bytes whatever the length is.
        Some(&long @ 0x81..=0x84) => {
            let count = usize::from(long & 0x7f);
            let Some(digits) = bytes.get(2..2 + count) else { return Ok(None) };
            let length = digits.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
            let length = usize::try_from(length).unwrap_or(usize::MAX >> 1);
            Ok(Some((2 + count, length)))
        }
        Some(_) => Err(Error::protocol("the server sent a length that LDAP does not allow")),
    }
}

/// Refuses a message of more parts than any answer has: of two bytes on the wire each would become
/// many in memory.
///
/// # Errors
/// Where there are too many.
pub(crate) fn refuse_many_parts(message: &[u8]) -> Result<(), Error> {
    let (mut rest, mut count) = (message, 0_usize);
    // Whatever is in a part follows its header, so that nothing has to be kept of those around it.
    // Where one is broken the decoder says so.
    while let Some(after) = after_part(rest) {
        rest = after;
        count += 1;
        if count > MOST_PARTS {
            return Err(Error::protocol(format!(
                "the server sends a message of more than {MOST_PARTS} parts"
            )));
        }
    }
    Ok(())
}

/// What follows a part; where others are in it, these.
fn after_part(bytes: &[u8]) -> Option<&[u8]> {
    let (&tag, mut rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        let last = rest.iter().position(|byte| byte & 0x80 == 0)?;
        rest = &rest[last + 1..];
    }
    let (&short, rest) = rest.split_first()?;
    let count = if short < 0x80 { 0 } else { usize::from(short & 0x7f) };
    let (digits, content) = rest.split_at_checked(count)?;
    let is_of_parts = tag & 0x20 != 0;
    if is_of_parts {
        return Some(content);
    }
    let length = match short {
        0..=0x7f => usize::from(short),
        _ => digits
            .iter()
            .try_fold(0_usize, |sum, &byte| sum.checked_mul(256)?.checked_add(usize::from(byte)))?,
    };
    content.get(length..)
}

/// What a message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: u32,
    /// The tag of the operation.
    pub(crate) operation: u8,
}

/// The head of a whole message; `None` where it has none.
pub(crate) fn head(message: &[u8]) -> Option<Head> {
    let (header, _) = content(message).ok()??;
    let inner = message.get(header..)?;
    let (&[0x02, count], rest) = inner.split_first_chunk::<2>()? else { return None };
    let count = usize::from(count);
    let digits = rest.get(..count).filter(|_| (1..=5).contains(&count))?;
    let id = digits.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    Some(Head { id: u32::try_from(id).ok()?, operation: *rest.get(count)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_is_told_as_soon_as_it_is_there() {
        assert_eq!(length(&[]).unwrap(), None);
        assert_eq!(length(&[0x30]).unwrap(), None);
        assert_eq!(length(&[0x30, 5]).unwrap(), Some(7));
        assert_eq!(length(&[0x30, 0x82, 1]).unwrap(), None);
        assert_eq!(length(&[0x30, 0x82, 1, 0]).unwrap(), Some(260));
        assert_eq!(length(&[0x30, 0x84, 0, 0, 0, 5]).unwrap(), Some(11));
    }

    #[test]
    fn what_is_too_large_or_none_is_refused_at_its_header() {
        for bytes in [
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..],
            &[0x30, 0x84, 0x01, 0, 0, 0],
            &[0x30, 0x80],
            &[0x30, 0x85],
            &[0x16, 3, 1],
            b"HTTP/1.1 400",
        ] {
            assert!(length(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_head_has_the_number_and_the_operation() {
        let message = [0x30, 5, 0x02, 1, 7, 0x65, 0];
        assert_eq!(head(&message), Some(Head { id: 7, operation: 0x65 }));
        let long = [0x30, 0x84, 0, 0, 0, 7, 0x02, 2, 1, 0, 0x78, 0, 0];
        assert_eq!(head(&long), Some(Head { id: 256, operation: 0x78 }));
        assert_eq!(head(&[0x30, 2, 0x02, 0]), None);
        assert_eq!(head(&[0x30, 0]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _any_answer = (length(&bytes), head(&bytes));
        }
    }
}
