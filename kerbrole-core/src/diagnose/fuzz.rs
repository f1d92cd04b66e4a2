//! What holds whatever stands in a server's files: what is in `corpus`, with something done to it.
//!
//! `make fuzz` goes on for as long as one likes, and compares with MIT Kerberos.

mod hba;
mod ident;
mod keytab;
mod written;
