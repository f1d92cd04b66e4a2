//! A command that stays, and what it has said so far.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use kerbrole_tests::sandbox::wait_until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A running command, which is killed where a test ends before it does.
pub struct Watcher {
    child: Mutex<Child>,
    folder: TempDir,
}

impl Watcher {
    pub fn start(command: &mut Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name| Stdio::from(File::create(folder.path().join(name)).unwrap());
        command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        Self { child: Mutex::new(command.spawn().unwrap()), folder }
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// The whole lines of standard output.
    pub fn out(&self) -> Vec<String> {
        lines(&self.text("out"))
    }

    /// The whole lines of standard error.
    pub fn err(&self) -> Vec<String> {
        lines(&self.text("err"))
    }

    pub fn all(&self) -> String {
        format!("{}{}", self.text("out"), self.text("err"))
    }

    /// The lines of standard error that say that something is wrong.
    pub fn wrongs(&self) -> Vec<String> {
        let is_wrong = |line: &String| line.contains("kerbrole: ") || line.contains("\"error\"");
        self.err().into_iter().filter(is_wrong).collect()
    }

    /// The changes, as it says them to programs.
    pub fn changes(&self) -> Vec<Value> {
        self.out().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until a line has this.
    pub fn wait_for_line(&self, part: &str) {
        self.wait_until(part, || {
            self.out().iter().chain(&self.err()).any(|line| line.contains(part))
        });
    }

    /// Waits for a condition, for as long as it runs.
    pub fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let waited = wait_until(|| condition() || self.code().is_some());
        if waited.is_err() || self.code().is_some() && !condition() {
            panic!("{what} {waited:?}, ended {:?}:\n{}", self.code(), self.all());
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).unwrap();
        // As long as it was not waited for, its number is its own.
        if self.code().is_none() {
            let _gone_meanwhile = kill_process(pid, signal);
        }
    }

    /// The exit code; `None` as long as it runs. -1 where a signal has killed it.
    pub fn code(&self) -> Option<i32> {
        let status = self.child.lock().unwrap().try_wait().unwrap();
        status.map(|status| status.code().unwrap_or(-1))
    }

    /// Ends it by a signal; how it has ended.
    pub fn end(&self, signal: Signal) -> Option<i32> {
        self.signal(signal);
        wait_until(|| self.code().is_some()).unwrap_or_else(|e| panic!("{e}:\n{}", self.all()));
        self.code()
    }

    /// What a process list shows of it.
    pub fn command_line(&self) -> String {
        let path = PathBuf::from(format!("/proc/{}/cmdline", self.pid()));
        fs::read_to_string(path).unwrap().replace('\0', " ")
    }

    /// How much memory it has, in KiB (proc(5), VmRSS).
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        if child.try_wait().is_ok_and(|status| status.is_none()) {
            let _gone_meanwhile = child.kill();
            let _status = child.wait();
        }
    }
}

/// Without what was not written to its end yet.
fn lines(text: &str) -> Vec<String> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(String::from).collect()
}
