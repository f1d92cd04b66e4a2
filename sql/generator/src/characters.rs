//! Tables of characters, asked of the predicates that the core goes by.

/// What stands between the brackets of a regular expression for the characters that fit: ranges of
/// code points. NUL, which no text of PostgreSQL holds, is left out.
pub(crate) fn ranges(fits: impl Fn(char) -> bool) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for c in ('\u{1}'..=char::MAX).filter(|&c| fits(c)).map(u32::from) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == c => *last = c,
            _ => ranges.push((c, c)),
        }
    }
    let mut text = String::new();
    for (first, last) in ranges {
        text.push_str(&escape(first));
        if last > first {
            text.push('-');
            text.push_str(&escape(last));
        }
    }
    text
}

fn escape(code: u32) -> String {
    if code > 0xFFFF { format!("\\U{code:08X}") } else { format!("\\u{code:04X}") }
}
