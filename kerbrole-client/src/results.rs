//! What comes back. The same from either backend.
//!
//! Each can be made without a server as well, for the tests of whoever uses this crate.

use kerbrole_core::{AddAction, CaseProblem, NO_ROLE, RoleName, Sid, SyncAction};

/// What became of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Added {
    /// As it was given.
    pub principal: String,
    /// The exact name of its role: what the person has to log in as.
    pub role_name: RoleName,
    /// Created, adopted or unchanged.
    pub action: AddAction,
}

impl Added {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(principal: impl Into<String>, role_name: RoleName, action: AddAction) -> Self {
        Self { principal: principal.into(), role_name, action }
    }
}

/// What became of a principal that was to be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Dropped {
    /// The role of this name is dropped.
    Dropped(RoleName),
    /// The role is disabled, and what it owned in this database is the heir's, if there is one.
    ///
    /// Other databases hold something of it: drop the principal in each of them. Or, with plain
    /// statements, it has privileges that only the owners of the objects, or a superuser, can take
    /// away.
    OnlyDisabled {
        /// The role.
        role_name: RoleName,
        /// What still hangs on it, and where: `1 object and 2 privileges in database "app"`.
        kept_by: String,
    },
    /// There was none.
    Missing,
}

/// Whether a principal is there as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PrincipalState {
    /// There is no such role.
    Absent,
    /// A role with LOGIN that is a member of `rds_ad`.
    Enabled,
    /// A role that is a member of `rds_ad` and has NOLOGIN.
    Disabled,
    /// A role that is no member of `rds_ad`.
    NotInAd,
}

/// A role that is a member of both `rds_ad` and `rds_iam`, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Conflict {
    /// The role.
    pub role_name: RoleName,
    /// A shortest chain of memberships to `rds_ad`, both ends included; of more than 50 roles the
    /// middle is one element that says how many are left out.
    pub ad_path: Vec<String>,
    /// A shortest chain of memberships to `rds_iam`, both ends included.
    pub iam_path: Vec<String>,
    /// The REVOKE statements that end it; empty for one that is not there yet.
    pub fix: String,
}

impl Conflict {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(
        role_name: RoleName,
        ad_path: impl IntoIterator<Item: Into<String>>,
        iam_path: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        let [ad_path, iam_path] = [
            ad_path.into_iter().map(Into::into).collect(),
            iam_path.into_iter().map(Into::into).collect(),
        ];
        Self { role_name, ad_path, iam_path, fix: String::new() }
    }
}

/// A role whose name is a principal's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ListedPrincipal {
    /// The role.
    pub role_name: RoleName,
    /// The part before the `@`.
    pub username: String,
    /// The part after it.
    pub realm: String,
    /// Whether it has LOGIN.
    pub can_login: bool,
    /// Its direct memberships besides `rds_ad`, in the order of names.
    pub groups: Vec<RoleName>,
    /// A shortest chain of memberships to `rds_ad`; `None` where there is none and no ticket opens
    /// the role.
    pub ad_path: Option<Vec<String>>,
    /// A shortest chain of memberships to `rds_iam`.
    pub iam_path: Option<Vec<String>>,
    /// How many sessions it has on this server.
    pub sessions: u32,
    /// The account of a directory that the role is bound to.
    #[cfg_attr(feature = "serde", serde(default))]
    pub sid: Option<Sid>,
    /// Who decides about it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub source: PrincipalSource,
}

/// Who decides about a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PrincipalSource {
    /// Whoever manages it.
    #[default]
    Manual,
    /// A directory, to an account of which it is bound.
    Directory,
}

impl PrincipalSource {
    /// The word that results show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Directory => "directory",
        }
    }

    pub(crate) fn of(sid: Option<&Sid>) -> Self {
        if sid.is_some() { Self::Directory } else { Self::Manual }
    }
}

impl ListedPrincipal {
    /// For a test that has no server, with LOGIN and no membership at all, which are fields to be
    /// set; otherwise it comes from one. `None` where that is no principal's name.
    pub fn new(role_name: RoleName) -> Option<Self> {
        let (username, realm) = role_name.as_str().rsplit_once('@')?;
        if username.is_empty() || realm.is_empty() {
            return None;
        }
        Some(Self {
            username: username.into(),
            realm: realm.into(),
            role_name: role_name.clone(),
            can_login: true,
            groups: Vec::new(),
            ad_path: None,
            iam_path: None,
            sessions: 0,
            sid: None,
            source: PrincipalSource::Manual,
        })
    }
}

/// A question that a login asks, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

impl Check {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(name: impl Into<String>, ok: Option<bool>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), ok, detail: detail.into(), fix: None }
    }

    /// Whether it was passed over, since there is no role to look at.
    pub fn is_skipped(&self) -> bool {
        self.detail == NO_ROLE
    }
}

/// Something about the case or length of names that should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CaseFinding {
    /// What it is.
    pub problem: CaseProblem,
    /// The roles concerned, in the order of names.
    pub role_names: Vec<RoleName>,
    /// What it means.
    pub detail: String,
    /// SQL that ends it, or what has to be done, after `--`.
    pub fix: String,
}

impl CaseFinding {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(
        problem: CaseProblem,
        role_names: impl IntoIterator<Item = RoleName>,
        detail: impl Into<String>,
    ) -> Self {
        let role_names = role_names.into_iter().collect();
        Self { problem, role_names, detail: detail.into(), fix: String::new() }
    }
}

/// A statement of the difference between a list and the principals that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SyncRow {
    /// What it is a part of.
    pub action: SyncAction,
    /// The role.
    pub role_name: RoleName,
    /// The statement, ready to be pasted into psql.
    pub statement: String,
    /// Why it is done.
    pub reason: String,
}

impl SyncRow {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(
        action: SyncAction,
        role_name: RoleName,
        statement: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self { action, role_name, statement: statement.into(), reason: reason.into() }
    }
}

/// One principal of a domain that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RealmRename {
    /// The role's name before.
    pub old_name: RoleName,
    /// The role's name after; where it is too long, one that no role can have.
    pub new_name: String,
    /// What is in the way.
    pub problem: Option<String>,
}

impl RealmRename {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(old_name: RoleName, new_name: impl Into<String>) -> Self {
        Self { old_name, new_name: new_name.into(), problem: None }
    }
}

/// A name as the server shows it. Where it is none, since it is no text there, it equals no name
/// that somebody writes.
pub(crate) fn as_shown(name: &str) -> RoleName {
    RoleName::new(name).unwrap_or_else(|_| RoleName::unwritable(name, 0))
}

/// The same of many.
pub(crate) fn all_as_shown<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<RoleName> {
    names.into_iter().map(as_shown).collect()
}

pub(crate) fn names(path: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    path.into_iter().map(|name| name.to_string()).collect()
}
