//! From the core's errors to the server's.

use kerbrole_core::{Error, SqlState};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Turns a failed result into a PostgreSQL ERROR.
pub(crate) trait Raise<T> {
    /// The value, or no return: the ERROR ends the statement.
    fn or_raise(self) -> T;
}

impl<T, E: Into<Error>> Raise<T> for Result<T, E> {
    fn or_raise(self) -> T {
        self.unwrap_or_else(|error| raise(&error.into()))
    }
}

fn raise(error: &Error) -> ! {
    report(
        PgLogLevel::ERROR,
        sqlstate(error.sqlstate()),
        error.to_string(),
        error.detail(),
        error.hint(),
    );
    unreachable!("an ERROR does not return")
}

pub(crate) fn report(
    level: PgLogLevel,
    code: PgSqlErrorCode,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
) {
    let mut report = ErrorReport::new(code, message, "pg_kerbrole");
    if let Some(detail) = detail {
        report = report.set_detail(detail);
    }
    if let Some(hint) = hint {
        report = report.set_hint(hint);
    }
    report.report(level);
}

pub(crate) fn sqlstate(state: SqlState) -> PgSqlErrorCode {
    match state {
        SqlState::SuccessfulCompletion => PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
        SqlState::InvalidParameterValue => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
        SqlState::NameTooLong => PgSqlErrorCode::ERRCODE_NAME_TOO_LONG,
        SqlState::ReservedName => PgSqlErrorCode::ERRCODE_RESERVED_NAME,
        SqlState::DuplicateObject => PgSqlErrorCode::ERRCODE_DUPLICATE_OBJECT,
        SqlState::UndefinedObject => PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
        SqlState::InvalidGrantOperation => PgSqlErrorCode::ERRCODE_INVALID_GRANT_OPERATION,
        SqlState::InsufficientPrivilege => PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
        SqlState::ObjectInUse => PgSqlErrorCode::ERRCODE_OBJECT_IN_USE,
        SqlState::DependentObjectsStillExist => {
            PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST
        }
        SqlState::ConfigurationLimitExceeded => {
            PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED
        }
        SqlState::ProgramLimitExceeded => PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
        SqlState::SerializationFailure => PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
        SqlState::FeatureNotSupported => PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
        SqlState::LockNotAvailable => PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE,
        // The core may learn a code before this edge does; its message is still the right one.
        _ => PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
    }
}
