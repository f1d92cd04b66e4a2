//! What holds whatever a directory answers and whatever stands in a file: what is in `corpus`, with
//! something done to it.
//!
//! `make fuzz FUZZ=ldap` goes on for as long as one likes.

mod answers;
mod change;
mod corpus;
mod files;
mod nested;
mod tree;
mod values;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}
