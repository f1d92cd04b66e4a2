//! What goes with the code: its description for PGXN, its version, the workflow, the documents'
//! links.

use std::fs;
use std::path::Path;
use std::process::Command;

use kerbrole_tests::sandbox::{lossy, run};
use kerbrole_tests::version::{ALL, workspace};
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::cases;
use crate::fixture::Context;

cases! {
    Nowhere: the_description_is_what_pgxn_wants, the_same_version_everywhere,
        the_workflow_runs_what_is_there, workflows_trust_and_may_little,
        a_version_that_cannot_be_changes_nothing, the_same_servers_everywhere, links_lead_somewhere;
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn text(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Version 1.0.0 of PGXN's specification.
fn the_description_is_what_pgxn_wants(_: &Context<'_>) {
    /// Of the licences that it knows, those that may be meant here.
    const LICENCES: [&str; 2] = ["apache_2_0", "mit"];
    let meta: Value = serde_json::from_str(&text("META.json")).unwrap();
    for field in ["name", "abstract", "description", "maintainer", "generated_by"] {
        assert!(meta[field].as_str().is_some_and(|text| !text.trim().is_empty()), "{field}");
    }
    // What nothing on PGXN may have in it.
    let name = meta["name"].as_str().unwrap();
    assert!(
        name.len() > 1
            && !name.contains(|c: char| c.is_whitespace() || c.is_control() || "/\\".contains(c))
    );
    let licences: Vec<_> =
        meta["license"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    assert!(
        licences.len() == 2 && LICENCES.iter().all(|licence| licences.contains(licence)),
        "{licences:?}"
    );
    assert!(["stable", "testing", "unstable"].map(Value::from).contains(&meta["release_status"]));
    assert_eq!(meta["meta-spec"]["version"], "1.0.0");
    assert_eq!(meta["version"], VERSION);
    assert!(meta["tags"].as_array().unwrap().iter().all(|tag| !tag.as_str().unwrap().is_empty()));
    let oldest = format!("{}.0.0", oldest_server());
    assert_eq!(meta["prereqs"]["runtime"]["requires"]["PostgreSQL"], oldest.as_str());

    let provides = meta["provides"].as_object().unwrap();
    assert_eq!(provides.keys().collect::<Vec<_>>(), ["pg_kerbrole"]);
    for (extension, of) in provides {
        assert_eq!(of["version"], VERSION);
        assert!(of["file"].as_str().unwrap().ends_with(&format!("/{extension}--{VERSION}.sql")));
        for field in ["file", "docfile"] {
            let path = of[field].as_str().unwrap();
            assert!(workspace().join(path).is_file(), "{field}: {path}");
        }
    }
}

/// The oldest PostgreSQL that the extension has a feature for.
fn oldest_server() -> u32 {
    let manifest = text("pg_kerbrole/Cargo.toml");
    let majors = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("pg")?.split(' ').next()?.parse().ok());
    majors.min().unwrap()
}

fn the_same_version_everywhere(_: &Context<'_>) {
    let manifest = text("Cargo.toml");
    let of_crates: Vec<_> = manifest.lines().filter(|line| line.contains("path = ")).collect();
    let wanted = format!("version = \"{VERSION}\"");
    assert!(of_crates.iter().all(|line| line.contains(&wanted)), "{manifest}");
    assert!(of_crates.len() >= 4, "{manifest}");

    let changelog = text("CHANGELOG.md");
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## ")).unwrap();
    let released = newest.strip_prefix(&format!("{VERSION} - "));
    assert!(
        newest == format!("Unreleased ({VERSION})") || released.is_some(),
        "CHANGELOG.md begins with {newest}"
    );
    // Who dates a version releases it, and its scripts with it.
    let script = format!("install/pg_kerbrole--{VERSION}.sql");
    let frozen =
        text("pg_kerbrole/RELEASED").lines().any(|line| line.ends_with(&format!("  {script}")));
    assert_eq!(
        released.is_some(),
        frozen,
        "CHANGELOG.md begins with {newest}, and make freeze is for releases"
    );
}

/// The value of a field, which has to be there.
fn field<'y>(yaml: &'y Yaml, name: &str) -> &'y Yaml {
    let value = &yaml[name];
    assert!(!value.is_badvalue(), "no {name} in {yaml:?}");
    value
}

