//! Between SQL and the core: arguments, rows, what the caller is told.

pub(crate) mod args;
pub(crate) mod notices;
pub(crate) mod people;
pub(crate) mod principals;
pub(crate) mod rows;
