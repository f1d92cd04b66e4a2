//! The commands of all plans, which `aws::plans_are_for_what_is_wrong` of `make test-e2e` holds
//! against what is printed: shells run the scripts, what they hand to `aws` is written down, and
//! both versions of `aws` are asked whether they take it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use kerbrole_tests::version::workspace;

use crate::tools::{VERSION_2, tool, with_no_account};

/// Every operation that a plan may have somebody run.
const OPERATIONS: &[&str] = &[
    "ds accept-shared-directory",
    "ds create-conditional-forwarder",
    "ds create-microsoft-ad",
    "ds create-trust",
    "ds verify-trust",
    "ec2 accept-vpc-peering-connection",
    "ec2 authorize-security-group-egress",
    "ec2 authorize-security-group-ingress",
    "ec2 create-network-acl-entry",
    "ec2 create-route",
    "ec2 create-vpc-peering-connection",
    "ec2 replace-route",
    "iam attach-role-policy",
    "iam create-role",
    "iam update-assume-role-policy",
    "rds create-db-cluster-parameter-group",
    "rds modify-db-cluster",
    "rds modify-db-cluster-parameter-group",
    "rds modify-db-instance",
    "rds reboot-db-instance",
    "rds start-db-cluster",
    "rds start-db-instance",
];

/// What is typed where a password is asked for.
const PASSWORD: &str = r#"Pass "w\ör'd $1 %2"#;

/// Writes down its words, what it reads, and the files that it would read.
const RECORDER: &str = r#"#!/bin/sh
set -eu
folder=$RECORD/$(ls "$RECORD" | wc -l)
mkdir "$folder"
printf '%s\0' "$@" > "$folder/words"
for word; do
    case $word in
        file:///dev/stdin) cat > "$folder/stdin" ;;
        file://*) cp "${word#file://}" "$folder" ;;
    esac
done
"#;

/// A command that a shell ran.
#[derive(Debug, Clone)]
struct Ran {
    words: Vec<String>,
    /// With the files that it reads.
    folder: PathBuf,
}

impl Ran {
    fn operation(&self) -> String {
        self.words[..2].join(" ")
    }

    /// What it is like: the operation and its options.
    fn kind(&self) -> Vec<String> {
        let options = self.words.iter().filter(|word| word.starts_with("--")).cloned();
        std::iter::once(self.operation()).chain(options).collect()
    }
}

/// The scripts of all plans, by the names of their worlds.
fn scripts() -> Vec<(String, String)> {
    let path = workspace().join("tests/tests/e2e/command/aws/plans.txt");
    let text = fs::read_to_string(path).unwrap();
    let parts = text.split("==== ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(name, script)| (name.into(), script.into())).collect()
}

/// Has a shell run a script, on a terminal where somebody types the password.
fn run(folder: &Path, script: &str) -> Vec<Ran> {
    let bin = folder.join("recorder");
    let record = folder.join("record");
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(&record).unwrap();
    fs::write(bin.join("aws"), RECORDER).unwrap();
    fs::set_permissions(bin.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
    let file = folder.join("plan.sh");
    fs::write(&file, script).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut command = with_no_account("script", folder);
    command.env("PATH", path).env("RECORD", &record).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.args(["--quiet", "--return", "--echo", "never", "--command", "sh plan.sh", "said"]);
    let mut shell = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut typed = shell.stdin.take().unwrap();
    if script.contains("/dev/tty") {
        writeln!(typed, "{PASSWORD}").unwrap();
    }
    let ended = shell.wait_with_output().unwrap();
    drop(typed);
    assert!(ended.status.success(), "{script}{ended:?}");
    let mut all: Vec<_> = fs::read_dir(&record).unwrap().map(|one| one.unwrap().path()).collect();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    all.sort_by_key(number);
    let read = |folder: PathBuf| {
        let words = fs::read_to_string(folder.join("words")).unwrap();
        Ran { words: words.split_terminator('\0').map(String::from).collect(), folder }
    };
    all.into_iter().map(read).collect()
}

/// What is for later is a comment; without its mark it is a script too.
fn later(script: &str) -> String {
    let lines = script.lines().filter_map(|line| line.strip_prefix("#   "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Whether a version of `aws` takes a command: it says what the answer would look like. Of a role
/// it makes up one that it then finds too short itself, and is asked what it would take instead.
fn take(aws: &Path, ran: &Ran) -> Result<(), String> {
    let what = if ran.operation() == "iam create-role" { "input" } else { "output" };
    let mut command = with_no_account(aws, &ran.folder);
    let stdin = fs::File::open(ran.folder.join("stdin")).map_or(Stdio::null(), Stdio::from);
    command.args(&ran.words).args(["--generate-cli-skeleton", what]).stdin(stdin);
    let ended = command.output().unwrap();
    match ended.status.success() {
        true => Ok(()),
        false => Err(format!("{aws:?} {:?}: {ended:?}", ran.words)),
    }
}

pub fn both_versions_take_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut kinds: BTreeMap<Vec<String>, Ran> = BTreeMap::new();
    for (name, script) in scripts() {
        for (text, when) in [(&script, "now"), (&later(&script), "later")] {
            let folder = folder.path().join(format!("{name}-{when}"));
            fs::create_dir(&folder).unwrap();
            if text.contains("aws ") {
                for ran in run(&folder, text) {
                    kinds.entry(ran.kind()).or_insert(ran);
                }
            }
        }
    }
    let operations: BTreeSet<_> = kinds.values().map(Ran::operation).collect();
    assert_eq!(operations.iter().map(String::as_str).collect::<Vec<_>>(), OPERATIONS);
    // As it takes a second each time.
    let versions = [PathBuf::from(VERSION_2), tool("aws")];
    let refused = thread::scope(|scope| {
        let of = |aws: PathBuf| {
            let kinds = kinds.values();
            scope.spawn(move || kinds.filter_map(|ran| take(&aws, ran).err()).collect::<Vec<_>>())
        };
        let running = versions.map(of);
        running.map(|one| one.join().unwrap()).concat()
    });
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    // Both do refuse what they do not know.
    let mut wrong = kinds.into_values().next().unwrap();
    wrong.words.push("--no-such-option".into());
    for aws in [Path::new(VERSION_2), &tool("aws")] {
        assert!(take(aws, &wrong).unwrap_err().contains("Unknown options"));
    }
}

pub fn a_password_is_in_no_command_line() {
    for name in ["a_directory", "a_trust"] {
        let folder = tempfile::tempdir().unwrap();
        let (_, script) = scripts().into_iter().find(|(of, _)| of == name).unwrap();
        let ran = run(folder.path(), &script);
        let with: Vec<_> = ran.iter().filter(|ran| ran.folder.join("stdin").exists()).collect();
        let [with] = with.as_slice() else { panic!("{ran:?}") };
        let read = fs::read_to_string(with.folder.join("stdin")).unwrap();
        assert_eq!(read, PASSWORD);
        assert!(!ran.iter().flat_map(|ran| &ran.words).any(|word| word.contains("Pass")));
        // Nor is it shown, nor left anywhere.
        let mut grep = Command::new("grep");
        let found = grep.args(["-rlF", "Pass \"w"]).arg(folder.path()).output().unwrap();
        let found = String::from_utf8(found.stdout).unwrap();
        assert_eq!(
            found.lines().collect::<Vec<_>>(),
            [with.folder.join("stdin").to_str().unwrap()]
        );
    }
}
