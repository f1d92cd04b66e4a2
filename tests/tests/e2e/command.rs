//! The command kerbrole, as a process.

// Does it connect where psql does, as the same role, as safely?
pub mod as_psql_does;
// Is each fault of a set-up in AWS named, and what does it say where AWS cannot be asked?
pub mod aws;
// Is each fault of a set-up named?
pub mod doctor;
// What does it print, and how does it end?
pub mod process;
