//! Throwaway servers for the demo and the tests: PostgreSQL with GSSAPI, and a KDC.
//!
//! Everything lives in one temporary folder, listens on loopback only, runs as an unprivileged user and ends with the process
//! that started it, however that ends.

pub mod kdc;
pub mod postgres_server;
pub mod proxy;
pub mod psql;
pub mod report;
pub mod site;
pub mod version;
pub mod world;
