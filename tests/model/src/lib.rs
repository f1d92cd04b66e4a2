//! A model of what kerbrole promises while several sessions change memberships at the same time,
//! and graphs of memberships that everything which goes along them is compared on.
//!
//! The model has the catalogue with its snapshots, the locks and who waits for them, what people
//! type, the guard's look before and after it, the functions of the extension and those in
//! PL/pgSQL, kerbrole-client with its look after the commit and what it takes back, cut connections
//! and a server that goes down. [`worlds`] has the places, [`properties`] what must be so in every
//! state that they can come to, [`fault`] what could be wrong. `make prove` runs it.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

#[cfg(feature = "checker")]
pub mod catalogue;
#[cfg(feature = "checker")]
pub mod checking;
#[cfg(feature = "checker")]
pub mod fault;
pub mod graphs;
#[cfg(feature = "checker")]
pub mod model;
#[cfg(feature = "checker")]
pub mod program;
#[cfg(feature = "checker")]
pub mod properties;
#[cfg(feature = "checker")]
pub mod proved;
#[cfg(feature = "checker")]
pub mod report;
#[cfg(feature = "checker")]
pub mod state;
#[cfg(feature = "checker")]
mod steps;
#[cfg(feature = "checker")]
pub mod story;
#[cfg(feature = "checker")]
pub mod worlds;
