//! A principal, and the name of a role.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::quote::quote_identifier;
use crate::realm::Realm;
use crate::username::Username;

/// Prefixes of role names that belong to somebody else, in the server's spelling.
const RESERVED_PREFIXES: [&str; 2] = ["pg_", "rds_"];

/// A directory user of a realm: `alice@CORP.EXAMPLE.COM`.
///
/// Printed and parsed it stays the same; the case of the username is kept, the realm is in upper case.
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
    /// - 42622 (`name_too_long`): more than 63 bytes. The server cuts a role name at `NAMEDATALEN - 1` bytes when
    ///   somebody logs in, but not the principal (src/backend/postmaster, `ProcessStartupPacket`): the two could never match.
    /// - 42939 (`reserved_name`): it begins with `pg_`, which the server refuses (`IsReservedName`,
    ///   src/backend/catalog/catalog.c), or `rds_`, which belongs to the service.
    /// - 22023 (`invalid_parameter_value`): the username has more characters than a directory allows.
    pub fn new(username: Username, realm: Realm) -> Result<Self, Error> {
        let name = format!("{username}@{realm}");
        if name.len() > RoleName::MAX_BYTES {
            return Err(Error::TooLong { bytes: name.len(), role: name });
        }
        if let Some(prefix) = RESERVED_PREFIXES.into_iter().find(|prefix| name.starts_with(prefix)) {
            return Err(Error::Reserved { role: name, prefix });
        }
        username.check_length()?;
        Ok(Self { username, realm, name: RoleName(name) })
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
        let name = RoleName(format!("{username}@{realm}"));
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
    type Err = Error;

    /// Reads `username@REALM`; nothing is looked up and the username keeps its case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((username, realm)) = text.split_once('@') else {
            return Err(Error::RealmMissing { username: text.into() });
        };
        if realm.contains('@') {
            return Err(Error::TwoAtSigns { spelling: text.into() });
        }
        Self::new(Username::parse(username)?, Realm::parse(realm)?)
    }
}

/// Realms by the text that was read; `None` where no ticket spells it so.
pub(crate) type KnownRealms<'s> = HashMap<&'s str, Option<Realm>>;

/// The exact name of a role: 1 to 63 bytes without NUL, in the spelling the server stores.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleName(String);

impl RoleName {
    /// How many bytes of a name the server keeps (`NAMEDATALEN - 1`, src/include/pg_config_manual.h).
    pub const MAX_BYTES: usize = 63;

    /// Takes the name of any role, principal or not.
    ///
    /// # Errors
    /// 22023 when it is empty or holds a NUL, 42622 when it has more than 63 bytes.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        if name.is_empty() || name.contains('\0') {
            return Err(Error::RoleNameInvalid { name });
        }
        if name.len() > Self::MAX_BYTES {
            return Err(Error::TooLong { bytes: name.len(), role: name });
        }
        Ok(Self(name))
    }

    /// The name, unquoted.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as SQL has to spell it, always quoted.
    pub fn quoted(&self) -> String {
        quote_identifier(&self.0)
    }

    /// The principal that this role is the login of, if the name is that of one.
    ///
    /// The name must be spelled as a ticket could be: `alice@corp.example.com` is no principal's role, because no
    /// KDC issues a ticket in that realm.
    pub fn principal(&self) -> Option<Principal> {
        let principal: Principal = self.0.parse().ok()?;
        (principal.name == *self).then_some(principal)
    }

    /// The same, with realms that were read before: most principals of a cluster share a few.
    pub(crate) fn principal_of<'s>(&'s self, realms: &mut KnownRealms<'s>) -> Option<Principal> {
        let (username, realm) = self.0.split_once('@')?;
        let realm = realms.entry(realm).or_insert_with(|| Realm::parse(realm).ok().filter(|r| r.as_str() == realm));
        let principal = Principal::new(Username::parse(username).ok()?, realm.clone()?).ok()?;
        (principal.name == *self).then_some(principal)
    }
}

impl From<RoleName> for String {
    fn from(name: RoleName) -> Self {
        name.0
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        let principal = |name: &str| RoleName::new(name).unwrap().principal().map(|p| p.to_string());
        assert_eq!(principal("alice@CORP.EXAMPLE.COM").as_deref(), Some("alice@CORP.EXAMPLE.COM"));
        assert_eq!(principal("Alice@CORP.EXAMPLE.COM").as_deref(), Some("Alice@CORP.EXAMPLE.COM"));
        for name in ["alice@corp.example.com", "alice", "rds_ad", "a@b@C.D", "@A.B", "pg_x@A.B"] {
            assert_eq!(principal(name), None, "{name}");
            assert_eq!(RoleName::new(name).unwrap().principal_of(&mut KnownRealms::new()), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_changes_nothing(username in "\\PC{1,24}", realm in "[A-Za-z0-9.-]{1,20}") {
            if let Ok(principal) = format!("{username}@{realm}").parse::<Principal>() {
                prop_assert_eq!(&principal.to_string().parse::<Principal>().unwrap(), &principal);
                let role = principal.role_name();
                prop_assert_eq!(role.principal_of(&mut KnownRealms::new()), Some(principal.clone()));
                prop_assert_eq!(role.principal(), Some(principal));
            }
        }
    }
}
