//! Commands for POSIX shells.

use super::command::Command;
use super::script::{Dialect, Line};
use crate::failure::Failure;

/// Where `aws` reads a password that stands in no command line.
const STDIN: &str = "file:///dev/stdin";

/// What ends a text inside of the script.
const END: &str = "END_OF_FILE";

/// The Shell Command Language of POSIX.
pub(super) struct Sh;

/// A word in quotes, unless it means nothing but itself (POSIX, 2.2 "Quoting").
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl Dialect for Sh {
    fn comment(&self, text: &str) -> String {
        format!("# {text}")
    }

    // In a shell of its own: it reads all of it before it begins, so that nothing that is pasted
    // answers a question, and it ends where something fails.
    fn begin(&self) -> Vec<String> {
        vec!["(set -eu".into(), "export AWS_PAGER=".into()]
    }

    fn end(&self) -> Vec<String> {
        vec![")".into()]
    }

    fn command(&self, command: &Command) -> Result<Vec<Line>, Failure> {
        let mut text = Vec::new();
        for file in command.files() {
            text.push(format!("cat > {} <<'{END}'", quoted(&file.name)));
            text.extend(file.text.lines().map(String::from));
            text.push(END.into());
        }
        if let Some(secret) = &command.secret {
            text.push(format!("printf %s {} > /dev/tty", quoted(&secret.prompt)));
            // The terminal is as it was, also where somebody presses Ctrl-C.
            text.push("terminal=$(stty -g < /dev/tty)".into());
            text.push("trap 'stty \"$terminal\" < /dev/tty' EXIT".into());
            text.push("trap 'exit 130' INT".into());
            text.push("stty -echo < /dev/tty".into());
            text.push("IFS= read -r password < /dev/tty".into());
            text.push("stty \"$terminal\" < /dev/tty".into());
            text.push("trap - EXIT INT".into());
            text.push("echo > /dev/tty".into());
        }
        let lines = command.lines(STDIN);
        let lines = lines
            .iter()
            .map(|words| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "));
        // A builtin, which no list of processes shows.
        let start = match &command.secret {
            Some(_) => "printf %s \"$password\" | aws ",
            None => "aws ",
        };
        text.push(format!("{start}{}", lines.collect::<Vec<_>>().join(" \\\n    ")));
        if command.secret.is_some() {
            text.push("unset password".into());
        }
        Ok(text)
    }
}
