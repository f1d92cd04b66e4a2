//! Everything that can be refused, with its SQLSTATE, message, DETAIL and HINT, said once for both
//! edges.

mod access;
mod arms;
mod warning;
mod words;

pub use access::AccessError;
pub use warning::Warning;

use crate::names::error::NameError;
use crate::names::realm::Realm;
use crate::names::role_name::RoleName;
use crate::report::shown_by_its_report;
use crate::roles::dependants::Holding;
use crate::roles::path::PathStep;
use crate::roles::power::Power;
use crate::roles::role::Elevated;
use crate::rule::Conflict;
use crate::statement::Revoke;

/// As long as a text can be that is taken for a name, in bytes: longer than any spelling of one,
/// and short enough to be shown in an error.
pub const LONGEST_ARGUMENT: usize = 4096;

/// How many elements a list of names can have that one call takes: more than a directory's people
/// who need one server, and little enough memory for a server.
pub const LONGEST_LIST: usize = 250_000;

/// How many bytes the elements of such a list can have together.
pub const LARGEST_LIST: usize = 32 * 1024 * 1024;

/// Why something was refused.
///
/// `Display` is the message; [`sqlstate`](Self::sqlstate), [`detail`](Self::detail) and
/// [`hint`](Self::hint) are the rest of what PostgreSQL shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// What cannot be a name.
    Name(NameError),
    /// What is a warning by itself, as the reason for something or as its outcome.
    Told(Box<Warning>),
    /// What is wrong with a list of accounts and their roles.
    Access(Box<AccessError>),
    /// An argument that must have a value is NULL.
    Null {
        /// Which argument.
        argument: &'static str,
    },
    /// What is wrong with one element of a list.
    Element {
        /// Which list.
        list: &'static str,
        /// Its place, counted from 1.
        position: usize,
        /// The element as it was given; `None` stands for NULL.
        element: Option<String>,
        /// What is wrong with it.
        reason: Box<Error>,
    },
    /// A name that the database's encoding cannot hold as the server compares it.
    Encoding {
        /// The database's encoding.
        encoding: String,
    },
    /// A role whose name is no text here, so that nobody can have put it on a list.
    Unwritable {
        /// The role.
        role: RoleName,
    },
    /// A text so long that it is no name, refused before it is copied.
    ArgumentTooLong {
        /// How long it is.
        bytes: usize,
    },
    /// A list with more elements, or more bytes in them, than one call takes, refused before it is
    /// copied.
    ListTooLong {
        /// How many elements it has.
        elements: usize,
        /// How many bytes they have together, where the elements are few enough to be looked at.
        bytes: Option<usize>,
    },
    /// The principal's role is there already.
    Exists {
        /// The role.
        role: RoleName,
    },
    /// The new name of a principal is taken.
    NameTaken {
        /// The role.
        role: RoleName,
    },
    /// One call names the same principal twice.
    NamedTwice {
        /// The role they share.
        role: RoleName,
        /// As it was typed first.
        first: String,
        /// As it was typed again.
        second: String,
    },
    /// A role whose name differs by case only.
    CaseCollision {
        /// The new role.
        role: RoleName,
        /// The one that is there, or that the same call names.
        other: RoleName,
        /// Whether the same call names both.
        both_new: bool,
    },
    /// A role that may not log in again, since another that differs by case only may.
    CaseCollisionOnEnable {
        /// The role that is disabled.
        role: RoleName,
        /// The one that can log in.
        other: RoleName,
    },
    /// A principal is missing.
    PrincipalMissing {
        /// The exact name that its role would have.
        role: RoleName,
        /// The role that differs by case only, if there is one.
        other: Option<RoleName>,
    },
    /// `rds_ad` or `rds_iam` itself, which has the name of a principal here.
    RuleRole {
        /// The role.
        role: RoleName,
        /// The setting that names it.
        setting: &'static str,
    },
    /// The role has sessions.
    InUse {
        /// The role.
        role: RoleName,
        /// How many sessions it has.
        sessions: u32,
    },
    /// The role owns objects.
    Owner {
        /// The role.
        role: RoleName,
        /// Where, and how many.
        holdings: Vec<Holding>,
    },
    /// Who is to get the objects has to be somebody else.
    HeirIsTheRole {
        /// The role.
        role: RoleName,
    },
    /// Who is to get the objects is somebody whom the caller may not act for.
    HeirForbidden {
        /// The new owner.
        heir: RoleName,
    },
    /// An unknown word for what becomes of principals that are not wanted.
    Absent {
        /// As it was given.
        value: String,
    },
    /// A synchronisation that would shut too many out.
    TooManyRemovals {
        /// How many.
        removals: usize,
        /// Of how many.
        principals: usize,
        /// The limit.
        at_most: usize,
    },
    /// A word in an answer of the extension that this version does not know.
    UnknownWord {
        /// The word.
        word: String,
    },
    /// The realm cannot be renamed to itself.
    SameRealm {
        /// The realm.
        realm: Realm,
    },
    /// A realm that cannot be renamed because of some of its principals.
    RenameRealm {
        /// What is the matter with the first.
        first: Box<Error>,
        /// How many more cannot be renamed.
        others: usize,
    },
    /// Another transaction changed the role meanwhile.
    ChangedMeanwhile {
        /// The role.
        role: RoleName,
    },
    /// Sessions end when the transaction commits, which PREPARE TRANSACTION leaves to somebody
    /// else.
    PreparedTransaction,
    /// `rds_ad` or `rds_iam` is missing.
    RuleRoleMissing {
        /// The role.
        role: RoleName,
        /// The setting that names it.
        setting: &'static str,
    },
    /// A role that was named exactly is missing.
    RoleMissing {
        /// As it was given.
        role: String,
        /// The role that differs by case only, if there is one.
        other: Option<RoleName>,
    },
    /// A setting has a value that cannot be read.
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong with its value.
        reason: Box<NameError>,
    },
    /// A statement that the caller had no right to when it began was allowed.
    AllowedMeanwhile,
    /// The lock on memberships was not to be had in time.
    LockTimeout,
    /// A group is missing.
    GroupMissing {
        /// As it was given.
        group: String,
        /// The group that differs by case only, if there is one.
        other: Option<RoleName>,
    },
    /// A principal's role has an attribute that keeps it from being changed.
    Elevated {
        /// The role.
        role: RoleName,
        /// What it has.
        attributes: Elevated,
    },
    /// A principal can do more through its groups than the caller could grant.
    Powers {
        /// The role.
        role: RoleName,
        /// What gives it the powers.
        group: RoleName,
        /// A chain of memberships from the role to the group, both ends included.
        path: Vec<PathStep>,
        /// Which they are.
        power: Power,
    },
    /// The rule that no role is a member of both.
    Conflict {
        /// The first role concerned, in order of names.
        conflict: Box<Conflict>,
        /// How many more there are.
        others: usize,
        /// `rds_ad`
        ad_role: RoleName,
        /// `rds_iam`
        iam_role: RoleName,
        /// What to run so that the change can be made; empty where the change itself is all that is
        /// wrong.
        fix: Vec<Revoke>,
        /// The group to leave out instead, if one of those asked for brings the conflict.
        group: Option<RoleName>,
    },
}

impl Error {
    /// This, of an element of a list: where that has more than one, DETAIL says which it was.
    #[must_use]
    pub fn of_element(
        self,
        list: &'static str,
        of: usize,
        at: usize,
        element: Option<&str>,
    ) -> Self {
        if of < 2 || matches!(self, Self::Element { .. }) {
            return self;
        }
        let element = element.map(str::to_string);
        Self::Element { list, position: at + 1, element, reason: Box::new(self) }
    }

    /// What is wrong, wherever it stands in a list.
    pub fn reason(&self) -> &Self {
        match self {
            Self::Element { reason, .. } => reason,
            other => other,
        }
    }
}

shown_by_its_report!(Error);

impl std::error::Error for Error {}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl From<AccessError> for Error {
    fn from(error: AccessError) -> Self {
        Self::Access(Box::new(error))
    }
}

impl From<Warning> for Error {
    fn from(warning: Warning) -> Self {
        Self::Told(Box::new(warning))
    }
}
