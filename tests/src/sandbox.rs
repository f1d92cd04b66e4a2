//! A temporary folder and the processes that run in it.

mod command;
mod port;
mod process;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use tempfile::TempDir;

use process::end_children;

pub(crate) use command::printing_to;
pub use command::{lossy, output, run, tail};
pub use port::{free_port, free_port_at};
pub(crate) use process::descendants;
pub use process::{Process, Signal};

/// What goes wrong while servers are set up, said for a person to read.
pub type Result<T> = std::result::Result<T, String>;

/// The user that servers run as: PostgreSQL refuses to run as root.
#[derive(Debug, Clone)]
struct Unprivileged {
    name: String,
    uid: u32,
    gid: u32,
}

/// A temporary folder and what runs in it. Both end with it.
#[derive(Debug)]
pub struct Sandbox {
    folder: Mutex<Option<TempDir>>,
    path: PathBuf,
    user: Option<Unprivileged>,
    keep: bool,
    processes: Mutex<Vec<Arc<Process>>>,
}

static SITE: OnceCell<Sandbox> = OnceCell::new();

/// Whether [`abandon`] is at work.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends what runs in the process's sandbox, whoever still waits for it, and removes its folder. The
/// process is to end then.
pub(crate) fn abandon() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    if let Some(sandbox) = SITE.get() {
        sandbox.clear();
        end_children();
        sandbox.remove_folder();
    }
}

impl Sandbox {
    /// The process's one sandbox, made at the first call. It ends with [`Sandbox::close`], on
    /// Ctrl-C or on SIGTERM; its servers also when the process is killed. With `keep` they can
    /// outlive it: see [`Sandbox::keep`].
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(keep: bool) -> Result<&'static Self> {
        SITE.get_or_try_init(|| {
            let sandbox = Self::new(keep)?;
            ctrlc::set_handler(|| {
                abandon();
                std::process::exit(130);
            })
            .map_err(|e| format!("cannot handle signals: {e}"))?;
            Ok(sandbox)
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

    /// The same command as the servers' user, in the sandbox's folder.
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
        let process = Process::start(all, stop_with)
            .map_err(|e| format!("cannot start {}: {e}", command.get_program().display()))?;
        let process = Arc::new(process);
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
            process.ask_to_stop();
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

/// How long a server may take to come up or to go down.
const PATIENCE: Duration = Duration::from_secs(60);
/// And how often it is looked at in that time, if seldom.
const LOOKS: u32 = 300;

/// Waits for a condition, looking every few milliseconds.
///
/// # Errors
/// When it has not come true within a minute. A minute for which the machine itself was held is
/// none in which anything could come true: so often it was looked at least.
pub fn wait_until(mut condition: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    let mut looks = 0;
    while !condition() {
        if start.elapsed() > PATIENCE && looks > LOOKS {
            return Err(format!("waited {} seconds in vain", start.elapsed().as_secs()));
        }
        looks += 1;
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that fails while it holds a lock must not fail all the others.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
