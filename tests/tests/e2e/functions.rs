//! The SQL functions, each for itself.

// Does what a directory says come about, and do roles follow their accounts?
pub mod access;
// What does adding a principal leave behind, and what becomes of roles that are there?
pub mod add;
// Which names do tickets not reach, or too many?
pub mod case_audit;
// What becomes of roles that differ by case only?
pub mod case_rule;
// Has every function its comment, its rights, its search path?
pub mod catalogue;
// What does kerb_check_principal say, in words, and do its fixes mend?
pub mod check;
// Who is in both, by which ways, and what ends it?
pub mod conflicts;
// Is somebody kept out, and let in again?
pub mod disable;
// Does somebody who left leave no trace, and nothing get lost?
pub mod drop;
// With whose rights do principals come into groups?
pub mod groups;
// Are the functions in PL/pgSQL those of the extension, and do they go without a trace?
pub mod in_plpgsql;
// Who has access, and by which way?
pub mod list;
// What may be typed, and what does it become?
pub mod names;
// What is told of what is done, and which element of a list was wrong?
pub mod notices;
// Does a new name keep everything else?
pub mod rename;
// What do the settings do, and which values do they refuse?
pub mod settings;
// Does a list bring about what it says, and no more?
pub mod sync;
// Does an upgraded extension equal a fresh one, and serve an old catalogue?
pub mod upgrade;
