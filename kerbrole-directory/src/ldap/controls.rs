//! Controls, which say how a search is to go.

use rasn::prelude::*;
use rasn_ldap::{Control, Controls};

use crate::error::Error;

/// Results in pages (RFC 2696).
pub(crate) const PAGED: &str = "1.2.840.113556.1.4.319";
/// DNs with GUID and SID (MS-ADTS, section 3.1.1.3.4.1.5).
pub(crate) const EXTENDED_DN: &str = "1.2.840.113556.1.4.529";
/// No references to what other servers hold (MS-ADTS, section 3.1.1.3.4.1.4).
pub(crate) const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";

/// How many objects a page has; a server may give less. Active Directory gives no more.
const PAGE: u32 = 1_000;

/// The value of the control for pages, as both sides send it.
#[derive(AsnType, Encode, Decode, Debug)]
struct PagedValue {
    /// How many objects are wanted; from a server, how many there are in all, or 0.
    size: i64,
    cookie: OctetString,
}

fn control(oid: &'static str, value: Option<OctetString>) -> Control {
    // Each is critical: a server that goes on without it gives an answer to another question.
    Control::new(OctetString::from_static(oid.as_bytes()), true, value)
}

/// Asks for the page that the cookie leads to; for the first one where it is empty.
pub(crate) fn paged(cookie: &[u8]) -> Result<Control, Error> {
    let value = PagedValue { size: PAGE.into(), cookie: OctetString::from_slice(cookie) };
    let value = rasn::ber::encode(&value)
        .map_err(|error| Error::protocol(format!("a control cannot be written: {error}")))?;
    Ok(control(PAGED, Some(value.into())))
}

/// Asks for DNs in the form `<GUID=…>;<SID=…>;DN`, with both as text.
pub(crate) fn extended_dn() -> Control {
    // SEQUENCE { flag INTEGER }, 1 for text.
    control(EXTENDED_DN, Some(OctetString::from_static(&[0x30, 0x03, 0x02, 0x01, 0x01])))
}

/// Asks for no references to other domains and partitions, which are directories of their own.
pub(crate) fn domain_scope() -> Control {
    control(DOMAIN_SCOPE, None)
}

/// The cookie that leads to the next page; empty after the last one.
///
/// # Errors
/// Where the server did not say which of the two it is. That is never taken for the end.
pub(crate) fn next_page(controls: Option<&Controls>) -> Result<OctetString, Error> {
    let is_paged = |control: &&Control| control.control_type == PAGED.as_bytes();
    let mut pages = controls.into_iter().flatten().filter(is_paged);
    let (Some(page), None) = (pages.next(), pages.next()) else {
        return Err(Error::incomplete(
            "the server does not say whether this was the last page of an answer",
        ));
    };
    let value = page.control_value.as_deref().unwrap_or_default();
    let value: PagedValue = rasn::ber::decode(value).map_err(|_| {
        Error::protocol("the server says in no known form whether this was the last page")
    })?;
    Ok(value.cookie)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn the_value_is_that_of_rfc_2696() {
        let control = paged(b"ab").unwrap();
        assert_eq!(
            control.control_value.unwrap()[..],
            [0x30, 0x08, 0x02, 0x02, 0x03, 0xe8, 0x04, 0x02, b'a', b'b']
        );
    }

    #[test]
    fn a_page_without_its_control_is_never_the_last() {
        assert_eq!(next_page(None).unwrap_err().kind(), ErrorKind::Incomplete);
        let other = vec![domain_scope()];
        assert_eq!(next_page(Some(&other)).unwrap_err().kind(), ErrorKind::Incomplete);
        let twice = vec![paged(b"").unwrap(), paged(b"").unwrap()];
        assert_eq!(next_page(Some(&twice)).unwrap_err().kind(), ErrorKind::Incomplete);
        for value in [None, Some(&b""[..]), Some(b"x"), Some(&[0x30, 3, 2, 1, 0])] {
            let control = control(PAGED, value.map(OctetString::from_slice));
            let error = next_page(Some(&vec![control])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{value:?}");
        }
        assert_eq!(next_page(Some(&vec![paged(b"").unwrap()])).unwrap(), b""[..]);
    }
}
