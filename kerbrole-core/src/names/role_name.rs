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
