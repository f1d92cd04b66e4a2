//! What became of one connection, for whoever decides whether to make another one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;

#[derive(Debug, Default)]
pub(crate) struct Attempt(Mutex<Progress>);

#[derive(Debug, Default)]
struct Progress {
    asked_for_encryption: bool,
    has_request: bool,
    failure: Option<Error>,
}

impl Attempt {
    /// A new connection begins. What failed on this side is not forgotten: a KDC that is silent
    /// would be waited for once more.
    pub(crate) fn begin(&self) {
        let mut progress = self.lock();
        progress.asked_for_encryption = false;
        progress.has_request = false;
    }

    pub(crate) fn asked_for_encryption(&self) {
        self.lock().asked_for_encryption = true;
    }

    pub(crate) fn has_request(&self) {
        self.lock().has_request = true;
    }

    pub(crate) fn failed(&self, error: &Error) {
        if error.kind().is_local() {
            self.lock().failure = Some(error.clone());
        }
    }

    /// Why a ticket cannot be used, where that is known.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.lock().failure.clone()
    }

    /// Whether a connection without encryption may fare better: as libpq has it, where the server
    /// gave up before it asked for anything (`CONNECTION_FAILED`, fe-connect.c).
    pub(crate) fn should_go_without(&self) -> bool {
        let progress = self.lock();
        progress.asked_for_encryption && !progress.has_request
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
