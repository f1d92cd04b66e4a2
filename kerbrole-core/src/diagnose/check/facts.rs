//! What a check goes by: everything that a login depends on.

use crate::diagnose::check::startup::StartupFacts;
use crate::diagnose::fix_with::FixWith;
use crate::diagnose::hba::line::{HbaLine, IdentLine};
use crate::diagnose::hba::words::Match;
use crate::names::case::HighBytes;
use crate::oid::RoleOid;

/// A limit on connections, and how far it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimit {
    /// At most so many; -1 for any number.
    pub limit: i32,
    /// How many there are.
    pub sessions: u32,
}

/// The database that somebody wants to log in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// Its name: bytes, which need not be text.
    pub name: Vec<u8>,
    /// Whether a statement that is shown here can spell it: it is text, and the database's encoding
    /// has it.
    pub is_spelled: bool,
    /// ALLOW_CONNECTIONS
    pub allows_connections: bool,
    /// CONNECTION LIMIT
    pub limit: ConnectionLimit,
    /// Whether the role has CONNECT on it.
    pub may_connect: bool,
}

/// Where the server finds the keys of its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeytabFacts {
    /// `krb_server_keyfile`, or where libkrb5 looks without it.
    pub path: String,
    /// Whether it is set, and not libkrb5's default.
    pub is_set: bool,
    /// The principals that it has keys of; the reason where it cannot be read; `Ok(None)` for what
    /// is no file.
    pub principals: Result<Option<Vec<String>>, String>,
}

/// The server's own side, which only superusers see.
pub struct ServerFacts<'f> {
    /// Its version: 15, 16, 17, …
    pub major: u32,
    /// `listen_addresses`
    pub listen_addresses: String,
    /// The keytab.
    pub keytab: KeytabFacts,
    /// The lines of pg_hba.conf.
    pub hba: Vec<HbaLine>,
    /// The lines of pg_ident.conf; nothing where the server would refuse the file.
    pub ident: Option<Vec<IdentLine>>,
    /// Whether the server can speak TLS.
    pub ssl: bool,
    /// The role of exactly this name.
    pub role_named: &'f dyn Fn(&[u8]) -> Option<RoleOid>,
    /// See [`LoginAttempt::regex`](crate::diagnose::hba::login::LoginAttempt::regex).
    pub regex: &'f dyn Fn(&[u8], &[u8]) -> Match,
}

/// Everything that a login depends on besides roles and memberships.
pub struct LoginFacts<'f> {
    /// `krb_caseins_users`
    pub caseins_users: bool,
    /// What the server does to other bytes than A-Z then.
    pub high_bytes: HighBytes,
    /// CONNECTION LIMIT of the role.
    pub role_limit: ConnectionLimit,
    /// The database.
    pub database: DatabaseFacts,
    /// What happens between authentication and the first statement.
    pub startup: StartupFacts,
    /// The server's side.
    pub server: Option<ServerFacts<'f>>,
    /// How fixes are written.
    pub fix_with: FixWith,
}
