//! `make mutants`: tries the mutants of kerbrole-core's files against its unit tests, and notes
//! what became of them, file by file: what was broken off goes on with the next file.
//!
//! Without arguments those of files whose code was changed since they were tried last, `all` of
//! all, `missed` those that no test noticed, once more, a path or the beginning of one of these
//! files, and `report` none: only the report is written, of what was found before.
//!
//! What was found is kept in results.tsv, and the reasons why a mutant may live that no unit test
//! notices are written by hand, in `reasons`. docs/evidence/mutants.md shows both.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod reasons;
mod report;
mod results;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::process::{Resource, Rlimit, setrlimit};
use sha2::{Digest as _, Sha256};

use crate::reasons::Reasons;
use crate::report::report;
use crate::results::{Missed, Results, Row};

type Result<T> = std::result::Result<T, String>;

/// Where the results are kept, from the root of the repository.
const RESULTS: &str = "tests/mutants/results.tsv";

/// Where the reasons stand.
const REASONS: &str = "tests/mutants/reasons";

const REPORT: &str = "docs/evidence/mutants.md";

/// How many of a hundred have to be noticed.
const WANTED: usize = 95;

const SOURCES: &str = "kerbrole-core/src";

/// A quick build: mutants are compiled often, and run once.
const QUICK: &str = "profile.dev.package.kerbrole-core.opt-level=0";

/// Far more than the tests take, on a busy machine too.
const LIMIT_IN_SECONDS: &str = "120";

/// In bytes: what a compiler takes, and some more.
const MOST_MEMORY: u64 = 6 << 30;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(asked: &[String]) -> Result<()> {
    let root = workspace();
    let mut results: Results = read(&root.join(RESULTS))?.parse()?;
    let files = sources(&root)?;
    // What is there no more has no mutants.
    results.0.retain(|file, _| files.contains(file));
    let (only_missed, only_report) = (asked == ["missed"], asked == ["report"]);
    let leads_to_none = |path: &&String| !files.iter().any(|file| file.starts_with(path.as_str()));
    let words = ["all", "missed", "report"];
    if let Some(path) = asked.iter().filter(|a| !words.contains(&a.as_str())).find(leads_to_none) {
        return Err(format!("there is no file of kerbrole-core {path:?}"));
    }
    let mut wanted = Vec::new();
    for file in &files {
        let row = results.0.get(file);
        let is_current = row.is_some_and(|row| {
            read(&root.join(file)).is_ok_and(|text| fingerprint(&text) == row.fingerprint)
        });
        let is_wanted = match asked {
            [] => !is_current,
            _ if only_report => false,
            _ if only_missed => is_current && row.is_some_and(|row| !row.missed.is_empty()),
            [word] if word == "all" => true,
            paths => paths.iter().any(|path| file.starts_with(path.as_str())),
        };
        if is_wanted {
            wanted.push(file);
        }
    }
    if !wanted.is_empty() {
        limit_memory()?;
        let tree = Tree::of(&root)?;
        tree.test_unchanged()?;
        for (at, file) in wanted.iter().enumerate() {
            println!("{file} ({} of {})", at + 1, wanted.len());
            let text = read(&tree.0.join(file))?;
            let before = only_missed.then(|| results.0.remove(*file)).flatten();
            let row = tree.try_mutants(file, &text, before)?;
            println!("  noticed: {} of {}", row.noticed(), row.viable());
            for missed in &row.missed {
                println!("  {}: {}", missed.place, missed.change);
            }
            results.0.insert((*file).clone(), row);
            write(&root.join(RESULTS), &results.to_string())?;
        }
    }
    write(&root.join(RESULTS), &results.to_string())?;
    let reasons: Reasons = read(&root.join(REASONS))?.parse()?;
    write(&root.join(REPORT), &report(&results, &reasons))?;
    for (file, row) in &results.0 {
        for missed in row.missed.iter().filter(|missed| reasons.of(file, missed).is_none()) {
            println!("without a reason: {file}:{}: {}", missed.place, missed.change);
        }
    }
    for reason in reasons.about_none(&results) {
        println!("a reason for no mutant: {}: {}", reason.file, reason.change);
    }
    let (noticed, viable) = results.noticed_of();
    println!("{noticed} of {viable} are noticed; {REPORT} is written");
    Ok(())
}

/// The root of the repository.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("")).into()
}

/// The part of a file that is mutated: all but its tests, which stand at its end.
fn code(text: &str) -> &str {
    text.rfind("\n#[cfg(test)]\nmod ").map_or(text, |at| &text[..=at])
}

