//! A temporary folder and the processes that run in it.

use std::fs;
use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use once_cell::sync::{Lazy, OnceCell};
use rustix::process::{Pid, kill_process};
use tempfile::TempDir;

/// What goes wrong while servers are set up, said for a person to read.
pub type Result<T> = std::result::Result<T, String>;

/// How long a server may take to come up or to go down.
const PATIENCE: Duration = Duration::from_secs(60);

/// The user that servers run as: PostgreSQL refuses to run as root.
#[derive(Debug, Clone)]
struct Unprivileged {
    name: String,
    uid: u32,
    gid: u32,
}

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

    fn name(self) -> &'static str {
        match self {
            Self::Int => "INT",
            Self::Term => "TERM",
            Self::Kill => "KILL",
        }
    }
}

/// A temporary folder and what runs in it. Both end with it.
#[derive(Debug)]
pub struct Site {
    folder: Mutex<Option<TempDir>>,
    path: PathBuf,
    user: Option<Unprivileged>,
    keep: bool,
    processes: Mutex<Vec<Arc<Process>>>,
}

/// A server that was started.
#[derive(Debug)]
pub struct Process {
    child: Mutex<Child>,
    stop_with: Signal,
}

static SITE: OnceCell<Site> = OnceCell::new();

/// Whether the handler of Ctrl-C is at work.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

impl Site {
    /// The process's one site, made at the first call. It ends with [`Site::close`], on Ctrl-C or
    /// on SIGTERM; its servers also when the process is killed. With `keep` they can outlive it:
    /// see [`Site::keep`].
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(keep: bool) -> Result<&'static Self> {
        SITE.get_or_try_init(|| {
            let site = Self::new(keep)?;
            ctrlc::set_handler(|| {
                INTERRUPTED.store(true, Ordering::SeqCst);
                if let Some(site) = SITE.get() {
                    site.clear();
                    end_children();
                    site.remove_folder();
                }
                std::process::exit(130);
            })
            .map_err(|e| format!("cannot handle signals: {e}"))?;
            Ok(site)
        })
    }

    fn new(keep: bool) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("kerbrole-")
            .tempdir()
            .map_err(|e| format!("no temporary folder: {e}"))?;
        let user = if id(&["-u"])? == 0 { Some(unprivileged_user()?) } else { None };
        // The servers' user has to get through to its own folders.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))
            .map_err(|e| format!("chmod: {e}"))?;
        let path = folder.path().to_path_buf();
        Ok(Self { folder: Mutex::new(Some(folder)), path, user, keep, processes: Mutex::default() })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A new folder in it that belongs to the servers' user.
    ///
    /// # Errors
    /// When there is one of that name.
    pub fn server_folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        self.give_to_servers(&path)?;
        Ok(path)
    }

    /// Makes a file or folder belong to the servers' user alone.
    ///
    /// # Errors
    /// When it is not there.
    pub fn give_to_servers(&self, path: &Path) -> Result<()> {
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .map_err(|e| format!("{}: {e}", path.display()))?;
        if let Some(user) = &self.user {
            chown(path, Some(user.uid), Some(user.gid))
                .map_err(|e| format!("{}: {e}", path.display()))?;
        }
        Ok(())
    }

    /// The same command as the servers' user, in the site's folder.
    pub fn as_server_user(&self, command: &Command) -> Command {
        self.wrapped(command, self.user.as_ref(), &[])
    }

    /// Starts a server as the unprivileged user. The kernel ends it when this process goes, for
    /// whatever reason, unless it is to be kept.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, command: &Command, stop_with: Signal) -> Result<Arc<Process>> {
        self.start_as(command, self.user.as_ref(), stop_with)
    }

    /// The same as the user who runs the tests, for a server that has to be root's.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_as_ourselves(&self, command: &Command, stop_with: Signal) -> Result<Arc<Process>> {
        self.start_as(command, None, stop_with)
    }

    /// Whether servers can be root's.
    pub fn is_root(&self) -> bool {
        self.user.is_some()
    }

    fn start_as(
        &self,
        command: &Command,
        user: Option<&Unprivileged>,
        stop_with: Signal,
    ) -> Result<Arc<Process>> {
        let dies_with_us = format!("--pdeathsig={}", stop_with.name());
        let with_us = [dies_with_us.as_str()];
        let mut all = self.wrapped(command, user, if self.keep { &[] } else { &with_us });
        all.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = spawn(all)
            .map_err(|e| format!("cannot start {}: {e}", command.get_program().display()))?;
        let process = Arc::new(Process { child: Mutex::new(child), stop_with });
        lock(&self.processes).push(process.clone());
        Ok(process)
    }

    /// Puts setpriv(1) before a command.
    fn wrapped(&self, command: &Command, user: Option<&Unprivileged>, options: &[&str]) -> Command {
        let mut all = Command::new("setpriv");
        if let Some(user) = user {
            all.args([
                format!("--reuid={}", user.name),
                format!("--regid={}", user.gid),
                "--init-groups".into(),
            ]);
        }
        all.args(options)
            .arg("--")
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(&self.path);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => all.env(name, value),
                None => all.env_remove(name),
            };
        }
        all
    }

    /// Stops every server and removes the folder. A second call does nothing.
    ///
    /// Where Ctrl-C is what it comes from, this does not return: the process ends as an interrupted
    /// one does.
    pub fn close(&self) {
        while INTERRUPTED.load(Ordering::SeqCst) {
            thread::park();
        }
        self.clear();
        self.remove_folder();
    }

    fn clear(&self) {
        let processes = std::mem::take(&mut *lock(&self.processes));
        for process in &processes {
            process.signal(process.stop_with);
        }
        for process in &processes {
            process.stop();
        }
    }

    /// Whoever still writes in it, as others may that were at work when Ctrl-C came, makes the
    /// first attempt fail.
    fn remove_folder(&self) {
        if let Some(folder) = lock(&self.folder).take() {
            let path = folder.keep();
            let _still_there = wait_until(|| fs::remove_dir_all(&path).is_ok() || !path.exists());
        }
    }

    /// The process numbers of what runs.
    pub fn pids(&self) -> Vec<u32> {
        lock(&self.processes)
            .iter()
            .filter(|process| process.ended().is_none())
            .map(|process| process.pid())
            .collect()
    }

    /// Leaves everything running and in place, also after this process ends.
    pub fn keep(&self) {
        if let Some(folder) = lock(&self.folder).take() {
            let _path = folder.keep();
        }
        lock(&self.processes).clear();
    }
}

