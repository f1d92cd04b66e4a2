//! Throwaway servers for the demo and the tests: PostgreSQL with GSSAPI, a KDC, and an Active Directory.
//!
//! Everything lives in one temporary folder, listens on loopback only, runs as an unprivileged user where it can, and ends with the process
//! that started it, however that ends.

pub mod admin;
pub mod domain;
pub mod echo;
pub mod kdc;
pub mod kerberos;
pub mod postgres_server;
pub mod proxy;
pub mod psql;
pub mod report;
pub mod site;
pub mod tally;
pub mod version;
pub mod world;