/// What tells one state of a file's code from another.
fn fingerprint(text: &str) -> String {
    let hash = Sha256::digest(code(text).as_bytes());
    hash[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A mutant that asks for more memory than there is ends, and takes nothing from others.
fn limit_memory() -> Result<()> {
    let limit = Rlimit { current: Some(MOST_MEMORY), maximum: Some(MOST_MEMORY) };
    setrlimit(Resource::As, limit).map_err(|error| format!("a limit of memory: {error}"))
}

/// The files of kerbrole-core that hold code.
fn sources(root: &Path) -> Result<BTreeSet<String>> {
    let is_code = |file: &String| {
        file.ends_with(".rs") && !file.ends_with("/tests.rs") && !file.contains("/tests/")
    };
    Ok(listed(root, &[SOURCES])?.into_iter().filter(is_code).collect())
}

/// What git knows, and what it does not ignore.
fn listed(root: &Path, below: &[&str]) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]).args(below);
    let output = git.current_dir(root).output().map_err(|error| format!("git: {error}"))?;
    if !output.status.success() {
        return Err("what there is to try is asked of git: this is no clone".into());
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(names
        .split_terminator('\0')
        .map(Into::into)
        .filter(|name: &String| root.join(name).is_file())
        .collect())
}

/// A copy in which cargo-mutants changes the code. It stays, so that it is not compiled anew.
struct Tree(PathBuf);

impl Tree {
    fn of(root: &Path) -> Result<Self> {
        let tree = root.join("target/mutants/tree");
        let files = listed(root, &[])?;
        // What is no more, but not what was built.
        let gone = tree.join(SOURCES);
        let there = if gone.is_dir() { below(&gone)? } else { Vec::new() };
        for path in there {
            let name = path.strip_prefix(&tree).map_err(|error| error.to_string())?;
            if !root.join(name).is_file() {
                fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
        for file in files {
            let (from, to) = (root.join(&file), tree.join(&file));
            let failed = |error: std::io::Error| format!("{file}: {error}");
            let content = fs::read(&from).map_err(failed)?;
            // What is as it was keeps its time, by which Cargo goes.
            if !fs::read(&to).is_ok_and(|there| there == content) {
                fs::create_dir_all(to.parent().unwrap_or(&tree)).map_err(failed)?;
                fs::write(&to, content).map_err(failed)?;
            }
        }
        Ok(Self(tree))
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
        cargo.current_dir(&self.0);
        cargo.env_remove("CARGO_TARGET_DIR").env_remove("MAKEFLAGS");
        // Of a crate in which one function was changed little is compiled again.
        cargo.env("CARGO_INCREMENTAL", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
        // What a test of random cases notices it notices by few of them, or not for certain.
        cargo.env("PROPTEST_CASES", "64");
        cargo
    }

    /// Where a test fails by itself, everything would count as noticed.
    fn test_unchanged(&self) -> Result<()> {
        println!("The tests as they are");
        let mut cargo = self.cargo();
        cargo.args(["test", "-q", "--ignore-rust-version", "--config", QUICK]);
        cargo.args(["-p", "kerbrole-core", "--features", "serde", "--lib"]);
        let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
        if status.success() { Ok(()) } else { Err("the tests fail without a mutant".into()) }
    }

    /// Tries the mutants of a file; of one that was tried `before`, those that were missed.
    fn try_mutants(&self, file: &str, text: &str, before: Option<Row>) -> Result<Row> {
        let out = self.0.with_file_name("out");
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        let mut cargo = self.cargo();
        cargo.args(["mutants", "--in-place", "--no-shuffle", "--baseline", "skip"]);
        cargo.args(["--timeout", LIMIT_IN_SECONDS, "--colors", "never"]);
        cargo.args(["--package", "kerbrole-core", "--features", "serde", "--file", file]);
        cargo.arg("--output").arg(&out);
        for argument in ["--ignore-rust-version", "--config", QUICK] {
            cargo.arg(format!("--cargo-arg={argument}"));
        }
        for missed in before.iter().flat_map(|row| &row.missed) {
            let name = format!("{file}:{}: {}", missed.place, missed.change);
            cargo.arg(format!("--re=^{}$", regex_of(&name)));
        }
        cargo.args(["--", "--lib"]);
        let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
        // Of those that were missed, or did not end, it says so by 2 and 3.
        if !matches!(status.code(), Some(0 | 2 | 3)) {
            return Err(format!("cargo mutants ended with {status}"));
        }
        let became = |of: &str| -> Result<Vec<String>> {
            let path = out.join("mutants.out").join(format!("{of}.txt"));
            // Where a file has no mutants, nothing is written.
            if !path.exists() {
                return Ok(Vec::new());
            }
            Ok(read(&path)?.lines().map(Into::into).collect())
        };
        let missed: Result<Vec<_>> =
            became("missed")?.iter().map(|name| Missed::read(name, file, text)).collect();
        let mut row = Row {
            fingerprint: fingerprint(text),
            caught: became("caught")?.len(),
            timeouts: became("timeout")?.len(),
            unviable: became("unviable")?.len(),
            missed: missed?,
        };
        row.missed.sort_by_key(|missed| {
            let numbers = missed.place.split(':').map(|number| number.parse::<u32>().ok());
            numbers.collect::<Vec<_>>()
        });
        if let Some(before) = before {
            if row.viable() + row.unviable != before.missed.len() {
                return Err(format!("{file}: other mutants were tried than those missed"));
            }
            row.caught += before.caught;
            row.timeouts += before.timeouts;
            row.unviable += before.unviable;
        }
        Ok(row)
    }
}

/// A regular expression for this text.
fn regex_of(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// All files below a folder.
fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let failed = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
