#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod access;
mod builder;
mod bulk;
mod each;
mod error;
mod extension;
mod fault;
mod handle;
mod kerbrole;
mod long_list;
mod options;
mod plain;
mod plan;
mod probe;
mod results;
mod sql_script;
mod sync_plan;

pub use access::{Access, AccessPerson, AccessPlan, AccessRow};
pub use builder::{Backend, Builder};
pub use bulk::{Bulk, Progress};
pub use each::Wanted;
pub use error::{Error, ErrorKind, Told};
pub use handle::Handle;
pub use kerbrole::Kerbrole;
pub use kerbrole_core::{
    AbsentPolicy, AccessAction, AccessError, AddAction, CaseProblem, Language, LoginCost,
    NameError, NameRules, NetbiosDomains, Realm, RealmList, RemovalLimit, RoleName, Sid, SlowLogin,
    Statement, SyncAction, UnknownRealm, UsernameCase, Warning, is_invisible, quote_identifier,
    vocabulary,
};
pub use options::{AddOptions, DropOptions, Sessions, SyncOptions};
pub use plan::Plan;
pub use probe::{Extension, Family, Server, SqlFunctions, probe};
pub use results::{
    Added, CaseFinding, Check, Conflict, Dropped, ListedPrincipal, PrincipalSource, PrincipalState,
    RealmRename, SyncRow,
};
pub use sql_script::{InstalledFunctions, SqlScript};
pub use sync_plan::SyncPlan;
