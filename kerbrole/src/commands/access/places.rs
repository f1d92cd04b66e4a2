//! The servers that an access file is applied to, side by side: one that fails keeps no other from
//! being gone on with.

use futures_util::future::join_all;
use kerbrole_client::{Access, AccessAction, AccessPlan};
use kerbrole_directory::AccessFile;
use tokio_postgres::Client;

use super::MayAsk;
use super::saved::{Saved, SavedPlan};
use crate::arguments::Options;
use crate::commands::again;
use crate::commands::job::Job;
use crate::commands::progress::waited;
use crate::connect::conninfo::{Connection, Given, environment, has_password, home};
use crate::exit::PARTLY_DONE;
use crate::failure::Failure;
use crate::output::tell_error;

/// A server that has been connected to, or not.
pub(super) struct Place {
    /// As the file calls it.
    name: Option<String>,
    client: Result<Client, Failure>,
}

/// A server with the job that is done on it, and what that comes to.
pub(super) struct At<'p> {
    pub(super) name: Option<&'p str>,
    pub(super) job: Job<'p>,
    pub(super) plan: AccessPlan,
}

/// What there is of all servers: those that work, and what is wrong with the others.
pub(super) struct All<T> {
    pub(super) fine: Vec<T>,
    failed: Vec<(Option<String>, Failure)>,
}

/// The servers of the file by their names, or, where it names none, the one of the command line.
///
/// # Errors
/// Where the file and the command line both name servers, and where a password stands in the file.
pub(super) fn described(
    file: &AccessFile,
    options: &Options,
) -> Result<Vec<(Option<String>, Given)>, Failure> {
    let server = &options.server;
    if file.servers.is_empty() {
        let (dbname, host) = (server.dbname.clone(), server.host.clone());
        let (port, user) = (server.port.clone(), server.username.clone());
        return Ok(vec![(None, Given { dbname, host, port, user })]);
    }
    if server.dbname.is_some() || server.host.is_some() || server.port.is_some() {
        return Err(Failure::usage(
            "the access file names the servers: leave out -d, -h and -p".into(),
        ));
    }
    if server.ask_password {
        return Err(Failure::usage(
            "-W asks for one password, and the access file names several servers: put theirs into \
             ~/.pgpass"
                .into(),
        ));
    }
    let given = |dsn: &str| Given {
        dbname: Some(dsn.into()),
        user: server.username.clone(),
        ..Given::default()
    };
    for one in &file.servers {
        if has_password(&one.dsn)? {
            return Err(Failure::usage(format!(
                "a password stands in the access file, in the dsn of {}: put it into ~/.pgpass",
                one.name
            )));
        }
    }
    Ok(file.servers.iter().map(|one| (Some(one.name.clone()), given(&one.dsn))).collect())
}

impl Place {
    /// Connects to the servers of the file, or, where it names none, to the one of the command
    /// line.
    ///
    /// # Errors
    /// Those of [`described`].
    pub(super) async fn connect_all(
        file: &AccessFile,
        options: &Options,
        connect: impl AsyncFn(Connection, MayAsk) -> Result<Client, Failure>,
    ) -> Result<Vec<Self>, Failure> {
        let described = described(file, options)?;
        let may_ask = if file.servers.is_empty() { MayAsk::Yes } else { MayAsk::No };
        let one = async |(name, given): (Option<String>, Given)| {
            let client = match Connection::find(&given, home().as_deref(), environment) {
                Ok(connection) => connect(connection, may_ask).await,
                Err(failure) => Err(failure),
            };
            Self { name, client }
        };
        Ok(join_all(described.into_iter().map(one)).await)
    }

    /// The job that is done there.
    async fn job<'p>(
        &'p mut self,
        options: &'p Options,
    ) -> Result<(Option<&'p str>, Job<'p>), (Option<String>, Failure)> {
        let Self { name, client } = self;
        let failed = |failure: Failure| (name.clone(), failure);
        let client = match client {
            Ok(client) => &*client,
            Err(failure) => {
                let failure = std::mem::replace(failure, Failure::usage(String::new()));
                return Err(failed(failure));
            }
        };
        let job = Job::begin(options, client).await.map_err(failed)?;
        Ok((name.as_deref(), job))
    }
}