fn the_workflow_runs_what_is_there(_: &Context<'_>) {
    let makefile = text("Makefile");
    let workflow = &YamlLoader::load_from_str(&text(".github/workflows/ci.yml")).unwrap()[0];
    let mut targets = Vec::new();
    let mut versions = Vec::new();
    for (name, job) in field(workflow, "jobs").as_hash().unwrap() {
        let container = field(job, "container");
        let image = container.as_str().or(container["image"].as_str()).unwrap();
        assert!(image.ends_with("-bookworm"), "{name:?} runs in {image}");
        let steps = field(job, "steps").as_vec().unwrap();
        assert_eq!(
            steps[0]["uses"].as_str().unwrap().split('@').next(),
            Some("actions/checkout"),
            "{name:?}"
        );
        let commands = steps.iter().filter_map(|step| step["run"].as_str());
        targets.extend(
            commands.filter_map(|line| {
                Some(line.strip_prefix("make ")?.split(' ').next()?.to_string())
            }),
        );
        versions.extend(
            job["strategy"]["matrix"]["postgresql"]
                .as_vec()
                .into_iter()
                .flatten()
                .filter_map(Yaml::as_i64),
        );
    }
    assert_eq!(versions, ALL.map(i64::from));
    for target in ["check", "test", "test-packages", "test-docker", "release-check"] {
        assert!(targets.iter().any(|t| t == target), "nothing runs make {target}");
    }
    for target in targets {
        assert!(
            makefile.lines().any(|line| line.starts_with(&format!("{target}:"))),
            "make {target}"
        );
    }
}

/// Each action is named by the commit that was looked at, and nothing may be written but the draft
/// of a release, by a job that runs no code of anybody's.
fn workflows_trust_and_may_little(_: &Context<'_>) {
    let mut actions = 0;
    for file in ["ci.yml", "release.yml"] {
        let path = format!(".github/workflows/{file}");
        let workflow = &YamlLoader::load_from_str(&text(&path)).unwrap()[0];
        assert_eq!(field(workflow, "permissions")["contents"].as_str(), Some("read"), "{file}");
        for (name, job) in field(workflow, "jobs").as_hash().unwrap() {
            let steps = field(job, "steps").as_vec().unwrap();
            let used = || steps.iter().filter_map(|step| step["uses"].as_str());
            for action in used() {
                let commit = action.split_once('@').unwrap().1;
                let is_hash = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(is_hash, "{file}: {action}");
                actions += 1;
            }
            if job["permissions"].is_badvalue() {
                continue;
            }
            assert_eq!((file, name.as_str()), ("release.yml", Some("draft")));
            assert!(!used().any(|action| action.starts_with("actions/checkout@")), "{file}");
        }
    }
    assert!(actions > 5, "{actions}");
}

fn a_version_that_cannot_be_changes_nothing(_: &Context<'_>) {
    let files = ["Cargo.toml", "Cargo.lock", "META.json", "CHANGELOG.md"];
    let before = files.map(text);
    for version in [
        "",
        "1",
        "1.2",
        "01.2.3",
        "1.2.3-rc1",
        "v9.9.9",
        "9.9.9; true",
        "9.9.9\n1",
        VERSION,
        "0.0.1",
    ] {
        let mut command = Command::new(workspace().join("packaging/version"));
        let ended = command.args([VERSION, version]).output().unwrap();
        let said = lossy(&ended.stderr);
        assert!(!ended.status.success() && !said.trim().is_empty(), "{version:?}: {said}");
        assert_eq!(files.map(text), before, "{version:?}");
    }
}

