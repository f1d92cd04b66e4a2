//! What is asked for. The same of either backend.

use kerbrole_core::AbsentPolicy;

/// What is wanted besides a role with LOGIN and `rds_ad`.
#[derive(Debug, Clone, Default)]
pub struct AddOptions {
    pub(crate) groups: Vec<String>,
    pub(crate) if_not_exists: bool,
}

impl AddOptions {
    /// No groups; a role that exists is an error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes each principal a member of this role too, exactly as it is called.
    ///
    /// The connection's user must have the right to grant it.
    #[must_use]
    pub fn group(mut self, role: impl Into<String>) -> Self {
        self.groups.push(role.into());
        self
    }

    /// Makes each principal a member of these too: [`AddOptions::group`] for each.
    #[must_use]
    pub fn groups(mut self, roles: impl IntoIterator<Item: Into<String>>) -> Self {
        self.groups.extend(roles.into_iter().map(Into::into));
        self
    }

    /// Takes a role that exists as it is and gives it what it lacks, instead of ending with 42710.
    #[must_use]
    pub fn if_not_exists(mut self, yes: bool) -> Self {
        self.if_not_exists = yes;
        self
    }
}

/// How a principal is dropped.
#[derive(Debug, Clone, Default)]
pub struct DropOptions {
    pub(crate) if_exists: bool,
    pub(crate) heir: Option<String>,
}

impl DropOptions {
    /// A principal that is not there is an error, and so is one that owns something.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a principal that is not there no error.
    #[must_use]
    pub fn if_exists(mut self, yes: bool) -> Self {
        self.if_exists = yes;
        self
    }

    /// Gives what the principal owns in this database to that role, which the connection's user
    /// must be able to SET ROLE to.
    #[must_use]
    pub fn reassign_owned_to(mut self, role: impl Into<String>) -> Self {
        self.heir = Some(role.into());
        self
    }
}

/// What becomes of the sessions of a principal that is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sessions {
    /// They go on; nobody logs in any more.
    #[default]
    Keep,
    /// They end.
    Terminate,
}

/// What becomes of principals that are not on a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SyncOptions {
    pub(crate) absent: AbsentPolicy,
    pub(crate) realms: Option<Vec<String>>,
    pub(crate) groups: Option<Vec<String>>,
}

impl SyncOptions {
    /// They stay as they are; and the list is about the realms that it names.
    pub fn new() -> Self {
        Self::default()
    }

    /// What becomes of principals that are not on the list.
    #[must_use]
    pub fn absent(mut self, absent: AbsentPolicy) -> Self {
        self.absent = absent;
        self
    }

    /// Makes the list be about this realm, and others that are given so: nobody of a realm that it
    /// is not about is disabled or dropped.
    ///
    /// An empty list names no realm, and removes nobody otherwise.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realms.get_or_insert_default().push(realm.into());
        self
    }

    /// Makes the list be about these realms: [`SyncOptions::realm`] for each.
    #[must_use]
    pub fn realms(mut self, realms: impl IntoIterator<Item: Into<String>>) -> Self {
        self.realms.get_or_insert_default().extend(realms.into_iter().map(Into::into));
        self
    }

    /// Makes the list be about members of this role, and of others that are given so, directly or
    /// through others: nobody else is disabled or dropped.
    #[must_use]
    pub fn group(mut self, role: impl Into<String>) -> Self {
        self.groups.get_or_insert_default().push(role.into());
        self
    }

    /// Makes the list be about members of these roles: [`SyncOptions::group`] for each.
    #[must_use]
    pub fn groups(mut self, roles: impl IntoIterator<Item: Into<String>>) -> Self {
        self.groups.get_or_insert_default().extend(roles.into_iter().map(Into::into));
        self
    }
}
