//! `make demo`, as a person runs it: to the end, and interrupted.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use kerbrole_tests::sandbox::{lossy, output, run, wait_until};

use crate::cases;
use crate::fixture::Context;

cases! {
    Nowhere: it_tells_the_story, ctrl_c_leaves_nothing, the_reader_goes_away,
        killed_it_leaves_no_process, kept_it_goes_on_until_stopped;
}

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.env_remove("KEEP");
    command
}

/// The folder that the demo names in its first line.
fn folder(line: &str) -> String {
    line.split_whitespace()
        .find(|word| word.starts_with('/'))
        .unwrap_or_else(|| panic!("no folder in {line:?}"))
        .into()
}

/// The processes that have this folder in their command line.
fn processes(folder: &str) -> Vec<String> {
    let found = output(Command::new("pgrep").args(["-f", "--", folder])).unwrap();
    lossy(&found.stdout).lines().map(ToString::to_string).collect()
}

fn it_tells_the_story(_: &Context<'_>) {
    let story = lossy(&run(&mut demo()).unwrap().stdout);
    for part in [
        " alice@CORP.EXAMPLE.COM\n(1 row)",
        "O'Brien@CORP.EXAMPLE.COM",
        "ERROR:  0LP01: role \"carol@CORP.EXAMPLE.COM\" would be a member of both rds_ad and \
         rds_iam",
        "DETAIL:  Path to rds_ad: {carol@CORP.EXAMPLE.COM,rds_ad}. Path to rds_iam: \
         {carol@CORP.EXAMPLE.COM,reports,cloud_apps,rds_iam}.",
        " alice@CORP.EXAMPLE.COM | alice@CORP.EXAMPLE.COM | t",
    ] {
        assert!(story.contains(part), "{part:?} is missing in\n{story}");
    }
    let folder = folder(&story);
    assert!(!Path::new(&folder).exists(), "{folder} is still there");
    assert_eq!(processes(&folder), [""; 0]);
}

/// Starts the demo and waits until its servers are up.
fn started() -> (std::process::Child, String, BufReader<std::process::ChildStdout>) {
    let mut child =
        demo().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let folder = folder(&line);
    lines.read_line(&mut line).unwrap();
    assert!(!processes(&folder).is_empty());
    (child, folder, lines)
}

fn ctrl_c_leaves_nothing(_: &Context<'_>) {
    for signal in ["-INT", "-TERM"] {
        let (mut child, folder, _lines) = started();
        run(Command::new("kill").args([signal, &child.id().to_string()])).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert_eq!(processes(&folder), [""; 0], "{signal}");
        assert!(!Path::new(&folder).exists(), "{signal}: {folder} is still there");
    }
}

fn the_reader_goes_away(_: &Context<'_>) {
    let (mut child, folder, lines) = started();
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(processes(&folder), [""; 0]);
    assert!(!Path::new(&folder).exists(), "{folder} is still there");
}

fn killed_it_leaves_no_process(_: &Context<'_>) {
    let (mut child, folder, _lines) = started();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until(|| processes(&folder).is_empty()).unwrap();
    fs::remove_dir_all(folder).unwrap();
}

fn kept_it_goes_on_until_stopped(_: &Context<'_>) {
    let story = lossy(&run(demo().env("KEEP", "1")).unwrap().stdout);
    let line_after = |words: &str| {
        let at = story.find(words).unwrap_or_else(|| panic!("{words:?} is missing in\n{story}"));
        story[at..]
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with(' '))
            .collect::<Vec<_>>()
            .join("\n")
    };
    // What is printed can be pasted.
    let master = line_after("As the master user:") + " -Atc 'SELECT current_user'";
    let alice = line_after("As alice, with her ticket:") + " -Atc 'SELECT current_user'";
    let shell = |script: &str| {
        lossy(&run(Command::new("sh").args(["-c", script])).unwrap().stdout).trim().to_string()
    };
    let told = [shell(&master), shell(&alice)];
    shell(&line_after("To stop them and clean up:"));
    let folder = folder(&story);
    wait_until(|| processes(&folder).is_empty()).unwrap();
    assert!(!Path::new(&folder).exists());
    assert_eq!(told, ["rds_master", "alice@CORP.EXAMPLE.COM"]);
}
