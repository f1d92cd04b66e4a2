//! Commands for cmd.exe, as they are typed or pasted.
//!
//! Two readers come one after the other: cmd.exe, for which `^` and double quotes take the meaning
//! from a character, and the program's own (`CommandLineToArgvW`), for which `\"` is a double quote
//! inside of others and backslashes mean something before one only. For neither is there a way to
//! write a percent sign that means the same when it is typed and in a batch file, nor a line break.

use super::command::Command;
use super::script::{Dialect, Line};
use crate::failure::Failure;

/// The command interpreter of Windows.
pub(super) struct Cmd;

/// What cmd.exe takes for more than a character.
const SPECIAL: &str = "&|<>()^\"!";

/// A word in quotes, unless it means nothing but itself.
///
/// # Errors
/// For what cannot be written.
pub(super) fn quoted(word: &str) -> Result<String, Failure> {
    if let Some(lost) = word.chars().find(|c| *c == '%' || c.is_control()) {
        return Err(Failure::usage(format!(
            "{word:?} cannot be written for cmd.exe, because of {lost:?}\nHINT:  Leave --shell cmd \
             away, and run the commands by a POSIX shell."
        )));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Ok(word.into());
    }
    let quoted = for_arguments(word);
    // Where no double quote is inside, cmd.exe and the program mean the same by those around it.
    if !word.contains('"') && !word.contains('!') {
        return Ok(quoted);
    }
    Ok(escaped(&quoted, SPECIAL))
}

/// In double quotes, as CommandLineToArgvW reads it.
fn for_arguments(word: &str) -> String {
    let mut text = String::from("\"");
    let mut backslashes = 0;
    for c in word.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                text.push_str(&"\\".repeat(2 * backslashes + 1));
                text.push('"');
                backslashes = 0;
            }
            _ => {
                text.push_str(&"\\".repeat(backslashes));
                text.push(c);
                backslashes = 0;
            }
        }
    }
    text.push_str(&"\\".repeat(2 * backslashes));
    text.push('"');
    text
}

/// With `^` before each of these.
fn escaped(text: &str, special: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if special.contains(c) {
            escaped.push('^');
        }
        escaped.push(c);
    }
    escaped
}

/// A line of a file, by `echo`.
///
/// # Errors
/// For what cannot be written.
fn echoed(line: &str) -> Result<String, Failure> {
    if line.contains('%') {
        quoted(line)?;
    }
    // Within double quotes nothing means more than itself, to cmd.exe as well.
    let outside: String = line.split('"').step_by(2).collect();
    let is_plain = line.matches('"').count().is_multiple_of(2)
        && !line.contains('!')
        && !outside.contains(|c| SPECIAL.contains(c));
    Ok(format!("echo({}", if is_plain { line.into() } else { escaped(line, SPECIAL) }))
}

impl Dialect for Cmd {
    fn comment(&self, text: &str) -> String {
        // A percent sign would be taken for a variable here too.
        escaped(&format!("rem {}", text.replace('%', "")), "&|<>^")
    }

    fn begin(&self) -> Vec<String> {
        Vec::new()
    }

    fn end(&self) -> Vec<String> {
        Vec::new()
    }

    fn command(&self, command: &Command) -> Result<Vec<Line>, Failure> {
        let mut text = Vec::new();
        for file in command.files() {
            let name = quoted(&file.name)?;
            for (nth, line) in file.text.lines().enumerate() {
                let into = if nth == 0 { ">" } else { ">>" };
                text.push(format!("{into}{name} {}", echoed(line)?));
            }
        }
        let secret = command.secret.as_ref();
        if let Some(secret) = secret {
            // cmd.exe itself cannot ask without showing what is typed.
            text.push(format!(
                "powershell -NoProfile -Command \"$p = Read-Host -AsSecureString '{}'; \
                 [IO.File]::WriteAllText('{}', (New-Object Net.NetworkCredential('', \
                 $p)).Password)\"",
                secret.prompt.replace(['\'', '"', '%'], ""),
                secret.file
            ));
        }
        let stands_for = secret.map(|secret| format!("file://{}", secret.file));
        let mut lines = Vec::new();
        for words in command.lines(stands_for.as_deref().unwrap_or_default()) {
            let words: Result<Vec<_>, _> = words.iter().map(|word| quoted(word)).collect();
            lines.push(words?.join(" "));
        }
        text.push(format!("aws {}", lines.join(" ^\n    ")));
        if let Some(secret) = secret {
            text.push(format!("del {}", quoted(&secret.file)?));
        }
        Ok(text)
    }
}
