//! What is said to a server: logins, searches, and the controls that go with them.

pub(crate) mod bind;
pub(crate) mod connection;
pub(crate) mod controls;
pub(crate) mod entry;
pub(crate) mod extended_dn;
pub(crate) mod filter;
pub(crate) mod guid;
pub(crate) mod outcome;
pub(crate) mod range;
pub(crate) mod search;
