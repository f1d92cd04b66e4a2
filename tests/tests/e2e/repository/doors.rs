//! The README's four ways in: near its top, and run as they are printed.

use std::fs;
use std::process::Command;

use kerbrole_tests::sandbox::{lossy, output};
use kerbrole_tests::version::{built, wanted, workspace};

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: the_lines_of_rust_run;
    BareEachVersion: the_lines_for_rds_run;
    Nowhere: each_door_is_near, the_crate_can_be_added, the_demo_begins, figures_are_those_measured;
}

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md")).unwrap()
}

/// A block of code behind `## Start here`: where its first line stands, and what is in it.
struct Door {
    line: usize,
    language: String,
    text: String,
}

fn doors() -> Vec<Door> {
    let mut doors: Vec<Door> = Vec::new();
    let (mut is_here, mut inside) = (false, false);
    for (place, line) in readme().lines().enumerate() {
        match line.strip_prefix("```") {
            _ if line.starts_with("## ") => is_here = line == "## Start here",
            Some(language) if is_here && !inside => {
                inside = true;
                let language = language.to_string();
                doors.push(Door { line: place + 2, language, text: String::new() });
            }
            Some(_) => inside = false,
            None if is_here && inside => {
                doors.last_mut().unwrap().text.push_str(&format!("{line}\n"));
            }
            None => {}
        }
    }
    doors
}

/// The one of these that begins so.
fn door(beginning: &str) -> String {
    let found = doors().into_iter().find(|door| door.text.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no block begins with {beginning}")).text
}

fn each_door_is_near(_: &Context<'_>) {
    let doors = doors();
    let languages: Vec<_> = doors.iter().map(|door| door.language.as_str()).collect();
    assert_eq!(languages, ["sh", "sh", "rust", "sh"]);
    for door in &doors {
        assert!(door.line <= 60, "line {}: {}", door.line, door.text);
        assert!(door.text.lines().count() <= 6, "{}", door.text);
    }
    let length = readme().lines().count();
    assert!(length <= 160, "the README has {length} lines");
}

fn the_lines_for_rds_run(c: &Context<'_>) {
    let (install, lines) = door("cargo install").split_once('\n').map(own).unwrap();
    // tests/packages/run runs it, where a release is built.
    assert_eq!(install, "cargo install --locked --path kerbrole");
    let program = built("kerbrole");
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let url = format!(
        "host={} port={} user=rds_master dbname=postgres",
        c.server.socket().display(),
        c.server.port
    );
    if c.major() >= 16 {
        c.superuser().run("GRANT rds_ad TO rds_master WITH ADMIN OPTION, INHERIT FALSE");
    }
    let mut shell = Command::new("sh");
    shell.args(["-euc", &lines]).env("PATH", path).env("DATABASE_URL", url);
    let ran = output(shell.env("HOME", "/nowhere")).unwrap();
    let out = lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}{}", lossy(&ran.stderr));
    assert!(out.contains("CREATE USER \"alice@CORP.EXAMPLE.COM\" WITH LOGIN;"), "{out}");
    let listed = out.lines().rev().take(2).filter(|line| line.contains("yes")).count();
    assert_eq!(listed, 2, "{out}");
}

fn own((first, rest): (&str, &str)) -> (String, String) {
    (first.into(), rest.into())
}

/// The README leaves out what stands around each program.
fn the_lines_of_rust_run(c: &Context<'_>) {
    let example = workspace().join("kerbrole-client/examples/start.rs");
    let example = fs::read_to_string(example).unwrap();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = one_line(&door("let (client, connection)"));
    assert!(one_line(&example).contains(&lines), "{lines}\n{example}");
    let server = format!(
        "host={} port={} user=rdsadmin dbname=postgres",
        c.server.socket().display(),
        c.server.port
    );
    let ran = output(Command::new(built("examples").join("start")).arg(server)).unwrap();
    assert_eq!(lossy(&ran.stdout), "log in as alice@CORP.EXAMPLE.COM\n", "{}", lossy(&ran.stderr));
}

/// In a crate beside a clone.
fn the_crate_can_be_added(_: &Context<'_>) {
    let text = readme();
    let (_, line) = text.split_once("`cargo add ").unwrap();
    let line = format!("cargo add {}", line.split('`').next().unwrap());
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(workspace(), folder.path().join("kerbrole")).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/main.rs"), "fn main() {}\n").unwrap();
    let manifest = "[package]\nname = \"mine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-euc", &line]).current_dir(folder.path());
    let ran = output(&mut shell).unwrap();
    assert!(ran.status.success(), "{line}: {}", lossy(&ran.stderr));
    let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("kerbrole-client = "), "{manifest}");
}

/// What it needs is built already, by these tests.
fn the_demo_begins(_: &Context<'_>) {
    let line = door("make demo");
    let mut shell = Command::new("sh");
    shell.args(["-euc", &line]).current_dir(workspace()).env_remove("KEEP");
    let version = wanted().unwrap()[0].to_string();
    shell.env("DEMO_NEEDS", "demo-packages").env("VERSION", version).env_remove("VERSIONS");
    shell.env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
    let ran = output(&mut shell).unwrap();
    let out = lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}{}", lossy(&ran.stderr));
    assert!(out.contains("would be a member of both rds_ad and rds_iam"), "{out}");
}

fn figures_are_those_measured(_: &Context<'_>) {
    let measured = fs::read_to_string(workspace().join("benches/README.md")).unwrap();
    let text = readme();
    let figures: Vec<_> = text.split(" ×").collect();
    let figures: Vec<_> = figures[..figures.len() - 1]
        .iter()
        .map(|before| format!("| {} ×", before.split_whitespace().next_back().unwrap()))
        .collect();
    assert_eq!(figures.len(), 3, "{figures:?}");
    for figure in figures {
        assert!(measured.contains(&figure), "{figure} is no figure that was measured");
    }
}
