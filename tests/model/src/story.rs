//! A counterexample as one reads it.

use std::fmt::Write as _;

use crate::catalogue::{Catalogue, Name};
use crate::checking::Counterexample;
use crate::model::{Action, Step, World};
use crate::state::State;

/// What is there at the begin, what the sessions do, and in which order, as Markdown.
pub fn tell(world: &World, found: &Counterexample) -> String {
    let mut out = String::new();
    let Some((first, _)) = found.steps.first() else { return out };
    let _written = writeln!(out, "At the begin {}.\n", memberships(&first.catalogue));
    let acts = |number| {
        found.steps.iter().any(|(_, action)| match action {
            Some(Action::Step(of) | Action::Deadlock(of) | Action::Cut(of)) => *of == number,
            _ => false,
        })
    };
    for (number, session) in first.sessions.iter().enumerate().filter(|(n, _)| acts(*n)) {
        let program = world.program(session);
        let _written = writeln!(out, "- Session {}: {program}", number + 1);
    }
    out.push('\n');
    for (number, line) in lines(world, &found.steps).iter().enumerate() {
        let _written = writeln!(out, "{}. {line}", number + 1);
    }
    if let Some((last, _)) = found.steps.last() {
        let _written = writeln!(out, "\nThen {}.", ending(world, last));
    }
    out
}

/// What each does until it is another's turn.
fn lines(world: &World, steps: &[(State, Option<Action>)]) -> Vec<String> {
    let mut lines: Vec<(Option<usize>, String)> = Vec::new();
    for pair in steps.windows(2) {
        let [(before, Some(action)), (after, _)] = pair else { continue };
        let (who, what) = said(world, before, *action, after);
        match lines.last_mut() {
            Some((last, line)) if who.is_some() && *last == who => {
                line.push_str(", ");
                line.push_str(&what);
            }
            _ => {
                let who_says = who.map(|who| format!("Session {} ", who + 1)).unwrap_or_default();
                lines.push((who, format!("{who_says}{what}")));
            }
        }
    }
    lines.into_iter().map(|(_, line)| line + ".").collect()
}

fn said(world: &World, before: &State, action: Action, after: &State) -> (Option<usize>, String) {
    match action {
        Action::Step(of) => {
            let session = &before.sessions[of];
            let waits = after.sessions[of].waits;
            let what = match world.next(session) {
                Step::Lock if waits => "asks for the lock and waits",
                Step::Lock => "gets the lock",
                Step::Names | Step::Resolve => "finds out which roles are meant",
                Step::Look => "looks at what is so",
                Step::Write if waits => "waits to write",
                Step::Write => "writes",
                Step::Check => "looks at the outcome",
                Step::Commit => "commits",
                Step::Plan => "reads and plans",
                Step::Begin if waits => "begins, and waits for the lock on rds_ad",
                Step::Begin => "begins",
                Step::Again => "looks again",
                Step::TakeBack => "takes its part back",
            };
            (Some(of), what.into())
        }
        Action::Deadlock(of) => (Some(of), "is ended by the server, which sees a deadlock".into()),
        Action::Cut(of) => (Some(of), "is cut off".into()),
        Action::Crash => (None, "The server goes down and comes back".into()),
    }
}

fn ending(world: &World, last: &State) -> String {
    let waits = |of: usize| last.sessions[of].waits && last.sessions[of].ended.is_none();
    if (0..world.sessions).any(|of| waits(of) && world.waits_in_a_circle(last, of)) {
        return "each waits for the other".into();
    }
    if !last.is_over() && !(0..world.sessions).any(|of| world.can_go_on(last, of)) {
        return "session 2 waits, and nobody is there who could let it go on".replace(
            '2',
            &(1 + (0..world.sessions).find(|&of| waits(of)).unwrap_or(0)).to_string(),
        );
    }
    memberships(&last.catalogue)
}

/// Who is a member of what, and who is in both.
fn memberships(catalogue: &Catalogue) -> String {
    let name = |role| catalogue.name(role).map_or("?", Name::sql);
    let roles: Vec<_> = Name::ALL[2..]
        .iter()
        .filter(|&&name| catalogue.role(name).is_some())
        .map(|name| format!("`{}`", name.sql()))
        .collect();
    let edges: Vec<_> = catalogue
        .edges
        .each()
        .map(|(member, role)| format!("`{}` in `{}`", name(member), name(role)))
        .collect();
    let both: Vec<_> = (0..8)
        .filter(|role| catalogue.edges.in_both() >> role & 1 == 1)
        .map(|role| format!("`{}`", name(role)))
        .collect();
    let mut said = format!("there are {}", roles.join(", "));
    if edges.is_empty() {
        said.push_str(", nobody is a member of anything");
    } else {
        let _written = write!(said, "; {}", edges.join(", "));
    }
    if !both.is_empty() {
        let verb = if both.len() == 1 { "is" } else { "are" };
        let _written = write!(said, "; {} {verb} in both", both.join(", "));
    }
    said
}
