//! What became of the mutants of each file, as it is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::Result;

/// What became of the mutants of every file that was tried, by the file's path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Results(pub(crate) BTreeMap<String, Row>);

/// What became of the mutants of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// The state of its code in which they were tried.
    pub(crate) fingerprint: String,
    /// Noticed: a test failed.
    pub(crate) caught: usize,
    /// Noticed: the tests did not come to an end.
    pub(crate) timeouts: usize,
    /// Those that do not compile.
    pub(crate) unviable: usize,
    /// Those that no test noticed.
    pub(crate) missed: Vec<Missed>,
}

/// A mutant that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Missed {
    /// Line and column, `12:5`.
    pub(crate) place: String,
    /// What was changed, as cargo-mutants has it: `replace < with <= in reach`.
    pub(crate) change: String,
    /// The line of code, without the blanks around it.
    pub(crate) code: String,
}

impl Row {
    /// How many were noticed.
    pub(crate) fn noticed(&self) -> usize {
        self.caught + self.timeouts
    }

    /// How many could be noticed.
    pub(crate) fn viable(&self) -> usize {
        self.noticed() + self.missed.len()
    }
}

impl Missed {
    /// Reads a mutant's name, `kerbrole-core/src/quote.rs:12:5: replace …`, in a file of this text.
    ///
    /// # Errors
    /// When it is of another file, or of a line that is not there.
    pub(crate) fn read(name: &str, file: &str, text: &str) -> Result<Self> {
        let wrong = || format!("{name:?} is no mutant of {file}");
        let rest = name.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
        let (place, change) = rest.and_then(|rest| rest.split_once(": ")).ok_or_else(wrong)?;
        let line: usize =
            place.split_once(':').and_then(|(line, _)| line.parse().ok()).ok_or_else(wrong)?;
        let code = line.checked_sub(1).and_then(|at| text.lines().nth(at)).ok_or_else(wrong)?;
        Ok(Self { place: place.into(), change: change.into(), code: code.trim().into() })
    }
}

impl Results {
    /// How many were noticed, and how many could be.
    pub(crate) fn noticed_of(&self) -> (usize, usize) {
        let sum = |count: fn(&Row) -> usize| self.0.values().map(count).sum();
        (sum(Row::noticed), sum(Row::viable))
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (file, row) in &self.0 {
            let Row { fingerprint, caught, timeouts, unviable, missed } = row;
            writeln!(f, "{file}\t{fingerprint}\t{caught}\t{timeouts}\t{unviable}")?;
            for Missed { place, change, code } in missed {
                writeln!(f, "\t{place}\t{change}\t{code}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Results {
    type Err = String;

    fn from_str(text: &str) -> Result<Self> {
        let mut results = Self::default();
        let mut last = String::new();
        for line in text.lines() {
            let wrong = || format!("no result: {line:?}");
            let number = |text: &str| text.parse().map_err(|_| wrong());
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["", place, change, code] => {
                    let row = results.0.get_mut(&last).ok_or_else(wrong)?;
                    let missed =
                        Missed { place: place.into(), change: change.into(), code: code.into() };
                    row.missed.push(missed);
                }
                [file, fingerprint, caught, timeouts, unviable] => {
                    last = file.into();
                    let row = Row {
                        fingerprint: fingerprint.into(),
                        caught: number(caught)?,
                        timeouts: number(timeouts)?,
                        unviable: number(unviable)?,
                        missed: Vec::new(),
                    };
                    results.0.insert(file.into(), row);
                }
                _ => return Err(wrong()),
            }
        }
        Ok(results)
    }
}
