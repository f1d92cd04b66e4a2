//! `kerbrole aws`: worlds in which all is well, and one thing wrong at a time. `aws` is this
//! program, and no call leaves the machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kerbrole_tests::version::{built, workspace};

use super::process::Ended;
use crate::cases;
use crate::fixture::Context;

mod answers;
mod cannot_be_asked;
pub mod fake;
mod faults;
mod plans;
mod rows;
mod then;
mod wishes;
mod world;

use answers::*;
use cannot_be_asked::*;
use faults::Fault;
use plans::plans_are_for_what_is_wrong;
use then::*;
use world::{HEALTHY, World, arguments_of};

cases! {
    Newest: the_whole_guide_is_walked;
    Nowhere: all_is_well_where_all_is_well, each_fault_is_named_and_no_other,
        an_aws_that_is_none_is_told, a_code_is_typed_on_the_terminal,
        whoever_has_no_credentials_is_told_what_to_do,
        an_answer_that_is_none_is_never_ok, a_service_that_is_asked_too_often_is_asked_again,
        an_aws_that_hangs_is_not_waited_for_for_ever, no_aws_is_left_behind_by_an_interrupt,
        what_can_be_no_name_is_refused, the_region_is_found_where_aws_finds_it, no_page_is_lost,
        a_directory_is_looked_at_alone, users_that_were_not_asked_for_may_be_enabled,
        version_1_says_the_same, policies_are_of_the_partition,
        it_is_asked_for_and_nothing_is_changed, each_permission_that_is_missing_is_named,
        json_is_as_its_schema_says, nothing_is_asked_by_the_command_itself,
        the_endpoint_is_asked_where_no_host_is_named, plans_are_for_what_is_wrong;
}

/// Set, expected results are written anew, to be looked at by whoever changed them.
const WRITES: &str = "KERBROLE_WRITE_AWS";

/// A folder with a world and an `aws` that answers from it.
pub struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    /// One where all is well, in a region that the profile names.
    pub fn healthy(name: &str) -> Self {
        let mut world = world::read(name);
        let region = serde_json::json!({"printed": "eu-central-1\n"});
        world.insert("configure get region".into(), region);
        Self::of(&world)
    }

    fn of(world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fake::install(folder.path(), world);
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The command, with nothing in its environment but what it needs.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(built("kerbrole"));
        command
            .env_clear()
            .env("PATH", self.path().join("bin"))
            .env("HOME", "/nonexistent")
            .env("USER", "nobody")
            .env(fake::FOLDER, self.path())
            .stdin(Stdio::null())
            .args(["aws", "check"])
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let arguments: Vec<_> =
            arguments.iter().copied().chain(["--region", "eu-central-1"]).collect();
        self.command(&arguments).output().unwrap().into()
    }

    /// The calls that were made, without what they have in common.
    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path().join("log")).unwrap_or_default();
        let plain = |line: &str| line.split(" --region").next().unwrap_or_default().to_string();
        log.lines().map(plain).collect()
    }
}

/// Compares what was printed with the file that has it, or writes that.
fn is_as_expected(name: &str, printed: &str) -> Result<(), String> {
    let path = expected(name);
    if std::env::var_os(WRITES).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, printed).unwrap();
        return Ok(());
    }
    let wanted = fs::read_to_string(&path).map_err(|error| format!("{path:?}: {error}"))?;
    match wanted == printed {
        true => Ok(()),
        false => Err(format!(
            "{name}: printed is\n{printed}\nand {path:?} has\n{wanted}\n{WRITES}=1 writes it anew"
        )),
    }
}

fn expected(name: &str) -> PathBuf {
    workspace().join(world::FOLDER).join(format!("expected/{name}.txt"))
}

fn all_is_well_where_all_is_well(_: &Context<'_>) {
    for (name, arguments) in HEALTHY {
        let stage = Stage::of(&world::read(name));
        let ended = stage.run(arguments);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{name}: {ended:?}");
        is_as_expected(name, &ended.out).unwrap();
        let rows = rows::of_table(&ended.out);
        // Of a directory of another account some cannot be looked at, and nothing is wrong.
        let unseen = rows.iter().filter(|row| row.status != "ok").map(|row| &row.status);
        let unseen: BTreeSet<_> = unseen.map(String::as_str).collect();
        let should = if *name == "shared" { BTreeSet::from(["cannot look"]) } else { [].into() };
        assert_eq!(unseen, should, "{name}:\n{}", ended.out);
    }
}

fn each_fault_is_named_and_no_other(_: &Context<'_>) {
    let all: Vec<&Fault> = faults::ALL.iter().copied().flatten().collect();
    assert!(all.len() >= 40, "{}", all.len());
    let names: BTreeSet<_> = all.iter().map(|fault| fault.name).collect();
    assert_eq!(names.len(), all.len());
    let mut failed = Vec::new();
    let mut worlds = HEALTHY.to_vec();
    worlds.dedup_by_key(|(name, _)| *name);
    for (name, arguments) in worlds {
        let healthy = world::read(name);
        let well = rows::of_table(&Stage::of(&healthy).run(arguments).out);
        for fault in all.iter().filter(|fault| fault.world == name) {
            if let Err(why) = is_named(&healthy, &well, fault) {
                failed.push(why);
            }
        }
    }
    let found = fs::read_dir(expected("").parent().unwrap()).unwrap();
    let found = found.map(|file| file.unwrap().path().file_stem().unwrap().to_owned());
    let known = names.into_iter().chain(HEALTHY.iter().map(|(name, _)| *name));
    let known = known.chain(["directory_alone"]);
    let known: BTreeSet<_> = known.map(std::ffi::OsString::from).collect();
    assert_eq!(found.filter(|file| !known.contains(file)).collect::<Vec<_>>(), [""; 0]);
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

fn is_named(healthy: &World, well: &[rows::Row], fault: &Fault) -> Result<(), String> {
    let Fault { name, world, changes, arguments, rows: should } = fault;
    let mut broken = healthy.clone();
    changes.iter().for_each(|change| world::change(&mut broken, change));
    let stage = Stage::of(&broken);
    let arguments = [arguments_of(world), arguments].concat();
    let ended = stage.run(&arguments);
    let rows = rows::of_table(&ended.out);
    let other = rows::other_than(well, &rows);
    if other != *should {
        return Err(format!("{name}: {other:#?} and not {should:#?}\n{}{}", ended.out, ended.err));
    }
    // What is wrong has a fix, and the exit code says that something is.
    let is = |row: &&rows::Row, status: &str| row.status == status;
    let wrong = rows.iter().filter(|row| is(row, "wrong")).count();
    let without =
        rows.iter().filter(|row| (is(row, "wrong") || is(row, "warning")) && row.fix.is_none());
    let without: Vec<_> = without.collect();
    if !without.is_empty() || ended.code != i32::from(wrong > 0) || !ended.err.is_empty() {
        return Err(format!("{name}: {ended:?}, without a fix: {without:?}"));
    }
    is_as_expected(name, &ended.out)
}
