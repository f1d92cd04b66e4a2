//! What is said on the wire, from bytes to bytes: nothing here reads, writes or calls a library.
//!
//! Whatever a peer sends is taken by [`receive`](authentication::Authentication::receive) in pieces
//! of any size, and kept up to a bound that the protocol sets.

pub(crate) mod authentication;
pub(crate) mod negotiation;
pub(crate) mod packets;
pub(crate) mod seal;
pub(crate) mod skim;

#[cfg(test)]
mod rogue;
