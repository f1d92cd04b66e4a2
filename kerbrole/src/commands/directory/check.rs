//! `kerbrole directory check`

use kerbrole_directory::Person;
use serde_json::Value;

use super::Read;
use crate::arguments::GeneralOptions;
use crate::exit::{Ending, Report};
use crate::output::{Column, Form, Shown, Table, Tone};

const COLUMNS: &[Column] = &[
    Column::new("group"),
    Column::new("people"),
    Column::new("disabled"),
    Column::new("roles").set(),
    Column::new("sid").wide(),
    Column::new("dn").wide(),
    Column::new("members").data(),
];

/// A row for each rule: how many people it means, and what they get. With findings, where the
/// directories had something worth saying.
pub(super) fn run(read: &Read, general: &GeneralOptions) -> Report {
    let Read { file, snapshot } = read;
    let mut table = Table::new(COLUMNS);
    for (place, (group, rule)) in snapshot.groups.iter().zip(&file.access).enumerate() {
        let people: Vec<_> =
            snapshot.people.iter().filter(|person| person.groups.contains(&place)).collect();
        let disabled = people.iter().filter(|person| !person.enabled).count();
        let tone = if people.is_empty() { Tone::Faint } else { Tone::Plain };
        let members: Value = people.iter().map(|person| name(person)).collect();
        table.row_in(
            tone,
            [
                group.name.to_string().into(),
                group.people.into(),
                disabled.into(),
                rule.roles.iter().cloned().collect(),
                group.sid.to_string().into(),
                group.dn.clone().into(),
                members,
            ],
        );
    }
    let ending = Ending::findings_if(!snapshot.warnings.is_empty());
    Report::looked(Shown::Rows(table, Form::of(general)), ending)
}

/// Who it is, as a ticket would say it.
pub(in crate::commands) fn name(person: &Person) -> String {
    format!("{}@{}", person.sam_account_name, person.realm)
}
