//! What somebody might try, one file an attack.

pub mod deep_chain;
pub mod elevation;
pub mod event_triggers;
pub mod guard_by_nobody;
pub mod inherited_powers;
pub mod large_arguments;
pub mod leavers;
pub mod long_lists;
pub mod lookalikes;
pub mod not_principals;
pub mod opened_again;
pub mod other_encodings;
pub mod search_path;
pub mod settings;
pub mod sql_injection;
pub mod temp_schema;
pub mod wrappers;
