//! Connection strings and URLs (PostgreSQL, "Connection Strings"; `conninfo_parse` and
//! `conninfo_uri_parse_options` in src/interfaces/libpq/fe-connect.c). Nothing of a text is
//! repeated in an error: it may be a part of a password.

use super::Parameters;
use crate::failure::Failure;

/// Reads what psql takes as a database's name: a URL, a connection string, or the name itself.
pub(super) fn parse(text: &str) -> Result<Parameters, Failure> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        from_url(text)
    } else if text.contains('=') {
        from_string(text)
    } else {
        Ok([("dbname".to_string(), text.to_string())].into())
    }
}

/// Keeps a parameter; one that is said twice holds as it was said last. `requiressl` is what
/// `sslmode` was called once.
fn store(parameters: &mut Parameters, keyword: &str, value: String) {
    let (keyword, value) = match keyword {
        "requiressl" => {
            ("sslmode", if value.starts_with('1') { "require".into() } else { "prefer".into() })
        }
        other => (other, value),
    };
    parameters.insert(keyword.into(), value);
}

/// Whether it is white space to isspace(3) in the C locale.
fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

/// Reads `host=… user='…'`, with `\` before a quote or another `\`.
fn from_string(text: &str) -> Result<Parameters, Failure> {
    let bad =
        |what: &str| Failure::usage(format!("the connection string is not understood: {what}"));
    let mut parameters = Parameters::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|&c| is_space(c)).is_some() {}
        if chars.peek().is_none() {
            return Ok(parameters);
        }
        let mut keyword = String::new();
        while let Some(c) = chars.next_if(|&c| c != '=' && !is_space(c)) {
            keyword.push(c);
        }
        while chars.next_if(|&c| is_space(c)).is_some() {}
        if chars.next() != Some('=') {
            return Err(bad(
                "there is no \"=\" after a keyword; a value with spaces stands in single quotes",
            ));
        }
        while chars.next_if(|&c| is_space(c)).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.extend(chars.next()),
                Some('\'') if quoted => break,
                Some(c) if !quoted && is_space(c) => break,
                Some(c) => value.push(c),
                None if quoted => return Err(bad("a single quote is not closed")),
                None => break,
            }
        }
        store(&mut parameters, &keyword, value);
    }
}

/// Reads `postgresql://user:password@host:port,host:port/dbname?keyword=value&…`
fn from_url(text: &str) -> Result<Parameters, Failure> {
    let bad = |what: &str| Failure::usage(format!("the connection URL is not understood: {what}"));
    let decode = |text: &str| {
        decoded(text)
            .ok_or_else(|| bad("a % is not followed by two hexadecimal digits of a character"))
    };
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let mut parameters = Parameters::new();
    // Whatever comes before the first @ is who connects, unless a slash comes first.
    let rest = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => {
            let (user, password) =
                rest[..at].split_once(':').map_or((&rest[..at], ""), |pair| pair);
            for (keyword, value) in [("user", user), ("password", password)] {
                if !value.is_empty() {
                    parameters.insert(keyword.into(), decode(value)?);
                }
            }
            &rest[at + 1..]
        }
        _ => rest,
    };
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    let mut rest = rest;
    loop {
        // An IPv6 address stands in brackets.
        let (name, after) = match rest.strip_prefix('[') {
            Some(address) => {
                let (name, after) =
                    address.split_once(']').ok_or_else(|| bad("a [ is not closed"))?;
                if name.is_empty() || !(after.is_empty() || after.starts_with([':', '/', '?', ',']))
                {
                    return Err(bad("an address in [ ] is empty or goes on after it"));
                }
                (name, after)
            }
            None => rest.split_at(rest.find([':', '/', '?', ',']).unwrap_or(rest.len())),
        };
        let (port, after) = match after.strip_prefix(':') {
            Some(port) => port.split_at(port.find(['/', '?', ',']).unwrap_or(port.len())),
            None => ("", after),
        };
        names.push(name);
        ports.push(port);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => {
                rest = after;
                break;
            }
        }
    }
    // libpq decodes the whole list and not each of it.
    for (keyword, list) in [("host", names.join(",")), ("port", ports.join(","))] {
        if !list.is_empty() {
            parameters.insert(keyword.into(), decode(&list)?);
        }
    }
    let (dbname, query) = rest.split_once('?').unwrap_or((rest, ""));
    if let Some(dbname) = dbname.strip_prefix('/').filter(|name| !name.is_empty()) {
        parameters.insert("dbname".into(), decode(dbname)?);
    }
    if query.is_empty() {
        return Ok(parameters);
    }
    for pair in query.strip_suffix('&').unwrap_or(query).split('&') {
        let pair = pair.split_once('=').filter(|(_, value)| !value.contains('='));
        let (keyword, value) = pair.ok_or_else(|| {
            bad("a parameter has no \"=\" or more than one; @, &, = and % in a password are \
                 written %40, %26, %3D and %25")
        })?;
        match (decode(keyword)?.as_str(), decode(value)?) {
            ("ssl", value) if value == "true" => {
                store(&mut parameters, "sslmode", "require".into())
            }
            (keyword, value) => store(&mut parameters, keyword, value),
        }
    }
    Ok(parameters)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digit =
                |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            // No parameter can have a NUL in it.
            bytes.push(Some(16 * digit(digits[0])? + digit(digits[1])?).filter(|&byte| byte != 0)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
