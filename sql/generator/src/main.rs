//! Writes `sql/kerbrole.sql`: the parts of `sql/kerbrole`, in order, with what has to be equal to
//! kerbrole-core put into their marks. `@INVISIBLE@` becomes the characters that cannot be seen.
//!
//! `kerbrole-sql FOLDER`: the folder of the parts. The script goes to standard output.

mod characters;
mod comments;
mod messages;

use std::env::args;
use std::error::Error;
use std::fs;
use std::path::Path;

/// The parts, in the order in which the script needs them.
const PARTS: &[&str] = &[
    "begin.sql",
    "schema.sql",
    "messages.sql",
    "names.sql",
    "settings.sql",
    "arguments.sql",
    "roles.sql",
    "memberships.sql",
    "bindings.sql",
    "fixes.sql",
    "conflicts.sql",
    "powers.sql",
    "requests.sql",
    "creators.sql",
    "notices.sql",
    "adding.sql",
    "enabling.sql",
    "renaming.sql",
    "dropping.sql",
    "listing.sql",
    "case_audit.sql",
    "checking.sql",
    "syncing.sql",
    "access_request.sql",
    "access_people.sql",
    "access_plan.sql",
    "access_difference.sql",
    "access.sql",
    "self_test.sql",
    "uninstall.sql",
    "rights.sql",
    "end.sql",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = args().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(folder), None) => print!("{}", script(Path::new(&folder))?),
        _ => return Err("usage: kerbrole-sql FOLDER".into()),
    }
    Ok(())
}

fn script(folder: &Path) -> Result<String, Box<dyn Error>> {
    let marks = [
        ("@VERSION@", env!("CARGO_PKG_VERSION").to_string()),
        ("@INVISIBLE@", characters::ranges(kerbrole_core::is_invisible)),
        ("@BLANK@", characters::ranges(char::is_whitespace)),
        ("@MESSAGES@", messages::rows()),
        ("@COMMENTS@", comments::statements(folder)?),
        ("@FUNCTIONS@", comments::functions(folder)?),
        ("@LONGEST_ARGUMENT@", kerbrole_core::LONGEST_ARGUMENT.to_string()),
        ("@LONGEST_LIST@", kerbrole_core::LONGEST_LIST.to_string()),
        ("@LARGEST_LIST@", kerbrole_core::LARGEST_LIST.to_string()),
    ];
    let mut script = String::new();
    for part in PARTS {
        let path = folder.join(part);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        if !script.is_empty() {
            script.push('\n');
        }
        script.push_str(&text);
    }
    for (mark, text) in &marks {
        if !script.contains(mark) {
            return Err(format!("no part holds {mark}").into());
        }
        script = script.replace(mark, text);
    }
    // A database of any encoding is to take it.
    match script.lines().find(|line| !line.is_ascii()) {
        Some(line) => Err(format!("not plain ASCII: {line}").into()),
        None => Ok(script),
    }
}
