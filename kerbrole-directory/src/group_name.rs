//! What a group is called where it is mapped.

use std::fmt;
use std::str::FromStr;

use kerbrole_core::Sid;

use crate::dn::Dn;
use crate::error::Error;

/// How a group is named: by its DN, as `CORP\analysts`, or by its SID.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupName {
    /// `CN=DB Analysts,OU=Groups,DC=corp,DC=example,DC=com`
    Dn(String),
    /// `S-1-5-21-…-1104`, which stays the same when the group is renamed or moved.
    Sid(Sid),
    /// `CORP\analysts`: the NetBIOS name of the domain, and the group's sAMAccountName.
    Netbios {
        /// The domain's.
        domain: String,
        /// The group's.
        name: String,
    },
}

impl FromStr for GroupName {
    type Err = Error;

    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) for what is none of the three.
    fn from_str(text: &str) -> Result<Self, Error> {
        const HINT: &str = "Write its DN (CN=Analysts,OU=Groups,DC=corp,DC=example,DC=com), \
                            CORP\\analysts or its SID.";
        let bad = |problem: String| Err(Error::configuration(problem).with_hint(HINT));
        let shown = crate::error::words(text);
        if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("S-1-")) {
            return match text.parse() {
                Ok(sid) => Ok(Self::Sid(sid)),
                Err(_) => bad(format!("the group \"{shown}\" is no SID")),
            };
        }
        // No sAMAccountName and no NetBIOS name holds an equals sign.
        if text.contains('=') {
            return match Dn::parse(text) {
                Some(dn) if !dn.domain().is_empty() => Ok(Self::Dn(text.into())),
                Some(_) => bad(format!("the group \"{shown}\" does not end in DC=…")),
                None => bad(format!("the group \"{shown}\" is no DN")),
            };
        }
        match text.split_once('\\') {
            Some((domain, name)) if !domain.is_empty() && !name.is_empty() => {
                Ok(Self::Netbios { domain: domain.into(), name: name.into() })
            }
            _ => bad(format!("the group \"{shown}\" is neither a DN nor CORP\\name nor a SID")),
        }
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dn(dn) => f.write_str(dn),
            Self::Sid(sid) => sid.fmt(f),
            Self::Netbios { domain, name } => write!(f, "{domain}\\{name}"),
        }
    }
}

/// A group whose people are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MappedGroup {
    pub(crate) name: GroupName,
    pub(crate) may_be_empty: bool,
    pub(crate) takes_machines: bool,
}

impl MappedGroup {
    /// A group with at least one person in it.
    pub fn new(name: GroupName) -> Self {
        Self { name, may_be_empty: false, takes_machines: false }
    }

    /// Whether it is no error when nobody is in it. That there is no such group always is one.
    #[must_use]
    pub fn may_be_empty(mut self, may_be: bool) -> Self {
        self.may_be_empty = may_be;
        self
    }

    /// Whether computers and managed service accounts in it count as people.
    #[must_use]
    pub fn takes_machines(mut self, takes: bool) -> Self {
        self.takes_machines = takes;
        self
    }

    /// What it is called.
    pub fn name(&self) -> &GroupName {
        &self.name
    }
}

impl From<GroupName> for MappedGroup {
    fn from(name: GroupName) -> Self {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_in_three_ways() {
        let dn = r"CN=a\\b,DC=corp,DC=com";
        assert_eq!(dn.parse::<GroupName>().unwrap(), GroupName::Dn(dn.into()));
        let netbios = GroupName::Netbios { domain: "CORP".into(), name: "DB analysts".into() };
        assert_eq!(r"CORP\DB analysts".parse::<GroupName>().unwrap(), netbios);
        let sid: GroupName = "S-1-5-21-1-2-3-1104".parse().unwrap();
        assert!(matches!(sid, GroupName::Sid(_)));
        for name in [&netbios, &sid] {
            assert_eq!(&name.to_string().parse::<GroupName>().unwrap(), name);
        }
    }

    #[test]
    fn whatever_else_says_what_to_write() {
        for text in ["", "analysts", r"CORP\", r"\x", "CN=a", "CN=a,DC", "S-1-", "S-1-5-x"] {
            let error = text.parse::<GroupName>().unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Configuration, "{text}");
            assert!(error.hint().is_some_and(|hint| hint.contains("SID")), "{text}");
        }
    }
}
