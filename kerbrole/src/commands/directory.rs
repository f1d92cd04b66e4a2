//! `kerbrole directory`: what the directories say, and what an access file makes of it. No
//! PostgreSQL is asked.

mod check;
mod who;

use std::path::Path;

use kerbrole_directory::{AccessFile, Snapshot};

use super::progress::waited;
use crate::arguments::{DirectoryArguments, DirectoryQuestion, GeneralOptions};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::tell;

pub(super) use check::name;

/// Answers a question.
pub(crate) async fn run(arguments: &DirectoryArguments, general: &GeneralOptions) -> Outcome {
    match &arguments.question {
        DirectoryQuestion::Check { file } => Ok(check::run(&read(file, general).await?, general)),
        DirectoryQuestion::Who { names, from } => {
            who::run(&read(from, general).await?, names, general)
        }
    }
}

/// An access file, and what its directories say now.
pub(super) struct Read {
    pub(super) file: AccessFile,
    pub(super) snapshot: Snapshot,
}

/// Reads both. What the directories are worth saying is said.
pub(super) async fn read(path: &Path, general: &GeneralOptions) -> Result<Read, Failure> {
    let file = AccessFile::read(path).map_err(|error| Failure::usage(error.to_string()))?;
    let snapshot = waited(general.quiet, "reading the directories", file.snapshot()).await?;
    if !general.quiet {
        snapshot.warnings.iter().for_each(|warning| tell(&format!("WARNING:  {warning}")));
    }
    Ok(Read { file, snapshot })
}
