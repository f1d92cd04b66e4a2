//! A KDC, a server of each version, and the program that logs in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use kerbrole_tests::fixture::{REALM, Session};
use kerbrole_tests::kdc::{Kdc, Ticket};
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::{Sandbox, lossy, output};
use kerbrole_tests::version::{Installation, built};

/// Which connections each database takes, by its name.
const HBA: &str = "local all all trust\n\
                   hostgssenc encrypted all all gss include_realm=1\n\
                   hostnogssenc unencrypted all all gss include_realm=1\n\
                   hostssl tls all all gss include_realm=1\n\
                   host either all all gss include_realm=1\n\
                   host password all all password\n\
                   host scram all all scram-sha-256\n\
                   host trust all all trust\n";

const DATABASES: [&str; 7] =
    ["encrypted", "unencrypted", "tls", "either", "password", "scram", "trust"];

/// A realm whose users get tickets for the servers' services.
pub const TRUSTED: &str = "ONPREM.COM";

/// The password of every role.
pub const PASSWORD: &str = "a word for the servers";

pub struct World {
    sandbox: &'static Sandbox,
    kdc: Kdc,
    trusted: Kdc,
    servers: Vec<Server>,
    root: PathBuf,
}

/// Where a test runs.
pub struct Place<'w> {
    pub kdc: &'w Kdc,
    pub trusted: &'w Kdc,
    pub server: &'w Server,
    pub sandbox: &'static Sandbox,
    pub is_newest: bool,
    /// The certificate of the server.
    pub root: &'w PathBuf,
}

/// What came of a login.
#[derive(Debug)]
pub struct Login {
    /// The principal and whether it is encrypted, where it came about.
    pub out: String,
    /// The kind of error and what is said of it, where it did not.
    pub err: String,
}

impl World {
    pub fn start(majors: &[u32]) -> Result<Self, String> {
        let sandbox = Sandbox::open(false)?;
        let kdc = Kdc::start(sandbox, REALM)?;
        let trusted = Kdc::start(sandbox, TRUSTED)?;
        kdc.trust(&trusted)?;
        let certificate = rcgen::generate_simple_self_signed(vec!["localhost".into()])
            .map_err(|e| e.to_string())?;
        let root = sandbox.path().join("root.pem");
        fs::write(&root, certificate.cert.pem()).map_err(|e| e.to_string())?;
        let mut servers = Vec::new();
        for &major in majors {
            let installation = Arc::new(Installation::copy_bare(sandbox, major)?);
            let name = format!("pg{major}-gssapi");
            let server = Server::start(sandbox, installation, &kdc, &name, &[])?;
            server.write("pg_hba.conf", HBA)?;
            server.write("server.crt", &certificate.cert.pem())?;
            let key = server.write("server.key", &certificate.signing_key.serialize_pem())?;
            fs::set_permissions(key, fs::Permissions::from_mode(0o600))
                .map_err(|e| e.to_string())?;
            let mut su =
                Session::open(&server, SUPERUSER, "postgres").map_err(|e| e.to_string())?;
            su.run("ALTER SYSTEM SET ssl = on");
            if major >= 16 {
                su.run("ALTER SYSTEM SET gss_accept_delegation = on");
            }
            for database in DATABASES {
                su.run(&format!("CREATE DATABASE {database}"));
            }
            for name in ["alice", "short", "robot"] {
                su.run(&format!("CREATE ROLE \"{name}@{REALM}\" LOGIN PASSWORD '{PASSWORD}'"));
            }
            su.run(&format!("CREATE ROLE \"carol@{TRUSTED}\" LOGIN"));
            server.restart()?;
            servers.push(server);
        }
        Ok(Self { sandbox, kdc, trusted, servers, root })
    }

    pub fn place(&self, at: usize) -> Place<'_> {
        let server = &self.servers[at];
        let is_newest = self.servers.iter().all(|other| other.major() <= server.major());
        Place {
            kdc: &self.kdc,
            trusted: &self.trusted,
            server,
            sandbox: self.sandbox,
            is_newest,
            root: &self.root,
        }
    }

    pub fn close(&self) {
        self.sandbox.close();
    }
}

impl Place<'_> {
    /// A ticket of `alice`.
    pub fn alice(&self) -> Ticket {
        self.kdc.ticket_of("alice").unwrap()
    }

    /// A cache without a ticket.
    pub fn nobody(&self) -> Ticket {
        Ticket {
            cache: format!("FILE:{}", self.sandbox.path().join("no-cache").display()),
            config: self.kdc.config(),
        }
    }

    /// How to reach a database as `alice`.
    pub fn to(&self, database: &str) -> String {
        format!("host=localhost port={} user=alice@{REALM} dbname={database}", self.server.port)
    }

    pub fn login(&self, ticket: &Ticket, connection: &str, words: &[&str]) -> Login {
        self.run("login", ticket, &[&[connection], words].concat())
    }

    /// An example of the crate, with this ticket.
    pub fn run(&self, example: &str, ticket: &Ticket, arguments: &[&str]) -> Login {
        let mut command = Command::new(built("examples").join(example));
        command
            .args(arguments)
            .env("KRB5_CONFIG", &ticket.config)
            .env("KRB5CCNAME", &ticket.cache)
            .env_remove("KRB5_CLIENT_KTNAME");
        let output = output(&mut command).unwrap();
        let text = |bytes: &[u8]| lossy(bytes).trim().to_owned();
        Login { out: text(&output.stdout), err: text(&output.stderr) }
    }
}
