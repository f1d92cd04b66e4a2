//! Roles as they stand in the catalogue.

pub(crate) mod comment;
pub(crate) mod dependants;
pub(crate) mod foreign_grants;
pub(crate) mod path;
pub(crate) mod power;
pub(crate) mod role;
pub(crate) mod role_set;
