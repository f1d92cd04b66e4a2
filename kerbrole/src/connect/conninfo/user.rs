//! Who runs this, where nobody says so.
//!
//! libpq asks getpwuid(3), which also knows those that a directory has, and so does this.

use std::path::PathBuf;

/// The user's name. `USER` is anybody's to set, and libpq does not look at it.
#[cfg(unix)]
pub(super) fn name() -> Option<String> {
    Some(entry()?.name)
}

/// The folder that HOME would name.
#[cfg(unix)]
pub(super) fn home() -> Option<PathBuf> {
    Some(entry()?.dir)
}

#[cfg(unix)]
fn entry() -> Option<nix::unistd::User> {
    nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten()
}

#[cfg(not(unix))]
pub(super) fn name() -> Option<String> {
    std::env::var("USERNAME").ok()
}

#[cfg(not(unix))]
pub(super) fn home() -> Option<PathBuf> {
    None
}
