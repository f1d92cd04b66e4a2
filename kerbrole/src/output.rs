//! Results, in the form that was asked for, and what is said beside them. Nothing else here prints.

use std::io::{self, IsTerminal, Write};

use kerbrole_client::is_invisible;
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

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
        let stdout = io::stdout();
        let to_terminal = stdout.is_terminal();
        self.print_to(&mut io::BufWriter::new(stdout.lock()), to_terminal)
    }

    /// What goes to a program or a file is as it is; on a terminal nothing of it steers that.
    fn print_to(&self, out: &mut impl Write, to_terminal: bool) -> io::Result<()> {
        match self {
            Self::Nothing => {}
            Self::Text(text) if to_terminal => out.write_all(visible(text, "\n\t").as_bytes())?,
            Self::Text(text) => out.write_all(text.as_bytes())?,
            Self::Rows(table, Format::Table) => table.print_columns(out)?,
            Self::Rows(table, Format::Json) => table.print_json(out)?,
            Self::Rows(table, Format::Csv) if to_terminal => {
                let mut csv = Vec::new();
                table.print_csv(&mut csv)?;
                out.write_all(visible(&String::from_utf8_lossy(&csv), "\n").as_bytes())?;
            }
            Self::Rows(table, Format::Csv) => table.print_csv(out)?,
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
            writeln!(out, "  {}{comma}", escaped(&object(row).to_string()))?;
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
            let widest = cells.iter().map(|row| row[column].width()).max().unwrap_or(0);
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
    let pad = |(cell, &width): (&String, &usize)| {
        format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
    };
    let padded: Vec<_> = cells.iter().zip(widths).map(pad).collect();
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

/// Shows characters that cannot be seen, but for those that are kept, instead of sending them: the
/// name of a role may hold what a terminal takes for a command, or turns the line around.
fn visible(text: &str, kept: &str) -> String {
    let is_shown = |c: char| is_invisible(c) && !kept.contains(c);
    if !text.contains(is_shown) {
        return text.into();
    }
    let one = |c: char| if is_shown(c) { c.escape_default().to_string() } else { c.into() };
    text.chars().map(one).collect()
}

/// JSON with the characters that cannot be seen as escapes, which mean the same to whoever reads
/// it.
fn escaped(json: &str) -> String {
    if !json.contains(is_invisible) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_invisible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    text
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

    /// U+202E turns the rest of a line around, U+200B and U+E0061 are not seen at all.
    const TURNED: &str = "a\u{202e}b\u{200b}c\u{9b}d\u{e0061}e";

    fn printed(format: Format, name: &str, to_terminal: bool) -> String {
        let mut table = Table::new(&["role_name", "n"]);
        table.row([name.into(), 1.into()]);
        table.row(["short".into(), 2.into()]);
        let mut out = Vec::new();
        Shown::Rows(table, format).print_to(&mut out, to_terminal).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_cannot_be_seen_is_shown_on_a_terminal_and_data_stay_data() {
        let shown = r"a\u{202e}b\u{200b}c\u{9b}d\u{e0061}e";
        for to_terminal in [false, true] {
            assert!(printed(Format::Table, TURNED, to_terminal).contains(shown));
            let json = printed(Format::Json, TURNED, to_terminal);
            assert!(json.chars().all(|c| c == '\n' || !is_invisible(c)), "{json}");
            let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
            assert_eq!(rows[0]["role_name"], TURNED);
        }
        assert!(printed(Format::Csv, TURNED, true).contains(shown));
        assert!(printed(Format::Csv, TURNED, false).contains(TURNED));
    }

    #[test]
    fn columns_stand_below_each_other_whatever_the_script() {
        for name in ["日本語の名前@A.B", "e\u{301}mile@A.B", "émile@A.B"] {
            let table = printed(Format::Table, name, true);
            let numbers: Vec<_> = table
                .lines()
                .skip(2)
                .map(|line| line[..line.rfind(char::is_numeric).unwrap()].width())
                .collect();
            assert_eq!(numbers[0], numbers[1], "{table}");
        }
    }
}
