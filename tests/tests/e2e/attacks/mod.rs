//! What somebody might try, one file an attack.

pub mod deep_chain;
pub mod elevation;
pub mod large_arguments;
pub mod lookalikes;
pub mod not_principals;
pub mod search_path;
pub mod settings;
pub mod sql_injection;
pub mod temp_schema;
pub mod wrappers;
