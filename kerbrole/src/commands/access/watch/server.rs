//! One server brought in line once, over a connection of its own: so what has changed about it in
//! between, its address, a password, a ticket, is as it is now.

use std::rc::Rc;
use std::time::Duration;

use kerbrole_client::{Access, AccessRow, Error, ErrorKind};
use tokio::sync::watch::Receiver;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::super::MayAsk;
use super::sessions;
use crate::arguments::Options;
use crate::commands::again;
use crate::commands::job::Job;
use crate::connect::conninfo::{Connection, Given, environment, home};
use crate::failure::Failure;

/// How long connecting may take, and then each of looking, comparing and carrying out.
const CONNECTING: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(900);

/// How long somebody else's lock is waited for, unless the role or the connection string says
/// otherwise: a call that waits changes nothing, and is tried again.
const LOCK_TIMEOUT: &str = "SELECT pg_catalog.set_config('lock_timeout', '10s', false) \
    WHERE pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0'";

/// How often it is planned anew where somebody else has changed something meanwhile.
const ATTEMPTS: usize = 3;

/// What came of it.
pub(super) struct Ended {
    /// The server, as the file calls it.
    pub(super) name: Option<String>,
    /// `None` where it was to end before anything was changed.
    pub(super) outcome: Option<Outcome>,
}

/// What came of it, where it was tried.
pub(super) struct Outcome {
    /// What was done, and who is left as they are; `None` where nothing is known of that.
    pub(super) rows: Option<Vec<AccessRow>>,
    /// How many people have lost something, as far as that is known.
    pub(super) losses: usize,
    /// What went wrong.
    pub(super) failure: Option<Failure>,
}

/// Why it does not go on.
enum Stop {
    /// It is to end.
    Ended,
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What is to be done there.
pub(super) struct Task {
    /// The server, as the file calls it, and where it is.
    pub(super) name: Option<String>,
    pub(super) given: Given,
    pub(super) access: Rc<Access>,
    /// How many people have lost something there within the interval.
    pub(super) lost_before: usize,
}

/// Brings a server in line. Until `stop` says that it is to end; what has begun to change
/// something goes on to its end.
pub(super) async fn at_server(
    task: Task,
    options: &Options,
    connect: &impl AsyncFn(Connection, MayAsk) -> Result<Client, Failure>,
    mut stop: Receiver<bool>,
) -> Ended {
    let outcome = match bring_in_line(&task, options, connect, &mut stop).await {
        Ok(outcome) => Some(outcome),
        Err(Stop::Failed(failure)) => {
            Some(Outcome { rows: None, losses: 0, failure: Some(failure) })
        }
        Err(Stop::Ended) => None,
    };
    Ended { name: task.name, outcome }
}

async fn bring_in_line(
    task: &Task,
    options: &Options,
    connect: &impl AsyncFn(Connection, MayAsk) -> Result<Client, Failure>,
    stop: &mut Receiver<bool>,
) -> Result<Outcome, Stop> {
    let Task { given, access, lost_before, .. } = task;
    let connecting = async {
        let connection = Connection::find(given, home().as_deref(), environment)?;
        connect(connection, MayAsk::No).await
    };
    let client = or_stop(stop, CONNECTING, connecting).await?;
    let beginning = async {
        let refused = |error| Failure::from(kerbrole_client::Error::from(error));
        client.simple_query(LOCK_TIMEOUT).await.map_err(refused)?;
        Job::begin(options, &client).await
    };
    let job = or_stop(stop, STEP, beginning).await?;
    let mut attempts = 1..=ATTEMPTS;
    let (rows, losses) = loop {
        let attempt = attempts.next();
        let planning = async { Ok::<_, Failure>(job.kerbrole.plan_access(access).await?) };
        let plan = or_stop(stop, STEP, planning).await?;
        plan.refuse_too_many().map_err(Failure::from)?;
        if plan.is_empty() {
            break (plan.rows().to_vec(), 0);
        }
        let (people, at_most) = (plan.losses(), plan.at_most());
        // Where everybody may lose something there is no limit.
        let is_limited = at_most < plan.principals() && people > 0;
        if is_limited && people.saturating_add(*lost_before) > at_most {
            let before = *lost_before;
            return Err(Failure::TooManyAfterOthers { people, before, at_most }.into());
        }
        let applied = within(STEP, async { Ok(job.kerbrole.apply_access(&plan).await) }).await?;
        match applied {
            Ok(rows) => break (rows, people),
            Err(error) if is_overtaken(&error) && attempt < Some(ATTEMPTS) => {}
            // All is done but for sessions, which are ended below, or said there why not.
            Err(error) if error.kind() == ErrorKind::SessionsLeft => {
                break (plan.rows().to_vec(), people);
            }
            Err(error) => {
                // Those who lose something may be among those with whom it is done.
                let losses = if error.partly_done().is_some() { people } else { 0 };
                let failure = Failure::of_change(plan.rows().len(), again::BY_ITSELF)(error);
                return Ok(Outcome { rows: None, losses, failure: Some(failure) });
            }
        }
    };
    if !access.terminate {
        return Ok(Outcome { rows: Some(rows), losses, failure: None });
    }
    // Somebody may have logged in while they were disabled, or an earlier run was cut off.
    let ending = async { Ok::<_, Failure>(sessions::end(&job, access).await) };
    let ended = match or_stop(stop, STEP, ending).await {
        Ok(ended) => ended,
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Ended) => Ok(()),
    };
    Ok(Outcome { rows: Some(rows), losses, failure: ended.err() })
}

/// Whether somebody else has done something at the same time, perhaps the same: what is there
/// already was not when it was planned. A lock has been waited for long enough.
fn is_overtaken(error: &Error) -> bool {
    let is_lock = error.code() == Some(SqlState::LOCK_NOT_AVAILABLE);
    let kinds = [ErrorKind::PlanChanged, ErrorKind::Concurrent, ErrorKind::AlreadyExists];
    kinds.contains(&error.kind()) && !is_lock
}

/// Does what changes nothing, as long as it is not to end.
async fn or_stop<T>(
    stop: &mut Receiver<bool>,
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Stop> {
    tokio::select! {
        biased;
        _ = stop.wait_for(|&is_over| is_over) => Err(Stop::Ended),
        done = within(limit, work) => Ok(done?),
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout(limit, work).await.unwrap_or_else(|_| {
        Err(Failure::Connection(format!("the server has not answered in {} s", limit.as_secs())))
    })
}
