//! The most memory that a process of a server has while something is done.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kerbrole_tests::postgres_server::Server;
use kerbrole_tests::sandbox::Result;

/// How often it is looked at. The kernel keeps the most that a process had, so that only the end of
/// one is missed.
const PAUSE: Duration = Duration::from_millis(20);

/// MB (VmHWM), shared memory included, and what the work gives back.
pub(crate) fn most_of<T>(server: &Server, work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let path = server.socket().join("data/postmaster.pid");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let postmaster = text.lines().next().unwrap_or_default().to_string();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = 0.0_f64;
            while !is_done.load(Ordering::Relaxed) {
                most = most.max(largest_child(&postmaster));
                thread::sleep(PAUSE);
            }
            most
        });
        let done = work();
        is_done.store(true, Ordering::Relaxed);
        let most = watching.join().map_err(|_| "whoever watched the memory ended early")?;
        Ok((most, done?))
    })
}

/// Processes come and go meanwhile: one that has gone has nothing.
fn largest_child(postmaster: &str) -> f64 {
    let children = format!("/proc/{postmaster}/task/{postmaster}/children");
    let children = fs::read_to_string(children).unwrap_or_default();
    let of_one = |child: &str| -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{child}/status")).ok()?;
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        most.trim().strip_suffix(" kB")?.parse().ok()
    };
    children.split_whitespace().filter_map(of_one).fold(0.0, f64::max) / 1024.0
}
