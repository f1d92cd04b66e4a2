//! What would be done, or was, as it is shown: for one server, or for each of several.

use kerbrole_client::{AccessAction, AccessPlan, AccessRow};
use serde_json::Value;

use crate::output::{Column, Table, Tone};

const COLUMNS: &[Column] = &[
    Column::new("server").name().if_any(),
    Column::new("action"),
    Column::new("role_name").name(),
    Column::new("reason"),
    Column::new("statement").wide(),
];

/// A plan, and the server that it is for, where the file names several.
pub(super) type Planned<'p> = (Option<&'p str>, &'p AccessPlan);

/// A row for each statement, and for each who is left as they are.
pub(super) fn table(plans: &[Planned<'_>]) -> Table {
    let mut table = Table::new(COLUMNS);
    for (server, plan) in plans {
        for row in plan.rows() {
            let cells = [
                server.map_or(Value::Null, Value::from),
                row.action.as_str().into(),
                row.role_name.to_string().into(),
                row.reason.clone().into(),
                row.statement.clone().into(),
            ];
            table.row_in(sign(row.action).1, cells);
        }
    }
    table
}

/// A script for psql for each server, in one transaction.
pub(super) fn script(plans: &[Planned<'_>]) -> String {
    let one = |(server, plan): &Planned<'_>| match server {
        Some(server) => format!("-- {}\n{plan}", server.replace('\n', " ")),
        None => plan.to_string(),
    };
    plans.iter().map(one).collect()
}

/// A line for each role and action, and one for all of a server, the limit included.
pub(super) fn lines(plans: &[Planned<'_>]) -> Vec<(Tone, String)> {
    let mut lines = Vec::new();
    for (server, plan) in plans {
        if let Some(server) = server {
            lines.push((Tone::Plain, format!("{server}:")));
        }
        lines.extend(lines_of(plan));
    }
    lines
}

fn lines_of(plan: &AccessPlan) -> Vec<(Tone, String)> {
    let widest =
        plan.rows().iter().map(|row| row.role_name.as_str().chars().count()).max().unwrap_or(0);
    let line = |row: &AccessRow| {
        let (sign, tone) = sign(row.action);
        let AccessRow { role_name, reason, .. } = row;
        (tone, format!("{sign} {:<7}  {role_name:<widest$}  {reason}", row.action.as_str()))
    };
    let mut lines: Vec<_> = plan.rows().iter().map(line).collect();
    // Several statements about one role, for the same reason, are one line.
    lines.dedup();
    lines.push((Tone::Plain, summary(plan)));
    lines
}

fn summary(plan: &AccessPlan) -> String {
    let counts = AccessAction::ALL.map(|action| (plan.count(action), action.as_str()));
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let counts: Vec<_> = counts.map(|(number, action)| format!("{number} to {action}")).collect();
    if counts.is_empty() {
        return "nothing to do".into();
    }
    let (most, all) = (plan.at_most(), plan.principals());
    let limit = match plan.losses() {
        0 => String::new(),
        losses if losses > most => {
            format!("; refused, since at most {most} of {all} may lose something at once")
        }
        _ => format!("; up to {most} of {all} may lose something at once"),
    };
    format!("{}{limit}", counts.join(", "))
}

fn sign(action: AccessAction) -> (char, Tone) {
    match action {
        AccessAction::Create => ('+', Tone::New),
        AccessAction::Drop => ('-', Tone::Bad),
        AccessAction::Leave => ('!', Tone::Bad),
        _ => ('~', Tone::Change),
    }
}
