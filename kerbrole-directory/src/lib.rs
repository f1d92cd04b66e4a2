#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod access_file;
mod clock;
mod connect;
mod directory;
mod dn;
mod error;
mod group_name;
#[cfg(feature = "gssapi")]
mod kerberos;
mod ldap;
mod lookout;
mod members;
mod object;
mod read;
mod secret;
mod server;
mod session;
mod snapshot;
mod thread;
mod walk;
mod wire;

pub use access_file::{
    AccessFile, AccessFileError, AccessRule, DirectoryEntry, Login, People, ServerEntry,
};
pub use directory::{Bind, Directory};
pub use error::{Error, ErrorKind};
pub use group_name::{GroupName, MappedGroup};
pub use kerbrole_core::{Realm, Sid};
pub use lookout::Lookout;
pub use read::read;
pub use secret::Secret;
pub use server::{Scheme, Server};
pub use snapshot::{Domain, Group, Person, PersonKind, Snapshot};

#[cfg(test)]
mod tests;
