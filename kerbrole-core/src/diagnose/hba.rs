//! Which line of pg_hba.conf a login would meet first, and whether a ticket gets through it.
//!
//! The rules are those of `check_hba` in src/backend/libpq/hba.c and `pg_GSS_checkauth` in
//! src/backend/libpq/auth.c, over what the views pg_hba_file_rules and pg_ident_file_mappings show,
//! and what the files say about quotes.

pub(crate) mod line;
pub(crate) mod login;
mod maps;
#[cfg(test)]
mod tests;
pub(crate) mod verdict;
pub(crate) mod words;

pub use line::{HbaLine, IdentLine};
pub use login::LoginAttempt;
pub use verdict::HbaVerdict;
pub use words::{Match, Word};
