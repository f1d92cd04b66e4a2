//! Everything that can be refused, with its SQLSTATE, message, DETAIL and HINT, said once for both edges.

mod words;

use std::fmt;

use crate::conflict::Conflict;
use crate::graph::PathStep;
use crate::names::RoleName;
use crate::powers::Power;
use crate::realm::Realm;
use crate::removal::Holding;
use crate::role::Elevated;
use crate::rules::RealmList;
use crate::statement::Revoke;

/// As long as a text can be that is taken for a name, in bytes: longer than any spelling of one, and short enough to be shown in an error.
pub const LONGEST_ARGUMENT: usize = 4096;

/// How many elements a list of names can have that one call takes: more than a directory's people who need one server, and little enough memory for a server.
pub const LONGEST_LIST: usize = 250_000;

/// How many bytes the elements of such a list can have together.
pub const LARGEST_LIST: usize = 32 * 1024 * 1024;

/// The SQLSTATEs in use (src/backend/utils/errcodes.txt).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlState {
    /// 22023: a malformed or forbidden username, realm, spelling or setting.
    InvalidParameterValue,
    /// 42622: more than 63 bytes.
    NameTooLong,
    /// 42939: a name that begins with `pg_` or `rds_`.
    ReservedName,
    /// 42710: the role exists, perhaps in another case.
    DuplicateObject,
    /// 42704: a role is missing.
    UndefinedObject,
    /// 0LP01: the rule that no role is in both `rds_ad` and `rds_iam`.
    InvalidGrantOperation,
    /// 42501: not allowed.
    InsufficientPrivilege,
    /// 55P03: somebody else holds a lock for longer than `lock_timeout`.
    LockNotAvailable,
    /// 55006: the role has sessions.
    ObjectInUse,
    /// 2BP01: the role owns objects.
    DependentObjectsStillExist,
    /// 53400: more removals than one call may make.
    ConfigurationLimitExceeded,
    /// 54000: a longer list than one call takes.
    ProgramLimitExceeded,
    /// 40001: another transaction changed the same role meanwhile.
    SerializationFailure,
    /// 0A000: not possible in a prepared transaction.
    FeatureNotSupported,
}

