//! What a message names exists where it is shown: options of the command, methods of the crate,
//! functions and settings of the extension.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kerbrole_client::{Language, vocabulary};
use kerbrole_tests::version::{built, workspace};
use regex::Regex;

use crate::cases;
use crate::fixture::Context;

cases! {
    Nowhere: every_edge_speaks_its_own_language, what_a_message_names_is_there,
        the_command_names_its_own_options;
}

/// Where the messages are that all edges say.
const MESSAGES: [&str; 5] = [
    "kerbrole-core/src/error/arms.rs",
    "kerbrole-core/src/error/warning.rs",
    "kerbrole-core/src/names/error.rs",
    "kerbrole-core/src/lookup.rs",
    "kerbrole-client/src/error/words.rs",
];

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

/// The texts in a source, each in one line, without those of its tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let joined = Regex::new(r"\\\n\s*").unwrap().replace_all(&code, "").into_owned();
    let literal = Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap();
    // What stands for a value stands for one that is no word of anybody's.
    let place = Regex::new(r"\{[^{}]*\}").unwrap();
    literal
        .captures_iter(&joined)
        .map(|found| found[1].replace("\\\"", "\"").replace("\\n", "\n"))
        // A file, and no setting.
        .map(|text| text.replace("sql/kerbrole.sql", "the script"))
        .map(|text| place.replace_all(&text, "'x'").into_owned())
        .collect()
}

/// The words of the SQL functions.
fn sql() -> Regex {
    Regex::new(
        r"kerb_\w+|kerbrole\.[a-z_]+\b|=> |\b(if_not_exists|reassign_owned_to|accept_nesting)\b",
    )
    .unwrap()
}

pub fn every_edge_speaks_its_own_language(_: &Context<'_>) {
    let sql = sql();
    let mut spoken = 0;
    for path in MESSAGES {
        for text in literals(&read(path)) {
            // The names of settings are values here, which a message shows.
            let Some(found) = sql.find(&text) else { continue };
            spoken += 1;
            for language in
                [Language::Command { has_settings: false }, Language::Rust { has_settings: false }]
            {
                let said = language.say(&text);
                let is_own = said.contains("Options::") || said.contains("Builder::");
                let rest = said.replace("Options::if_not_exists", "");
                let rest = rest.replace("Options::reassign_owned_to", "");
                let rest = rest.replace("Builder::accept_nesting", "");
                assert!(
                    !sql.is_match(&rest),
                    "{path}: {:?} is no word of {language:?}: {said} {is_own}",
                    found.as_str()
                );
            }
        }
    }
    assert!(spoken > 15, "{spoken}");
}

/// All files with this end below a folder.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.extension().is_some_and(|extension| extension == end) {
            found.push(path);
        }
    }
    found
}

