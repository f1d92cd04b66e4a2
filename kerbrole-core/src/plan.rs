//! What is, and what is wanted: the statements that lead from one to the other.

pub(crate) mod access;
pub(crate) mod add;
pub(crate) mod drop;
pub(crate) mod enable;
mod gone;
pub(crate) mod rename;
pub(crate) mod rights;
pub(crate) mod sync;
