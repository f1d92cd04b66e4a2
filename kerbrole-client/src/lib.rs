#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod bulk;
mod each;
mod error;
mod extension;
mod kerbrole;
mod plain;
mod probe;
mod types;

pub use builder::{Backend, Builder};
pub use bulk::{Bulk, Progress};
pub use each::Wanted;
pub use error::{Error, ErrorKind};
pub use kerbrole::Kerbrole;
pub use kerbrole_core::{
    AbsentPolicy, AddAction, CaseProblem, NameRules, NetbiosDomains, Realm, RealmList, RoleName,
    Statement, SyncAction, UsernameCase, is_invisible, quote_identifier,
};
pub use probe::{Extension, Family, Server, probe};
pub use types::{
    AddOptions, Added, CaseFinding, Check, Conflict, DropOptions, Dropped, ListedPrincipal, Plan,
    PrincipalState, RealmRename, SyncOptions, SyncRow,
};
