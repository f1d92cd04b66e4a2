//! The SQL functions, each in a file of its name. None of them is anybody's library.

mod access;
mod add;
mod canonicalize;
mod case_audit;
mod check;
mod conflicts;
mod drop;
mod enable;
mod list;
mod rename;
mod sync;