impl Process {
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
        self.signal(self.stop_with);
        if wait_until(|| self.ended().is_some()).is_err() {
            self.signal(Signal::Kill);
            let _status = lock(&self.child).wait();
        }
    }
}

/// Ends what this process has started and still runs: a psql, a script, a server that was about to
/// come up. Whoever waits for one of them goes on, and may start another before it comes to an end
/// itself.
fn end_children() {
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

/// Waits for a condition, looking every few milliseconds.
///
/// # Errors
/// When it has not come true within a minute.
pub fn wait_until(mut condition: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !condition() {
        if start.elapsed() > PATIENCE {
            return Err(format!("waited {} seconds in vain", PATIENCE.as_secs()));
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// A TCP port on loopback that nobody listens on, and that no other process of these tests is given
/// as long as this one runs.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    free_port_at(Ipv4Addr::LOCALHOST)
}

/// The same on an address of this machine.
///
/// # Errors
/// When there is none.
pub fn free_port_at(address: Ipv4Addr) -> Result<u16> {
    /// Below those that the kernel gives to whoever asks for any (ip_local_port_range), so that no
    /// connection takes one between this look and the server's start.
    const PORTS: std::ops::Range<u16> = 15_000..32_000;
    /// Which are ours: a name in the kernel's own namespace (unix(7)), which goes with the process.
    static RESERVED: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let mut reserved = lock(&RESERVED);
    // Where to begin depends on the process, so that two runs seldom meet.
    let start = PORTS.start
        + u16::try_from(std::process::id() % u32::from(PORTS.end - PORTS.start))
            .unwrap_or_default();
    for port in (start..PORTS.end).chain(PORTS.start..start) {
        let name = SocketAddr::from_abstract_name(format!("kerbrole-tests-{port}"))
            .map_err(|e| e.to_string())?;
        let Ok(ours) = UnixListener::bind_addr(&name) else { continue };
        if TcpListener::bind((address, port)).is_ok() && UdpSocket::bind((address, port)).is_ok() {
            reserved.push(ours);
            return Ok(port);
        }
    }
    Err("no free port".into())
}

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

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that fails while it holds a lock must not fail all the others.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn id(arguments: &[&str]) -> Result<u32> {
    let output = run(Command::new("id").args(arguments))?;
    lossy(&output.stdout).trim().parse().map_err(|e| format!("id {arguments:?}: {e}"))
}

/// `postgres`, where Debian's packages made it, or else `nobody`.
fn unprivileged_user() -> Result<Unprivileged> {
    for name in ["postgres", "nobody"] {
        if let Ok(uid) = id(&["-u", name]) {
            return Ok(Unprivileged { name: name.into(), uid, gid: id(&["-g", name])? });
        }
    }
    Err("PostgreSQL does not run as root, and there is neither a user postgres nor nobody".into())
}
