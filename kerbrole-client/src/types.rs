//! What is asked for, and what comes back. The same from either backend.

use kerbrole_core::{AbsentPolicy, AddAction, AddPlan, CaseProblem, Statement, SyncAction};

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

/// What becomes of principals that are not on a list.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    pub(crate) absent: AbsentPolicy,
    pub(crate) realms: Option<Vec<String>>,
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
}

/// What became of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Added {
    /// As it was given.
    pub principal: String,
    /// The exact name of its role: what the person has to log in as.
    pub role_name: String,
    /// Created, adopted or unchanged.
    pub action: AddAction,
}

/// What became of a principal that was to be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dropped {
    /// The role of this name is gone.
    Gone(String),
    /// The role is disabled, and what it owned in this database is the heir's, if there is one.
    ///
    /// Other databases hold something of it: drop the principal in each of them. Or, with plain
    /// statements, it has privileges that only the owners of the objects, or a superuser, can take
    /// away.
    OnlyDisabled {
        /// The role.
        role_name: String,
        /// What still hangs on it, and where: `1 object and 2 privileges in database "app"`.
        kept_by: String,
    },
    /// There was none.
    Missing,
}

/// Whether a principal is there as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrincipalState {
    /// There is no such role.
    Absent,
    /// A role with LOGIN that is a member of `rds_ad`.
    Whole,
    /// A role that is a member of `rds_ad` and has NOLOGIN.
    Disabled,
    /// A role that is no member of `rds_ad`.
    NotInAd,
}

/// A role that is a member of both `rds_ad` and `rds_iam`, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The role.
    pub role_name: String,
    /// A shortest chain of memberships to `rds_ad`, both ends included.
    pub ad_path: Vec<String>,
    /// A shortest chain of memberships to `rds_iam`, both ends included.
    pub iam_path: Vec<String>,
    /// The REVOKE statements that end it; empty for one that is not there yet.
    pub fix: String,
}

/// A role whose name is a principal's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedPrincipal {
    /// The role.
    pub role_name: String,
    /// The part before the `@`.
    pub username: String,
    /// The part after it.
    pub realm: String,
    /// Whether it has LOGIN.
    pub can_login: bool,
    /// Its direct memberships besides `rds_ad`, in the order of names.
    pub groups: Vec<String>,
    /// A shortest chain of memberships to `rds_ad`; `None` where there is none and no ticket opens
    /// the role.
    pub ad_path: Option<Vec<String>>,
    /// A shortest chain of memberships to `rds_iam`.
    pub iam_path: Option<Vec<String>>,
    /// How many sessions it has on this server.
    pub sessions: u32,
}

/// A question that a login asks, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The question, in a word.
    pub name: String,
    /// Whether a login gets past it; `None` where that cannot be known beforehand, or not by
    /// whoever asks.
    pub ok: Option<bool>,
    /// The answer.
    pub detail: String,
    /// What mends it, or shows what is not known.
    pub fix: Option<String>,
}

/// Something about the case or length of names that should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseFinding {
    /// What it is.
    pub problem: CaseProblem,
    /// The roles concerned, in the order of names.
    pub role_names: Vec<String>,
    /// What it means.
    pub detail: String,
    /// SQL that ends it, or what has to be done, after `--`.
    pub fix: String,
}

/// A statement of the difference between a list and the principals that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncRow {
    /// What it is a part of.
    pub action: SyncAction,
    /// The role.
    pub role_name: String,
    /// The statement, ready to be pasted into psql.
    pub statement: String,
}

/// One principal of a domain that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RealmRename {
    /// The role's name before.
    pub old_name: String,
    /// The role's name after.
    pub new_name: String,
    /// What is in the way.
    pub problem: Option<String>,
}

/// What would be run, and what would come of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plan {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// For each principal that is added what becomes of it.
    pub outcomes: Vec<Added>,
    pub(crate) add: AddPlan,
}

impl Plan {
    pub(crate) fn of(statements: Vec<Statement>) -> Self {
        Self { statements, outcomes: Vec::new(), add: AddPlan::default() }
    }

    /// The statements as a script for psql, one a line, in one transaction; nothing where there is
    /// nothing to do.
    pub fn sql(&self) -> String {
        if self.statements.is_empty() {
            return String::new();
        }
        let lines: Vec<_> = self.statements.iter().map(Statement::script).collect();
        format!("BEGIN;\n{}\nCOMMIT;\n", lines.join("\n"))
    }

    /// The principals with whom something happens.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Added> + Clone {
        self.outcomes.iter().filter(|outcome| outcome.action != AddAction::Unchanged)
    }
}

pub(crate) fn names(path: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    path.into_iter().map(|name| name.to_string()).collect()
}
