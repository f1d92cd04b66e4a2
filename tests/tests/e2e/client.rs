//! The crate kerbrole-client, by either backend.

// What does the crate do with the extension, and without?
pub mod library;
// What do the accounts of a directory come to?
pub mod access;
// What kind of error is it, and what does a handle know?
pub mod kinds;
// What is kept, carried out later, and traced.
pub mod keeping;
// How does an application use it, that keeps a handle in its state?
pub mod web;
// Do both backends come to the same?
pub mod conformance;
// What is left when the connection breaks, or others do the same?
pub mod network;
// What does an administrator need who is no superuser, and what does it keep?
pub mod plain;
