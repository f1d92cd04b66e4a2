//! Statements of this extension's own, which the guard leaves alone.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::fault::{self, Fault};

/// Whether the statements that run now are checked by whoever runs them.
static QUIET: AtomicBool = AtomicBool::new(false);

/// While it lives, the guard has nothing to say.
pub(crate) struct Quiet(bool);

impl Quiet {
    pub(crate) fn begin() -> Self {
        Self(QUIET.swap(true, Ordering::Relaxed))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if fault::is(Fault::asleep_after) {
            return;
        }
        QUIET.store(self.0, Ordering::Relaxed);
    }
}

/// Whether such a statement is running.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}
