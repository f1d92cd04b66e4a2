//! Reading from a directory that is played here, over a pipe, as whole as it is or with faults.

mod changes;
mod faults;
mod fuzz;
mod model;
mod properties;
mod sealed;
mod server;
mod tls;
mod unusual;