impl SqlState {
    /// The five characters.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidParameterValue => "22023",
            Self::NameTooLong => "42622",
            Self::ReservedName => "42939",
            Self::DuplicateObject => "42710",
            Self::UndefinedObject => "42704",
            Self::InvalidGrantOperation => "0LP01",
            Self::InsufficientPrivilege => "42501",
            Self::LockNotAvailable => "55P03",
            Self::ObjectInUse => "55006",
            Self::DependentObjectsStillExist => "2BP01",
            Self::ConfigurationLimitExceeded => "53400",
            Self::ProgramLimitExceeded => "54000",
            Self::SerializationFailure => "40001",
            Self::FeatureNotSupported => "0A000",
        }
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why something was refused.
///
/// `Display` is the message; [`Error::sqlstate`], [`Error::detail`] and [`Error::hint`] are the rest of what PostgreSQL shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No username at all.
    #[error("username must not be empty")]
    UsernameEmpty,
    /// An argument that must have a value is NULL.
    #[error("{argument} must not be NULL")]
    Null {
        /// Which argument.
        argument: &'static str,
    },
    /// A username that no directory has.
    #[error("invalid username \"{}\": {problem}", visible(username))]
    Username {
        /// As it was typed.
        username: String,
        /// What is the matter with it.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// A realm that no directory has.
    #[error("invalid realm \"{}\": {problem}", visible(realm))]
    Realm {
        /// As it was typed.
        realm: String,
        /// What is the matter with it.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// A username without a realm, and no default.
    #[error("no realm for username \"{}\"", visible(username))]
    RealmMissing {
        /// As it was typed.
        username: String,
    },
    /// The realm in the username and beside it.
    #[error("the realm of \"{}\" is given twice", visible(spelling))]
    RealmTwice {
        /// The username, with a realm.
        spelling: String,
        /// The realm beside it.
        realm: String,
    },
    /// Two `@`, as in a user principal name whose suffix is not the realm.
    #[error("\"{}\" holds more than one \"@\"", visible(spelling))]
    TwoAtSigns {
        /// As it was typed.
        spelling: String,
    },
    /// A realm of one label.
    #[error("realm \"{realm}\" has no dot: it looks like a NetBIOS domain")]
    RealmSingleLabel {
        /// The realm.
        realm: Realm,
        /// What the domain of that name stands for, where that is known.
        meant: Option<Realm>,
    },
    /// A realm that is not on the list.
    #[error("realm \"{realm}\" is not allowed here")]
    RealmNotAllowed {
        /// The realm.
        realm: Realm,
        /// Those that are.
        allowed: RealmList,
    },
    /// `DOMAIN\user` with a domain that has no realm.
    #[error("no realm is known for the NetBIOS domain \"{}\"", visible(domain))]
    NetbiosUnknown {
        /// The domain.
        domain: String,
    },
    /// A malformed item of `kerbrole.netbios_domains`.
    #[error("invalid item \"{}\" in the list of NetBIOS domains", visible(item))]
    NetbiosDomains {
        /// The item.
        item: String,
    },
    /// The two roles of the rule are one.
    #[error("kerbrole.ad_role and kerbrole.iam_role are both \"{role}\"")]
    SameRole {
        /// The role.
        role: RoleName,
    },
    /// A role name that is empty or holds a NUL.
    #[error("invalid role name \"{}\"", visible(name))]
    RoleNameInvalid {
        /// As it was given.
        name: String,
    },
    /// A name that the database's encoding cannot hold as the server compares it.
    #[error("a name that is not plain ASCII cannot be handled in a database with encoding {encoding}")]
    Encoding {
        /// The database's encoding.
        encoding: String,
    },
    /// A role whose name is no text here, so that nobody can have put it on a list.
    #[error("role \"{role}\"{} has a name that is no text in this database and is not changed", with_oid(role))]
    Unwritable {
        /// The role.
        role: RoleName,
    },
    /// A text so long that it is no name, refused before it is copied.
    #[error("an argument of {bytes} bytes is no name")]
    ArgumentTooLong {
        /// How long it is.
        bytes: usize,
    },
    /// A list with more elements, or more bytes in them, than one call takes, refused before it is copied.
    #[error("a list of {elements} elements{} is more than one call takes", bytes.map(|bytes| format!(" with {bytes} bytes")).unwrap_or_default())]
    ListTooLong {
        /// How many elements it has.
        elements: usize,
        /// How many bytes they have together, where the elements are few enough to be looked at.
        bytes: Option<usize>,
    },
    /// More than 63 bytes.
    #[error("role name \"{}\" is too long: {bytes} bytes, and PostgreSQL keeps {}", visible(role), RoleName::MAX_BYTES)]
    TooLong {
        /// The name.
        role: String,
        /// How long it is.
        bytes: usize,
    },
    /// A name with a prefix that belongs to somebody else.
    #[error("role name \"{role}\" is reserved: it begins with \"{prefix}\"")]
    Reserved {
        /// The name.
        role: String,
        /// `pg_` or `rds_`.
        prefix: &'static str,
    },
    /// The principal's role is there already.
    #[error("role \"{role}\" already exists")]
    Exists {
        /// The role.
        role: RoleName,
    },
    /// The new name of a principal is taken.
    #[error("role \"{role}\" already exists")]
    NameTaken {
        /// The role.
        role: RoleName,
    },
    /// One call names the same principal twice.
    #[error("\"{}\" and \"{}\" are the same principal, \"{role}\"", visible(first), visible(second))]
    NamedTwice {
        /// The role they share.
        role: RoleName,
        /// As it was typed first.
        first: String,
        /// As it was typed again.
        second: String,
    },
    /// A role whose name differs by case only.
    #[error("role \"{role}\" would differ from role \"{other}\" by case only")]
    CaseCollision {
        /// The new role.
        role: RoleName,
        /// The one that is there, or that the same call names.
        other: RoleName,
        /// Whether the same call names both.
        both_new: bool,
    },
    /// A role that may not log in again, since another that differs by case only may.
    #[error("role \"{role}\" differs from role \"{other}\", which can log in, by case only")]
    CaseCollisionOnEnable {
        /// The role that is disabled.
        role: RoleName,
        /// The one that can log in.
        other: RoleName,
    },
    /// A principal is missing.
    #[error("principal \"{role}\" does not exist")]
    PrincipalMissing {
        /// The exact name that its role would have.
        role: RoleName,
        /// The role that differs by case only, if there is one.
        other: Option<RoleName>,
    },
    /// `rds_ad` or `rds_iam` itself, which has the name of a principal here.
    #[error("role \"{role}\" is {setting} and is not changed")]
    RuleRole {
        /// The role.
        role: RoleName,
        /// The setting that names it.
        setting: &'static str,
    },
    /// The role has sessions.
    #[error("role \"{role}\" is in use")]
    InUse {
        /// The role.
        role: RoleName,
        /// How many sessions it has.
        sessions: u32,
    },
    /// The role owns objects.
    #[error("role \"{role}\" cannot be dropped because it owns objects")]
    Owner {
        /// The role.
        role: RoleName,
        /// Where, and how many.
        holdings: Vec<Holding>,
    },
    /// Who is to get the objects has to be somebody else.
    #[error("the objects of role \"{role}\" cannot be given to the role itself")]
    HeirIsTheRole {
        /// The role.
        role: RoleName,
    },
    /// Who is to get the objects is somebody whom the caller may not act for.
    #[error("must be able to SET ROLE \"{heir}\" to give it objects")]
    HeirForbidden {
        /// The new owner.
        heir: RoleName,
    },
    /// An unknown word for what becomes of principals that are not wanted.
    #[error("invalid value for absent: \"{}\"", visible(value))]
    Absent {
        /// As it was given.
        value: String,
    },
    /// A synchronisation that would shut too many out.
    #[error("{removals} of {principals} principals would be disabled or dropped, and at most {at_most} may be at once")]
    TooManyRemovals {
        /// How many.
        removals: usize,
        /// Of how many.
        principals: usize,
        /// The limit.
        at_most: usize,
    },
    /// A word in an answer of the extension that this version does not know.
    #[error("the extension answered with \"{}\", which this version does not know", visible(word))]
    UnknownWord {
        /// The word.
        word: String,
    },
    /// The realm cannot be renamed to itself.
    #[error("old and new realm are both \"{realm}\"")]
    SameRealm {
        /// The realm.
        realm: Realm,
    },
    /// A realm that cannot be renamed because of some of its principals.
    #[error("{first}")]
    RenameRealm {
        /// What is the matter with the first.
        first: Box<Error>,
        /// How many more cannot be renamed.
        others: usize,
    },
    /// Another transaction changed the role meanwhile.
    #[error("role \"{role}\" was changed by another transaction meanwhile")]
    ChangedMeanwhile {
        /// The role.
        role: RoleName,
    },
    /// Sessions end when the transaction commits, which PREPARE TRANSACTION leaves to somebody else.
    #[error("a transaction that ends sessions cannot be prepared")]
    PreparedTransaction,
    /// A principal that no ticket opens.
    #[error("role \"{role}\" is not a member of {ad_role}: no ticket opens it")]
    NotInAd {
        /// The role.
        role: RoleName,
        /// `rds_ad`
        ad_role: RoleName,
    },
    /// A principal that was to be dropped and could only be disabled.
    #[error("role \"{role}\" is disabled (NOLOGIN) and not dropped yet")]
    OnlyDisabled {
        /// The role.
        role: RoleName,
        /// What keeps it, in databases other than this one.
        holdings: Vec<Holding>,
    },
    /// `rds_ad` or `rds_iam` is missing.
    #[error("role \"{role}\" does not exist")]
    RuleRoleMissing {
        /// The role.
        role: RoleName,
        /// The setting that names it.
        setting: &'static str,
    },
    /// A role that was named exactly is missing.
    #[error("role \"{}\" does not exist", visible(role))]
    RoleMissing {
        /// As it was given.
        role: String,
        /// The role that differs by case only, if there is one.
        other: Option<RoleName>,
    },
    /// A setting has a value that cannot be read.
    #[error("{setting} is set to what cannot be read: {reason}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong with its value.
        reason: Box<Error>,
    },
    /// A statement that the caller had no right to when it began was allowed.
    #[error("the right to change these memberships was given while the statement ran")]
    AllowedMeanwhile,
    /// The lock on memberships was not to be had in time.
    #[error("role memberships are being changed by another transaction, and lock_timeout ran out")]
    LockTimeout,
    /// A group is missing.
    #[error("group \"{}\" does not exist", visible(group))]
    GroupMissing {
        /// As it was given.
        group: String,
        /// The group that differs by case only, if there is one.
        other: Option<RoleName>,
    },
    /// A principal's role has an attribute that keeps it from being changed.
    #[error("role \"{role}\" has {attributes} and is not changed")]
    Elevated {
        /// The role.
        role: RoleName,
        /// What it has.
        attributes: Elevated,
    },
    /// A principal can do more through its groups than the caller could grant.
    #[error("role \"{role}\" has powers through \"{group}\" and is not changed")]
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
    /// A change was made, and a role is a member of both.
    #[error("role \"{}\" is a member of both {ad_role} and {iam_role} now", conflict.role)]
    ConflictMade {
        /// The first role concerned, in order of names.
        conflict: Box<Conflict>,
        /// How many more there are.
        others: usize,
        /// `rds_ad`
        ad_role: RoleName,
        /// `rds_iam`
        iam_role: RoleName,
    },
    /// The rule that no role is a member of both.
    #[error("role \"{}\" would be a member of both {ad_role} and {iam_role}", conflict.role)]
    Conflict {
        /// The first role concerned, in order of names.
        conflict: Box<Conflict>,
        /// How many more there are.
        others: usize,
        /// `rds_ad`
        ad_role: RoleName,
        /// `rds_iam`
        iam_role: RoleName,
        /// What to run so that the change can be made; empty where the change itself is all that is wrong.
        fix: Vec<Revoke>,
        /// The group to leave out instead, if one of those asked for brings the conflict.
        group: Option<RoleName>,
    },
}

