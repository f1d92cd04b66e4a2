//! Rows of values, as JSON, as CSV and as columns below each other.

use std::io::{self, Write};

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::characters::{escaped, no_formula, visible};
use super::column::Column;
use super::layout::Layout;
use super::style::{Style, Tone};

/// A table: its columns, and rows of values.
///
/// The rows are kept as text, in JSON: a million of them would take several times as much memory as
/// values.
#[derive(Debug)]
pub(crate) struct Table {
    columns: &'static [Column],
    rows: String,
    /// Where in the text each row ends.
    ends: Vec<usize>,
    /// In which tone each is.
    tones: Vec<Tone>,
    /// Whether it is one thing, whose JSON is an object.
    is_one: bool,
}

/// How a table is to look to people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) is_wide: bool,
    pub(super) has_header: bool,
    /// How many columns of characters the terminal has, where it is one.
    pub(super) width: Option<usize>,
    pub(super) style: Style,
}

impl Table {
    pub(crate) fn new(columns: &'static [Column]) -> Self {
        Self { columns, rows: String::new(), ends: Vec::new(), tones: Vec::new(), is_one: false }
    }

    /// One thing and what is known of it, a value for each column.
    pub(crate) fn of_one(columns: &'static [Column], values: Vec<Value>) -> Self {
        let mut table = Self::new(columns);
        table.row(values);
        table.is_one = true;
        table
    }

    pub(crate) fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        self.row_in(Tone::Plain, values);
    }

    pub(crate) fn row_in(&mut self, tone: Tone, values: impl IntoIterator<Item = Value>) {
        let values: Value = values.into_iter().collect();
        self.rows.push_str(&values.to_string());
        self.ends.push(self.rows.len());
        self.tones.push(tone);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The values of each row.
    fn rows(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let texts = begins.zip(&self.ends).map(|(begin, &end)| &self.rows[begin..end]);
        // What was written here can be read.
        texts.map(|text| serde_json::from_str(text).unwrap_or_default())
    }

    /// What stands in a column, row by row.
    pub(crate) fn values_of(&self, name: &str) -> impl Iterator<Item = Value> {
        let at = self.columns.iter().position(|column| column.title == name);
        self.rows().filter_map(move |row| row.into_iter().nth(at?))
    }

    fn object(&self, row: Vec<Value>) -> Value {
        let names = self.columns.iter().map(|column| column.title.to_string());
        Value::Object(Map::from_iter(names.zip(row)))
    }

    pub(super) fn print_json(&self, out: &mut impl Write) -> io::Result<()> {
        if let (true, Some(row)) = (self.is_one, self.rows().next()) {
            return writeln!(out, "{}", escaped(&self.object(row).to_string()));
        }
        writeln!(out, "[")?;
        for (number, row) in self.rows().enumerate() {
            let comma = if number + 1 < self.len() { "," } else { "" };
            writeln!(out, "  {}{comma}", escaped(&self.object(row).to_string()))?;
        }
        writeln!(out, "]")
    }

    pub(super) fn print_csv(&self, out: &mut impl Write, has_header: bool) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        if let (true, Some(row)) = (self.is_one, self.rows().next()) {
            if has_header {
                writer.write_record(["what", "value"])?;
            }
            for (column, value) in self.columns.iter().zip(&row) {
                writer.write_record([column.title, &no_formula(column.plain(value))])?;
            }
            return writer.flush();
        }
        if has_header {
            writer.write_record(self.columns.iter().map(|column| column.title))?;
        }
        for row in self.rows() {
            let cells = self.columns.iter().zip(&row);
            writer.write_record(cells.map(|(column, value)| no_formula(column.plain(value))))?;
        }
        writer.flush()
    }

    /// The names of roles, one a line, each once in a row.
    pub(super) fn print_names(&self, out: &mut impl Write, to_terminal: bool) -> io::Result<()> {
        let of = ["role_name", "role_names", "new_name", "principal"];
        let column = of.iter().find_map(|name| self.columns.iter().position(|c| c.title == *name));
        let Some(column) = column else { return Ok(()) };
        let mut last = None;
        for row in self.rows() {
            let names = match &row[column] {
                Value::Array(names) => names.as_slice(),
                one => std::slice::from_ref(one),
            };
            for name in names.iter().filter_map(Value::as_str) {
                if last.as_deref() != Some(name) {
                    let shown = if to_terminal { visible(name, "") } else { name.into() };
                    writeln!(out, "{shown}")?;
                }
                last = Some(name.to_string());
            }
        }
        Ok(())
    }

    /// Columns as psql prints them, without the lines around them.
    ///
    /// On a terminal that is narrower than they are, what is long goes over several lines.
    pub(super) fn print_columns(&self, out: &mut impl Write, look: Look) -> io::Result<()> {
        if self.is_one {
            return self.print_upright(out, look);
        }
        let mut has_any = vec![false; self.columns.len()];
        let mut is_varied = has_any.clone();
        let first = self.rows().next().unwrap_or_default();
        for row in self.rows() {
            for (at, value) in row.iter().enumerate() {
                has_any[at] |= !is_nothing(value);
                is_varied[at] |= *value != first[at];
            }
        }
        let columns: Vec<_> = (0..self.columns.len())
            .filter(|&at| self.columns[at].is_in_table(look.is_wide, has_any[at], is_varied[at]))
            .collect();
        let heads: Vec<_> = columns
            .iter()
            .map(|&at| (self.columns[at].title, self.columns[at].is_name()))
            .collect();
        let cell = |row: &[Value], at: usize| {
            let text = self.columns[at].for_people(&row[at], look.is_wide);
            text.lines().map(|line| visible(line, "")).collect::<Vec<_>>().join("\n")
        };
        let cells = |row: &[Value]| columns.iter().map(|&at| cell(row, at)).collect::<Vec<_>>();
        let layout = Layout::of(&heads, self.rows().map(|row| cells(&row)), look);
        if look.has_header {
            layout.print_head(out, &heads)?;
        }
        for (row, tone) in self.rows().zip(&self.tones) {
            layout.print_row(out, &cells(&row), *tone)?;
            for at in (0..self.columns.len()).filter(|_| !look.is_wide) {
                if self.columns[at].is_below() && !is_nothing(&row[at]) {
                    let line = cell(&row, at).replace('\n', " ");
                    writeln!(out, "  {}: {line}", self.columns[at].title)?;
                }
            }
        }
        Ok(())
    }

    /// One thing: a line for each column.
    fn print_upright(&self, out: &mut impl Write, look: Look) -> io::Result<()> {
        let widest = self.columns.iter().map(|column| column.title.width()).max().unwrap_or(0);
        for row in self.rows() {
            for (column, value) in self.columns.iter().zip(&row) {
                let text = visible(&column.for_people(value, look.is_wide), "");
                writeln!(out, "{}", format!("{:widest$}  {text}", column.title).trim_end())?;
            }
        }
        Ok(())
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}
