//! Blocks of HCL, the language of Terraform's files.

use std::fmt;

use super::script::wrapped;

/// A block with its attributes, each a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    head: String,
    body: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// A name and an expression.
    Attribute(String, String),
    Block(Block),
}

impl Block {
    /// Of this type, with these labels.
    pub(super) fn new(kind: &str, labels: &[&str]) -> Self {
        let labels = labels.iter().map(|label| format!(" {}", quoted(label)));
        Self { head: format!("{kind}{}", labels.collect::<String>()), body: Vec::new() }
    }

    /// An attribute with a text.
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, quoted(value))
    }

    /// An attribute with a list of texts.
    pub(super) fn list(self, name: &str, values: &[String]) -> Self {
        let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
        self.raw(name, format!("[{}]", values.join(", ")))
    }

    /// An attribute with an expression.
    pub(super) fn raw(mut self, name: &str, expression: impl Into<String>) -> Self {
        self.body.push(Entry::Attribute(name.into(), expression.into()));
        self
    }

    /// A block inside.
    pub(super) fn block(mut self, block: Self) -> Self {
        self.body.push(Entry::Block(block));
        self
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        writeln!(f, "{indent}{} {{", self.head)?;
        let inside = format!("{indent}  ");
        let width = |entry: &Entry| match entry {
            Entry::Attribute(name, _) => name.len(),
            Entry::Block(_) => 0,
        };
        let width = self.body.iter().map(width).max().unwrap_or(0);
        for entry in &self.body {
            match entry {
                Entry::Attribute(name, value) => writeln!(f, "{inside}{name:width$} = {value}")?,
                Entry::Block(block) => block.write(f, &inside)?,
            }
        }
        writeln!(f, "{indent}}}")
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "")
    }
}

/// A text in quotes, in which `${` and `%{` begin no template (HCL, "Quoted Templates").
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([c, c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// JSON as an expression: HCL reads it as it is, but for what would begin a template.
pub(super) fn json(value: &serde_json::Value) -> String {
    format!("{value:#}").replace("${", "$${").replace("%{", "%%{").replace('\n', "\n  ")
}

/// A name for a resource, made of what it is about.
pub(super) fn name_of(what: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = what.chars().map(word).collect();
    let name = name.trim_matches('_');
    if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.into()
    } else {
        format!("n_{name}")
    }
}

/// Lines that mean nothing to Terraform.
pub(super) fn comment(text: &str) -> String {
    wrapped(text).iter().map(|line| format!("# {line}\n")).collect()
}
