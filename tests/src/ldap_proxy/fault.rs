//! What goes wrong.

use rasn_ldap::ResultCode;

/// What the directory, or the network before it, does wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends in place of this message from the directory.
    Cut,
    /// The connection ends in the middle of this message from the directory.
    CutInside,
    /// The directory takes its leave in place of this message, and ends the connection.
    Disconnection(Notice),
    /// In place of this message and of all that follow there is nothing, and the connection stays.
    Silence,
    /// A search has this result and no entries: busy, unavailable, a limit of time.
    Answer(ResultCode),
    /// A search has this result after its entries: a limit of size.
    EndsWith(ResultCode),
    /// A search that is read by pages ends without the control that says whether there are more.
    NoPaging,
    /// It has the control, and in it no cookie for the next page.
    NoCookie,
    /// It has the control, and in it the cookie of nobody.
    StrangeCookie,
    /// A range of values never comes to its end: the last ones come again and again.
    EndlessRange,
    /// A search is answered with the address of another directory (RFC 4511, 4.1.10).
    Referral(String),
    /// Another directory has a part of what was searched for (RFC 4511, 4.5.3).
    Reference(String),
}

/// A Notice of Disconnection (RFC 4511, 4.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// As it should be: the server shuts down.
    Proper,
    /// Without the name by which one knows what it is.
    Nameless,
    /// With a length inside that leads beyond its end.
    Overlong,
    /// No ASN.1 at all.
    Garbage,
}

impl Fault {
    /// Whether it is about searches, by their number, and not about messages.
    pub(super) fn is_of_searches(&self) -> bool {
        !matches!(self, Self::Cut | Self::CutInside | Self::Disconnection(_) | Self::Silence)
    }
}

impl Notice {
    /// The frame: message 0 with an ExtendedResponse, result 52 (unavailable).
    pub(super) fn frame(self) -> Vec<u8> {
        const NAME: &[u8] = b"1.3.6.1.4.1.1466.20036";
        let result = [0x0a, 1, 52, 0x04, 0, 0x04, 0];
        let named = [&result[..], &[0x8a, short(NAME.len())], NAME].concat();
        let response = match self {
            Self::Garbage => return b"HTTP/1.1 503 Service Unavailable\r\n\r\n".to_vec(),
            Self::Proper => tagged(0x78, &named),
            Self::Nameless => tagged(0x78, &result),
            Self::Overlong => {
                let mut response = tagged(0x78, &named);
                response[1] += 40;
                response
            }
        };
        tagged(super::ber::SEQUENCE, &[&[0x02, 1, 0], &response[..]].concat())
    }
}

/// A value of ASN.1 that is shorter than 128 bytes.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, short(content.len())], content].concat()
}

fn short(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}