/// What is promised, built and tested are the same versions of PostgreSQL, and the README's table
/// says for each what is tried.
fn the_same_servers_everywhere(_: &Context<'_>) {
    let manifest = text("pg_kerbrole/Cargo.toml");
    let features: Vec<u32> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("pg")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(features, ALL);
    let numbers = |words: &str| -> Vec<u32> {
        words.split_whitespace().map(|word| word.parse().unwrap()).collect()
    };
    let (makefile, everything) = (text("Makefile"), text(".ci/run"));
    let made =
        |name: &str| numbers(makefile.lines().find_map(|line| line.strip_prefix(name)).unwrap());
    assert_eq!(made("ALL_VERSIONS := "), ALL);
    let tested = everything.lines().find_map(|line| line.strip_prefix("export VERSIONS=")).unwrap();
    assert_eq!(numbers(tested.trim_matches('"')), ALL);
    // The suites that a column stands for are called with these versions, by the workflow that each
    // change goes through. What has to hold before that is tried on the first, the last, and both
    // sides of where roles work differently.
    let workflow = text(".github/workflows/ci.yml");
    let matrix = workflow.lines().find_map(|line| line.trim().strip_prefix("postgresql: ["));
    assert_eq!(numbers(&matrix.unwrap().replace([',', ']'], " ")), ALL);
    for goal in ["test", "test-ad", "test-replays"] {
        let call = format!("- run: make {goal} VERSIONS=${{{{ matrix.postgresql }}}}");
        assert!(workflow.contains(&call), "{call}");
    }
    let tried = everything.lines().find_map(|line| line.strip_prefix("tried=")).unwrap();
    let tried = numbers(tried.trim_matches('"'));
    for version in [ALL[0], 15, 17, ALL[ALL.len() - 1]] {
        assert!(tried.contains(&version), "{version} in {tried:?}");
    }
    let lanes: Vec<&str> =
        everything.lines().filter_map(|line| line.strip_prefix("lane ")).collect();
    let goals = [
        "test",
        "test-ad",
        "test-aws",
        "test-packages",
        "test-docker",
        "test-replays",
        "test-memory-short",
    ];
    for goal in goals {
        assert!(
            lanes.iter().any(|lane| lane.split(' ').skip(1).any(|word| word == goal)),
            "{goal}: {lanes:?}"
        );
    }
    let packaged = made("DEB_VERSIONS ?= ");

    let page = text("docs/install.md");
    let mut rows = page.lines().skip_while(|line| !line.starts_with("| PostgreSQL | functions"));
    let head = rows.next().unwrap().matches('|').count();
    let rows: Vec<Vec<&str>> = rows
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.iter().map(|row| row[0].parse().unwrap()).collect::<Vec<u32>>(), ALL);
    for row in rows {
        assert_eq!(row.len() + 1, head, "{row:?}");
        let (last, others) = row[1..].split_last().unwrap();
        assert!(others.iter().all(|cell| *cell == "tested"), "{row:?}");
        assert_eq!(
            last.starts_with("tested"),
            packaged.contains(&row[0].parse().unwrap()),
            "{row:?}"
        );
    }
}

/// Links from one document to another, and to its headings.
fn links_lead_somewhere(_: &Context<'_>) {
    // A source tarball has no git: everything in it belongs to it.
    let listed = run(Command::new("git").arg("-C").arg(workspace()).args([
        "ls-files",
        "-co",
        "--exclude-standard",
        "*.md",
    ]));
    let documents: Vec<_> = match listed {
        Ok(output) => lossy(&output.stdout).lines().map(String::from).collect(),
        Err(_) => ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/concepts/architecture.md"]
            .map(String::from)
            .into(),
    };
    let mut followed = 0;
    for document in documents {
        let folder = Path::new(&document).parent().unwrap();
        for link in text(&document).split("](").skip(1).map(|rest| rest.split(')').next().unwrap())
        {
            if link.contains("://") {
                continue;
            }
            followed += 1;
            let (path, heading) =
                link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
            let path = if path.is_empty() {
                document.clone()
            } else {
                folder.join(path).to_string_lossy().into_owned()
            };
            assert!(workspace().join(&path).exists(), "{document} links to {link}");
            if let Some(heading) = heading {
                let headings = text(&path);
                let mut anchors = headings.lines().filter(|line| line.starts_with('#')).map(anchor);
                assert!(anchors.any(|anchor| anchor == heading), "{document} links to {link}");
            }
        }
    }
    assert!(followed > 20, "{followed} links");
}

/// What a heading is called in a link.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    words.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}
