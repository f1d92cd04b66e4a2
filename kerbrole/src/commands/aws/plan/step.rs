//! What a plan consists of.

use super::action::Action;
use crate::commands::aws::check::{self, Row, Status};

/// A step of the guide, and what is missing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) title: &'static str,
    /// What is missing, as a sentence without its full stop.
    pub(super) why: String,
    pub(super) actions: Vec<Planned>,
    /// What no command does, or what could not be looked at.
    pub(super) notes: Vec<String>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) what: Action,
    pub(super) when: When,
}

/// When it can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum When {
    Now,
    /// Once this holds, which takes longer than anybody's script waits.
    Once(String),
}

impl Step {
    pub(super) fn new(title: &'static str) -> Self {
        Self { title, why: String::new(), actions: Vec::new(), notes: Vec::new() }
    }

    /// Whether nothing is missing of it, and nothing was out of sight.
    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.notes.is_empty()
    }

    /// Something to do at once, because of this.
    pub(super) fn now(&mut self, why: impl Into<String>, what: Action) {
        self.because(why.into());
        self.actions.push(Planned { what, when: When::Now });
    }

    /// Something to do later.
    pub(super) fn once(&mut self, condition: impl Into<String>, what: Action) {
        self.actions.push(Planned { what, when: When::Once(condition.into()) });
    }

    /// Something that no command does.
    pub(super) fn note(&mut self, why: impl Into<String>, note: impl Into<String>) {
        self.because(why.into());
        let note = note.into();
        if !note.is_empty() && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// What the check found wrong, but for what is planned for already.
    pub(super) fn notes_of(&mut self, rows: &[Row], step: check::Step, claimed: &[&str]) {
        for row in rows.iter().filter(|row| row.step == step && row.status == Status::Wrong) {
            if claimed.contains(&row.what.as_str()) {
                continue;
            }
            let is_named = row.what.eq_ignore_ascii_case(self.title);
            let what = if is_named { String::new() } else { format!("{}: ", row.what) };
            self.note(
                format!("{what}{}", row.detail),
                row.fix
                    .as_deref()
                    .map_or_else(|| "Look at it by kerbrole aws check.".into(), capitalized),
            );
        }
    }

    fn because(&mut self, why: String) {
        if why.is_empty() || self.why.split("; ").any(|said| said == why) {
            return;
        }
        if !self.why.is_empty() {
            self.why.push_str("; ");
        }
        self.why.push_str(&why);
    }
}

/// With a capital letter.
pub(super) fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest).collect()
}
