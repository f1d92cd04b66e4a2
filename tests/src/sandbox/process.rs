//! Processes that are started, told to end, and waited for.

use std::fs;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use once_cell::sync::Lazy;
use rustix::process::{Pid, kill_process};

use super::{lock, wait_until};

/// A signal.
#[derive(Debug, Clone, Copy)]
pub enum Signal {
    /// PostgreSQL's fast shutdown.
    Int,
    /// What a KDC ends on.
    Term,
    /// The end, at once.
    Kill,
}

impl Signal {
    fn number(self) -> rustix::process::Signal {
        match self {
            Self::Int => rustix::process::Signal::INT,
            Self::Term => rustix::process::Signal::TERM,
            Self::Kill => rustix::process::Signal::KILL,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Int => "INT",
            Self::Term => "TERM",
            Self::Kill => "KILL",
        }
    }
}

/// A server that was started.
#[derive(Debug)]
pub struct Process {
    child: Mutex<Child>,
    stop_with: Signal,
}

impl Process {
    /// Starts a command that this signal ends.
    pub(super) fn start(command: Command, stop_with: Signal) -> io::Result<Self> {
        Ok(Self { child: Mutex::new(spawn(command)?), stop_with })
    }

    /// Tells it to end, without waiting until it has.
    pub(super) fn ask_to_stop(&self) {
        self.signal(self.stop_with);
    }

    /// Whether it has ended, and how.
    pub fn ended(&self) -> Option<ExitStatus> {
        lock(&self.child).try_wait().ok().flatten()
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Sends a signal; nothing happens when it has ended already.
    pub fn signal(&self, signal: Signal) {
        // As long as it was not waited for, its number is its own.
        if self.ended().is_none()
            && let Some(pid) = i32::try_from(self.pid()).ok().and_then(Pid::from_raw)
        {
            let _gone_meanwhile = kill_process(pid, signal.number());
        }
    }

    /// Stops it, and does not return before it has ended.
    pub fn stop(&self) {
        self.ask_to_stop();
        if wait_until(|| self.ended().is_some()).is_err() {
            self.signal(Signal::Kill);
            let _status = lock(&self.child).wait();
        }
    }
}

/// Ends what this process has started and still runs: a psql, a script, a server that was about to
/// come up. Whoever waits for one of them goes on, and may start another before it comes to an end
/// itself.
pub(super) fn end_children() {
    let _some_are_left = wait_until(|| {
        let children = children();
        for &child in &children {
            let _gone_meanwhile = kill_process(child, Signal::Kill.number());
        }
        children.is_empty()
    });
}

/// The processes that this one has started and that have not ended: proc(5),
/// `/proc/PID/task/TID/children`.
fn children() -> Vec<Pid> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_task = tasks
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .collect::<String>();
    let pids =
        of_task.split_whitespace().filter_map(|pid| pid.parse().ok().and_then(Pid::from_raw));
    // One that has ended and was not waited for has no command line.
    let runs = |pid: &Pid| {
        fs::read(format!("/proc/{}/cmdline", pid.as_raw_pid())).is_ok_and(|line| !line.is_empty())
    };
    pids.filter(runs).collect()
}

/// What this process has started and those have, with how each calls itself: a server's process
/// says there what it does. Without those that only serve others.
pub(crate) fn descendants() -> Vec<String> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // proc(5): the name, which may hold anything, ends with the last parenthesis.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut ours = vec![std::process::id()];
    let mut looked_at = 0;
    while let Some(&parent) = ours.get(looked_at) {
        looked_at += 1;
        ours.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
    }
    const SERVE: [&str; 7] = [
        "checkpointer",
        "background writer",
        "walwriter",
        "autovacuum launcher",
        "logical replication launcher",
        "stats collector",
        "io worker",
    ];
    ours[1..]
        .iter()
        .filter_map(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            let line: String = line.trim_end().chars().take(300).collect();
            // Not one that is idle in a transaction: others may wait for it.
            let serves = line.ends_with(" idle") || SERVE.iter().any(|word| line.contains(word));
            (!line.is_empty() && !serves).then(|| format!("{pid} {line}"))
        })
        .collect()
}

/// Starts processes from a thread that never ends: the kernel takes the end of the starting thread
/// for the end of the parent.
fn spawn(command: Command) -> io::Result<Child> {
    type Job = (Command, Sender<io::Result<Child>>);
    static SPAWNER: Lazy<Mutex<Sender<Job>>> = Lazy::new(|| {
        let (jobs, todo) = channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in todo {
                let _sent = answer.send(command.spawn());
            }
        });
        Mutex::new(jobs)
    });
    let (answer, result) = channel();
    lock(&SPAWNER).send((command, answer)).map_err(io::Error::other)?;
    result.recv().map_err(io::Error::other)?
}
