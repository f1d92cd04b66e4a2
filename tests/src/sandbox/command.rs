//! Commands that run to their end, and what they print.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::Result;

/// The same command with what it prints at the end of a file. It gets there by way of a shell,
/// which it replaces.
pub(crate) fn printing_to(log: &Path, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec \"$@\" >>\"$0\" 2>&1"])
        .arg(log)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell
}

/// Runs a command to its end.
///
/// # Errors
/// With what it printed, when it fails.
pub fn run(command: &mut Command) -> Result<Output> {
    let output = output(command)?;
    if !output.status.success() {
        return Err(format!(
            "{command:?}: {}\n{}{}",
            output.status,
            lossy(&output.stdout),
            lossy(&output.stderr)
        ));
    }
    Ok(output)
}

/// Runs a command to its end, whatever that is.
///
/// # Errors
/// When it cannot be started.
pub fn output(command: &mut Command) -> Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("cannot run {}: {e}", command.get_program().display()))
}

/// The last lines of a file, to show with an error.
pub fn tail(path: &Path) -> String {
    let mut text = Vec::new();
    if let Ok(mut file) = fs::File::open(path) {
        let _read = file.read_to_end(&mut text);
    }
    let text = lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Bytes that should be text.
pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
