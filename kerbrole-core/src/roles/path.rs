//! A chain of memberships, as it is shown.

use std::borrow::Cow;
use std::fmt;

use crate::names::role_name::{RoleName, shown};

/// Of a long path the first so many roles are shown ...
pub(crate) const HEAD: usize = 25;

/// ... and those that are at most so many steps from its end. With what stands for the rest a path
/// has 50 elements at most.
pub(crate) const TAIL: u32 = 23;

/// One element of a chain of memberships.
///
/// A chain can be as long as somebody makes it, and there is one for each role that is asked for:
/// of more than 50 roles the middle is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathStep<Name = RoleName> {
    /// A role.
    Role(Name),
    /// So many roles that are not shown.
    LeftOut(u32),
}

impl<Name: AsRef<str>> PathStep<Name> {
    /// The role's name, or `... 59950 more ...`.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Role(name) => shown(name.as_ref()).into(),
            Self::LeftOut(count) => format!("... {count} more ...").into(),
        }
    }

    /// The name of a role that is shown.
    pub fn role(&self) -> Option<&Name> {
        match self {
            Self::Role(name) => Some(name),
            Self::LeftOut(_) => None,
        }
    }
}

impl<Name: AsRef<str>> fmt::Display for PathStep<Name> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
