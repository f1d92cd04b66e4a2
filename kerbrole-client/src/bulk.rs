//! Adding many principals in portions, with something to look at meanwhile.

use futures_core::Stream;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::kerbrole::texts;
use crate::options::AddOptions;
use crate::results::Added;
use crate::{Backend, Kerbrole};

/// How many principals go into one transaction with plain statements: since PostgreSQL 16 whoever
/// is no superuser keeps a lock for each role until the end of the transaction, and a server with
/// default settings has room for some fourteen thousand.
const PER_CHUNK_PLAIN: usize = 5_000;

/// Each call of the functions in PL/pgSQL looks at all principals once, and so does the server
/// since PostgreSQL 16 whenever their owner takes the lock or grants: few calls. A lock is held for
/// each role until one ends.
const PER_CHUNK_FUNCTIONS: usize = 5_000;

/// The extension's transaction keeps a lock for each membership as well, and this many fit.
const PER_CHUNK_EXTENSION: usize = 10_000;

/// One portion that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Progress {
    /// How many principals are done, this portion included.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// What became of those of this portion.
    pub chunk: Vec<Added>,
}

impl Progress {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(done: usize, total: usize, chunk: impl IntoIterator<Item = Added>) -> Self {
        Self { done, total, chunk: chunk.into_iter().collect() }
    }
}

/// Many principals, added in portions of which each is done whole or not at all.
///
/// The stream ends with the first error; what it gave before is done. Dropping it leaves whole
/// portions only: one that is under way is either carried out or not. Run it again with
/// [`AddOptions::if_not_exists`] to go on.
#[derive(Debug)]
pub struct Bulk<'k, 'c, C> {
    kerbrole: &'k Kerbrole<'c, C>,
    principals: Vec<String>,
    options: AddOptions,
    per_chunk: usize,
}

impl<'c, C: GenericClient> Kerbrole<'c, C> {
    /// Many principals, to be added in portions.
    ///
    /// ```no_run
    /// # async fn example(
    /// #     kerbrole: &kerbrole_client::Kerbrole<'_, tokio_postgres::Client>,
    /// #     names: Vec<String>,
    /// # ) -> Result<(), kerbrole_client::Error> {
    /// use futures_util::TryStreamExt;
    /// use kerbrole_client::AddOptions;
    ///
    /// let options = AddOptions::new().if_not_exists(true);
    /// let mut progress = std::pin::pin!(kerbrole.bulk(names, options).stream());
    /// while let Some(portion) = progress.try_next().await? {
    ///     println!("{} of {}", portion.done, portion.total);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn bulk(
        &self,
        principals: impl IntoIterator<Item: AsRef<str>>,
        options: AddOptions,
    ) -> Bulk<'_, 'c, C> {
        let principals = texts(principals);
        let per_chunk = match self.backend() {
            Backend::PlainSql => PER_CHUNK_PLAIN,
            Backend::SqlFunctions => PER_CHUNK_FUNCTIONS,
            Backend::Extension => PER_CHUNK_EXTENSION,
        };
        Bulk { kerbrole: self, principals, options, per_chunk }
    }
}

impl<'k, 'c, C: GenericClient> Bulk<'k, 'c, C> {
    /// Portions of this size instead of 5,000 with plain statements or the functions in PL/pgSQL
    /// and 10,000 with the extension; at least 1.
    #[must_use]
    pub fn per_chunk(mut self, principals: usize) -> Self {
        self.per_chunk = principals.max(1);
        self
    }

    /// Does all of the work, and says what became of each, in the same order.
    ///
    /// # Privileges
    /// Those of [`Kerbrole::add_principals`].
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principals`]; the portions before are done.
    pub async fn collect(self) -> Result<Vec<Added>, Error> {
        let mut all = Vec::with_capacity(self.principals.len());
        for portion in self.principals.chunks(self.per_chunk) {
            all.extend(self.kerbrole.add_texts(portion.to_vec(), &self.options).await?);
        }
        Ok(all)
    }

    /// Does the work as it is asked for progress.
    ///
    /// # Privileges
    /// Those of [`Kerbrole::add_principals`].
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principals`]; the portions before are done.
    pub fn stream(self) -> impl Stream<Item = Result<Progress, Error>> {
        let total = self.principals.len();
        async_stream::try_stream! {
            let mut done = 0;
            for portion in self.principals.chunks(self.per_chunk) {
                let chunk = self.kerbrole.add_texts(portion.to_vec(), &self.options).await?;
                done += portion.len();
                yield Progress { done, total, chunk };
            }
        }
    }
}
