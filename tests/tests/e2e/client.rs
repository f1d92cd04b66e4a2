//! The crate kerbrole-client, by either backend.

// What does the crate do with the extension, and without?
pub mod library;
// Do both backends come to the same?
pub mod conformance;
// What is left when the connection breaks, or others do the same?
pub mod network;
// What does an administrator need who is no superuser, and what does it keep?
pub mod plain;
