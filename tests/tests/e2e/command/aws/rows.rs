//! What `kerbrole aws check` printed, row by row.

use std::collections::BTreeMap;

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub step: String,
    pub what: String,
    pub status: String,
    pub detail: String,
    pub fix: Option<String>,
}

impl Row {
    /// `step/what`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.step, self.what)
    }
}

/// Reads a table: where a column begins its head says.
pub fn of_table(printed: &str) -> Vec<Row> {
    let mut lines = printed.lines();
    let head = lines.next().unwrap_or_default();
    let at = |title: &str| head.find(title).unwrap_or_else(|| panic!("no {title} in {head:?}"));
    let (what, status, detail) = (at("what"), at("status"), at("detail"));
    let cut = |line: &str, from: usize, to: usize| {
        let all: Vec<_> = line.chars().collect();
        let to = to.min(all.len());
        all[from.min(to)..to].iter().collect::<String>().trim().to_string()
    };
    let mut rows: Vec<Row> = Vec::new();
    for line in lines.filter(|line| !line.starts_with('-')) {
        match line.strip_prefix("  fix: ") {
            Some(fix) => rows.last_mut().unwrap().fix = Some(fix.into()),
            None => rows.push(Row {
                step: cut(line, 0, what),
                what: cut(line, what, status),
                status: cut(line, status, detail),
                detail: cut(line, detail, usize::MAX),
                fix: None,
            }),
        }
    }
    rows
}

/// The rows that are not as they were: `step/what: status`, in their order.
pub fn other_than(healthy: &[Row], rows: &[Row]) -> Vec<String> {
    let before: BTreeMap<_, _> = healthy.iter().map(|row| (row.name(), &row.status)).collect();
    let is_other = |row: &&Row| match before.get(&row.name()) {
        Some(status) => **status != row.status,
        None => row.status != "ok",
    };
    let named = |row: &Row| format!("{}: {}", row.name(), row.status);
    rows.iter().filter(is_other).map(named).collect()
}
