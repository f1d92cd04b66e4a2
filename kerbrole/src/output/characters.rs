//! Characters that cannot be seen: the name of a role may hold what a terminal takes for a command,
//! or turns the line around.

use kerbrole_client::is_invisible;

/// Shows characters that cannot be seen, but for those that are kept, instead of sending them.
pub(super) fn visible(text: &str, kept: &str) -> String {
    let is_shown = |c: char| is_invisible(c) && !kept.contains(c);
    if !text.contains(is_shown) {
        return text.into();
    }
    let one = |c: char| if is_shown(c) { c.escape_default().to_string() } else { c.into() };
    text.chars().map(one).collect()
}

/// JSON with the characters that cannot be seen as escapes, which mean the same to whoever reads
/// it.
pub(super) fn escaped(json: &str) -> String {
    if !json.contains(is_invisible) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_invisible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// The cell of a CSV file that no spreadsheet takes for a formula: they do where a cell begins with
/// one of these, and a `'` before it makes it text (OWASP, "CSV Injection").
pub(super) fn no_formula(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
