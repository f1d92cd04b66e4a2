//! What a subcommand has to work with: the server, and how to speak to whoever runs it.

use std::collections::HashSet;
use std::io::{self, IsTerminal};

use kerbrole_client::{Backend, Kerbrole, RoleName, Wanted, Warning};
use tokio_postgres::Client;

use super::backend;
use super::progress::waited;
use crate::arguments::{Format, GeneralOptions, Options};
use crate::failure::{Failure, warning_in_lines};
use crate::output::{Drawing, Form, Shown, Table, tell};

/// The server, and how to speak.
pub(super) struct Job<'j> {
    pub(super) kerbrole: Kerbrole<'j, Client>,
    general: &'j GeneralOptions,
    /// Whether principals of realms that nobody is of are refused.
    known_realms_only: bool,
}

impl<'j> Job<'j> {
    /// Looks at the server, and says what it is where that was asked for.
    pub(super) async fn begin(options: &'j Options, client: &'j Client) -> Result<Self, Failure> {
        let looked = backend::open(options, client);
        let job = Self {
            kerbrole: waited(options.general.quiet, "looking at the server", looked).await?,
            general: &options.general,
            known_realms_only: options.rules.known_realms_only,
        };
        if job.general.verbose {
            let server = job.kerbrole.server();
            tell(&format!(
                "PostgreSQL {} ({:?}), as {}, by {}",
                server.major(),
                server.family,
                server.user,
                backend::name(job.kerbrole.backend())
            ));
        }
        Ok(job)
    }

    /// Whether only results and errors are wanted.
    pub(super) fn is_quiet(&self) -> bool {
        self.general.quiet
    }

    /// Waits, and shows somebody who sits there that it goes on.
    pub(super) async fn waited<T>(&self, what: &'static str, work: impl Future<Output = T>) -> T {
        waited(self.is_quiet(), what, work).await
    }

    /// Says something that is no result.
    pub(super) fn say(&self, text: &str) {
        if !self.is_quiet() {
            tell(text);
        }
    }

    /// Says something that is done, and still worth saying.
    pub(super) fn notice(&self, warning: &Warning) {
        let has_settings = self.kerbrole.backend() != Backend::PlainSql;
        self.say(&format!("NOTICE:  {}", warning_in_lines(warning, has_settings)));
    }

    /// Says it where this user logs in slowly once it has created so many principals.
    pub(super) fn look_at_login_cost(&self, creating: usize) {
        if let Some(slow) = self.kerbrole.slow_login_after(creating) {
            self.notice(&slow.into());
        }
    }

    /// What is said below a table, to somebody who sits there: a job that is run by cron is mailed
    /// for each line that it says.
    pub(super) fn summary(&self, text: &str) -> Option<String> {
        let is_read = self.form().is_for_people() && io::stdout().is_terminal();
        (is_read && !self.is_quiet()).then(|| text.into())
    }

    /// The form that was asked for.
    pub(super) fn form(&self) -> Form {
        Form::of(self.general)
    }

    /// A picture, where one was asked for.
    pub(super) fn drawn(&self, draw: impl FnOnce() -> Drawing) -> Option<Shown> {
        match self.form().format {
            Format::Mermaid => Some(Shown::Text(draw().mermaid())),
            Format::Dot => Some(Shown::Text(draw().dot())),
            _ => None,
        }
    }

    /// A table in the form that was asked for.
    pub(super) fn rows(&self, table: Table) -> Shown {
        Shown::Rows(table, self.form())
    }

    /// Looks whether somebody is of the realms of new principals. Of one that nobody is of it is
    /// said, by the extension itself, else here; or it is refused, where that was asked for.
    ///
    /// # Errors
    /// With `--known-realms-only` for such a realm.
    pub(super) async fn look_at_realms(
        &self,
        names: impl IntoIterator<Item = &str>,
    ) -> Result<(), Failure> {
        let is_strict = self.known_realms_only;
        for unknown in self.kerbrole.unknown_realms(names).await? {
            let warning = Warning::from(unknown);
            if is_strict {
                return Err(Failure::UnknownRealm(Box::new(warning)));
            }
            self.notice(&warning);
        }
        Ok(())
    }

    /// Looks whether all are there, and none is named twice, before anything is done to one.
    ///
    /// # Errors
    /// For the first that is missing, unless it may be, and where two are the same.
    pub(super) async fn look_up(
        &self,
        wanted: &[Wanted],
        may_be_missing: bool,
    ) -> Result<(), Failure> {
        let names = wanted.iter().map(|one| &one.principal);
        if may_be_missing {
            self.kerbrole.find_principals(names).await?;
        } else {
            self.kerbrole.require_principals(names).await?;
        }
        Ok(())
    }

    /// The names of all members of these roles, direct or not.
    pub(super) async fn members_of(&self, groups: &[String]) -> Result<HashSet<RoleName>, Failure> {
        Ok(self.kerbrole.members_of(groups).await?.into_iter().collect())
    }
}
