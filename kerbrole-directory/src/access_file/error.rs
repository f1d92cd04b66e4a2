//! What is wrong with an access file, and where.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What is wrong with an access file: one line that says the file, the line and the column, and
/// what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFileError {
    path: Option<PathBuf>,
    place: Option<(usize, usize)>,
    message: String,
}

impl AccessFileError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { path: None, place: None, message: message.into() }
    }

    /// Of these bytes of `text`.
    pub(super) fn at(text: &str, bytes: Range<usize>, message: impl Into<String>) -> Self {
        let before = text.get(..bytes.start).unwrap_or(text);
        let line_begins = before.rfind('\n').map_or(0, |newline| newline + 1);
        let place = (before.matches('\n').count() + 1, before[line_begins..].chars().count() + 1);
        Self { place: Some(place), ..Self::new(message) }
    }

    pub(super) fn of(self, path: &Path) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// The line, from 1, where the mistake stands somewhere.
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// The column, from 1, in characters.
    pub fn column(&self) -> Option<usize> {
        self.place.map(|(_, column)| column)
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for AccessFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}", path.display())?,
            None => f.write_str("the access file")?,
        }
        if let Some((line, column)) = self.place {
            write!(f, ", line {line}, column {column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Error for AccessFileError {}
