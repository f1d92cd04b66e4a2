//! The exact name of a role.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::names::error::NameError;
use crate::oid::RoleOid;
use crate::quote::{quote_identifier, role_by_oid};

/// The exact name of a role: 1 to 63 bytes without NUL, in the spelling the server stores.
///
/// A copy shares the text.
///
/// Names are bytes, and roles belong to all databases: one that was made in a database of another
/// encoding may be no text where it is read. Such a name is held by what can be shown of it and the
/// role's OID ([`unwritable`](Self::unwritable)); it equals no name that somebody writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleName(Arc<str>);

/// Between what can be shown of a name and the OID of the role: no name holds it.
const MARK: char = '\0';

/// What can be shown of a name as it is held.
pub(crate) fn shown(held: &str) -> &str {
    held.split(MARK).next().unwrap_or(held)
}

/// The OID of the role, where the name as it is held cannot be written.
pub(crate) fn oid_of_unwritable(held: &str) -> Option<RoleOid> {
    held.split_once(MARK)?.1.parse().ok()
}

impl RoleName {
    /// How many bytes of a name the server keeps (`NAMEDATALEN - 1`,
    /// src/include/pg_config_manual.h).
    pub const MAX_BYTES: usize = 63;

    /// Takes the name of any role, principal or not.
    ///
    /// # Errors
    /// 22023 when it is empty or holds a NUL, 42622 when it has more than 63 bytes.
    pub fn new(name: impl AsRef<str>) -> Result<Self, NameError> {
        let name = name.as_ref();
        Self::check(name).map(|()| Self(name.into()))
    }

    /// A name that is no text where it is read: what can be shown of it, and the role's OID.
    pub fn unwritable(shown: &str, role: RoleOid) -> Self {
        let shown = shown.replace(MARK, "?");
        Self(format!("{shown}{MARK}{role}").into())
    }

    /// The role's OID, where its name cannot be written.
    pub fn unwritable_oid(&self) -> Option<RoleOid> {
        oid_of_unwritable(&self.0)
    }

    /// Whether that is a name, as it is held.
    pub(crate) fn can_be_held(held: &str) -> bool {
        oid_of_unwritable(held).is_some() || Self::check(held).is_ok()
    }

    /// A name that was looked at before.
    pub(crate) fn of_catalogue(name: &str) -> Self {
        Self(name.into())
    }

    pub(crate) fn check(name: &str) -> Result<(), NameError> {
        if name.is_empty() || name.as_bytes().contains(&0) {
            return Err(NameError::RoleName { name: name.into() });
        }
        if name.len() > Self::MAX_BYTES {
            return Err(NameError::TooLong { bytes: name.len(), role: name.into() });
        }
        Ok(())
    }

    /// The name as it is held, unquoted: to compare with others.
    ///
    /// `Display` shows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as SQL has to spell it, always quoted; of a name that cannot be written what can be
    /// shown, which is no role's name.
    pub fn quoted(&self) -> String {
        quote_identifier(shown(&self.0))
    }

    /// The quoted name for a statement that [`by_oid`](crate::quote::by_oid) then makes fit to run.
    pub(crate) fn in_statement(&self) -> String {
        self.unwritable_oid().map_or_else(|| self.quoted(), role_by_oid)
    }
}

impl AsRef<str> for RoleName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A set or map of names is looked up by what somebody wrote.
impl Borrow<str> for RoleName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for RoleName {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for RoleName {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl From<RoleName> for String {
    fn from(name: RoleName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(shown(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_63_bytes_and_no_nul() {
        let code = |name: &str| RoleName::new(name).map_err(|error| error.sqlstate().code());
        for name in ["a", &"a".repeat(63), "a b\"'"] {
            assert_eq!(RoleName::new(name).unwrap().as_str(), name);
        }
        assert_eq!(code(""), Err("22023"));
        assert_eq!(code("a\0b"), Err("22023"));
        assert_eq!(code(&"a".repeat(64)), Err("42622"));
        assert_eq!(code(&"é".repeat(32)), Err("42622"), "bytes are counted");
    }

    #[test]
    fn it_equals_its_own_text_and_is_found_by_it() {
        let name = RoleName::new("alice").unwrap();
        assert!(name == "alice" && name == *"alice");
        assert!(name != "Alice" && name != *"bob");
        assert_eq!((name.as_ref(), name.to_string().as_str()), ("alice", "alice"));
        assert_eq!(String::from(name.clone()), "alice");
        let names = std::collections::HashSet::from([name]);
        assert!(names.contains("alice") && !names.contains("bob"));
    }

    #[test]
    fn a_name_that_cannot_be_written_is_shown_and_stands_for_nobody_who_is_typed() {
        let name = RoleName::unwritable("caf?", 16_400);
        assert_eq!((name.to_string().as_str(), name.unwritable_oid()), ("caf?", Some(16_400)));
        assert_eq!(name.quoted(), "\"caf?\"");
        assert!(name.in_statement().contains("16400"), "it is looked up by its OID");
        assert_ne!(name, RoleName::new("caf?").unwrap());
        assert_ne!(name, RoleName::unwritable("caf?", 16_401));
        let typed = RoleName::new("caf?").unwrap();
        assert_eq!((typed.unwritable_oid(), typed.in_statement()), (None, "\"caf?\"".into()));
    }
}
