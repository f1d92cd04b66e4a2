//! What people use instead: ldap2pg and Ansible, each told to make the same roles.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use kerbrole_tests::postgres_server::Server;
use kerbrole_tests::sandbox::{Result, run};
use kerbrole_tests::version::workspace;

use crate::Bench;
use crate::contestants::timed;
use crate::names::Name;

/// ldap2pg with a static list.
///
/// By default it neither sees roles called rds_* nor can grant them, and it drops every other role
/// that is not on its list: here it is told to manage rds_ad and the names of the list, and nothing
/// else. The members that it is told nothing of stay so.
pub(crate) fn ldap2pg(bench: &Bench, server: &Server, user: &str, names: &[Name]) -> Result<f64> {
    let list: Vec<_> = names.iter().map(|name| format!("'{}'", name.role)).collect();
    let mut text = format!(
        "version: 5\npostgres:\n  roles_blacklist_query: [pg_*]\n\
         \x20 managed_roles_query: \"SELECT pg_catalog.unnest(ARRAY['rds_ad', {}])\"\n\
         sync_map:\n- role: {{name: rds_ad}}\n- roles:\n  - options: LOGIN\n    parents: \
         [rds_ad]\n    names:\n",
        list.join(", ")
    );
    for Name { role, .. } in names {
        let _infallible = writeln!(text, "    - \"{role}\"");
    }
    let path = bench.write("ldap2pg.yml", &text)?;
    let mut command = Command::new(ldap2pg_program()?);
    command.arg("--config").arg(path).args(["--real", "--quiet"]);
    connected(&mut command, server, user);
    timed(|| run(&mut command).map(drop))
}

/// Where the Makefile puts it.
pub(crate) fn ldap2pg_program() -> Result<PathBuf> {
    let program = workspace().join("target/tools/ldap2pg/bin/ldap2pg");
    match program.exists() {
        true => Ok(program),
        false => Err(format!("{} is missing: make bench installs it", program.display())),
    }
}

/// Ansible's postgresql_user, one task with a loop, on this machine.
pub(crate) fn ansible(bench: &Bench, server: &Server, user: &str, names: &[Name]) -> Result<f64> {
    let mut text = format!(
        "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n  - \
         community.postgresql.postgresql_user:\n      name: \"{{{{ item }}}}\"\n      \
         role_attr_flags: LOGIN\n      groups: [rds_ad]\n\
         \x20     login_unix_socket: \"{}\"\n      port: {}\n      login_user: {user}\n      db: \
         postgres\n    loop:\n",
        server.socket().display(),
        server.port
    );
    for Name { role, .. } in names {
        let _infallible = writeln!(text, "    - \"{role}\"");
    }
    let path = bench.write("ansible.yml", &text)?;
    let home: PathBuf = bench.sandbox.path().join("ansible");
    let mut command = Command::new("ansible-playbook");
    command
        .args(["-i", "localhost,", "-e", "ansible_python_interpreter=/usr/bin/python3"])
        .arg(path);
    command
        .env("ANSIBLE_HOME", &home)
        .env("ANSIBLE_LOCAL_TEMP", home.join("tmp"))
        .env("ANSIBLE_REMOTE_TEMP", home.join("remote"));
    command
        .env("ANSIBLE_DEPRECATION_WARNINGS", "false")
        .env("ANSIBLE_NOCOLOR", "1")
        .env("LC_ALL", "C.UTF-8");
    timed(|| run(&mut command).map(drop))
}

pub(crate) fn connected(command: &mut Command, server: &Server, user: &str) {
    command
        .env("PGHOST", server.socket())
        .env("PGPORT", server.port.to_string())
        .env("PGUSER", user);
    command
        .env("PGDATABASE", "postgres")
        .env_remove("PGPASSWORD")
        .env_remove("PGOPTIONS")
        .env_remove("PGDSN");
    for name in ["LDAPURI", "LDAPHOST", "LDAPBINDDN", "LDAPPASSWORD", "DRY", "VERBOSE", "DEBUG"] {
        command.env_remove(name);
    }
}