/// What is wanted comes to at each server.
pub(super) async fn plan_all<'p>(
    places: &'p mut [Place],
    access: &Access,
    options: &'p Options,
) -> All<At<'p>> {
    let one = async |place: &'p mut Place| {
        let (name, job) = place.job(options).await?;
        let plan = job.kerbrole.plan_access(access).await;
        let plan = plan.map_err(|error| (name.map(String::from), error.into()))?;
        job.look_at_login_cost(plan.count(AccessAction::Create));
        Ok(At { name, job, plan })
    };
    let planned = waited(options.general.quiet, "comparing", join_all(places.iter_mut().map(one)));
    All::of(planned.await)
}

/// What was planned for each server.
pub(super) async fn take_all<'p>(
    places: &'p mut [Place],
    saved: &Saved,
    options: &'p Options,
) -> All<At<'p>> {
    let one = async |place: &'p mut Place| {
        let (name, job) = place.job(options).await?;
        let of_it = saved.plans.iter().find(|one| one.server.as_deref() == name);
        let Some(SavedPlan { plan, .. }) = of_it else {
            let text = "the plan was not made for this server: plan again, with kerbrole sync \
                        --plan";
            return Err((name.map(String::from), Failure::Outdated(text.into())));
        };
        Ok(At { name, job, plan: plan.clone() })
    };
    All::of(join_all(places.iter_mut().map(one)).await)
}

/// Carries it out at each server that it was planned for.
pub(super) async fn apply_all<'p>(planned: All<At<'p>>, quiet: bool) -> All<At<'p>> {
    let one = async |at: At<'p>| {
        let applied = match at.plan.refuse_too_many() {
            Ok(()) if at.plan.is_empty() => Ok(()),
            Ok(()) => at.job.kerbrole.apply_access(&at.plan).await.map(drop),
            Err(error) => Err(error),
        };
        match applied {
            Ok(()) => Ok(at),
            Err(error) => {
                let failure = Failure::of_change(at.plan.rows().len(), again::AS_IT_IS)(error);
                Err((at.name.map(String::from), failure))
            }
        }
    };
    let applied = join_all(planned.fine.into_iter().map(one));
    let mut all = All::of(waited(quiet, "carrying it out", applied).await);
    all.failed.extend(planned.failed);
    all
}

impl<T> All<T> {
    fn of(outcomes: Vec<Result<T, (Option<String>, Failure)>>) -> Self {
        let mut all = Self { fine: Vec::new(), failed: Vec::new() };
        for outcome in outcomes {
            match outcome {
                Ok(one) => all.fine.push(one),
                Err(failed) => all.failed.push(failed),
            }
        }
        all
    }

    /// Whether nothing is wrong with any.
    pub(super) fn is_whole(&self) -> bool {
        self.failed.is_empty()
    }

    /// What is wrong with one of several is said; the last is why it all ends so.
    pub(super) fn failure(&mut self) -> Option<Failure> {
        let (name, last) = self.failed.pop()?;
        let Some(name) = name else { return Some(last) };
        let (failed, all) = (self.failed.len() + 1, self.failed.len() + 1 + self.fine.len());
        let is_partly_done = self.failed.iter().any(|(_, failure)| failure.code() == PARTLY_DONE);
        for (name, failure) in self.failed.drain(..) {
            let name = name.unwrap_or_default();
            tell_error(&format!("{name}: {failure}"), || failure.data());
        }
        let code = if failed == all && !is_partly_done { last.code() } else { PARTLY_DONE };
        Some(Failure::Server { name, failed, all, code, failure: Box::new(last) })
    }
}

#[cfg(test)]
mod tests {
    use kerbrole_client::{Error, ErrorKind};

    use super::*;

    /// How it ends where these servers failed so, and `fine` did not.
    fn code(fine: usize, errors: Vec<Error>) -> u8 {
        let failed = |(number, error): (usize, Error)| {
            (Some(number.to_string()), Failure::of_change(9, again::AS_IT_IS)(error))
        };
        let failed = errors.into_iter().enumerate().map(failed).collect();
        All { fine: vec![(); fine], failed }.failure().unwrap().code()
    }

    #[test]
    fn something_is_done_where_a_server_is_done_with_in_part() {
        let refused = || Error::new(ErrorKind::Privilege, "no");
        let partly = || Error::new(ErrorKind::Concurrent, "too late").after(2, 5);
        assert_eq!(code(0, vec![refused(), refused()]), crate::exit::REFUSED);
        assert_eq!(code(1, vec![refused()]), PARTLY_DONE);
        for errors in [vec![partly(), refused()], vec![refused(), partly()], vec![partly()]] {
            assert_eq!(code(0, errors), PARTLY_DONE);
        }
    }
}
