//! Throwaway servers for the demo and the tests: PostgreSQL with GSSAPI, a KDC, and an Active
//! Directory.
//!
//! Everything lives in one temporary folder, listens on loopback only, runs as an unprivileged user
//! where it can, and ends with the process that started it, however that ends.

#[cfg(feature = "suites")]
pub mod admin;
#[cfg(feature = "suites")]
pub mod answering_port;
#[cfg(feature = "suites")]
pub mod authority;
#[cfg(feature = "suites")]
pub mod domain_controller;
#[cfg(feature = "suites")]
pub mod fixture;
pub mod kdc;
pub mod kerberos;
#[cfg(feature = "suites")]
pub mod ldap_proxy;
#[cfg(feature = "suites")]
pub mod oracle;
pub mod postgres_server;
#[cfg(feature = "suites")]
pub mod proxy;
pub mod psql;
#[cfg(feature = "suites")]
pub mod report;
pub mod sandbox;
#[cfg(feature = "suites")]
pub mod tally;
pub mod version;
