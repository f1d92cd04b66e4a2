//! A PostgreSQL server with GSSAPI, and pg_hba as near to RDS as is known.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::kerberos::Kerberos;
use crate::sandbox::{
    Process, Result, Sandbox, Signal, free_port, lock, lossy, printing_to, run, tail, wait_until,
};
use crate::version::{Installation, workspace};

/// The superuser of every server here. On RDS it is called so too, and nobody can log in as it.
pub const SUPERUSER: &str = "rdsadmin";

/// The master user: no superuser, a member of rds_superuser.
pub const MASTER: &str = "rds_master";

/// What pg_hba.conf says about TCP, as near to RDS as is known: `+rds_iam` has a method of its own,
/// which asks for something in clear text (on RDS it is PAM, and a token), `+rds_ad` needs a
/// ticket, and everybody else a password.
pub const HBA: &str = "host all +rds_iam 127.0.0.1/32 password\n\
                       host all +rds_ad 127.0.0.1/32 gss include_realm=1\n\
                       host all all 127.0.0.1/32 scram-sha-256\n";

/// Settings that every server of a run gets beside its own, with ";" between them:
/// `debug_discard_caches = 1`.
const SETTINGS: &str = "KERBROLE_TEST_SETTINGS";

/// A running server.
#[derive(Debug)]
pub struct Server {
    sandbox: &'static Sandbox,
    installation: Arc<Installation>,
    folder: PathBuf,
    config: PathBuf,
    process: Mutex<Option<Arc<Process>>>,
    environment: Mutex<Vec<(String, String)>>,
    /// The TCP port, on 127.0.0.1 only.
    pub port: u16,
}

