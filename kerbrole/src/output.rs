//! Results, in the form that was asked for, and what is said beside them. Nothing else here prints.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::arguments::Format;

/// What a command prints on standard output.
#[derive(Debug)]
pub(crate) enum Shown {
    Nothing,
    /// As it is.
    Text(String),
    Rows(Table, Format),
}

impl Shown {
    /// Prints it. An error is about whoever would have read it, and says nothing about the work.
    pub(crate) fn print(&self) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match self {
            Self::Nothing => {}
            Self::Text(text) => out.write_all(text.as_bytes())?,
            Self::Rows(table, Format::Table) => table.print_columns(&mut out)?,
            Self::Rows(table, Format::Json) => table.print_json(&mut out)?,
            Self::Rows(table, Format::Csv) => table.print_csv(&mut out)?,
        }
        out.flush()
    }
}

/// Says something on standard error. Where nobody can be told the work goes on, which eprintln!
/// would end.
pub(crate) fn tell(text: &str) {
    let _nobody_listens = writeln!(io::stderr(), "{}", visible(text, "\n"));
}

/// Asks something, with the cursor after it.
pub(crate) fn prompt(text: &str) {
    let mut err = io::stderr();
    let _nobody_listens = write!(err, "{}", visible(text, "")).and_then(|()| err.flush());
}

/// A table: the names of its columns, and rows of values.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) columns: &'static [&'static str],
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Table {
    pub(crate) fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        self.rows.push(values.into_iter().collect());
    }

    fn print_json(&self, out: &mut impl Write) -> io::Result<()> {
        let object = |row: &Vec<Value>| {
            let pairs = self.columns.iter().map(ToString::to_string).zip(row.iter().cloned());
            Value::Object(Map::from_iter(pairs))
        };
        writeln!(out, "[")?;
        for (number, row) in self.rows.iter().enumerate() {
            let comma = if number + 1 < self.rows.len() { "," } else { "" };
            writeln!(out, "  {}{comma}", object(row))?;
        }
        writeln!(out, "]")
    }

    fn print_csv(&self, out: &mut impl Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(self.columns)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(text))?;
        }
        writer.flush()
    }

    /// Prints columns as psql does, without the lines around them.
    fn print_columns(&self, out: &mut impl Write) -> io::Result<()> {
        let cells: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(|value| one_line(&text(value))).collect())
            .collect();
        let width = |column: usize| {
            let widest = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            widest.max(self.columns[column].len())
        };
        let widths: Vec<_> = (0..self.columns.len()).map(width).collect();
        let heads: Vec<_> = self.columns.iter().map(ToString::to_string).collect();
        line(out, &heads, &widths)?;
        let rules: Vec<_> = widths.iter().map(|&width| "-".repeat(width)).collect();
        line(out, &rules, &widths)?;
        cells.iter().try_for_each(|row| line(out, row, &widths))
    }
}

fn line(out: &mut impl Write, cells: &[String], widths: &[usize]) -> io::Result<()> {
    let padded: Vec<_> =
        cells.iter().zip(widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
    writeln!(out, "{}", padded.join("  ").trim_end())
}

/// A value as people read it; a list with ` > ` between its elements, as paths are.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
        Value::Array(elements) => elements.iter().map(text).collect::<Vec<_>>().join(" > "),
        other => other.to_string(),
    }
}

fn one_line(text: &str) -> String {
    visible(&text.replace('\n', " "), "")
}

/// Shows control characters, but for those that are kept, instead of sending them: the name of a
/// role may hold what a terminal takes for a command.
fn visible(text: &str, kept: &str) -> String {
    if !text.contains(|c: char| c.is_control()) {
        return text.into();
    }
    let one = |c: char| {
        if c.is_control() && !kept.contains(c) { c.escape_default().to_string() } else { c.into() }
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        let mut table = Table::new(&["role_name"]);
        table.row(["a\u{1b}]0;x\u{7}\nb\u{9b}2J".into()]);
        let mut out = Vec::new();
        table.print_columns(&mut out).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert_eq!(printed.lines().last().unwrap(), r"a\u{1b}]0;x\u{7} b\u{9b}2J");
        assert_eq!(visible("one\ntwo\u{1b}[31m", "\n"), "one\ntwo\\u{1b}[31m");
    }
}
