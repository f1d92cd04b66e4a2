//! The images as they are: users, health, files.

use std::process::Command;

use kerbrole_tests::sandbox::{output, wait_until};
use kerbrole_tests::version::workspace;

use crate::engine::{Container, Images, assert_fails_with, docker, read};

crate::tests![
    no_server_runs_as_root,
    never_root_at_all,
    healthy_means_ready,
    nobody_is_the_superuser_from_outside,
    without_the_extension_there_is_no_file_of_it,
    the_extension_in_another_image,
    a_build_without_packages_says_what_to_do,
];

fn no_server_runs_as_root(images: &Images) {
    let server = images.server(&["-e", "POSTGRES_PASSWORD=x"]);
    server.start_healthy();
    assert_all_run_as(&server, "999");
    // The first process is the server itself, which gets the signals.
    assert_eq!(server.exec(&["cat", "/proc/1/comm"]), "postgres");
    // Not even from within: nothing has the right to become somebody else.
    assert_eq!(
        server.exec(&["sh", "-c", "grep CapEff /proc/1/status | tr -d '\\t'"]),
        "CapEff:0000000000000000"
    );
}

pub fn assert_all_run_as(container: &Container, uid: &str) {
    let users = container.users();
    assert!(!users.is_empty() && users.iter().all(|(user, _)| user == uid), "{users:?}");
}

fn never_root_at_all(images: &Images) {
    let hardened = [
        "-e",
        "POSTGRES_PASSWORD=x",
        "--user",
        "999:999",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
    ];
    let server = images.server(&hardened);
    server.start_healthy();
    assert_all_run_as(&server, "999");

    let stranger = images.server(&["-e", "POSTGRES_PASSWORD=x", "--user", "4321"]);
    let said = stranger.refuses();
    assert!(said.contains("cannot run as user 4321") && said.contains("--user postgres"), "{said}");

    // Taking the extension out needs root.
    let said =
        images.server(&[&hardened[..], &["-e", "KERBROLE_EXTENSION=off"]].concat()).refuses();
    assert!(said.contains("Start the container without --user"), "{said}");
}

fn healthy_means_ready(images: &Images) {
    let server = images.server(&["-e", "POSTGRES_PASSWORD=x"]);
    server.init_script("1.sh", "until [ -e /tmp/open ]; do touch /tmp/waiting; sleep 0.1; done");
    server.start();
    let waiting = ["test", "-e", "/tmp/waiting"];
    wait_until(|| server.try_exec(&[], &waiting).status.success()).unwrap();
    // A server runs already, for the scripts alone.
    assert_eq!(server.sql("SELECT 1"), "1");
    let check = docker(&["inspect", "-f", "{{index .Config.Healthcheck.Test 1}}", &server.name]);
    assert_eq!(server.try_exec(&[], &["sh", "-c", &check]).status.code(), Some(2), "no answer");
    assert_eq!(server.health(), "starting");
    server.put(b"", 0o644, "/tmp/open");
    server.wait_healthy();
    assert_eq!(server.try_exec(&[], &["sh", "-c", &check]).status.code(), Some(0));
}

fn nobody_is_the_superuser_from_outside(images: &Images) {
    let server = images.server(&["-e", "POSTGRES_PASSWORD=x"]);
    server.start_healthy();
    server.sql("ALTER ROLE rdsadmin PASSWORD 'known'");
    assert_fails_with(&server.login("rdsadmin", "known", "postgres"), "rejects connection");
    // Through the socket a role is not whoever says so, either.
    server
        .sql("CREATE ROLE somebody LOGIN PASSWORD 'x'; SELECT kerb_add_principal('alice', 'a.b')");
    for role in ["somebody", "alice@A.B"] {
        let login =
            server.try_exec(&[], &["psql", "-w", "-U", role, "-d", "postgres", "-c", "SELECT 1"]);
        assert_fails_with(&login, "no password supplied");
    }
}

