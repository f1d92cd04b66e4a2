//! `kerbrole directory who`

use kerbrole_directory::{Person, Sid};
use serde_json::json;

use super::Read;
use super::check::name;
use crate::arguments::GeneralOptions;
use crate::exit::{Ending, Outcome, Report};
use crate::output::{Column, Form, Shown, Table, Tone, tell};

const COLUMNS: &[Column] = &[
    Column::new("principal").name(),
    Column::new("enabled"),
    Column::new("group"),
    Column::new("roles").set(),
    Column::new("chain"),
    Column::new("sid").wide(),
    Column::new("dn").wide(),
];

/// A row for each rule that means somebody: by which chain of groups, and what it gives. With
/// findings, where one of them is in none.
pub(super) fn run(read: &Read, names: &[String], general: &GeneralOptions) -> Outcome {
    let Read { file, snapshot } = read;
    let mut table = Table::new(COLUMNS);
    let mut missing = 0_usize;
    for wanted in names {
        let is_meant = |person: &Person| is_meant(wanted, person);
        let mut is_found = false;
        for (place, person) in snapshot.people.iter().enumerate().filter(|(_, p)| is_meant(p)) {
            is_found = true;
            for &group in &person.groups {
                let (Some(mapped), Some(rule)) =
                    (snapshot.groups.get(group), file.access.get(group))
                else {
                    continue;
                };
                table.row_in(
                    if person.enabled { Tone::Plain } else { Tone::Faint },
                    [
                        name(person).into(),
                        person.enabled.into(),
                        mapped.name.to_string().into(),
                        rule.roles.iter().cloned().collect(),
                        json!(snapshot.chain(place, group)),
                        person.sid.to_string().into(),
                        person.dn.clone().into(),
                    ],
                );
            }
        }
        if !is_found {
            missing += 1;
            tell(&format!(
                "nobody called {wanted} is in a group of the access file: what is asked for is a \
                 sAMAccountName, user@REALM or a SID"
            ));
        }
    }
    let shown = Shown::Rows(table, Form::of(general));
    Ok(Report::looked(shown, Ending::findings_if(missing > 0)))
}

/// Whether somebody is meant by a name. Case aside, as the directory looks names up.
fn is_meant(wanted: &str, person: &Person) -> bool {
    if let Ok(sid) = wanted.parse::<Sid>() {
        return person.sid == sid;
    }
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    match wanted.rsplit_once('@') {
        Some((user, realm)) => {
            same(user, &person.sam_account_name) && same(realm, person.realm.as_str())
        }
        None => same(wanted, &person.sam_account_name),
    }
}
