//! What a subcommand has to work with: the server, and how to speak to whoever runs it.

use kerbrole_client::Kerbrole;
use tokio_postgres::Client;

use super::backend;
use crate::arguments::{Format, GeneralOptions, Options};
use crate::exit::Failure;
use crate::output::{Shown, Table, tell};

/// The server, and how to speak.
pub(super) struct Job<'j> {
    pub(super) kerbrole: Kerbrole<'j, Client>,
    general: &'j GeneralOptions,
}

impl<'j> Job<'j> {
    /// Looks at the server, and says what it is where that was asked for.
    pub(super) async fn begin(options: &'j Options, client: &'j Client) -> Result<Self, Failure> {
        let job =
            Self { kerbrole: backend::open(options, client).await?, general: &options.general };
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

    /// Says something that is no result.
    pub(super) fn say(&self, text: &str) {
        if !self.is_quiet() {
            tell(text);
        }
    }

    /// The form that was asked for.
    pub(super) fn format(&self) -> Format {
        self.general.format
    }

    /// A table in the form that was asked for.
    pub(super) fn rows(&self, table: Table) -> Shown {
        Shown::Rows(table, self.general.format)
    }
}
