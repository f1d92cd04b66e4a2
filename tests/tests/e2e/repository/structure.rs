//! How the code is laid out: which file may know which, and that docs/concepts/architecture.md
//! shows it as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kerbrole_tests::version::workspace;

use crate::cases;
use crate::fixture::Context;

cases! {
    Nowhere: no_arrow_goes_up_or_in_a_circle, the_client_needs_little,
        the_table_leads_to_what_is_there, each_suite_answers_a_question;
}

/// The floors of a crate, the lowest first: files and folders.
type Floors = &'static [&'static [&'static str]];

const CORE: Floors = &[
    &["oid", "quote", "report", "sqlstate", "text", "vocabulary"],
    &["names"],
    &["statement"],
    &["roles"],
    &["rule"],
    &["error"],
    &["memberships"],
    &["lookup"],
    &["plan"],
    &["diagnose"],
    &["keeping"],
];

const EXTENSION: Floors = &[
    &["fault", "report"],
    &["settings"],
    &["server"],
    &["interface"],
    &["guard"],
    &["functions", "install"],
];

/// The files below a folder by their paths as modules: `plan::add`.
fn modules(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = if prefix.is_empty() { name.to_string() } else { format!("{prefix}::{name}") };
        if path.is_dir() {
            modules(&path, &module, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && module != "lib" {
            found.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The code without comments and without tests, which may know anything.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// What stands after each `crate::`: one path, or one for each in braces.
fn named(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        match after.strip_prefix('{').filter(|_| path.ends_with("::")) {
            Some(inner) => {
                let inner = inner.split_once('}').unwrap().0;
                assert!(!inner.contains('{'), "braces in braces: {path}{{{inner}");
                paths.extend(inner.split(',').map(|one| format!("{path}{}", one.trim())));
            }
            None => paths.push(path.trim_end_matches(':').to_string()),
        }
    }
    paths
}

/// The file that a path leads into.
fn file_of<'m>(path: &str, modules: &'m BTreeMap<String, String>) -> Option<&'m str> {
    let mut path = path;
    loop {
        if let Some((module, _)) = modules.get_key_value(path) {
            return Some(module);
        }
        path = path.rsplit_once("::")?.0;
    }
}

fn floor_of(module: &str, floors: Floors) -> usize {
    let first = module.split("::").next().unwrap();
    let floor = floors.iter().position(|floor| floor.contains(&first));
    floor.unwrap_or_else(|| {
        panic!(
            "{module} is on no floor: give it one in this file and in docs/concepts/architecture.md"
        )
    })
}

/// Whoever imports the crate gets nothing that they did not ask for.
fn the_client_needs_little(_: &Context<'_>) {
    let text = fs::read_to_string(workspace().join("kerbrole-client/Cargo.toml")).unwrap();
    let (_, after) = text.split_once("\n[dependencies]\n").unwrap();
    let needed = after.lines().take_while(|line| !line.starts_with('['));
    let needed: Vec<_> = needed
        .filter(|line| line.contains('=') && !line.starts_with('#'))
        .filter(|line| !line.contains("optional = true"))
        .map(|line| line.split(['.', ' ']).next().unwrap())
        .collect();
    assert_eq!(needed, ["async-stream", "futures-core", "kerbrole-core", "tokio-postgres"]);
    assert!(!text.contains("\ndefault = "), "a feature is on by default");
}

fn no_arrow_goes_up_or_in_a_circle(_: &Context<'_>) {
    for (krate, floors) in [("kerbrole-core", CORE), ("pg_kerbrole", EXTENSION)] {
        let mut files = BTreeMap::new();
        modules(&workspace().join(krate).join("src"), "", &mut files);
        assert!(files.len() > 20, "{krate}: {:?}", files.keys());
        let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (module, text) in &files {
            let code = code(text);
            if code.contains("super::") {
                wrong.push(format!(
                    "{module} goes by super::, where a path from crate:: shows which file is meant"
                ));
            }
            // A file may name those below its folder without `crate::`.
            let of_children = code.lines().filter_map(|line| {
                let path = line
                    .trim_start_matches("pub ")
                    .strip_prefix("use ")?
                    .split(&[':', ';'][..])
                    .next()?;
                Some(format!("{module}::{path}"))
            });
            for path in named(&code).into_iter().chain(of_children) {
                // What lib.rs has itself, a macro for example, is nobody's.
                let Some(to) = file_of(&path, &files).filter(|to| to != module) else { continue };
                arrows.entry(module).or_default().insert(to);
                if floor_of(module, floors) < floor_of(to, floors) {
                    wrong.push(format!("{module} is below {to}, and knows it"));
                }
            }
        }
        assert!(arrows.len() > 15, "{krate}: {arrows:?}");
        // Take away whoever knows nobody that is left; those in circles stay.
        let mut left: BTreeMap<_, BTreeSet<_>> = files
            .keys()
            .map(|module| (module.as_str(), arrows.remove(module.as_str()).unwrap_or_default()))
            .collect();
        loop {
            let gone: Vec<_> =
                left.iter().filter(|(_, to)| to.is_empty()).map(|(module, _)| *module).collect();
            if gone.is_empty() {
                break;
            }
            for module in gone {
                left.remove(module);
                left.values_mut().for_each(|to| {
                    to.remove(module);
                });
            }
        }
        wrong.extend(
            left.iter()
                .map(|(module, to)| format!("{module} is in a circle, or above one: {to:?}")),
        );
        assert!(wrong.is_empty(), "{krate}:\n{}", wrong.join("\n"));
    }
}

/// "I want to change … → go to …"
fn the_table_leads_to_what_is_there(_: &Context<'_>) {
    let text = fs::read_to_string(workspace().join("docs/concepts/architecture.md")).unwrap();
    let table = text.split_once("| I want to change").expect("a table").1;
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 15, "{}", rows.len());
    for row in rows {
        let to = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let paths: Vec<_> = to.split('`').skip(1).step_by(2).collect();
        assert!(!paths.is_empty(), "{row}");
        for path in paths {
            assert!(workspace().join(path).exists(), "{path}, in {row}");
        }
    }
}

/// tests/README.md: question, suite, command.
fn each_suite_answers_a_question(_: &Context<'_>) {
    let folder = workspace().join("tests");
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let rows: Vec<Vec<_>> = text
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    for (suite, _) in crate::SUITES {
        // Attacks and the like have one row together.
        let family = suite.split("::").next().unwrap();
        let row = rows.iter().find(|row| row[2].starts_with(&format!("[`{family}`]")));
        let row = row.unwrap_or_else(|| panic!("tests/README.md has no row for {family}"));
        assert!(row[1].ends_with('?') && row[3].contains(&format!("TESTS={family}::")), "{row:?}");
    }
    for row in rows.iter().skip(2) {
        let link = row[2].split_once("](").unwrap().1.trim_end_matches(')');
        assert!(folder.join(link).exists(), "{link}");
    }
}