fn sources(folder: &str) -> String {
    let all = files(&workspace().join(folder), "rs");
    all.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// The options of the command and the names of its subcommands, from its own help.
fn options() -> (BTreeSet<String>, BTreeSet<String>) {
    let help = |arguments: &[&str]| {
        let output = Command::new(built("kerbrole")).env_clear().args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let whole = help(&["--help"]);
    let (_, commands) = whole.split_once("Commands:\n").unwrap();
    let row = Regex::new(r"(?m)^  ([a-z][a-z0-9-]*)").unwrap();
    let commands = commands.split("\n\n").next().unwrap();
    let names: BTreeSet<_> = row.captures_iter(commands).map(|row| row[1].to_string()).collect();
    let option = Regex::new(r"--[a-z][a-z0-9-]+").unwrap();
    let mut pages: Vec<_> = names.iter().map(|name| help(&[name, "--help"])).collect();
    // Of subcommands that have some below them, these too.
    for (name, page) in names.iter().zip(pages.clone()) {
        let below = page.split_once("Commands:\n").and_then(|(_, rows)| rows.split("\n\n").next());
        let below = row.captures_iter(below.unwrap_or_default());
        pages.extend(below.map(|row| help(&[name, &row[1], "--help"])));
    }
    let mut options = BTreeSet::new();
    for page in pages.into_iter().chain([whole.clone()]) {
        let (page, _) = page.split_once("Examples:").unwrap_or((&page, ""));
        options.extend(option.find_iter(page).map(|found| found.as_str().to_string()));
    }
    (options, names)
}

pub fn what_a_message_names_is_there(_: &Context<'_>) {
    let (options, subcommands) = options();
    let version = env!("CARGO_PKG_VERSION");
    let install = read(&format!("pg_kerbrole/install/pg_kerbrole--{version}.sql"));
    let settings = read("pg_kerbrole/src/settings.rs");
    let client = sources("kerbrole-client/src");
    let [function, setting] = [r"kerb_\w+", r"kerbrole\.[a-z_]+"].map(|r| Regex::new(r).unwrap());
    let method = Regex::new(r"(\w+)::(\w+)").unwrap();
    let subcommand = Regex::new(r"kerbrole ([a-z-]+)").unwrap();
    let option = Regex::new(r"--[a-z][a-z0-9-]+").unwrap();
    let mut seen = 0;
    for [sql, rust, command] in vocabulary() {
        for name in function.find_iter(sql) {
            let made = format!("FUNCTION {}(", name.as_str());
            assert!(install.contains(&made), "{sql}: there is no {}", name.as_str());
            seen += 1;
        }
        for name in setting.find_iter(sql) {
            let defined = format!("c\"{}\"", name.as_str());
            assert!(settings.contains(&defined), "{sql}: there is no {}", name.as_str());
            seen += 1;
        }
        for found in method.captures_iter(rust) {
            let (owner, name) = (&found[1], &found[2]);
            let is_owner = client.contains(&format!("pub struct {owner}"));
            let is_there = Regex::new(&format!(r"pub (async )?fn {name}\b")).unwrap();
            assert!(is_owner && is_there.is_match(&client), "{rust}: there is no {owner}::{name}");
            seen += 1;
        }
        for found in subcommand.captures_iter(command) {
            assert!(subcommands.contains(&found[1]), "{command}: there is no {}", &found[1]);
            seen += 1;
        }
        for found in option.find_iter(command) {
            assert!(options.contains(found.as_str()), "{command}: no {}", found.as_str());
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

/// Options of the AWS CLI that the command names.
fn aws_options(option: &Regex) -> BTreeSet<String> {
    let typed = ["--trust-direction", "--trust-type"].map(String::from);
    let sources = files(&workspace().join("kerbrole/src/commands/aws"), "rs");
    let texts = sources.iter().flat_map(|path| literals(&fs::read_to_string(path).unwrap()));
    let whole = texts.filter(|text| option.captures(text).is_some_and(|one| one[1] == *text));
    whole.chain(typed).collect()
}

/// What the command says by itself.
pub fn the_command_names_its_own_options(_: &Context<'_>) {
    let (options, subcommands) = options();
    let option = Regex::new(r"(?:^|[ (])(--[a-z][a-z0-9-]+)").unwrap();
    let subcommand = Regex::new(r"\bkerbrole ([a-z][a-z0-9]*(?:-[a-z]+)*)").unwrap();
    // Of other programs: PowerShell's and psql's options are not spelled so.
    let words = ["is", "as", "does", "goes", "logs", "speaks", "cannot", "and", "the", "client"];
    // Those of aws are the words that it is called with, and some that only people type.
    let of_aws = aws_options(&option);
    let mut seen = 0;
    for path in files(&workspace().join("kerbrole/src"), "rs") {
        let aws = workspace().join("kerbrole/src/commands/aws");
        let is_aws = path.starts_with(&aws);
        // Whose words are all aws's, and are held against aws itself.
        let is_plan = path.starts_with(aws.join("plan"));
        let is_doctor = path.components().any(|part| part.as_os_str() == "krb5_conf.rs");
        for text in literals(&fs::read_to_string(&path).unwrap()) {
            for found in option.captures_iter(&text) {
                let is_its = options.contains(&found[1]) || is_aws && of_aws.contains(&found[1]);
                let is_its = is_its || is_plan;
                assert!(is_its, "{}: {text}", path.display());
                seen += 1;
            }
            for found in subcommand.captures_iter(&text) {
                let is_word = words.contains(&&found[1]);
                let is_there = subcommands.contains(&found[1]) || found[1] == *"help";
                assert!(is_word || is_there || is_doctor, "{}: {text}", path.display());
            }
        }
    }
    assert!(seen > 20, "{seen}");
}
