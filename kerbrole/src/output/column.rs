//! The columns of a table: what they are called, how their values are read by people, and where
//! they are shown.

use serde_json::Value;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    place: Place,
    /// What is between the elements of a list.
    between: &'static str,
    /// Whether a list that begins with the role of the row is shown without it by people's tables.
    is_after_role: bool,
    /// Whether it is a name, which is kept in one line as long as something else can give way.
    is_name: bool,
    /// What stands for no value.
    nothing: &'static str,
}

/// Where a column is shown, besides JSON and CSV, which have them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In every table.
    Always,
    /// Where it has something in one row at least, and in wide tables.
    IfAny,
    /// In wide tables.
    Wide,
    /// Where it is not the same in all rows, and in wide tables.
    IfVaried,
    /// Below its row, in a line of its own; in wide tables a column.
    Below,
    /// Nowhere else.
    Data,
}

impl Column {
    /// One that is always shown. Lists are chains of memberships.
    pub(crate) const fn new(title: &'static str) -> Self {
        Self {
            title,
            place: Place::Always,
            between: " > ",
            is_after_role: false,
            is_name: false,
            nothing: "",
        }
    }

    /// Shown where there is something in it.
    pub(crate) const fn if_any(self) -> Self {
        Self { place: Place::IfAny, ..self }
    }

    /// Shown where it is not the same in all rows.
    pub(crate) const fn if_varied(self) -> Self {
        Self { place: Place::IfVaried, ..self }
    }

    /// Shown below its row: what is copied, and so in one line.
    pub(crate) const fn below(self) -> Self {
        Self { place: Place::Below, ..self }
    }

    /// It is a name, which is read best in one line.
    pub(crate) const fn name(self) -> Self {
        Self { is_name: true, ..self }
    }

    /// Shown in wide tables.
    pub(crate) const fn wide(self) -> Self {
        Self { place: Place::Wide, ..self }
    }

    /// Without a value it is not known.
    pub(crate) const fn or_unknown(self) -> Self {
        Self { nothing: "?", ..self }
    }

    /// For programs.
    pub(crate) const fn data(self) -> Self {
        Self { place: Place::Data, ..self }
    }

    /// Its lists are sets, as a file for `kerbrole add` has them.
    pub(crate) const fn set(self) -> Self {
        Self { between: ";", ..self }
    }

    /// Its lists begin with the role of the row, which need not be read twice.
    pub(crate) const fn after_role(self) -> Self {
        Self { is_after_role: true, ..self }
    }

    /// Whether a table has it.
    pub(super) fn is_in_table(self, is_wide: bool, has_any: bool, is_varied: bool) -> bool {
        match self.place {
            Place::Always => true,
            Place::IfAny => is_wide || has_any,
            Place::IfVaried => is_wide || is_varied,
            Place::Below => is_wide,
            Place::Wide => is_wide,
            Place::Data => false,
        }
    }

    pub(super) fn is_below(self) -> bool {
        self.place == Place::Below
    }

    pub(super) fn is_name(self) -> bool {
        self.is_name
    }

    /// A value as a line of CSV has it.
    pub(super) fn plain(self, value: &Value) -> String {
        self.text(value, self.between, 0)
    }

    /// A value as people read it; `is_wide` where they want all of it.
    pub(super) fn for_people(self, value: &Value, is_wide: bool) -> String {
        let between = if self.between == ";" { ", " } else { self.between };
        self.text(value, between, usize::from(self.is_after_role && !is_wide))
    }

    fn text(self, value: &Value, between: &str, from: usize) -> String {
        match value {
            Value::Null => self.nothing.into(),
            Value::String(text) => text.clone(),
            Value::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
            Value::Array(elements) => {
                let elements = elements.get(from..).unwrap_or_default();
                let texts: Vec<_> =
                    elements.iter().map(|element| self.text(element, between, 0)).collect();
                texts.join(between)
            }
            other => other.to_string(),
        }
    }
}
