//! Asking before something is removed, with what it is.

use std::io::{self, BufRead, IsTerminal};

use super::job::Job;
use crate::failure::Failure;
use crate::output::{Tone, prompt, tell_lines};

/// What is asked.
pub(super) struct Question {
    /// What is going to be done, in a few words.
    pub(super) of: String,
    /// All of it.
    pub(super) lines: Vec<(Tone, String)>,
}

impl Question {
    /// Asks on a terminal; elsewhere nobody answers, and `--yes` has to be said beforehand.
    ///
    /// # Errors
    /// Where the answer is no, and where nobody can be asked.
    pub(super) fn ask(&self, job: &Job<'_>, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::usage(format!(
                "{}: nobody can be asked here, so say --yes (or look first, with --dry-run)",
                self.of
            )));
        }
        tell_lines(&self.lines, job.form());
        prompt(&format!("{}? [y/N] ", self.of));
        let mut answer = String::new();
        let _read = io::stdin().lock().read_line(&mut answer);
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            Ok(())
        } else {
            Err(Failure::usage("nothing was done".into()))
        }
    }
}
