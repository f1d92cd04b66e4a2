//! The servers that tests share, a fresh start on them for each test, and the trials that come of
//! both.

mod cases;
mod context;
mod kind;
mod servers;
mod session;

pub use cases::{Case, On};
pub use context::{Context, OwnServer, REALM};
pub use kind::Kind;
pub use servers::try_all;
pub use session::{Session, db_error};
