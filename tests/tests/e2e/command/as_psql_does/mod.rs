//! psql and kerbrole with the same strings, variables and files against the same server: both
//! connect, as the same role, with TLS or without, or neither does.
//!
//! Each row says what libpq does, and both are held to it. Where kerbrole knowingly refuses what
//! psql takes, the row says so, and how.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use kerbrole_tests::sandbox::{lossy, output, wait_until};
use kerbrole_tests::version::built;
use tempfile::TempDir;

use crate::cases;
use crate::fixture::{Context, OwnServer, REALM, Session};
use certificates::{Certificate, Kind};

mod certificates;
mod files;
mod parameters;
mod protection;
mod table;
mod tickets;
mod trials;

use files::{a_standby_is_told_apart, hosts_and_passfiles, services};
use parameters::{strings_and_urls, variables_and_options};
use protection::{certificates_of_every_kind, modes_and_pg_hba, sockets};
use table::{the_table_has_each_parameter, the_table_holds};
use tickets::tickets_in_each_mode;

cases! {
    EachVersion: the_table_has_each_parameter;
    Ends: sockets, services, a_standby_is_told_apart, certificates_of_every_kind, modes_and_pg_hba,
        hosts_and_passfiles, strings_and_urls, variables_and_options, the_table_holds,
        tickets_in_each_mode;
}

/// The password of the role `ann`.
const PASSWORD: &str = "only here";

/// What came of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    /// Encrypted by GSSAPI.
    Gss,
    /// With TLS.
    Tls,
    Plain,
    Refused,
}

use Is::{Gss, Plain, Refused, Tls};

