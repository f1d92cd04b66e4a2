#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod bulk;
mod each;
mod error;
mod extension;
mod handle;
mod kerbrole;
mod options;
mod plain;
mod plan;
mod probe;
mod results;
mod sql_script;
mod sync_plan;

pub use builder::{Backend, Builder};
pub use bulk::{Bulk, Progress};
pub use each::Wanted;
pub use error::{Error, ErrorKind, Told};
pub use handle::Handle;
pub use kerbrole::Kerbrole;
pub use kerbrole_core::{
    AbsentPolicy, AddAction, CaseProblem, Language, LoginCost, NameRules, NetbiosDomains, Realm,
    RealmList, RoleName, SlowLogin, Statement, SyncAction, UnknownRealm, UsernameCase, Warning,
    is_invisible, quote_identifier, vocabulary,
};
pub use options::{AddOptions, DropOptions, Sessions, SyncOptions};
pub use plan::Plan;
pub use probe::{Extension, Family, Server, SqlFunctions, probe};
pub use results::{
    Added, CaseFinding, Check, Conflict, Dropped, ListedPrincipal, PrincipalState, RealmRename,
    SyncRow,
};
pub use sql_script::{InstalledFunctions, SqlScript};
pub use sync_plan::SyncPlan;
