#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "cred-store"), forbid(unsafe_code))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod attempt;
mod authenticating;
mod connect;
mod connector;
#[cfg(feature = "cred-store")]
mod cred_store;
mod credentials;
mod encrypted;
mod error;
mod hosts;
mod machine;
mod mechanism;
mod mode;
mod negotiate;
mod require_auth;
mod service_ticket;
mod settings;
mod stream;
mod thread;

pub use connect::connect;
pub use connector::{GssConnect, MakeGssConnect};
pub use credentials::{Credentials, Ticket};
pub use error::{Error, ErrorKind};
pub use mode::GssEncMode;
pub use require_auth::RequireAuth;
pub use service_ticket::{ServiceName, ServiceTicket};
pub use stream::GssStream;

#[cfg(test)]
mod tests;