impl Error {
    /// The SQLSTATE.
    pub fn sqlstate(&self) -> SqlState {
        match self {
            Self::UsernameEmpty
            | Self::Null { .. }
            | Self::Username { .. }
            | Self::Realm { .. }
            | Self::RealmMissing { .. }
            | Self::RealmTwice { .. }
            | Self::TwoAtSigns { .. }
            | Self::RealmSingleLabel { .. }
            | Self::RealmNotAllowed { .. }
            | Self::NetbiosUnknown { .. }
            | Self::NetbiosDomains { .. }
            | Self::SameRole { .. }
            | Self::RoleNameInvalid { .. }
            | Self::Encoding { .. }
            | Self::Unwritable { .. }
            | Self::HeirIsTheRole { .. }
            | Self::Absent { .. }
            | Self::UnknownWord { .. }
            | Self::SameRealm { .. } => SqlState::InvalidParameterValue,
            Self::TooLong { .. } | Self::ArgumentTooLong { .. } => SqlState::NameTooLong,
            Self::Reserved { .. } => SqlState::ReservedName,
            Self::Exists { .. }
            | Self::NameTaken { .. }
            | Self::NamedTwice { .. }
            | Self::CaseCollision { .. }
            | Self::CaseCollisionOnEnable { .. } => SqlState::DuplicateObject,
            Self::RuleRoleMissing { .. }
            | Self::RoleMissing { .. }
            | Self::GroupMissing { .. }
            | Self::PrincipalMissing { .. } => SqlState::UndefinedObject,
            Self::LockTimeout => SqlState::LockNotAvailable,
            Self::Elevated { .. } | Self::Powers { .. } | Self::RuleRole { .. } | Self::HeirForbidden { .. } => {
                SqlState::InsufficientPrivilege
            }
            Self::InUse { .. } => SqlState::ObjectInUse,
            Self::Owner { .. } => SqlState::DependentObjectsStillExist,
            Self::TooManyRemovals { .. } => SqlState::ConfigurationLimitExceeded,
            Self::ListTooLong { .. } => SqlState::ProgramLimitExceeded,
            Self::ChangedMeanwhile { .. } | Self::AllowedMeanwhile => SqlState::SerializationFailure,
            Self::PreparedTransaction => SqlState::FeatureNotSupported,
            // Said as warnings only.
            Self::NotInAd { .. } => SqlState::InvalidGrantOperation,
            Self::OnlyDisabled { .. } => SqlState::DependentObjectsStillExist,
            Self::RenameRealm { first, .. } => first.sqlstate(),
            Self::Setting { .. } => SqlState::InvalidParameterValue,
            Self::Conflict { .. } | Self::ConflictMade { .. } => SqlState::InvalidGrantOperation,
        }
    }
}

