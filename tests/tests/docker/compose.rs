//! docker/compose.yaml as a developer uses it.

use std::env;
use std::process::{Command, Output};

use kerbrole_tests::sandbox::{output, run};
use kerbrole_tests::version::workspace;

use crate::engine::{Container, Images, assert_fails_with, assert_succeeds, docker};
use crate::image::assert_all_run_as;

crate::tests![the_demo, a_second_up_keeps_the_data, networks_and_ports];

pub const PASSWORD: &str = "of alice and Bob";
const MASTER_PASSWORD: &str = "of the master user";

/// The containers of a compose project, and one with a client that runs as long as it. All of them
/// go when this is dropped.
pub struct Project {
    name: String,
    images: Images,
    files: Vec<&'static str>,
    variables: Vec<(&'static str, &'static str)>,
    kdc: Container,
    pub db: Container,
    pub client: Container,
}

impl Project {
    pub fn up(
        images: &Images,
        more_files: &[&'static str],
        variables: &[(&'static str, &'static str)],
    ) -> Self {
        let name = images.name();
        let container = |service: &str| Container { name: format!("{name}-{service}") };
        let (kdc, db, client) = (container("kdc-1"), container("db-1"), container("a-client"));
        let mut files = vec!["docker/compose.yaml"];
        files.extend(more_files);
        let project = Self {
            name,
            images: images.clone(),
            files,
            variables: variables.to_vec(),
            kdc,
            db,
            client,
        };
        run(&mut project.compose(&["up", "-d", "--wait"])).unwrap();
        run(&mut project.compose(&[
            "run",
            "-d",
            "--name",
            &project.client.name,
            "client",
            "sleep",
            "infinity",
        ]))
        .unwrap();
        project
    }

    /// The same services with other values of variables.
    pub fn up_again(&mut self, variables: &[(&'static str, &'static str)]) {
        self.variables = variables.to_vec();
        run(&mut self.compose(&["up", "-d", "--wait"])).unwrap();
    }

    pub fn compose(&self, arguments: &[&str]) -> Command {
        let program = env::var("KERBROLE_COMPOSE").unwrap_or_else(|_| "docker compose".into());
        let mut words = program.split_whitespace();
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .args(["--project-name", &self.name])
            .args(self.files.iter().flat_map(|file| ["-f", file]));
        command.args(arguments).current_dir(workspace());
        command.env("KERBROLE_IMAGES", &self.images.family).env("PG_MAJOR", &self.images.major);
        // Any free port.
        command
            .env("KERBROLE_PORT", "0")
            .env("KDC_USERS_PASSWORD", PASSWORD)
            .env("POSTGRES_PASSWORD", MASTER_PASSWORD);
        command.envs(self.variables.iter().copied());
        command
    }

    /// Runs `kerbrole` in the client's container, as the master user.
    pub fn kerbrole(&self, arguments: &[&str]) -> Output {
        self.client.try_exec(&[], &[&["kerbrole"], arguments].concat())
    }

    /// A ticket for a user, spelled as given, in place of the one before.
    pub fn kinit(&self, user: &str) {
        self.client.exec_with_input(&["kinit", user], &format!("{PASSWORD}\n"));
    }

    /// A login as a role by whatever ticket there is, and without a password.
    pub fn login(&self, role: &str) -> Output {
        let who = "SELECT session_user || ' by ' || principal FROM pg_stat_gssapi WHERE pid = \
            pg_backend_pid()";
        let psql =
            ["env", "-u", "PGPASSWORD", "psql", "-X", "-A", "-t", "-w", "-U", role, "-c", who];
        self.client.try_exec(&[], &psql)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _gone = output(Command::new("docker").args(["rm", "-f", "-v", &self.client.name]));
        let _gone =
            output(&mut self.compose(&["--profile", "client", "down", "-v", "--timeout", "0"]));
    }
}

fn the_demo(images: &Images) {
    let project = Project::up(images, &[], &[]);
    let demo = || output(&mut project.compose(&["run", "--rm", "client", "demo"])).unwrap();
    let first = demo();
    let shown = assert_succeeds(&first);
    let words: Vec<_> = shown.split_whitespace().collect();
    let has = |row: &str| {
        let row: Vec<_> = row.split_whitespace().collect();
        assert!(words.windows(row.len()).any(|window| window == row), "no {row:?} in:\n{shown}");
    };
    has("alice@corp.example.com alice@CORP.EXAMPLE.COM created");
    has("alice@CORP.EXAMPLE.COM yes analysts rds_ad 0");
    has("alice@CORP.EXAMPLE.COM | alice@CORP.EXAMPLE.COM | t");
    has("kerbrole: role \"carol@CORP.EXAMPLE.COM\" would be a member of both rds_ad and rds_iam");
    has("Path to rds_iam: {carol@CORP.EXAMPLE.COM,reports,rds_iam}.");
    // And once more, on what the first has left.
    assert!(assert_succeeds(&demo()).contains("unchanged"));
    assert_eq!(
        project.db.sql("SELECT string_agg(role_name, ' ') FROM kerb_list_principals()"),
        "alice@CORP.EXAMPLE.COM"
    );
}

fn a_second_up_keeps_the_data(images: &Images) {
    let mut project = Project::up(images, &[], &[]);
    assert_succeeds(&project.kerbrole(&["add", "alice@corp.example.com"]));
    let removed = ["rm", "--force", "--stop", "db", "kdc"];
    run(&mut project.compose(&removed)).unwrap();
    project.up_again(&[("KERBROLE_CASEINS", "on")]);
    assert!(project.db.log().contains("no init script runs"), "{}", project.db.log());
    assert!(
        !project.db.log().contains("Running /docker-entrypoint-initdb.d"),
        "{}",
        project.db.log()
    );
    assert_eq!(project.db.sql("SHOW krb_caseins_users"), "on");
    // The KDC and the key of the server are the same, too: a ticket is accepted.
    project.kinit("alice");
    let role = "alice@CORP.EXAMPLE.COM";
    assert_eq!(assert_succeeds(&project.login(role)), format!("{role} by {role}"));
}

fn networks_and_ports(images: &Images) {
    let project = Project::up(images, &[], &[]);
    let ports = docker(&["port", &project.db.name]);
    assert!(ports.starts_with("5432/tcp -> 127.0.0.1:") && ports.lines().count() == 1, "{ports}");
    assert_eq!(docker(&["port", &project.kdc.name]), "");
    // Nobody but the server and the KDC has the key, and nobody runs as root.
    assert_fails_with(&project.client.try_exec(&[], &["ls", "/keytab"]), "No such file");
    assert_all_run_as(&project.kdc, "998");
    assert_all_run_as(&project.client, "1000");
    assert_all_run_as(&project.db, "999");
    // Those two are on a network that leads nowhere else.
    let networks = |of: &Container| {
        docker(&[
            "inspect",
            "-f",
            "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}",
            &of.name,
        ])
    };
    let private = format!("{}_private", project.name);
    assert_eq!(
        (networks(&project.kdc).trim(), networks(&project.client).trim()),
        (private.as_str(), private.as_str())
    );
    assert_eq!(docker(&["network", "inspect", "-f", "{{.Internal}}", &private]), "true");
}