/// One configuration.
struct Row {
    why: &'static str,
    string: String,
    arguments: Vec<&'static str>,
    variables: Vec<(&'static str, String)>,
    files: Vec<(&'static str, String)>,
    psql: Is,
    /// Who it is.
    user: String,
    /// What kerbrole says instead.
    kerbrole_says: Option<&'static str>,
    /// Since which libpq it is so.
    since: u32,
}

/// What psql does with a connection string, and so does kerbrole.
fn row(why: &'static str, string: impl Into<String>, psql: Is) -> Row {
    Row {
        why,
        string: string.into(),
        arguments: vec![],
        variables: vec![],
        files: vec![],
        psql,
        user: "ann".into(),
        kerbrole_says: None,
        since: 14,
    }
}

impl Row {
    fn with(mut self, arguments: &[&'static str]) -> Self {
        self.arguments.extend(arguments);
        self
    }

    fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// A file in the home folder that nobody else can read. Before 15 libpq asks the system for
    /// that folder, and not HOME.
    fn file(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.files.push((name, text.into()));
        self.since(15)
    }

    fn user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// kerbrole knowingly refuses it, with an error that has these words.
    fn but_kerbrole_says(mut self, words: &'static str) -> Self {
        self.kerbrole_says = Some(words);
        self
    }

    fn since(mut self, major: u32) -> Self {
        self.since = self.since.max(major);
        self
    }
}

/// A server with TLS, and a folder with the clients' files.
struct Bench<'b> {
    c: &'b Context<'b>,
    own: OwnServer,
    folder: TempDir,
    count: usize,
}

impl<'b> Bench<'b> {
    fn new(c: &'b Context<'b>, name: &str) -> Self {
        let own = c.own_server(&format!("as-psql-{name}"), &["log_connections = on"]);
        let folder = tempfile::tempdir_in(c.sandbox.path()).unwrap();
        let mut bench = Self { c, own, folder, count: 0 };
        let mut su = bench.superuser();
        for role in ["ann", "bob"] {
            su.run(&format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'"));
            su.run(&format!("CREATE DATABASE {role}"));
        }
        bench.takes_only("host all all all scram-sha-256");
        bench
    }

    fn superuser(&self) -> Session {
        Session::open(&self.own.0, "rdsadmin", "postgres").unwrap()
    }

    /// Lets the server read its files again, and waits until a new session comes from a postmaster
    /// that has.
    fn reload(&self) {
        let loaded = self.superuser().one("SELECT pg_conf_load_time()");
        self.superuser().run("SELECT pg_reload_conf()");
        wait_until(|| self.superuser().one("SELECT pg_conf_load_time()") != loaded).unwrap();
    }

    /// What pg_hba.conf says besides the superuser's line.
    fn takes_only(&mut self, hba: &str) {
        self.own.0.write("pg_hba.conf", &format!("local all rdsadmin trust\n{hba}\n")).unwrap();
        self.reload();
    }

    /// From here on the server shows this certificate.
    fn shows(&mut self, certificate: &Certificate) {
        self.count += 1;
        let (name, key) =
            (format!("server-{}.crt", self.count), format!("server-{}.key", self.count));
        self.own.0.write(&name, &certificate.pem_with_chain()).unwrap();
        self.own.0.write(&key, &certificate.key_pem()).unwrap();
        let mut su = self.superuser();
        for (setting, value) in
            [("ssl_cert_file", name.as_str()), ("ssl_key_file", &key), ("ssl", "on")]
        {
            su.run(&format!("ALTER SYSTEM SET {setting} = '{value}'"));
        }
        self.reload();
    }

    /// A file of certificates for clients, `{name}` in rows.
    fn keep(&self, name: &str, certificate: &Certificate) {
        fs::write(self.folder.path().join(name), certificate.pem()).unwrap();
    }

    /// `{port}`, `{socket}` and `{any file of the folder}` in what a row says.
    fn filled(&self, text: &str) -> String {
        let mut text = text.replace("{port}", &self.own.0.port.to_string());
        for (encoded, slash) in [("{socket}", "/"), ("{socket%}", "%2F")] {
            text = text
                .replace(encoded, &self.own.0.socket().display().to_string().replace('/', slash));
        }
        while let Some((before, rest)) = text.split_once('{') {
            let (name, after) = rest.split_once('}').unwrap();
            text = format!("{before}{}{after}", self.folder.path().join(name).display());
        }
        text
    }

    fn prepared(&mut self, mut command: Command, row: &Row, home: &Path) -> (Command, String) {
        self.count += 1;
        let application = format!("row-{}", self.count);
        let keep = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let keep: Vec<_> = keep.filter(|(name, _)| name == "LD_LIBRARY_PATH").collect();
        command
            .env_clear()
            .envs(keep)
            .env("HOME", home)
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null());
        command.env("PGSYSCONFDIR", home);
        // Connections are found in the log by this name, unless it is what a row is about.
        let named = |text: &str| text.replace("{application}", &application);
        if !row.why.ends_with("application_name") {
            command.env("PGAPPNAME", &application);
        }
        for (name, value) in &row.variables {
            command.env(name, self.filled(&named(value)));
        }
        for argument in &row.arguments {
            command.arg(self.filled(argument));
        }
        if !row.string.is_empty() {
            command.arg("-d").arg(self.filled(&named(&row.string)));
        }
        (command, application)
    }

    /// What the server logged about a connection: who, and how.
    fn logged(&self, application: &str) -> Option<(String, Is)> {
        let log = self.own.0.log_text();
        let name = format!(" application_name={application}");
        let is_this = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
        let line = log.lines().find(|line| {
            line.contains("connection authorized: ")
                && line.split_once(&name).is_some_and(|(_, rest)| is_this(rest))
        })?;
        let (_, user) = line.split_once("connection authorized: user=")?;
        let user = user.split_once(" database=")?.0;
        let is = match line {
            _ if line.contains(" encrypted=yes") => Gss,
            _ if line.contains("SSL enabled") => Tls,
            _ => Plain,
        };
        Some((user.to_string(), is))
    }

    /// Tries a row, and says what is not as it should be.
    fn trial(&mut self, row: &Row) -> Vec<String> {
        if self.c.major() < row.since {
            return vec![];
        }
        let home = tempfile::tempdir_in(self.folder.path()).unwrap();
        for (name, text) in &row.files {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, latin1(&self.filled(text))).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let mut wrong = Vec::new();
        let mut kerbrole = Command::new(built("kerbrole"));
        kerbrole.args(["probe", "-q", "-w"]);
        let mut psql = self.own.0.command("psql");
        psql.args(["-X", "-q", "-w", "-c", "SELECT 1"]);
        for (program, command) in [("psql", psql), ("kerbrole", kerbrole)] {
            let (mut command, application) = self.prepared(command, row, home.path());
            let ended = output(&mut command).unwrap();
            let said = lossy(&ended.stderr);
            let (user, is) = match self.logged(&application) {
                Some((user, is)) if ended.status.success() => (user, is),
                _ => (row.user.clone(), Refused),
            };
            let refuses = if program == "kerbrole" { row.kerbrole_says } else { None };
            let expected = if refuses.is_some() { Refused } else { row.psql };
            if is != expected || user != row.user {
                wrong.push(format!(
                    "{}: {program} is {is:?} as {user}, not {expected:?}: {said}",
                    row.why
                ));
            }
            if program == "kerbrole" && is == Refused {
                let code = ended.status.code();
                let lines = said.lines().filter(|line| !line.contains(" is passed over: "));
                let (hints, errors): (Vec<_>, Vec<_>) =
                    lines.partition(|line| line.starts_with("HINT:  "));
                if !matches!(code, Some(2 | 3))
                    || errors.len() != 1
                    || hints.len() > 1
                    || !said.contains(refuses.unwrap_or_default())
                {
                    wrong
                        .push(format!("{}: kerbrole ends with {code:?} and says: {said}", row.why));
                }
                if said.contains(PASSWORD) || said.contains("s3cret") {
                    wrong.push(format!("{}: kerbrole repeats a password: {said}", row.why));
                }
            }
        }
        wrong
    }
}

/// Tries all rows before it fails.
fn all(bench: &mut Bench<'_>, rows: &[Row]) -> Vec<String> {
    rows.iter().flat_map(|row| bench.trial(row)).collect()
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// Files are written in an encoding that is not UTF-8: a byte for each character.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

/// To `ann`, by a name that is not looked up.
fn tcp(more: &str) -> String {
    format!(
        "host=db.example.com hostaddr=127.0.0.1 port={{port}} user=ann dbname=postgres \
         password='{PASSWORD}' {more}"
    )
}
