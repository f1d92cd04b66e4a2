//! Planning anew what somebody else was faster with.

use tokio_postgres::error::SqlState;

use crate::error::Error;

/// How often something is planned anew when somebody else was faster.
pub(super) const ATTEMPTS: usize = 3;

/// What is tried again when somebody else was faster.
pub(super) struct Attempts {
    left: usize,
    first: Option<Error>,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { left: ATTEMPTS - 1, first: None }
    }

    /// How it ends, or nothing where it is to be tried again. The caller's transaction can have
    /// failed with the first attempt: then its error is the one to tell.
    pub(super) fn settle<T>(
        &mut self,
        outcome: Result<T, Error>,
        somebody_was_faster: fn(&Error) -> bool,
    ) -> Option<Result<T, Error>> {
        match outcome {
            Err(error) if self.left > 0 && somebody_was_faster(&error) => {
                self.left -= 1;
                self.first.get_or_insert(error);
                None
            }
            Err(error) if error.code() == Some(SqlState::IN_FAILED_SQL_TRANSACTION) => {
                Some(Err(self.first.take().unwrap_or(error)))
            }
            outcome => Some(outcome),
        }
    }
}

/// Somebody else created the same role, or granted the same, between the look and the change; or a
/// grant was seen that makes a conflict. The next look tells.
pub(super) fn somebody_was_faster(error: &Error) -> bool {
    match error.code() {
        Some(code) if code == SqlState::DUPLICATE_OBJECT || code == SqlState::UNIQUE_VIOLATION => {
            true
        }
        Some(code) if code == SqlState::UNDEFINED_OBJECT => true,
        _ => error.saw_a_conflict() || error.is_changed_meanwhile(),
    }
}
