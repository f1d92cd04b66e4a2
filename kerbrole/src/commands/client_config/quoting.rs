//! Values as each client's own syntax has them. Nothing here knows what a value means.

use crate::failure::Failure;

/// Whether a value stands for itself everywhere: letters, digits and what no syntax minds.
fn is_simple(value: &str) -> bool {
    let simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '@');
    !value.is_empty() && value.chars().all(simple)
}

/// As a connection string of libpq has it (PostgreSQL, "Keyword/Value Connection Strings"), which
/// lib/pq, pgx and tokio-postgres read alike.
pub(super) fn conninfo(value: &str) -> String {
    // A list of hosts or ports is written without quotes everywhere.
    if is_simple(&value.replace(',', ".")) {
        return value.into();
    }
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// The keywords and values of a connection string.
pub(super) fn conninfo_of(pairs: &[(&str, String)]) -> String {
    let words: Vec<_> =
        pairs.iter().map(|(keyword, value)| format!("{keyword}={}", conninfo(value))).collect();
    words.join(" ")
}

/// A line of a service file, in which nothing is quoted: what would end the line, and the white
/// space that libpq takes from its end, cannot be written.
pub(super) fn service_line(keyword: &str, value: &str) -> Result<String, Failure> {
    let is_lost = value.chars().any(char::is_control) || value.ends_with(char::is_whitespace);
    if is_lost {
        return Err(cannot(
            keyword,
            value,
            "a service file",
            "a line break or white space at its end",
        ));
    }
    Ok(format!("{keyword}={value}"))
}

/// A part of a URL: whatever is not unreserved (RFC 3986, section 2.3) as its bytes.
pub(super) fn percent(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(byte.into());
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// As a connection string of .NET has it (`DbConnectionStringBuilder`): in double quotes, of which
/// one inside is doubled.
pub(super) fn ado(value: &str) -> String {
    if is_simple(value) { value.into() } else { format!("\"{}\"", value.replace('"', "\"\"")) }
}

/// As odbc.ini has it, in which nothing is quoted, and as a connection string of ODBC has it too,
/// which gives some characters a meaning of their own.
pub(super) fn odbc(keyword: &str, value: &str) -> Result<String, Failure> {
    let is_lost = value.is_empty()
        || value.trim() != value
        || value.chars().any(|c| c.is_control() || matches!(c, ';' | '{' | '}' | '[' | ']' | '='));
    if is_lost {
        return Err(cannot(
            keyword,
            value,
            "ODBC",
            "a line break, white space at an end, or any of ; = [ ] { }",
        ));
    }
    Ok(value.into())
}

/// As JSON has it.
pub(super) fn json(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// As a string of Python has it.
pub(super) fn python(value: &str) -> String {
    literal(value, |code| match code {
        ..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    })
}

/// As a string of Go has it, in which `\x` would be a byte and no character.
pub(super) fn go(value: &str) -> String {
    literal(value, |code| match code {
        ..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    })
}

/// As a string of Rust has it.
pub(super) fn rust(value: &str) -> String {
    literal(value, |code| format!("\\u{{{code:x}}}"))
}

/// A string in double quotes, with `\` before what means something, and what cannot be seen by its
/// number.
fn literal(value: &str, by_number: impl Fn(u32) -> String) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            // Characters that steer the direction of writing would make it read as another one.
            c if c.is_control() || matches!(c, '\u{200b}'..='\u{206f}' | '\u{feff}') => {
                text.push_str(&by_number(c.into()));
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// A word of a command line of a shell, for comments. It holds no line break.
pub(super) fn shell(value: &str) -> String {
    if is_simple(value) { value.into() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

fn cannot(keyword: &str, value: &str, place: &str, what: &str) -> Failure {
    Failure::usage(format!(
        "the {keyword} {} cannot be written into {place}\n\
         HINT:  There it may not have {what}.",
        json(value)
    ))
}

#[cfg(test)]
mod tests;
