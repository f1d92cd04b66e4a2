//! Members as `<GUID=…>;<SID=…>;DN`: who is meant, whatever the DN says.

use kerbrole_core::Sid;

use super::guid::Guid;

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) guid: Guid,
    /// Of accounts and groups; contacts have none.
    pub(crate) sid: Option<Sid>,
    pub(crate) dn: Box<str>,
}

impl Member {
    /// From a value of `member`; `None` for a DN without a GUID, and what is none.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let (mut guid, mut sid) = (None, None);
        let mut rest = std::str::from_utf8(value).ok()?;
        while let Some(part) = rest.strip_prefix('<') {
            // Neither a GUID nor a SID holds one of these.
            let (content, after) = part.split_once(">;")?;
            match content.split_once('=')? {
                ("GUID", text) if guid.is_none() => guid = Some(Guid::parse(text)?),
                ("SID", text) if sid.is_none() => sid = Some(text.parse().ok()?),
                _ => return None,
            }
            rest = after;
        }
        Some(Self { guid: guid?, sid, dn: rest.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "6b7f8a3c-1122-3344-5566-778899aabbcc";

    #[test]
    fn a_member_has_its_guid_its_sid_and_whatever_dn() {
        let dn = r#"CN=<SID=S-1-5-18>\;\\\,()*\#\",DC=c"#;
        let value = format!("<GUID={GUID}>;<SID=S-1-5-21-1-2-3-1104>;{dn}");
        let member = Member::parse(value.as_bytes()).unwrap();
        assert_eq!(member.guid.to_string(), GUID);
        assert_eq!(member.sid.unwrap().rid(), 1104);
        assert_eq!(&*member.dn, dn);
        let contact = Member::parse(format!("<GUID={GUID}>;CN=é,DC=c").as_bytes()).unwrap();
        assert_eq!((contact.sid, &*contact.dn), (None, "CN=é,DC=c"));
    }

    #[test]
    fn a_dn_alone_is_no_member() {
        for value in [
            "CN=a,DC=c".into(),
            format!("<GUID={GUID}>"),
            format!("<GUID={GUID}>;<SID=x>;CN=a"),
            format!("<GUID={GUID}>;<GUID={GUID}>;CN=a"),
            format!("<GUID={GUID}>;<WKGUID=x>;CN=a"),
            "<SID=S-1-5-18>;CN=a".into(),
            "<GUID=x>;CN=a".into(),
        ] {
            assert_eq!(Member::parse(value.as_bytes()), None, "{value}");
        }
        assert_eq!(Member::parse(b"\xff"), None);
    }
}
