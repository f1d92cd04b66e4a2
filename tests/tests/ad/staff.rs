//! People and groups of the shared directory, an access file about them, and what came of it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use kerbrole_tests::domain_controller::{Account, Asked, Group, Scope};
use kerbrole_tests::fixture::Session;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::psql::log_in;
use kerbrole_tests::sandbox::lossy;
use kerbrole_tests::version::{built, workspace};
use serde_json::Value;

use crate::access_files::{actions, add_reader, directory, kerbrole, rule, sync};
use crate::directory::{Context, REALM};

/// People and groups that no other test has, and a file about them.
pub struct Staff<'c> {
    pub c: &'c Context<'c>,
    /// What their names end in.
    tag: String,
    pub file: PathBuf,
}

impl<'c> Staff<'c> {
    /// Anna and Ben are analysts, she through another group; Cleo and Dora may log in.
    ///
    /// `test` tells those of one test from those of another.
    pub fn hire(c: &'c Context<'c>, test: &str) -> Self {
        let domain = c.domain();
        let tag = format!("{test}{}", c.short_label());
        let staff = Self { c, file: c.sandbox().path().join(format!("access-{tag}.toml")), tag };
        let people = ["Anna", "Ben", "Cleo", "Dora"].map(|name| Account::user(&staff.named(name)));
        domain.add(&people).unwrap();
        let dn = |name: &str| domain.dn_of(&staff.named(name));
        domain
            .add_groups(&[
                Group::new(&staff.named("Inner"), Scope::Global).members([dn("Anna")]),
                Group::new(&staff.named("Analysts"), Scope::DomainLocal)
                    .members([dn("Inner"), dn("Ben")]),
                Group::new(&staff.named("Users"), Scope::Universal).members([
                    dn("Cleo"),
                    dn("Dora"),
                    dn("Ben"),
                ]),
            ])
            .unwrap();
        add_reader(domain);
        staff.write("disable");
        staff
    }

    pub fn named(&self, name: &str) -> String {
        format!("{name}-{}", self.tag)
    }

    pub fn role(&self, name: &str) -> String {
        let user = self.named(name);
        let user = if self.c.caseins() { user.to_ascii_lowercase() } else { user };
        format!("{user}@{REALM}")
    }

    pub fn write(&self, absent: &str) {
        self.write_with(&self.c.domain().ldaps(), absent);
    }

    /// The same with the URL where the directory is asked.
    pub fn write_with(&self, url: &str, absent: &str) {
        let domain = self.c.domain();
        let directory = directory(domain, url, &self.file.with_extension("password"));
        let analysts = rule(&domain.dn_of(&self.named("Analysts")), &["analysts"]);
        let users = rule(&format!("CORP\\{}", self.named("Users")), &[]);
        let text = format!(
            "version = 1\n{directory}{analysts}{users}[people]\nabsent = \"{absent}\"\n\
             [limits]\nremovals = \"100%\"\n"
        );
        fs::write(&self.file, text).unwrap();
    }

    pub fn kerbrole(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = kerbrole(self.c.server);
        command.args(arguments);
        command
    }

    /// The command that stays, not yet started.
    pub fn watch(&self, more: &[&str]) -> Command {
        let mut command = self.command(&["sync", "--from", self.from(), "--watch", "--yes"]);
        command.args(more);
        command
    }

    /// Without anything that says where a server is.
    pub fn kerbrole_alone(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(built("kerbrole"));
        command.env_clear().env("HOME", "/nonexistent").env("PGUSER", SUPERUSER);
        command.env("PGDATABASE", "postgres").stdin(Stdio::null()).args(arguments);
        command.output().unwrap()
    }

    pub fn from(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// Carries it out; the actions with the roles that they are about.
    pub fn sync(&self) -> Vec<(String, String)> {
        let backend = ["--backend", self.c.backend()];
        let out = self.kerbrole(&[&sync(&self.file)[..], &backend].concat());
        let actions = actions(&out);
        rows(&out, "sync-from");
        actions
    }

    /// Whether somebody with a ticket of this account gets in, as the role of that name.
    pub fn gets_in(&self, name: &str) -> bool {
        let ticket = self.c.domain().ticket(&self.named(name), Asked::AsTyped).unwrap();
        log_in(self.c.server, &ticket, &self.role(name)).unwrap().ok
    }

    pub fn oid(&self, name: &str) -> Option<String> {
        let mut su = self.c.superuser();
        let ask = format!("SELECT oid::text FROM pg_roles WHERE rolname = '{}'", self.role(name));
        su.column(&ask).into_iter().next()
    }

    /// Whether the role may log in, on the server of the test.
    pub fn can_login(&self, name: &str) -> bool {
        self.can_login_at(self.c.server, name)
    }

    pub fn can_login_at(&self, server: &Server, name: &str) -> bool {
        let mut su = Session::open(server, SUPERUSER, "postgres").unwrap();
        let role = self.role(name);
        su.column(&format!("SELECT rolcanlogin::text FROM pg_roles WHERE rolname = '{role}'"))
            == ["true"]
    }

    /// The direct memberships besides rds_ad.
    pub fn roles_of(&self, name: &str) -> Vec<String> {
        self.c.superuser().column(&format!(
            "SELECT m.roleid::regrole::text FROM pg_auth_members m \
             JOIN pg_roles r ON r.oid = m.member \
             WHERE r.rolname = '{}' AND m.roleid <> 'rds_ad'::regrole ORDER BY 1",
            self.role(name)
        ))
    }
}

/// Rows as docs/reference/command.schema.json has them.
pub fn rows(out: &Output, definition: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(&lossy(&out.stdout)).unwrap();
    expect(definition, &[&value]);
    value.as_array().unwrap().clone()
}

/// Fails where one is not as that file has it.
pub fn expect(definition: &str, values: &[&Value]) {
    let path = workspace().join("docs/reference/command.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("file:///schema.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let place = format!("file:///schema.json#/$defs/{definition}");
    let index = compiler.compile(&place, &mut schemas).unwrap();
    for value in values {
        if let Err(error) = schemas.validate(value, index) {
            panic!("{definition}: {error:#}\n{value}");
        }
    }
}
