//! Asking before something is removed.

use std::io::{self, BufRead, IsTerminal};

use crate::exit::Failure;
use crate::output::prompt;

/// Asks on a terminal; elsewhere nobody answers, and `--yes` has to be said beforehand.
///
/// # Errors
/// Where the answer is no, and where nobody can be asked.
pub(super) fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "{what}: nobody can be asked here, so say --yes (or look first, with --dry-run)"
        )));
    }
    prompt(&format!("{what}? [y/N] "));
    let mut answer = String::new();
    let _read = io::stdin().lock().read_line(&mut answer);
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::usage("nothing was done".into()))
    }
}