/// `2 sessions`
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// ` (OID 16400)`
fn with_oid(role: &RoleName) -> String {
    role.unwritable_oid().map(|oid| format!(" (OID {oid})")).unwrap_or_default()
}

/// `text` fit for a message: what cannot be seen or would break the line is written as an escape.
fn visible(text: &str) -> String {
    const AT_MOST: usize = 100;
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == AT_MOST {
            out.push_str("...");
            break;
        }
        let mut buffer = [0; 4];
        if crate::username::first_invisible(c.encode_utf8(&mut buffer)).is_some() {
            out.push_str(&format!("\\u{{{:X}}}", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_carry_what_cannot_be_seen() {
        let error = Error::RealmMissing { username: "a\u{202e}b\nc".into() };
        assert_eq!(error.to_string(), r#"no realm for username "a\u{202E}b\u{A}c""#);
        assert!(Error::RealmMissing { username: "x".repeat(10_000) }.to_string().len() < 200);
    }

    #[test]
    fn a_hint_says_what_to_write_instead() {
        let error = Error::RealmTwice { spelling: "alice@corp.example.com".into(), realm: "CORP.EXAMPLE.COM".into() };
        assert_eq!(
            error.hint().unwrap(),
            "Write either 'alice@corp.example.com' alone, or 'alice' and 'CORP.EXAMPLE.COM'."
        );
    }
}