fn without_the_extension_there_is_no_file_of_it(images: &Images) {
    let server = images.server(&["-e", "POSTGRES_PASSWORD=x", "-e", "KERBROLE_EXTENSION=off"]);
    server.start_healthy();
    assert_eq!(
        server.exec(&[
            "find",
            "/usr/lib/postgresql",
            "/usr/share/postgresql",
            "/usr/share/doc",
            "-name",
            "*kerbrole*"
        ]),
        ""
    );
    assert_eq!(
        server.sql("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_kerbrole'"),
        "0"
    );
    assert_eq!(server.sql("SHOW shared_preload_libraries"), "");
    let made = server.try_exec(
        &[],
        &["psql", "-U", "rdsadmin", "-d", "postgres", "-c", "CREATE EXTENSION pg_kerbrole"],
    );
    assert_fails_with(&made, "pg_kerbrole");
    // The roles of RDS are there all the same.
    assert_eq!(
        server.sql(
            "SELECT count(*) FROM pg_roles WHERE rolname IN ('rds_ad', 'rds_iam', \
        'rds_superuser', 'rds_password', 'rds_replication')"
        ),
        "5"
    );
    // And again, in a container from which they are gone.
    docker(&["restart", &server.name]);
    server.wait_healthy();
    // Elsewhere they are where they should be.
    let full = images.server(&["-e", "POSTGRES_PASSWORD=x"]);
    full.start_healthy();
    assert_eq!(
        full.sql("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_kerbrole'"),
        "1"
    );
}

/// The lines of the documentation, in an image that has Debian's PostgreSQL and nothing of ours.
fn the_extension_in_another_image(images: &Images) {
    let page = read("docs/guides/docker.md");
    let block = page.split("```dockerfile\n").nth(1).unwrap().split("```").next().unwrap();
    let (from, copies) = block.split_once('\n').unwrap();
    assert!(from.starts_with("FROM postgres:17"), "{from}");
    let copies = copies
        .replace("17", &images.major)
        .replace("--from=kerbrole/", &format!("--from={}/", images.family));
    assert_eq!(copies.matches("COPY --from=").count(), 2, "{copies}");

    let bare = format!("{}/bare:{}", images.family, images.major);
    let context = tempfile::tempdir().unwrap();
    let build = |text: String| {
        std::fs::write(context.path().join("Dockerfile"), text).unwrap();
        docker(&["build", "-q", "-t", &bare, &context.path().display().to_string()])
    };
    build(format!(
        "FROM {}\nRUN dpkg --purge postgresql-{}-kerbrole\n{copies}",
        images.postgres(),
        images.major
    ));
    let name = images.name();
    docker(&["create", "--name", &name, "-e", "POSTGRES_PASSWORD=x", &bare]);
    let server = Container { name };
    server.start_healthy();
    assert_eq!(
        server.sql("SELECT kerb_add_principal('alice', 'corp.example.com')"),
        "alice@CORP.EXAMPLE.COM"
    );
}

fn a_build_without_packages_says_what_to_do(images: &Images) {
    // Onto what has been built before, so that this is about the package alone; marked, so that it
    // is found when all is cleaned up.
    let step = "COPY docker/install-package target/package[s]/kerbrole_*.deb /tmp/packages/\nRUN \
        /tmp/packages/install-package kerbrole\n";
    assert!(read("docker/Dockerfile").contains(step));
    let context = tempfile::tempdir().unwrap();
    let folder = context.path();
    std::fs::create_dir(folder.join("docker")).unwrap();
    std::fs::copy(
        workspace().join("docker/install-package"),
        folder.join("docker/install-package"),
    )
    .unwrap();
    let dockerfile =
        format!("FROM {}\nLABEL kerbrole.test={}\n{step}", images.postgres(), images.family);
    std::fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
    let build =
        output(Command::new("docker").args(["build", "--force-rm", &folder.display().to_string()]))
            .unwrap();
    assert_fails_with(&build, "No package kerbrole in target/packages: run `make deb` first");
}
