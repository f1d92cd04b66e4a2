//! `kerbrole aws plan` in the same worlds: nothing where all is well, and for each fault what takes
//! it away, by a command or by hand.

use serde_json::Value;

use super::wishes::Asked;
use super::*;
use crate::command::process::programs::Schema;

/// Worlds in which it is asked for as JSON too.
const WISHED: &[&str] =
    &["rds --db-instance app", "a_directory", "directory_creating", "database_of_no_domain"];

/// Runs it, where nothing is but the `aws` of a world.
pub fn planned(stage: &Stage, arguments: &[&str]) -> Ended {
    let mut command = Command::new(built("kerbrole"));
    command
        .env_clear()
        .env("PATH", stage.path().join("bin"))
        .env("HOME", "/nonexistent")
        .env("USER", "nobody")
        .env(fake::FOLDER, stage.path())
        .stdin(Stdio::null())
        .args(["aws", "plan", "--region", "eu-central-1"])
        .args(arguments);
    command.output().unwrap().into()
}

pub fn plans_are_for_what_is_wrong(_: &Context<'_>) {
    let mut schema = Schema::read();
    let mut text = String::new();
    for Asked { name, world, arguments, is_wrong } in wishes::worlds() {
        let stage = Stage::of(&world);
        let ended = planned(&stage, &arguments);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{name}: {ended:?}");
        let is_empty = ended.out.starts_with("# Nothing is missing");
        assert!(!(is_wrong && is_empty), "{name}: {}", ended.out);
        // The answers to one world are those to the other forms: a few will do.
        if WISHED.contains(&name.as_str()) {
            let rows = planned(&stage, &[&arguments[..], &["--format", "json"]].concat());
            let rows: Value = serde_json::from_str(&rows.out).unwrap();
            assert_eq!(schema.holds("aws-plan", &rows), Ok(()), "{name}");
            assert_eq!(rows.as_array().unwrap().is_empty(), is_empty, "{name}");
        }
        // A shell that runs nothing finds nothing to complain about.
        let script = stage.path().join("plan.sh");
        fs::write(&script, &ended.out).unwrap();
        let read: Ended = Command::new("sh").arg("-n").arg(&script).output().unwrap().into();
        assert_eq!((read.code, read.err.as_str()), (0, ""), "{name}: {}", ended.out);
        text.push_str(&format!("==== {name}\n{}\n", ended.out));
    }
    let path = workspace().join(world::FOLDER).join("plans.txt");
    if std::env::var_os(WRITES).is_some() {
        fs::write(&path, &text).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap();
    assert!(text == wanted, "{WRITES}=1 writes {path:?} anew:\n{text}");
}
