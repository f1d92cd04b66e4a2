//! SQLSTATEs.

use std::fmt;

/// The SQLSTATEs in use (src/backend/utils/errcodes.txt).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlState {
    /// 00000: no error, and still worth saying.
    SuccessfulCompletion,
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
            Self::SuccessfulCompletion => "00000",
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
