//! What goes with the code: documents, scripts, the servers that tests get, releases.

// Which items of the client are public?
pub mod api;
// Does make demo run to its end, and leave nothing when it is interrupted?
pub mod demo;
// Are the ways in near the top of the README, and do they lead in?
pub mod doors;
// Are the pictures of the documents what is printed?
pub mod pictures;
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
// Does what a message names exist where it is shown?
pub mod words;
