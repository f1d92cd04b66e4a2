//! Names: what a directory, Kerberos and PostgreSQL allow, and what becomes of what somebody typed.

pub(crate) mod case;
pub(crate) mod error;
pub(crate) mod principal;
pub(crate) mod realm;
pub(crate) mod role_name;
pub(crate) mod rules;
pub(crate) mod sid;
pub(crate) mod username;
