//! The Docker engine, through its command.

use std::env;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use kerbrole_tests::sandbox::{Result, lossy, output, run, wait_until};
use kerbrole_tests::version::workspace;

/// The images of one PostgreSQL version.
#[derive(Clone)]
pub struct Images {
    /// What they and everything made from them are called: it is cleaned up by that.
    pub family: String,
    pub major: String,
}

impl Images {
    pub fn of(major: &str) -> Self {
        let family = env::var("KERBROLE_IMAGES").unwrap_or_else(|_| "kerbrole-test".into());
        Self { family, major: major.into() }
    }

    pub fn build(&self) -> Result<()> {
        run(Command::new(workspace().join("docker/build"))
            .arg(&self.major)
            .env("KERBROLE_IMAGES", &self.family))?;
        Ok(())
    }

    pub fn postgres(&self) -> String {
        format!("{}/postgres:{}", self.family, self.major)
    }

    /// A name that nothing else has.
    pub fn name(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        format!("{}-{}-{}", self.family, self.major, NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    /// A container of the server's image that has not been started, on a volume of its own.
    pub fn server(&self, options: &[&str]) -> Container {
        self.server_with(options, &[])
    }

    /// The same with arguments for the server.
    pub fn server_with(&self, options: &[&str], arguments: &[&str]) -> Container {
        let name = self.name();
        let image = self.postgres();
        docker(&[&["create", "--name", &name], options, &[&image], arguments].concat());
        Container { name }
    }
}

/// Runs `docker`, which has to succeed.
pub fn docker(arguments: &[&str]) -> String {
    let output = run(Command::new("docker").args(arguments)).unwrap();
    lossy(&output.stdout).trim_end().into()
}

/// A container, which goes when this is dropped, with the volumes that have no name.
pub struct Container {
    pub name: String,
}

impl Drop for Container {
    fn drop(&mut self) {
        let _gone = output(Command::new("docker").args(["rm", "-f", "-v", &self.name]));
    }
}

impl Container {
    /// Puts a file into it.
    pub fn put(&self, content: &[u8], mode: u32, to: &str) {
        use std::os::unix::fs::PermissionsExt;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, content).unwrap();
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
        docker(&["cp", &file.path().display().to_string(), &format!("{}:{to}", self.name)]);
    }

    pub fn init_script(&self, name: &str, content: &str) {
        self.put(content.as_bytes(), 0o644, &format!("/docker-entrypoint-initdb.d/{name}"));
    }

    pub fn start(&self) {
        docker(&["start", &self.name]);
    }

    /// Starts it and waits until its health check says so.
    pub fn start_healthy(&self) {
        self.start();
        self.wait_healthy();
    }

    pub fn wait_healthy(&self) {
        let up = wait_until(|| self.health() == "healthy" || self.state() == "exited");
        assert!(
            up.is_ok() && self.health() == "healthy",
            "{} is {}:\n{}",
            self.name,
            self.state(),
            self.log()
        );
    }

    pub fn health(&self) -> String {
        docker(&["inspect", "-f", "{{.State.Health.Status}}", &self.name])
    }

    pub fn state(&self) -> String {
        docker(&["inspect", "-f", "{{.State.Status}}", &self.name])
    }

    pub fn signal(&self, signal: &str) {
        docker(&["kill", "--signal", signal, &self.name]);
    }

    /// Waits until it has ended, and says how.
    pub fn exit_code(&self) -> i32 {
        wait_until(|| self.state() == "exited").unwrap_or_else(|e| panic!("{e}:\n{}", self.log()));
        docker(&["inspect", "-f", "{{.State.ExitCode}}", &self.name]).parse().unwrap()
    }

    /// Starts it, waits for its end, which is to be a failure, and returns what it said.
    pub fn refuses(&self) -> String {
        self.start();
        assert_eq!(self.exit_code(), 1, "{}", self.log());
        self.log()
    }

    /// What it has written, on both streams, since it was made.
    pub fn log(&self) -> String {
        let output = run(Command::new("docker").args(["logs", &self.name])).unwrap();
        lossy(&output.stdout) + &lossy(&output.stderr)
    }

    pub fn wait_for_log(&self, text: &str) {
        wait_until(|| self.log().contains(text))
            .unwrap_or_else(|e| panic!("no {text:?}: {e}:\n{}", self.log()));
    }

    /// The user of each of its processes, as a number, with the process: those that come of its
    /// first one. What the engine puts in beside them, for the health check, begins as root.
    pub fn users(&self) -> Vec<(String, String)> {
        let first = docker(&["inspect", "-f", "{{.State.Pid}}", &self.name]);
        let table = docker(&["top", &self.name, "-eo", "pid,ppid,uid,args"]);
        let rows: Vec<Vec<&str>> =
            table.lines().skip(1).map(|row| row.split_whitespace().collect()).collect();
        let mut pids = vec![first.as_str()];
        let mut looked_at = 0;
        while let Some(&parent) = pids.get(looked_at) {
            pids.extend(rows.iter().filter(|row| row[1] == parent).map(|row| row[0]));
            looked_at += 1;
        }
        rows.iter()
            .filter(|row| pids.contains(&row[0]))
            .map(|row| (row[2].into(), row[3..].join(" ")))
            .collect()
    }

    fn exec_command(&self, options: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.arg("exec").args(options).arg(&self.name).args(arguments);
        command
    }

    /// Runs a program in it, whatever comes of it.
    pub fn try_exec(&self, options: &[&str], arguments: &[&str]) -> Output {
        output(&mut self.exec_command(options, arguments)).unwrap()
    }

    /// Runs a program in it, which has to succeed.
    pub fn exec(&self, arguments: &[&str]) -> String {
        let output = run(&mut self.exec_command(&[], arguments)).unwrap();
        lossy(&output.stdout).trim_end().into()
    }

    /// Runs a program in it, given what it reads; it has to succeed.
    pub fn exec_with_input(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.exec_command(&["-i"], arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", lossy(&output.stderr));
        lossy(&output.stdout).trim_end().into()
    }

    /// Starts a program in it and does not wait.
    pub fn spawn(&self, arguments: &[&str]) -> std::process::Child {
        let mut command = self.exec_command(&[], arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// What SQL comes to, as the superuser through the socket.
    pub fn sql(&self, sql: &str) -> String {
        self.exec(&[
            "psql",
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "rdsadmin",
            "-d",
            "postgres",
            "-c",
            sql,
        ])
    }

    /// A login over TCP with a password.
    pub fn login(&self, user: &str, password: &str, database: &str) -> Output {
        let ask = [
            "psql",
            "-X",
            "-A",
            "-t",
            "-h",
            "127.0.0.1",
            "-U",
            user,
            "-d",
            database,
            "-c",
            "SELECT current_user",
        ];
        self.try_exec(&["-e", &format!("PGPASSWORD={password}")], &ask)
    }
}

/// A volume with a name, which goes when this is dropped: after the containers on it.
pub struct Volume {
    pub name: String,
}

impl Volume {
    pub fn new(images: &Images) -> Self {
        let name = images.name();
        docker(&["volume", "create", &name]);
        Self { name }
    }

    /// The option that mounts it as the data folder.
    pub fn as_data(&self) -> String {
        format!("{}:/var/lib/postgresql/data", self.name)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _gone = output(Command::new("docker").args(["volume", "rm", "-f", &self.name]));
    }
}

/// Whether a failed program said so.
#[track_caller]
pub fn assert_fails_with(output: &Output, text: &str) {
    let said = lossy(&output.stdout) + &lossy(&output.stderr);
    assert!(!output.status.success(), "it succeeded: {said}");
    assert!(said.contains(text), "no {text:?} in: {said}");
}

#[track_caller]
pub fn assert_succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", lossy(&output.stdout), lossy(&output.stderr));
    lossy(&output.stdout).trim_end().into()
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(&workspace()).join(path)).unwrap()
}
