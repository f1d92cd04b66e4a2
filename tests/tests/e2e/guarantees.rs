//! What holds whatever is called: all or nothing, nobody gains rights, nobody waits, the server
//! stays up.

// Is it all of a call or nothing of it?
pub mod atomic;
// What might somebody try, one file an attack?
pub mod attacks;
// How much memory can a caller make a backend take?
pub mod bounds;
// Who may call what?
pub mod privileges;
// Can two harmless transactions make a conflict together?
pub mod concurrency;
// Is it the same by the definition, the core, the extension, the functions in PL/pgSQL and a query?
pub mod differential;
// What holds in databases that are not UTF-8?
pub mod encodings;
// Which plain statements does the guard refuse, and which does it let pass?
pub mod guard;
// Does a login that is under way get past a drop?
pub mod logging_in;
// Does the guard get on with another library?
pub mod other_hooks;
// Do PostgreSQL's own tests print the same with the library?
pub mod pg_regression;
// What holds for any name?
pub mod properties;
// Does the server stay up, whatever is passed?
pub mod robustness;
// Do many principals go into one call?
pub mod scale;
// Does a login without any right keep others waiting?
pub mod storm;
