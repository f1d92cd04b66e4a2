//! Colours, where a terminal shows them and somebody wants them.

use std::env;

/// What a line is, which has a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// The names of columns.
    Head,
    /// What is there to be passed over.
    Faint,
    /// What comes to be.
    New,
    /// What changes.
    Change,
    /// What is wrong, or goes.
    Bad,
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    has_colours: bool,
}

impl Style {
    pub(crate) const PLAIN: Self = Self { has_colours: false };

    pub(crate) const COLOURED: Self = Self { has_colours: true };

    /// As a terminal is written to, unless its environment says that it shows none
    /// (<https://no-color.org>).
    pub(crate) fn of_terminal() -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        Self { has_colours: !is_set("NO_COLOR") && !is_dumb }
    }

    pub(crate) fn has_colours(self) -> bool {
        self.has_colours
    }

    /// The text in its colour. Only the sixteen that a scheme defines are used, and never black or
    /// white, so that they are legible on light and dark.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            _ if !self.has_colours || text.is_empty() => return text.into(),
            Tone::Plain => return text.into(),
            Tone::Head => "1",
            Tone::Faint => "2",
            Tone::New => "32",
            Tone::Change => "33",
            Tone::Bad => "31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
