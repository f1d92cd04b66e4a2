//! What goes with the code: documents, scripts, the servers that tests get, releases.

// Does make demo run to its end, and leave nothing when it is interrupted?
pub mod demo;
// Do the documents say what is so?
pub mod readme;
// Is the description, the version, the workflow the same everywhere?
pub mod release;
// Do the scripts in sql/ do what they say?
pub mod scripts;
// Where do the tests get their servers, and what is said where they get none?
pub mod servers;
// Which file may know which?
pub mod structure;
