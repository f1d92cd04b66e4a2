//! A pager for what is longer than the terminal, as psql has it.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

/// What the shell ends with where there is no such program.
const NO_SUCH_PROGRAM: i32 = 127;

/// What shows long results: `KERBROLE_PAGER`, else `PAGER`, else `less`; nothing where the one that
/// is set is empty.
fn program() -> Option<String> {
    let set = ["KERBROLE_PAGER", "PAGER"].into_iter().find_map(|name| env::var(name).ok());
    let pager = set.unwrap_or_else(|| "less".into());
    (!pager.trim().is_empty()).then_some(pager)
}

/// Shows a text that is longer than the terminal in a pager, and gives back whether it did.
///
/// Only where somebody sits at the keyboard, and there is a pager.
pub(super) fn show(text: &[u8], height: usize) -> bool {
    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
    if lines < height || !io::stdin().is_terminal() {
        return false;
    }
    let Some(pager) = program() else { return false };
    let mut command = Command::new("sh");
    command.arg("-c").arg(&pager).stdin(Stdio::piped());
    if env::var_os("LESS").is_none() {
        // Colours as they are, long lines not folded, gone where all of it fits: as git has it.
        command.env("LESS", "FRSX");
    }
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut pipe) = child.stdin.take() {
        // Whoever has read enough ends the pager, and the rest is not written.
        let _has_read_enough = pipe.write_all(text);
    }
    child.wait().is_ok_and(|status| status.code() != Some(NO_SUCH_PROGRAM))
}
