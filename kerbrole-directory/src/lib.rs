#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod access_file;
mod directory;
mod dn;
mod error;
mod group_name;
mod members;
mod read;
mod secret;
mod server;
mod snapshot;

pub use access_file::{
    AccessFile, AccessFileError, AccessRule, DirectoryEntry, Login, People, ServerEntry,
};
pub use directory::{Bind, Directory};
pub use error::{Error, ErrorKind};
pub use group_name::{GroupName, MappedGroup};
pub use kerbrole_core::{Realm, Sid};
pub use read::read;
pub use secret::Secret;
pub use server::{Scheme, Server};
pub use snapshot::{Domain, Group, Person, PersonKind, Snapshot};
