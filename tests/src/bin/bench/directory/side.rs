//! Who synchronises: kerbrole by each of its back ends, and what people use instead. All are told
//! the same, each in its own words.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use kerbrole_tests::domain_controller::PASSWORD;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::{Result, lossy, run};
use kerbrole_tests::version::built;

use super::staff::Staff;
use crate::tools;

/// Somebody who synchronises.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Side {
    Extension,
    Functions,
    Plain,
    Ldap2pg,
    PgLdapSync,
}

impl Side {
    pub(crate) const OURS: [Self; 3] = [Self::Extension, Self::Functions, Self::Plain];
    pub(crate) const OTHERS: [Self; 2] = [Self::Ldap2pg, Self::PgLdapSync];

    pub(crate) fn label(self) -> Result<String> {
        Ok(match self {
            Self::Extension => "kerbrole, the extension".into(),
            Self::Functions => "kerbrole, the functions in PL/pgSQL".into(),
            Self::Plain => "kerbrole, plain statements".into(),
            Self::Ldap2pg => "ldap2pg 5.9".into(),
            Self::PgLdapSync => {
                let said = run(Command::new(pg_ldap_sync()).arg("--version"))?;
                let version = lossy(&said.stdout);
                format!("pg-ldap-sync {}", version.split_whitespace().last().unwrap_or_default())
            }
        })
    }

    /// Writes what it reads, and says how it is called; it connects to the server as the superuser.
    pub(crate) fn command(self, staff: &Staff, server: &Server) -> Result<Command> {
        let write = |name: &str, text: String| -> Result<PathBuf> {
            let path = staff.folder.join(name);
            fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
            Ok(path)
        };
        let backend = |name: &str| -> Result<Command> {
            let mut command = Command::new(built("kerbrole"));
            let file = write("access.toml", access_file(staff))?;
            command.args(["sync", "--yes", "--quiet", "--backend", name, "--from"]).arg(file);
            Ok(command)
        };
        let mut command = match self {
            Self::Extension => backend("extension")?,
            Self::Functions => backend("functions")?,
            Self::Plain => backend("sql")?,
            Self::Ldap2pg => {
                let mut command = Command::new(tools::ldap2pg_program()?);
                command.args(["--real", "--quiet", "--config"]);
                command.arg(write("ldap2pg.yml", ldap2pg(staff))?);
                command
            }
            Self::PgLdapSync => {
                let mut command = Command::new(pg_ldap_sync());
                command.arg("--config").arg(write("pg_ldap_sync.yaml", pg_ldap_sync_file(staff))?);
                command
            }
        };
        tools::connected(&mut command, server, SUPERUSER);
        if self == Self::Ldap2pg {
            command
                .env("LDAPURI", staff.domain.ldaps())
                .env("LDAPBINDDN", staff.reader())
                .env("LDAPPASSWORD", PASSWORD)
                .env("LDAPTLS_CACERT", staff.domain.ca_file());
        }
        Ok(command)
    }
}

/// `kerbrole directory check`, which reads and does nothing else.
pub(crate) fn read(staff: &Staff) -> Result<Command> {
    let path = staff.folder.join("access.toml");
    fs::write(&path, access_file(staff)).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut command = Command::new(built("kerbrole"));
    command.args(["directory", "check", "--quiet"]).arg(path);
    Ok(command)
}

/// Another pg-ldap-sync than Debian's is named by this variable.
fn pg_ldap_sync() -> PathBuf {
    std::env::var_os("PG_LDAP_SYNC").map_or_else(|| "pg_ldap_sync".into(), PathBuf::from)
}

fn access_file(staff: &Staff) -> String {
    let domain = &staff.domain;
    let mut text = format!(
        "version = 1\n[directories.\"{}\"]\nservers = [\"{}\"]\nca_file = \"{}\"\n\
         bind_user = \"{}\"\npassword_file = \"{}\"\n[people]\nabsent = \"drop\"\n",
        domain.realm.to_ascii_lowercase(),
        domain.ldaps(),
        domain.ca_file().display(),
        staff.reader(),
        staff.password_file().display(),
    );
    for group in staff.groups() {
        let dn = domain.dn_of(&group);
        let _infallible = writeln!(text, "[[access]]\ngroup = \"{dn}\"\nroles = [\"{group}\"]");
    }
    text
}

/// One search, with the groups in `memberOf`: one for each group would take as many looks at
/// everybody. By default it neither sees roles called rds_* nor can grant them.
fn ldap2pg(staff: &Staff) -> String {
    let groups: Vec<_> = staff.groups().collect();
    format!(
        "version: 5\npostgres:\n  roles_blacklist_query: [pg_*]\n  managed_roles_query: |\n    \
         SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = 'rds_ad'\n    OR rolname ~ \
         '^team' OR rolname ~ '@{realm}$'\nsync_map:\n- roles:\n  - name: rds_ad\n  - names: \
         [{}]\n- ldapsearch:\n    base: \"{}\"\n    filter: \
         \"(&(objectClass=user)(userPrincipalName=*))\"\n  role:\n    name: \
         '{{userPrincipalName}}'\n    options: LOGIN\n    parents: [rds_ad, '{{memberOf.cn}}']\n",
        groups.join(", "),
        staff.base(),
        realm = staff.domain.realm,
    )
}

fn pg_ldap_sync_file(staff: &Staff) -> String {
    let base = staff.base();
    format!(
        "ldap_connection:\n  host: {address}\n  port: 636\n  encryption:\n    method: :simple_tls\n\
         \x20   tls_options:\n      ca_file: {ca}\n  auth:\n    method: :simple\n    username: \
         {reader}\n    password: {PASSWORD}\nldap_users:\n  base: {base}\n  filter: \
         (&(objectClass=user)(userPrincipalName=*))\n  name_attribute: userPrincipalName\n\
         ldap_groups:\n  base: {base}\n  filter: (&(objectClass=group)(cn=team*))\n  \
         name_attribute: cn\n  member_attribute: member\npg_connection:\n  dbname: postgres\n\
         pg_users:\n  filter: rolname ~ '@{realm}$'\n  create_options: LOGIN IN ROLE \
         rds_ad\npg_groups:\n  filter: \
         rolname ~ '^team'\n  create_options: NOLOGIN\n  grant_options:\n",
        address = staff.domain.address,
        ca = staff.domain.ca_file().display(),
        reader = staff.reader(),
        realm = staff.domain.realm,
    )
}
