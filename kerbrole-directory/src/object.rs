//! What an object of a directory is.

use std::time::{SystemTime, UNIX_EPOCH};

use kerbrole_core::Sid;

use crate::error::Error;
use crate::ldap::entry::Entry;
use crate::ldap::guid::Guid;
use crate::snapshot::PersonKind;

/// What has to be asked for.
pub(crate) const ATTRIBUTES: [&str; 7] = [
    "objectGUID",
    "objectSid",
    "objectClass",
    "sAMAccountName",
    "userAccountControl",
    "accountExpires",
    "primaryGroupID",
];

/// userAccountControl (Microsoft, "UserAccountControl property flags").
const ACCOUNTDISABLE: i64 = 0x2;
/// The account by which another domain is trusted: a user by its class, and nobody.
const INTERDOMAIN_TRUST_ACCOUNT: i64 = 0x800;
const WORKSTATION_TRUST_ACCOUNT: i64 = 0x1000;
const SERVER_TRUST_ACCOUNT: i64 = 0x2000;

/// Seconds from 1601, where FILETIME begins, to 1970.
const SECONDS_TO_1970: u64 = 11_644_473_600;

/// An object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) guid: Guid,
    pub(crate) dn: String,
    pub(crate) what: What,
}

/// What it is.
#[derive(Debug)]
pub(crate) enum What {
    Account(Account),
    Group(Sid),
    /// Somebody of another domain, by the SID.
    Foreign(Sid),
    /// Contacts, and whatever else cannot log in, by the class.
    Other(String),
}

/// A user or a machine.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) sid: Sid,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) kind: PersonKind,
    pub(crate) primary_group: Option<i64>,
}

/// Tells what an object is. `now` is a FILETIME.
///
/// # Errors
/// Where what is needed for that is not there or cannot be seen.
pub(crate) fn object(entry: Entry, now: u64) -> Result<Object, Error> {
    let guid = entry.needed("objectGUID", entry.value("objectGUID")?)?;
    let guid = Guid::from_bytes(guid).ok_or_else(|| entry.bad("objectGUID"))?;
    let classes = entry.values("objectClass");
    let last = classes.last();
    let class = entry.needed("objectClass", last)?;
    let is = |name: &str| classes.iter().any(|class| class.eq_ignore_ascii_case(name.as_bytes()));
    let what = if is("group") {
        What::Group(sid(&entry)?)
    } else if is("foreignSecurityPrincipal") {
        What::Foreign(sid(&entry)?)
    } else if is("user") {
        let control = entry.number("userAccountControl")?;
        let control = entry.needed("userAccountControl", control)?;
        if control & INTERDOMAIN_TRUST_ACCOUNT != 0 {
            What::Other("account of a trust".into())
        } else {
            let is_machine = control & (WORKSTATION_TRUST_ACCOUNT | SERVER_TRUST_ACCOUNT) != 0;
            let kind = if is("msDS-GroupManagedServiceAccount")
                || is("msDS-ManagedServiceAccount")
                || is("msDS-DelegatedManagedServiceAccount")
            {
                PersonKind::ManagedServiceAccount
            } else if is("computer") || is_machine {
                PersonKind::Computer
            } else {
                PersonKind::User
            };
            let expires = entry.number("accountExpires")?.unwrap_or(0);
            What::Account(Account {
                sid: sid(&entry)?,
                name: entry.needed("sAMAccountName", entry.text("sAMAccountName")?)?.into(),
                enabled: control & ACCOUNTDISABLE == 0 && !is_over(expires, now),
                kind,
                primary_group: entry.number("primaryGroupID")?,
            })
        }
    } else {
        What::Other(String::from_utf8_lossy(class).into_owned())
    };
    Ok(Object { guid, dn: entry.dn, what })
}

fn sid(entry: &Entry) -> Result<Sid, Error> {
    let bytes = entry.needed("objectSid", entry.value("objectSid")?)?;
    Sid::from_bytes(bytes).map_err(|_| entry.bad("objectSid"))
}

