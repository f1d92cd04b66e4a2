//! A script that somebody may have run is not changed any more.

use std::fs;
use std::path::Path;
use std::process::Command;

use kerbrole_tests::version::workspace;
use tempfile::TempDir;

use crate::fixture::Context;

const PRESENT: &str = env!("CARGO_PKG_VERSION");

/// Whether it went well, and what it said.
fn released_scripts(what: &str, version: &str, folder: &Path) -> (bool, String) {
    let mut command = Command::new(workspace().join("packaging/released-scripts"));
    let output = command.args([what, version]).arg(folder).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

pub(super) fn released_scripts_are_as_released(_: &Context<'_>) {
    let checked = released_scripts("check", PRESENT, &workspace().join("pg_kerbrole"));
    assert_eq!(checked, (true, String::new()));
}

/// A version 1.1 after a released 1.0.
fn a_second_version() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("install/pg_kerbrole--1.0.sql", "SELECT 1;"),
        ("install/pg_kerbrole--1.1.sql", "SELECT 2;"),
        ("sql/pg_kerbrole--1.0--1.1.sql", "SELECT 3;"),
        ("RELEASED", "# none\n"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    assert!(released_scripts("freeze", "1.0", folder.path()).0);
    assert_eq!(released_scripts("check", "1.1", folder.path()), (true, String::new()));
    folder
}

pub(super) fn a_changed_script_is_seen(_: &Context<'_>) {
    let folder = a_second_version();
    let path = |name: &str| folder.path().join(name);
    let check = |version: &str| {
        let (well, said) = released_scripts("check", version, folder.path());
        assert!(!well, "{said}");
        said
    };

    // What is not released yet may change; what is may not, nor go.
    fs::write(path("sql/pg_kerbrole--1.0--1.1.sql"), "SELECT 4;").unwrap();
    assert!(released_scripts("check", "1.1", folder.path()).0);
    fs::write(path("install/pg_kerbrole--1.0.sql"), "SELECT 4;").unwrap();
    assert!(check("1.1").contains("install/pg_kerbrole--1.0.sql"));
    fs::remove_file(path("install/pg_kerbrole--1.0.sql")).unwrap();
    assert!(check("1.1").contains("install/pg_kerbrole--1.0.sql"));
    fs::write(path("install/pg_kerbrole--1.0.sql"), "SELECT 1;").unwrap();
    assert!(released_scripts("check", "1.1", folder.path()).0);

    // A version that was left behind without being frozen, one without a script, and one that
    // nobody can come from.
    fs::write(path("install/pg_kerbrole--1.2.sql"), "SELECT 5;").unwrap();
    assert!(check("1.2").contains("pg_kerbrole--1.1.sql"));
    assert!(check("1.3").contains("install/pg_kerbrole--1.3.sql"));
    fs::remove_file(path("install/pg_kerbrole--1.2.sql")).unwrap();
    fs::remove_file(path("sql/pg_kerbrole--1.0--1.1.sql")).unwrap();
    assert!(check("1.1").contains("from 1.0"));
}

pub(super) fn a_version_is_frozen_once(_: &Context<'_>) {
    let folder = a_second_version();
    let list = || fs::read_to_string(folder.path().join("RELEASED")).unwrap();
    assert!(released_scripts("freeze", "1.1", folder.path()).0);
    let frozen = list();
    assert_eq!(frozen.lines().filter(|line| !line.starts_with('#')).count(), 3, "{frozen}");
    // Again changes nothing, and a change cannot be frozen over.
    assert!(released_scripts("freeze", "1.1", folder.path()).0);
    assert_eq!(list(), frozen);
    fs::write(folder.path().join("install/pg_kerbrole--1.1.sql"), "SELECT 9;").unwrap();
    assert!(!released_scripts("freeze", "1.1", folder.path()).0);
    assert_eq!(list(), frozen);
}
