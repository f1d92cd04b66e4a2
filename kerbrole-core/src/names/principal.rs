//! A principal: a directory's user of a realm.

use std::fmt;
use std::str::FromStr;

use rustc_hash::FxHashMap;

use crate::names::error::NameError;
use crate::names::realm::Realm;
use crate::names::role_name::{RoleName, oid_of_unwritable, shown};
use crate::names::username::Username;

/// Prefixes of role names that belong to somebody else, in the server's spelling.
const RESERVED_PREFIXES: [&str; 2] = ["pg_", "rds_"];

/// A directory user of a realm: `alice@CORP.EXAMPLE.COM`.
///
/// Printed and parsed it stays the same; the case of the username is kept, the realm is in upper
/// case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal {
    username: Username,
    realm: Realm,
    /// The two put together: asked for often, and for many principals.
    name: RoleName,
}

impl Principal {
    /// Puts the two together, provided that the server can have a login role of that name.
    ///
    /// # Errors
    /// - 42622 (`name_too_long`): more than 63 bytes. The server cuts a role name at `NAMEDATALEN -
    ///   1` bytes when somebody logs in, but not the principal (src/backend/postmaster,
    ///   `ProcessStartupPacket`): the two could never match.
    /// - 42939 (`reserved_name`): it begins with `pg_`, which the server refuses (`IsReservedName`,
    ///   src/backend/catalog/catalog.c), or `rds_`, which belongs to the service.
    /// - 22023 (`invalid_parameter_value`): the username has more characters than a directory
    ///   allows.
    pub fn new(username: Username, realm: Realm) -> Result<Self, NameError> {
        let name = format!("{username}@{realm}");
        if name.len() > RoleName::MAX_BYTES {
            return Err(NameError::TooLong { bytes: name.len(), role: name });
        }
        if let Some(prefix) = reserved_prefix(&name) {
            return Err(NameError::Reserved { role: name, prefix });
        }
        Username::check_length(username.as_str())?;
        Ok(Self { username, realm, name: RoleName::of_catalogue(&name) })
    }

    /// The user part: the sAMAccountName.
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// The realm.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// The principal with A–Z of the username in lower case.
    #[must_use]
    pub fn to_lower_case(&self) -> Self {
        let (username, realm) = (self.username.to_lower_case(), self.realm.clone());
        let name = RoleName::of_catalogue(&format!("{username}@{realm}"));
        Self { username, realm, name }
    }

    /// The name of the role that this principal logs in as.
    pub fn role_name(&self) -> RoleName {
        self.name.clone()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl FromStr for Principal {
    type Err = NameError;

    /// Reads `username@REALM`; nothing is looked up and the username keeps its case.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some((username, realm)) = text.split_once('@') else {
            return Err(NameError::RealmMissing { username: text.into() });
        };
        if realm.contains('@') {
            return Err(NameError::TwoAtSigns { spelling: text.into() });
        }
        Self::new(Username::parse(username)?, Realm::parse(realm)?)
    }
}

fn reserved_prefix(name: &str) -> Option<&'static str> {
    RESERVED_PREFIXES.into_iter().find(|prefix| name.starts_with(prefix))
}

/// Whether tickets spell a realm so, by the text that was read: most principals of a cluster share
/// a few.
pub(crate) type KnownRealms<'s> = FxHashMap<&'s str, bool>;

/// Username and realm of the principal that [`RoleName::principal`] would find, for many names:
/// nothing is copied.
pub(crate) fn principal_parts<'s>(
    name: &'s str,
    realms: &mut KnownRealms<'s>,
) -> Option<(&'s str, &'s str)> {
    let at = name.bytes().position(|byte| byte == b'@')?;
    let (username, realm) = (&name[..at], &name[at + 1..]);
    let is_a_realm = || Realm::parse(realm).is_ok_and(|parsed| parsed.as_str() == realm);
    let allowed = *realms.entry(realm).or_insert_with(is_a_realm)
        && reserved_prefix(name).is_none()
        && Username::check(username).is_ok()
        && Username::check_length(username).is_ok();
    allowed.then_some((username, realm))
}