impl Server {
    /// Makes a cluster and starts it. `settings` are lines of postgresql.conf.
    ///
    /// Who connects through the socket is whoever they say they are; over TCP, members of `rds_iam`
    /// are sent elsewhere, members of `rds_ad` need a ticket, and everybody else a password.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(
        sandbox: &'static Sandbox,
        installation: Arc<Installation>,
        realm: &dyn Kerberos,
        name: &str,
        settings: &[&str],
    ) -> Result<Self> {
        let folder = sandbox.server_folder(name)?;
        let server = Self {
            sandbox,
            installation,
            folder,
            config: realm.config(),
            process: Mutex::new(None),
            environment: Mutex::default(),
            port: free_port()?,
        };
        let data = server.data();
        let mut initdb = server.command("initdb");
        initdb.args([
            "--auth=trust",
            "--no-sync",
            "--no-instructions",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-U",
            SUPERUSER,
            "-D",
        ]);
        run(&mut sandbox.as_server_user(initdb.arg(&data)))?;
        server.configure(realm, settings)?;
        server.restart()?;
        Ok(server)
    }

    fn configure(&self, realm: &dyn Kerberos, settings: &[&str]) -> Result<()> {
        let mut conf = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = \
             '{}'\nkrb_server_keyfile = 'FILE:{}'\nfsync = off\n\
             password_encryption = 'scram-sha-256'\nlog_min_messages = warning\nlog_line_prefix = \
             '%q%u: '\nlc_messages = 'C'\n",
            self.port,
            self.folder.display(),
            realm.keytab().display(),
        );
        // The last of several lines for a setting holds.
        let of_all = std::env::var(SETTINGS).unwrap_or_default();
        for line in settings.iter().copied().chain(of_all.split(';')) {
            conf.push_str(line);
            conf.push('\n');
        }
        let hba = format!("local all all trust\n{HBA}");
        self.write("postgresql.auto.conf", &conf)?;
        self.write("pg_hba.conf", &hba)?;
        Ok(())
    }

    /// Makes another cluster of the same files, and starts it. This one has to be stopped.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn copy(&self, name: &str) -> Result<Self> {
        let folder = self.sandbox.server_folder(name)?;
        let (sandbox, installation, config) =
            (self.sandbox, self.installation.clone(), self.config.clone());
        let environment = Mutex::new(lock(&self.environment).clone());
        let copy = Self {
            sandbox,
            installation,
            folder,
            config,
            process: Mutex::new(None),
            environment,
            port: free_port()?,
        };
        let mut cp = Command::new("cp");
        cp.args(["-R", "--"]).arg(self.data()).arg(copy.data());
        run(&mut sandbox.as_server_user(&cp))?;
        // Of two lines for the same setting the later one counts.
        let auto = self.data().join("postgresql.auto.conf");
        let mut conf = fs::read_to_string(&auto).map_err(|e| format!("{}: {e}", auto.display()))?;
        conf.push_str(&format!(
            "port = {}\nunix_socket_directories = '{}'\n",
            copy.port,
            copy.folder.display()
        ));
        copy.write("postgresql.auto.conf", &conf)?;
        copy.restart()?;
        Ok(copy)
    }

    /// Stops the server and removes the cluster.
    ///
    /// # Errors
    /// When its files cannot be removed.
    pub fn discard(self) -> Result<()> {
        self.stop();
        fs::remove_dir_all(&self.folder).map_err(|e| format!("{}: {e}", self.folder.display()))
    }

    /// Writes a file into the data folder: pg_hba.conf, pg_ident.conf. It takes effect with a
    /// reload.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.data().join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        self.sandbox.give_to_servers(&path)?;
        Ok(path)
    }

    /// Has the server started with more in its environment, from the next start on.
    pub fn set_environment(&self, variables: &[(&str, &str)]) {
        *lock(&self.environment) =
            variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    }

    /// Starts the server, after it was stopped if it runs.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn restart(&self) -> Result<()> {
        self.stop();
        let mut command = self.installed("postgres");
        command.envs(lock(&self.environment).iter().cloned());
        command.arg("-D").arg(self.data()).args(["-c", "logging_collector=off"]);
        let process = self.sandbox.start(&printing_to(&self.log(), &command), Signal::Int)?;
        *lock(&self.process) = Some(process.clone());
        let ready = || {
            let mut ping = self.command("pg_isready");
            ping.args(["-q", "-U", SUPERUSER, "-d", "postgres", "-h"])
                .arg(&self.folder)
                .arg("-p")
                .arg(self.port.to_string());
            process.ended().is_some() || run(&mut ping).is_ok()
        };
        if wait_until(ready).is_err() || process.ended().is_some() {
            return Err(format!(
                "PostgreSQL {} did not come up:\n{}",
                self.major(),
                tail(&self.log())
            ));
        }
        Ok(())
    }

    /// Stops the server.
    pub fn stop(&self) {
        if let Some(process) = lock(&self.process).take() {
            process.stop();
        }
    }

    /// The installation that it runs from.
    pub fn installation(&self) -> Arc<Installation> {
        self.installation.clone()
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        self.installation.major
    }

    /// The krb5.conf that the server runs with.
    pub fn krb5_config(&self) -> &Path {
        &self.config
    }

    /// The folder of the Unix socket, and of the cluster.
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// What the log holds so far.
    pub fn log_text(&self) -> String {
        fs::read(self.log()).map(|bytes| lossy(&bytes)).unwrap_or_default()
    }

    /// A program of this server's version.
    pub fn command(&self, name: &str) -> Command {
        let (program, environment) = self.installation.program(name);
        let mut command = Command::new(program);
        command.envs(environment);
        command
    }

    fn installed(&self, name: &str) -> Command {
        let mut command = self.command(name);
        command.env("KRB5_CONFIG", &self.config);
        command
    }

    /// Builds a library for this server from one file of `tests/src/c`, and returns what to name in
    /// LOAD.
    ///
    /// # Errors
    /// With what the compiler says.
    pub fn compile(&self, name: &str) -> Result<PathBuf> {
        let library = self.folder.join(format!("{name}.so"));
        let source = workspace().join("tests/src/c").join(format!("{name}.c"));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-Wall", "-Werror", "-I"]).arg(self.installation.headers()?);
        run(cc.arg("-o").arg(&library).arg(source))?;
        self.sandbox.give_to_servers(&library)?;
        Ok(library)
    }

    /// How to connect as anybody, through the socket.
    #[cfg(feature = "suites")]
    pub fn connection(&self, user: &str, database: &str) -> postgres::Config {
        let mut config = postgres::Config::new();
        config
            .host_path(&self.folder)
            .port(self.port)
            .user(user)
            .dbname(database)
            .application_name("kerbrole-tests");
        config
    }

    /// Runs a script of sql/ as the superuser, with psql's `-v` for each of `variables`.
    ///
    /// # Errors
    /// With what psql printed.
    pub fn run_script(&self, script: &str, database: &str, variables: &[&str]) -> Result<String> {
        self.run_script_as(SUPERUSER, script, database, variables)
    }

    /// The same as somebody else.
    pub fn run_script_as(
        &self,
        user: &str,
        script: &str,
        database: &str,
        variables: &[&str],
    ) -> Result<String> {
        let mut psql = self.psql(user, database);
        for variable in variables {
            psql.args(["-v", variable]);
        }
        let output = run(psql.arg("-q").arg("-f").arg(workspace().join("sql").join(script)))?;
        Ok(lossy(&output.stdout) + &lossy(&output.stderr))
    }

    /// psql through the socket, without the reader's own settings.
    pub fn psql(&self, user: &str, database: &str) -> Command {
        let mut psql = self.command("psql");
        psql.args(["-X", "-w", "-h"])
            .arg(&self.folder)
            .arg("-p")
            .arg(self.port.to_string())
            .args(["-U", user, "-d", database]);
        psql.env("PGCLIENTENCODING", "UTF8").env_remove("PGOPTIONS");
        psql
    }
}
