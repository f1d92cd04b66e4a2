//! Results, in the form that was asked for.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::arguments::Format;
use crate::exit::Failure;

/// A table: the names of its columns, and rows of values.
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

    /// Prints it. A reader that has gone away is no error.
    pub(crate) fn print(&self, format: Format) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let printed = match format {
            Format::Table => self.print_columns(&mut out),
            Format::Json => self.print_json(&mut out),
            Format::Csv => self.print_csv(&mut out),
        };
        written(printed.and_then(|()| out.flush()))
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

    /// As psql prints, without the lines around it.
    fn print_columns(&self, out: &mut impl Write) -> io::Result<()> {
        let cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|value| one_line(&text(value))).collect()).collect();
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
    let padded: Vec<_> = cells.iter().zip(widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
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
    text.replace('\n', " ")
}

/// Prints lines as they are.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::PipeClosed),
        Err(error) => Err(Failure::Usage(format!("cannot write: {error}"))),
        Ok(()) => Ok(()),
    }
}