/// Whether an account's end is past. 0 and 2⁶³-1 are never (MS-ADTS, section 2.2.16, and Microsoft,
/// "Account-Expires attribute").
fn is_over(expires: i64, now: u64) -> bool {
    !matches!(expires, 0 | i64::MAX) && u64::try_from(expires).unwrap_or(0) <= now
}

/// The time as a FILETIME: tenths of microseconds since 1601.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs() + SECONDS_TO_1970) * 10_000_000 + u64::from(since.subsec_nanos() / 100)
}

#[cfg(test)]
mod tests {
    use rasn::types::SetOf;
    use rasn_ldap::{PartialAttribute, SearchResultEntry};

    use super::*;
    use crate::error::ErrorKind;

    const NOW: u64 = 133_000_000_000_000_000;
    /// S-1-5-21-1-2-3-1104
    const SID: &[u8] =
        &[1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0x50, 4, 0, 0];

    fn of(attributes: &[(&str, &[&[u8]])]) -> Result<What, Error> {
        let each = attributes.iter().map(|(name, values)| {
            let values = values.iter().map(|value| value.to_vec().into()).collect();
            PartialAttribute::new((*name).into(), SetOf::from_vec(values))
        });
        let guid =
            PartialAttribute::new("objectGUID".into(), SetOf::from_vec(vec![vec![7; 16].into()]));
        let all = each.chain([guid]).collect();
        let entry = Entry::try_from(SearchResultEntry::new("CN=x,DC=c".into(), all))?;
        object(entry, NOW).map(|object| object.what)
    }

    fn account(classes: &[&[u8]], control: &[u8], expires: &[u8]) -> Account {
        let what = of(&[
            ("objectClass", classes),
            ("objectSid", &[SID]),
            ("sAMAccountName", &[b"x"]),
            ("userAccountControl", &[control]),
            ("accountExpires", &[expires]),
        ]);
        match what.unwrap() {
            What::Account(account) => account,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn disabled_and_expired_are_what_shuts_out() {
        let enabled =
            |control: &[u8], expires: &[u8]| account(&[b"user"], control, expires).enabled;
        assert!(enabled(b"512", b"0"));
        assert!(enabled(b"512", b"9223372036854775807"));
        assert!(enabled(b"512", b"133000000000000001"));
        assert!(!enabled(b"512", b"133000000000000000"));
        assert!(!enabled(b"512", b"1"));
        assert!(!enabled(b"514", b"0"));
        // A password that has expired (0x800000), and a lockout (0x10).
        assert!(enabled(b"8389136", b"0"));
    }

    #[test]
    fn machines_are_told_from_users() {
        let kind = |classes: &[&[u8]], control: &[u8]| account(classes, control, b"0").kind;
        assert_eq!(kind(&[b"top", b"user", b"inetOrgPerson"], b"512"), PersonKind::User);
        assert_eq!(kind(&[b"user", b"computer"], b"4096"), PersonKind::Computer);
        assert_eq!(kind(&[b"user"], b"4096"), PersonKind::Computer);
        let gmsa: &[&[u8]] = &[b"user", b"computer", b"msDS-GroupManagedServiceAccount"];
        assert_eq!(kind(gmsa, b"4096"), PersonKind::ManagedServiceAccount);
    }

    #[test]
    fn what_cannot_be_seen_is_no_answer() {
        let whole: &[(&str, &[&[u8]])] = &[
            ("objectClass", &[b"user"]),
            ("objectSid", &[SID]),
            ("sAMAccountName", &[b"x"]),
            ("userAccountControl", &[b"512"]),
        ];
        assert!(of(whole).is_ok());
        for hidden in 0..whole.len() {
            let mut rest = whole.to_vec();
            rest.remove(hidden);
            assert_eq!(of(&rest).unwrap_err().kind(), ErrorKind::Incomplete, "{hidden}");
        }
    }

    #[test]
    fn contacts_and_trusts_are_nobody() {
        assert!(matches!(of(&[("objectClass", &[b"top", b"contact"])]), Ok(What::Other(_))));
        let trust = of(&[("objectClass", &[b"user"]), ("userAccountControl", &[b"2080"])]);
        assert!(matches!(trust, Ok(What::Other(_))));
    }
}
