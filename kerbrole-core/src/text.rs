//! Text fit to be shown: what cannot be seen, and how things are counted.

use once_cell::sync::Lazy;
use regex::Regex;

/// Characters that leave no mark on a screen, so that two names could look alike: controls, format
/// characters (bidirectional marks, zero-width joiners, the soft hyphen), line and paragraph
/// separators, and what Unicode calls default-ignorable (fillers, variation selectors).
static INVISIBLE: Lazy<Regex> =
    Lazy::new(|| regex(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]"));

/// Compiles a pattern that is part of the program.
pub(crate) fn regex(pattern: &str) -> Regex {
    #[allow(clippy::expect_used, reason = "each pattern is a literal that a test compiles")]
    Regex::new(pattern).expect("a literal pattern compiles")
}

/// The first character that cannot be seen, and its place, counted from 1.
pub(crate) fn first_invisible(text: &str) -> Option<(usize, char)> {
    if text.is_ascii() {
        // Most names: no need for Unicode's tables.
        return text
            .bytes()
            .position(|b| b.is_ascii_control())
            .map(|i| (i + 1, char::from(text.as_bytes()[i])));
    }
    let found = INVISIBLE.find(text)?;
    Some((text[..found.start()].chars().count() + 1, found.as_str().chars().next()?))
}

/// Whether a character leaves no mark on a screen, or steers it: controls, marks of direction,
/// zero-width joiners and the like.
pub fn is_invisible(c: char) -> bool {
    first_invisible(c.encode_utf8(&mut [0; 4])).is_some()
}

/// `2 sessions`
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// `text` fit for a message: what cannot be seen or would break the line is written as an escape.
pub(crate) fn visible(text: &str) -> String {
    const AT_MOST: usize = 100;
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == AT_MOST {
            out.push_str("...");
            break;
        }
        if is_invisible(c) {
            out.push_str(&format!("\\u{{{:X}}}", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}
