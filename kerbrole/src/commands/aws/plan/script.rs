//! Steps as a script that is pasted or saved.

use super::command::Command;
use super::step::{Step, When};
use crate::failure::Failure;

/// A line of a script, or one that goes on below.
pub(super) type Line = String;

/// How a shell has what a script consists of.
pub(super) trait Dialect {
    fn comment(&self, text: &str) -> Line;
    fn begin(&self) -> Vec<Line>;
    fn end(&self) -> Vec<Line>;
    /// A command, with the files that it reads written before.
    ///
    /// # Errors
    /// For what the shell has no way to write.
    fn command(&self, command: &Command) -> Result<Vec<Line>, Failure>;
}

/// How wide a comment is.
const WIDTH: usize = 96;

/// All steps, in their order. What is for later, or for somebody's own hands, is a comment.
///
/// # Errors
/// For what the shell has no way to write.
pub(super) fn text(
    dialect: &dyn Dialect,
    head: &[String],
    steps: &[Step],
    common: &[(&'static str, String)],
) -> Result<String, Failure> {
    let mut lines: Vec<_> = head.iter().flat_map(|text| comments(dialect, text)).collect();
    let is_run = |step: &Step| step.actions.iter().any(|action| action.when == When::Now);
    let has_commands = steps.iter().any(is_run);
    if has_commands {
        lines.extend(dialect.begin());
    }
    for step in steps.iter().filter(|step| !step.is_empty()) {
        lines.push(String::new());
        lines.extend(comments(dialect, &format!("{}: {}", step.title, step.why)));
        for action in &step.actions {
            let commands = action.what.commands();
            let commands: Vec<_> =
                commands.into_iter().map(|command| with_common(command, common)).collect();
            match &action.when {
                When::Now => {
                    for command in &commands {
                        lines.extend(dialect.command(command)?);
                    }
                }
                When::Once(condition) => {
                    lines.extend(comments(dialect, &format!("Then, once {condition}:")));
                    for command in &commands {
                        for line in dialect.command(command)?.iter().flat_map(|all| all.lines()) {
                            lines.push(dialect.comment(&format!("  {line}")));
                        }
                    }
                }
            }
        }
        lines.extend(step.notes.iter().flat_map(|note| comments(dialect, note)));
    }
    if has_commands {
        lines.push(String::new());
        lines.extend(dialect.end());
    }
    Ok(lines.join("\n") + "\n")
}

/// A command with what all of them have.
pub(super) fn with_common(command: Command, common: &[(&'static str, String)]) -> Command {
    common.iter().fold(command, |command, (option, value)| command.with(option, value))
}

/// Lines of a text. No identifier is broken.
pub(super) fn wrapped(text: &str) -> Vec<String> {
    let whole = textwrap::WordSplitter::NoHyphenation;
    let options = textwrap::Options::new(WIDTH).break_words(false).word_splitter(whole);
    textwrap::wrap(text, options).into_iter().map(String::from).collect()
}

fn comments(dialect: &dyn Dialect, text: &str) -> Vec<Line> {
    wrapped(text).iter().map(|line| dialect.comment(line)).collect()
}
