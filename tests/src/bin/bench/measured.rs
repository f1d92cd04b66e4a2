//! A program that runs to its end: how long it takes, and the most that it has in memory.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use kerbrole_tests::sandbox::{Result, tail};

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) seconds: f64,
    /// Of the program and those that it waited for, whichever had most.
    pub(crate) megabytes: f64,
}

/// Runs it by time(1): a process counts what the one had that started it, and that one has little.
///
/// # Errors
/// With the end of what it printed, when it fails.
pub(crate) fn measured(command: &Command, folder: &Path) -> Result<Taken> {
    let (printed, memory) = (folder.join("printed"), folder.join("memory"));
    let failed = |e: std::io::Error| format!("{}: {e}", printed.display());
    let file = File::create(&printed).map_err(failed)?;
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["--quiet", "--format=%M", "--output"]).arg(&memory);
    timed.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    timed.stdin(Stdio::null()).stdout(file.try_clone().map_err(failed)?).stderr(file);
    let start = Instant::now();
    let status = timed.status().map_err(|e| format!("/usr/bin/time: {e}"))?;
    let seconds = start.elapsed().as_secs_f64();
    if !status.success() {
        let program = command.get_program().display();
        return Err(format!("{program}: {status}\n{}", tail(&printed)));
    }
    let text = fs::read_to_string(&memory).map_err(|e| format!("{}: {e}", memory.display()))?;
    let kilobytes: f64 =
        text.trim().parse().map_err(|_| format!("time(1) says {text:?} of the memory"))?;
    Ok(Taken { seconds, megabytes: kilobytes / 1024.0 })
}
