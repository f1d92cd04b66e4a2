//! Access files as tests write them, the built command run on them, and what it did.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Once;

use kerbrole_tests::domain_controller::{Account, Domain, PASSWORD};
use kerbrole_tests::fixture::Session;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::lossy;
use kerbrole_tests::version::built;
use serde_json::{Value, json};

/// The user that reads directories.
pub const READER: &str = "svc-kerbrole";

/// Adds that user to the directory that the tests share, where it is not there yet.
pub fn add_reader(shared: &Domain) {
    static ADDED: Once = Once::new();
    ADDED.call_once(|| shared.add(&[Account::user(READER)]).unwrap());
}

/// Writes a directory's table, with the URL where it is asked, and the reader's password beside it.
pub fn directory(domain: &Domain, url: &str, password: &Path) -> String {
    fs::write(password, PASSWORD).unwrap();
    fs::set_permissions(password, fs::Permissions::from_mode(0o600)).unwrap();
    let realm = &domain.realm;
    format!(
        "[directories.\"{}\"]\nservers = [\"{url}\"]\nca_file = \"{}\"\n\
         bind_user = \"{READER}@{realm}\"\npassword_file = \"{}\"\n",
        realm.to_ascii_lowercase(),
        domain.ca_file().display(),
        password.display(),
    )
}

/// What membership in a group means.
pub fn rule(group: &str, roles: &[&str]) -> String {
    // A string of JSON is one of TOML.
    format!("[[access]]\ngroup = {}\nroles = {}\n", json!(group), json!(roles))
}

/// The command, which connects to this server as the superuser.
pub fn kerbrole(server: &Server) -> Command {
    let mut command = Command::new(built("kerbrole"));
    command
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("PGHOST", server.socket())
        .env("PGPORT", server.port.to_string())
        .env("PGUSER", SUPERUSER)
        .env("PGDATABASE", "postgres")
        .stdin(Stdio::null());
    command
}

/// Arguments that carry a file out.
pub fn sync(file: &Path) -> [&str; 6] {
    ["sync", "--from", file.to_str().unwrap(), "--yes", "--format", "json"]
}

/// What was done: the actions with the roles that they are about.
pub fn actions(out: &Output) -> Vec<(String, String)> {
    let (stdout, stderr) = (lossy(&out.stdout), lossy(&out.stderr));
    assert!(out.status.success(), "{stdout}{stderr}");
    let rows: Vec<Value> = serde_json::from_str(&stdout).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_string();
    rows.iter().map(|row| (text(row, "action"), text(row, "role_name"))).collect()
}

/// Every role, every membership and every comment of a role, whole.
pub fn catalogue(su: &mut Session) -> Vec<String> {
    su.column(
        "SELECT r::text FROM pg_roles r UNION ALL SELECT m::text FROM pg_auth_members m UNION ALL \
         SELECT d::text FROM pg_shdescription d WHERE classoid = 'pg_authid'::regclass ORDER BY 1",
    )
}
