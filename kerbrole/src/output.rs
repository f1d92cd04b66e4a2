//! Results, in the form that was asked for, and what is said beside them. Nothing else here prints.

mod characters;
mod column;
mod drawing;
mod layout;
mod pager;
mod style;
mod table;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};
use terminal_size::{Height, Width};

use self::characters::{escaped, visible};
pub(crate) use self::column::Column;
pub(crate) use self::drawing::{Drawing, Edge, Tree};
pub(crate) use self::style::{Style, Tone};
use self::table::Look;
pub(crate) use self::table::Table;
use crate::arguments::{ColorChoice, Format, GeneralOptions};

/// What a command prints on standard output.
#[derive(Debug)]
pub(crate) enum Shown {
    Nothing,
    /// As it is.
    Text(String),
    /// With its own colours, written by us and nobody else, for a terminal.
    Styled(String),
    /// Lines for people, each in its tone.
    Lines(Vec<(Tone, String)>, Form),
    Rows(Table, Form),
}

/// The form that results are to have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) format: Format,
    has_header: bool,
    has_pager: bool,
    color: ColorChoice,
}

impl Form {
    pub(crate) fn of(options: &GeneralOptions) -> Self {
        Self {
            format: options.form(),
            has_header: !options.no_headers,
            has_pager: !options.no_pager,
            color: options.color(),
        }
    }

    /// Whether people read it.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self.format, Format::Table | Format::Wide)
    }

    fn style(self, to_terminal: bool) -> Style {
        match self.color {
            ColorChoice::Always => Style::COLOURED,
            ColorChoice::Auto if to_terminal => Style::of_terminal(),
            ColorChoice::Auto | ColorChoice::Never => Style::PLAIN,
        }
    }

    fn look(self, to_terminal: bool) -> Look {
        let width = to_terminal.then(terminal_size::terminal_size).flatten();
        Look {
            is_wide: self.format == Format::Wide,
            has_header: self.has_header,
            width: width.map(|(Width(width), _)| width.into()),
            style: self.style(to_terminal),
        }
    }
}

impl Shown {
    /// Prints it. An error is about whoever would have read it, and says nothing about the work.
    pub(crate) fn print(&self) -> io::Result<()> {
        let stdout = io::stdout();
        let to_terminal = stdout.is_terminal();
        if let (true, Some((_, Height(height)))) = (to_terminal, terminal_size::terminal_size())
            && self.may_go_to_a_pager()
        {
            let mut text = Vec::new();
            self.print_to(&mut text, to_terminal)?;
            if pager::show(&text, height.into()) {
                return Ok(());
            }
        }
        self.print_to(&mut io::BufWriter::new(stdout.lock()), to_terminal)
    }

    fn may_go_to_a_pager(&self) -> bool {
        match self {
            Self::Rows(_, form) | Self::Lines(_, form) => form.has_pager,
            Self::Nothing | Self::Text(_) | Self::Styled(_) => false,
        }
    }

    /// What goes to a program or a file is as it is; on a terminal nothing of it steers that.
    fn print_to(&self, out: &mut impl Write, to_terminal: bool) -> io::Result<()> {
        match self {
            Self::Nothing => {}
            Self::Text(text) if to_terminal => out.write_all(visible(text, "\n\t").as_bytes())?,
            Self::Styled(text) if !Style::of_terminal().has_colours() => {
                write!(out, "{}", anstream::adapter::strip_str(text))?;
            }
            Self::Text(text) | Self::Styled(text) => out.write_all(text.as_bytes())?,
            Self::Lines(lines, form) => {
                let style = form.style(to_terminal);
                for (tone, line) in lines {
                    writeln!(out, "{}", style.paint(*tone, &visible(line, "")))?;
                }
            }
            Self::Rows(table, form) => match form.format {
                Format::Table | Format::Wide => table.print_columns(out, form.look(to_terminal))?,
                Format::Json => table.print_json(out)?,
                Format::Name => table.print_names(out, to_terminal)?,
                Format::Csv if to_terminal => {
                    let mut csv = Vec::new();
                    table.print_csv(&mut csv, form.has_header)?;
                    out.write_all(visible(&String::from_utf8_lossy(&csv), "\n").as_bytes())?;
                }
                Format::Csv => table.print_csv(out, form.has_header)?,
                // What can be drawn is no table.
                Format::Mermaid | Format::Dot | Format::Terraform => {}
            },
        }
        out.flush()
    }
}

/// Whether what is said on standard error is for programs.
static SPEAKS_JSON: OnceLock<bool> = OnceLock::new();

/// From here on what is said on standard error is an object a line, or is for people. It is asked
/// for once.
pub(crate) fn speak_json(yes: bool) {
    let _was_said_before = SPEAKS_JSON.set(yes);
}

fn speaks_json() -> bool {
    SPEAKS_JSON.get().copied().unwrap_or(false)
}

/// Says something on standard error. Where nobody can be told the work goes on, which eprintln!
/// would end.
pub(crate) fn tell(text: &str) {
    if speaks_json() {
        say(&escaped(&json!({"notice": text}).to_string()));
    } else {
        say(&visible(text, "\n"));
    }
}

/// Says something as [`tell`] does, unless this program has said it before: of each of several
/// servers, or each time that one is connected to.
pub(crate) fn tell_once(text: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(text.into()) {
        tell(text);
    }
}

/// Says what went wrong, to people or to a program.
pub(crate) fn tell_error(text: &str, data: impl FnOnce() -> Value) {
    if speaks_json() {
        say(&escaped(&json!({"error": data()}).to_string()));
    } else {
        say(&visible(&format!("kerbrole: {text}"), "\n"));
    }
}

/// Says something on standard error that has its own form for programs.
pub(crate) fn tell_line(text: &str, data: impl FnOnce() -> Value) {
    if speaks_json() {
        say(&escaped(&data().to_string()));
    } else {
        say(&visible(text, ""));
    }
}

/// Says a result that does not wait for others, on standard output. Where nobody listens the work
/// goes on.
pub(crate) fn tell_result(line: &str) {
    let mut out = io::stdout();
    let line = if speaks_json() { escaped(line) } else { visible(line, "") };
    let _nobody_listens = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Shows lines on standard error, before a question about them.
pub(crate) fn tell_lines(lines: &[(Tone, String)], color: Form) {
    let style = color.style(io::stderr().is_terminal());
    for (tone, line) in lines {
        say(&style.paint(*tone, &visible(line, "")));
    }
}

fn say(line: &str) {
    let _nobody_listens = writeln!(io::stderr(), "{line}");
}

/// Asks something, with the cursor after it.
pub(crate) fn prompt(text: &str) {
    let mut err = io::stderr();
    let _nobody_listens = write!(err, "{}", visible(text, "")).and_then(|()| err.flush());
}

#[cfg(test)]
mod tests;
