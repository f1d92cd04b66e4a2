//! `kerbrole completions`

use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments};
use crate::output::Shown;

/// The script that a shell completes by.
pub(super) fn run(arguments: &CompletionsArguments) -> Shown {
    let mut script = Vec::new();
    // fish 4 does not take -? as a flag, and would complete nothing at all.
    let mut command = Arguments::command().mut_arg("help", |help| help.short(None));
    clap_complete::generate(arguments.shell, &mut command, "kerbrole", &mut script);
    Shown::Text(String::from_utf8_lossy(&script).into_owned())
}
