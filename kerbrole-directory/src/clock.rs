//! How long things may take.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind};

/// The limit of each wait, and the end of them all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    each: Duration,
    total: Duration,
    end: Instant,
}

impl Clock {
    /// A clock that is up after `total`.
    pub(crate) fn new(each: Duration, total: Duration) -> Self {
        let now = Instant::now();
        // A limit that no clock holds is none.
        let end = now.checked_add(total).unwrap_or(now + Duration::from_secs(86_400 * 365));
        Self { each, total, end }
    }

    /// The same end, with another limit for each wait.
    pub(crate) fn with_each(self, each: Duration) -> Self {
        Self { each, ..self }
    }

    /// Waits for what is done, as long as it may take.
    pub(crate) async fn within<T>(
        self,
        doing: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let at = Instant::now().checked_add(self.each).map_or(self.end, |at| at.min(self.end));
        let Ok(done) = timeout_at(at, work).await else {
            let (limit, of) = match at == self.end {
                true => (self.total, "all of it"),
                false => (self.each, "one step"),
            };
            let limit = limit.as_secs_f64();
            return Err(Error::new(
                ErrorKind::TimedOut,
                format!("the time limit of {limit} s for {of} is over while {doing}"),
            ));
        };
        done
    }
}
