//! A plan in a file: looked at by somebody else, and carried out later, if it still holds.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use kerbrole_client::{Access, AccessPerson, AccessPlan, Sid};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The one edition of the format.
const VERSION: u32 = 1;

/// How many people are named of those for whom something else is so.
const NAMED: usize = 3;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    version: u32,
    /// The access file.
    pub(super) from: PathBuf,
    pub(super) plans: Vec<SavedPlan>,
}

/// What is to be done on one server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedPlan {
    /// As the access file calls it; null for the one of the command line.
    pub(super) server: Option<String>,
    pub(super) plan: AccessPlan,
}

impl Saved {
    pub(super) fn new(from: &Path, plans: Vec<SavedPlan>) -> Result<Self, Failure> {
        // Where it is looked for does not depend on where somebody is.
        let from = fs::canonicalize(from)
            .map_err(|error| Failure::usage(format!("{}: {error}", from.display())))?;
        Ok(Self { version: VERSION, from, plans })
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::NotWritten(format!(
                "the plan could not be written: {}: {error}",
                path.display()
            ))
        };
        let text = serde_json::to_vec(self).map_err(|error| failed(&error))?;
        fs::write(path, text).map_err(|error| failed(&error))
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: &dyn std::fmt::Display| {
            Failure::usage(format!(
                "{}: {why}: kerbrole sync --from FILE --plan FILE writes such a file",
                path.display()
            ))
        };
        let file = File::open(path)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        let saved: Self =
            serde_json::from_reader(BufReader::new(file)).map_err(|error| wrong(&error))?;
        if saved.version != VERSION {
            return Err(wrong(&format!("it is of version {} of its format", saved.version)));
        }
        if saved.plans.is_empty() {
            return Err(wrong(&"it has no plan"));
        }
        Ok(saved)
    }

    /// Refuses what was planned for something else than what is wanted now.
    pub(super) fn refuse_another(&self, now: &Access) -> Result<(), Failure> {
        let Some(planned) = self.plans.iter().map(|one| one.plan.access()).find(|one| *one != now)
        else {
            return Ok(());
        };
        Err(Failure::Outdated(format!(
            "the plan holds no more, and nothing was done: {}; plan again, with kerbrole sync \
             --plan",
            difference(planned, now)
        )))
    }
}

fn by_sid(access: &Access) -> HashMap<&Sid, &AccessPerson> {
    access.people.iter().map(|person| (&person.sid, person)).collect()
}

/// What is not as it was planned for.
fn difference(planned: &Access, now: &Access) -> String {
    let (before, after) = (by_sid(planned), by_sid(now));
    let came = after.values().copied().filter(|one| !before.contains_key(&one.sid));
    let went = before.values().copied().filter(|one| !after.contains_key(&one.sid));
    let changed = after
        .values()
        .copied()
        .filter(|one| before.get(&one.sid).is_some_and(|other| other != one));
    let kinds = [
        (names(came), "came into a group of the access file"),
        (names(went), "left them"),
        (names(changed), "changed"),
    ];
    let kinds: Vec<_> = kinds
        .iter()
        .filter_map(|(names, what)| Some(format!("{} {what}", names.as_ref()?)))
        .collect();
    match kinds.is_empty() {
        true => "the access file says something else now".into(),
        false => format!("meanwhile {}", kinds.join(", ")),
    }
}

/// Some of them, and how many more there are.
fn names<'p>(people: impl Iterator<Item = &'p AccessPerson>) -> Option<String> {
    let mut all: Vec<_> = people.map(|one| one.principal.as_str()).collect();
    all.sort_unstable();
    let named: Vec<_> = all.iter().take(NAMED).copied().collect();
    match all.len() {
        0 => None,
        all if all > NAMED => Some(format!("{} and {} more", named.join(", "), all - NAMED)),
        _ => Some(named.join(", ")),
    }
}