/// Username and realm in a name that cannot be written, as far as they can be shown, whatever the
/// other characters are.
pub(crate) fn unwritable_principal_parts(held: &str) -> Option<(&str, &str)> {
    oid_of_unwritable(held)?;
    let shown = shown(held);
    shown.replace('?', "x").parse::<Principal>().ok()?;
    shown.split_once('@')
}

impl RoleName {
    /// The principal that this role is the login of, if the name is that of one.
    ///
    /// The name must be spelled as a ticket could be: `alice@corp.example.com` is no principal's
    /// role, because no KDC issues a ticket in that realm.
    pub fn principal(&self) -> Option<Principal> {
        let principal: Principal = self.as_str().parse().ok()?;
        (principal.name == *self).then_some(principal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> &'static str {
        text.parse::<Principal>().unwrap_err().sqlstate().code()
    }

    #[test]
    fn length_is_counted_in_bytes() {
        // "@CORP.EXAMPLE.COM" has 17 bytes: 46 are left for the username.
        let name = format!("a{}", "日".repeat(15));
        assert_eq!(name.len(), 46);
        assert!(format!("{name}@CORP.EXAMPLE.COM").parse::<Principal>().is_ok());
        assert_eq!(code(&format!("b{name}@CORP.EXAMPLE.COM")), "42622");
        assert_eq!(code(&format!("{}@CORP.EXAMPLE.COM", "a".repeat(47))), "42622");
        assert_eq!(
            code(&format!("{}@CORP.EXAMPLE.COM", "a".repeat(46))),
            "22023",
            "no directory has such a sAMAccountName"
        );
    }

    #[test]
    fn reserved_prefixes_are_refused_and_nothing_that_only_resembles_them() {
        for name in ["pg_monitor@A.B", "pg_@A.B", "rds_ad@A.B"] {
            assert_eq!(code(name), "42939", "{name}");
        }
        for name in ["rdsmith@A.B", "pgadmin@A.B", "PG_x@A.B", "p_g@A.B"] {
            assert!(name.parse::<Principal>().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_role_is_a_principals_only_in_a_tickets_spelling() {
        let principal =
            |name: &str| RoleName::new(name).unwrap().principal().map(|p| p.to_string());
        assert_eq!(principal("alice@CORP.EXAMPLE.COM").as_deref(), Some("alice@CORP.EXAMPLE.COM"));
        assert_eq!(principal("Alice@CORP.EXAMPLE.COM").as_deref(), Some("Alice@CORP.EXAMPLE.COM"));
        let long = format!("{}@A.B", "a".repeat(21));
        for name in [
            "alice@corp.example.com",
            "alice",
            "rds_ad",
            "a@b@C.D",
            "@A.B",
            "pg_x@A.B",
            "a/b@A.B",
            "a.@A.B",
            &long,
        ] {
            assert_eq!(principal(name), None, "{name}");
            assert_eq!(principal_parts(name, &mut KnownRealms::default()), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_written_is_a_principals_by_what_is_shown() {
        let parts = |shown: &str| {
            let name = RoleName::unwritable(shown, 16_400);
            let parts = unwritable_principal_parts(name.as_str());
            parts.map(|(username, realm)| (username.to_string(), realm.to_string()))
        };
        assert_eq!(parts("?lise@A.B"), Some(("?lise".into(), "A.B".into())));
        assert_eq!(parts("?lise"), None);
        assert_eq!(parts("?lise@A..B"), None);
        assert_eq!(unwritable_principal_parts("elise@A.B"), None, "it can be written");
    }

    proptest! {
        #[test]
        fn printing_and_parsing_changes_nothing(
            username in "\\PC{1,24}", realm in "[A-Za-z0-9.-]{1,20}",
        ) {
            if let Ok(principal) = format!("{username}@{realm}").parse::<Principal>() {
                prop_assert_eq!(&principal.to_string().parse::<Principal>().unwrap(), &principal);
                let role = principal.role_name();
                let parts = Some((principal.username().as_str(), principal.realm().as_str()));
                prop_assert_eq!(principal_parts(role.as_str(), &mut KnownRealms::default()), parts);
                prop_assert_eq!(role.principal(), Some(principal));
            }
        }
    }
}
