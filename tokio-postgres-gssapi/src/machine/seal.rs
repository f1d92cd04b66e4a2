//! Whether a wrapped message is encrypted, or signed only.
//!
//! `gss_unwrap` would say it in `conf_state`, which libgssapi does not hand on; the header says it
//! too, and is covered by the checksum that `gss_unwrap` verifies.

/// The mechanism of Kerberos, 1.2.840.113554.1.2.2, in DER.
const KERBEROS: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];

/// The flag Sealed of RFC 4121, section 4.2.2.
const SEALED: u8 = 0x02;

/// Whether a token of `gss_wrap` by Kerberos says that it is encrypted.
pub(crate) fn is_sealed(token: &[u8]) -> bool {
    match token {
        // RFC 4121, section 4.2.6.2: TOK_ID, flags.
        [0x05, 0x04, flags, ..] => flags & SEALED != 0,
        // RFC 1964, section 1.2.2, and RFC 4757 for RC4: TOK_ID, SGN_ALG, and SEAL_ALG, which is
        // FF FF where nothing is encrypted.
        [0x60, rest @ ..] => match without_length(rest).and_then(|t| t.strip_prefix(&KERBEROS[..]))
        {
            Some([0x02, 0x01, _, _, seal @ ..]) => seal.len() >= 2 && !seal.starts_with(&[0xff; 2]),
            _ => false,
        },
        _ => false,
    }
}

/// What follows a length in DER.
fn without_length(bytes: &[u8]) -> Option<&[u8]> {
    let (first, rest) = bytes.split_first()?;
    let more = if first & 0x80 == 0 { 0 } else { usize::from(first & 0x7f) };
    rest.get(more..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_rc4(seal: [u8; 2]) -> Vec<u8> {
        let mut token = vec![0x60, 0x81, 0x90];
        token.extend(KERBEROS);
        token.extend([0x02, 0x01, 0x11, 0x00]);
        token.extend(seal);
        token
    }

    #[test]
    fn the_header_says_whether_it_is_encrypted() {
        assert!(is_sealed(&[0x05, 0x04, 0x03, 0xff]));
        assert!(!is_sealed(&[0x05, 0x04, 0x01, 0xff]));
        assert!(is_sealed(&of_rc4([0x10, 0x00])));
        assert!(!is_sealed(&of_rc4([0xff, 0xff])));
    }

    #[test]
    fn what_is_no_token_is_not_encrypted() {
        assert!(!is_sealed(&[]));
        assert!(!is_sealed(&[0x60]));
        assert!(!is_sealed(&[0x60, 0xff, 0x02]));
        assert!(!is_sealed(&of_rc4([0x10, 0x00])[..17]));
        assert!(!is_sealed(b"SELECT 1"));
    }
}
