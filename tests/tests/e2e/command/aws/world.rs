//! Worlds: those in which all is well, in files, and others as what is different in them.

use std::fs;

use kerbrole_tests::version::workspace;
use serde_json::{Map, Value, json};

/// What a call is answered with, by service and operation.
pub type World = Map<String, Value>;

/// Where the files are.
pub const FOLDER: &str = "tests/tests/e2e/command/aws";

/// The worlds in which all is well, and the arguments that they are looked at by.
pub const HEALTHY: &[(&str, &[&str])] = &[
    ("rds", &["--db-instance", "app"]),
    ("aurora", &["--db-cluster", "app"]),
    // The domain is its cluster's.
    ("aurora", &["--db-instance", "app-2"]),
    ("trust", &["--db-instance", "app"]),
    ("shared", &["--db-instance", "app"]),
    ("peering", &["--db-instance", "app"]),
];

pub fn arguments_of(world: &str) -> &'static [&'static str] {
    HEALTHY.iter().find(|(name, _)| *name == world).unwrap().1
}

/// Reads one in which all is well.
pub fn read(name: &str) -> World {
    let path = workspace().join(FOLDER).join(format!("worlds/{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let own: World = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    match own.get("like").and_then(Value::as_str) {
        Some(other) => {
            let mut world = read(other);
            world.extend(own.into_iter().filter(|(key, _)| key != "like"));
            world
        }
        None => own,
    }
}

/// Changes a world:
///
/// - `SERVICE OPERATION /POINTER = JSON` sets a value, `+ JSON` adds one to a list, `-` takes it
///   away;
/// - `SERVICE OPERATION = JSON` is all of an answer;
/// - `SERVICE OPERATION ! CODE` and `! CODE: MESSAGE` is an error of the service instead.
pub fn change(world: &mut World, change: &str) {
    let wrong = || -> ! { panic!("what does {change:?} change?") };
    // It may stand on several lines.
    let change = &change.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut words = change.splitn(3, ' ');
    let (Some(service), Some(operation), Some(rest)) = (words.next(), words.next(), words.next())
    else {
        wrong()
    };
    let key = format!("{service} {operation}");
    let parse = |text: &str| -> Value {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{change}: {error}"))
    };
    if let Some(error) = rest.strip_prefix("! ") {
        let (code, message) = error.split_once(": ").unwrap_or((error, "No."));
        world.insert(key, json!({"error": code, "message": message, "operation": operation}));
        return;
    }
    if let Some(whole) = rest.strip_prefix("= ") {
        world.insert(key, parse(whole));
        return;
    }
    let (pointer, what) = rest.split_once(' ').unwrap_or_else(|| wrong());
    let (above, name) = pointer.rsplit_once('/').unwrap_or_else(|| wrong());
    let answer = world.get_mut(&key).unwrap_or_else(|| wrong());
    let above = answer.pointer_mut(above).unwrap_or_else(|| wrong());
    match what.split_once(' ') {
        None if what == "-" => match above {
            Value::Object(all) => drop(all.remove(name).unwrap_or_else(|| wrong())),
            Value::Array(all) => drop(all.remove(name.parse().unwrap())),
            _ => wrong(),
        },
        Some(("=", value)) => match above {
            Value::Object(all) => drop(all.insert(name.into(), parse(value))),
            Value::Array(all) => all[name.parse::<usize>().unwrap()] = parse(value),
            _ => wrong(),
        },
        Some(("+", value)) => match above.get_mut(name) {
            Some(Value::Array(all)) => all.push(parse(value)),
            _ => wrong(),
        },
        _ => wrong(),
    }
}
