//! Answers about what is, each with what would mend it.

pub(crate) mod case_audit;
pub(crate) mod check;
pub(crate) mod config_lines;
pub(crate) mod fix_with;
#[cfg(test)]
mod fuzz;
pub(crate) mod hba;
pub(crate) mod keytab;
pub(crate) mod list;
pub(crate) mod login_cost;
pub(crate) mod unknown_realms;
