//! The message that a login begins with, which has the ticket in it: for whom, and by which key.

use rasn::prelude::*;

use super::super::kdc::messages::{Name, Text};

/// Before the token: `[APPLICATION 0]`, the mechanism's OID (RFC 2743, section 3.1).
const FRAME: u8 = 0x60;
/// The OID of Kerberos, and that an AP-REQ follows (RFC 4121, section 4.1).
const AP_REQ: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00";

/// What the server gets to see of a ticket without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    /// Without its realm: `postgres/db.corp.example.com`.
    pub(super) name: String,
    pub(super) realm: String,
    encryption: i32,
    key_version: Option<i64>,
}

impl Sealed {
    /// Reads the message; nothing where it is another one.
    pub(super) fn of(message: &[u8]) -> Option<Self> {
        let rest = message.strip_prefix(&[FRAME])?;
        // The length: one byte, or how many bytes of it follow.
        let (&first, rest) = rest.split_first()?;
        let more = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let request = rest.get(more..)?.strip_prefix(AP_REQ)?;
        let ApReq { ticket, .. } = rasn::der::decode(request).ok()?;
        let parts: Vec<_> = ticket.service.parts.iter().map(Text::shown).collect();
        Some(Self {
            name: parts.join("/"),
            realm: ticket.realm.shown(),
            encryption: ticket.sealed.encryption,
            key_version: ticket.sealed.key_version,
        })
    }

    pub(super) fn principal(&self) -> String {
        format!("{}@{}", self.name, self.realm)
    }

    /// The key, as klist has it.
    pub(super) fn key(&self) -> String {
        let version = self.key_version.map(|version| format!(", key version {version}"));
        format!("{}{}", encryption(self.encryption), version.unwrap_or_default())
    }
}

/// The names of MIT Kerberos for what directories use.
fn encryption(number: i32) -> String {
    match number {
        16 => "des3-cbc-sha1".into(),
        17 => "aes128-cts-hmac-sha1-96".into(),
        18 => "aes256-cts-hmac-sha1-96".into(),
        19 => "aes128-cts-hmac-sha256-128".into(),
        20 => "aes256-cts-hmac-sha384-192".into(),
        23 => "arcfour-hmac".into(),
        other => format!("encryption type {other}"),
    }
}

/// AP-REQ (RFC 4120, section 5.5.1)
#[derive(AsnType, Clone, Debug, Decode, Encode)]
#[rasn(tag(explicit(application, 14)))]
struct ApReq {
    #[rasn(tag(explicit(0)))]
    version: Integer,
    #[rasn(tag(explicit(1)))]
    message: Integer,
    #[rasn(tag(explicit(2)))]
    options: BitString,
    #[rasn(tag(explicit(3)))]
    ticket: Ticket,
    #[rasn(tag(explicit(4)))]
    authenticator: EncryptedData,
}

/// Ticket (section 5.3)
#[derive(AsnType, Clone, Debug, Decode, Encode)]
#[rasn(tag(explicit(application, 1)))]
struct Ticket {
    #[rasn(tag(explicit(0)))]
    version: Integer,
    #[rasn(tag(explicit(1)))]
    realm: Text,
    #[rasn(tag(explicit(2)))]
    service: Name,
    #[rasn(tag(explicit(3)))]
    sealed: EncryptedData,
}

/// EncryptedData (section 5.2.9)
#[derive(AsnType, Clone, Debug, Decode, Encode)]
struct EncryptedData {
    #[rasn(tag(explicit(0)))]
    encryption: i32,
    #[rasn(tag(explicit(1)))]
    key_version: Option<i64>,
    #[rasn(tag(explicit(2)))]
    cipher: OctetString,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_message_is_none() {
        for bytes in [
            &b""[..],
            b"\x60",
            b"\x60\x84",
            b"\x60\xff\x06",
            b"\x60\x0d\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00",
            b"\x60\x0f\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00\x6e\x84",
        ] {
            assert_eq!(Sealed::of(bytes), None, "{bytes:x?}");
        }
    }
}
