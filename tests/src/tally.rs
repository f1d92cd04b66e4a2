//! How many tests passed and failed on each PostgreSQL version, for the last lines of a run.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::sandbox::{Result, lock};

/// The counts of one run. Each version that was asked for has its line, also where nothing ran.
#[derive(Debug)]
pub struct Tally(Mutex<BTreeMap<u32, [usize; 2]>>);

impl Tally {
    /// For these major versions.
    pub fn new(majors: &[u32]) -> Self {
        Self(Mutex::new(majors.iter().map(|&major| (major, [0, 0])).collect()))
    }

    /// A test on this version ended.
    pub fn count(&self, major: u32, passed: bool) {
        if let Some(count) = lock(&self.0).get_mut(&major) {
            count[usize::from(!passed)] += 1;
        }
    }

    /// Prints a line for each version, with what `describe` says of it.
    ///
    /// # Errors
    /// As `describe` does.
    pub fn print(&self, describe: impl Fn(u32) -> Result<String>) -> Result<()> {
        for (&major, [passed, failed]) in &*lock(&self.0) {
            println!("PostgreSQL {}: {passed} tests passed, {failed} failed", describe(major)?);
        }
        Ok(())
    }
}
