//! From nothing to what moto can hold: plan, run, plan again. moto takes calls and remembers most
//! of what they make. It is no oracle: it knows no domain of a database, and no traffic.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use kerbrole_tests::sandbox::{Sandbox, Signal, free_port, wait_until};
use kerbrole_tests::version::workspace;
use serde_json::Value;

use crate::tools::{VERSION_2, plan, printed, tool, with_no_account};

/// What each plan is for, step by step, and when.
const PLANS: &[&[(&str, &str)]] = &[
    &[("Directory", "now"), ("IAM role", "now"), ("Database", "by hand")],
    // A peering that nobody has accepted, and groups that let nothing pass.
    &[("Network", "now"), ("Database", "by hand")],
    // Routes there and back; now there is a way.
    &[("Network", "now"), ("Database", "now")],
    // moto forgets what the database is a member of.
    &[("Database", "now")],
];

pub fn what_is_planned_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let port = free_port().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let mut server = with_no_account(tool("moto_server"), home);
    server.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
    server.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    let server = Sandbox::open(false).unwrap().start_as_ourselves(&server, Signal::Term).unwrap();
    wait_until(|| TcpStream::connect(("127.0.0.1", port)).is_ok()).unwrap();
    let mut seed = with_no_account(tool("python"), home);
    let seed = seed.arg(workspace().join("tests/tests/aws/seed.py")).arg(&url).output().unwrap();
    let seed: Value = serde_json::from_str(&printed(&seed)).unwrap();
    let [one, other] = seed["subnets"].as_array().unwrap().as_slice() else { panic!("{seed}") };
    let bin = home.join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(VERSION_2, bin.join("aws")).unwrap();
    let arguments = [
        "--db-instance",
        "app",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
        "--domain",
        "corp.example.com",
        "--directory-vpc",
        seed["vpc"].as_str().unwrap(),
        "--directory-subnet",
        one.as_str().unwrap(),
        "--directory-subnet",
        other.as_str().unwrap(),
    ];
    let mut before = BTreeMap::new();
    for (nth, wanted) in PLANS.iter().enumerate() {
        let rows = [&arguments[..], &["--format", "json"]].concat();
        let rows = printed(&plan(home, &bin, &rows).output().unwrap());
        let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
        let mut steps: BTreeMap<&str, &str> = BTreeMap::new();
        for row in &rows {
            let when = row["when"].as_str().unwrap();
            let step = steps.entry(row["step"].as_str().unwrap()).or_insert(when);
            // A note beside a command, and what comes after it, are no other matter.
            if when == "now" {
                *step = when;
            }
        }
        assert_eq!(steps, wanted.iter().copied().collect(), "plan {nth}: {rows:#?}");
        let commands: Vec<_> = rows.iter().filter_map(|row| row["command"].as_str()).collect();
        // No command is in two plans, but for the one that moto forgets.
        for command in &commands {
            let again = before.insert(command.to_string(), nth);
            assert!(again.is_none() || command.contains("-db-instance"), "{nth}: {command}");
        }
        let now = rows.iter().filter(|row| row["when"] == "now");
        let now: Vec<_> = now.map(|row| row["command"].as_str().unwrap()).collect();
        if nth + 1 < PLANS.len() {
            // Without a pager, as the script has it: on this terminal nobody would leave it.
            run(home, &bin, &format!("set -eu\nexport AWS_PAGER=\n{}\n", now.join("\n")));
        }
    }
    server.stop();
}

/// Runs a script, on a terminal where somebody types a password.
fn run(home: &Path, bin: &Path, script: &str) {
    fs::write(home.join("plan.sh"), script).unwrap();
    let mut command: Command = with_no_account("script", home);
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    command.args(["--quiet", "--return", "--echo", "never", "--command", "sh plan.sh", "said"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = command.spawn().unwrap();
    let mut typed = shell.stdin.take().unwrap();
    if script.contains("/dev/tty") {
        writeln!(typed, "Only-in-this-test-1").unwrap();
    }
    let ended = shell.wait_with_output().unwrap();
    drop(typed);
    assert!(ended.status.success(), "{script}{}", String::from_utf8_lossy(&ended.stdout));
}
