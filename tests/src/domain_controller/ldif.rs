//! LDIF (RFC 2849), with every value in base64, as what is not ASCII has to be; and names in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// An entry to be added; `dn` comes first.
pub(super) fn entry(values: &[(&str, &[u8])]) -> String {
    let lines = values.iter().map(|(attribute, value)| line(attribute, value));
    lines.chain(["\n".into()]).collect()
}

/// A change of one attribute: `how` is `add`, `delete` or `replace`.
pub(super) fn change(dn: &str, how: &str, attribute: &str, value: &str) -> String {
    let [dn, value] = [line("dn", dn.as_bytes()), line(attribute, value.as_bytes())];
    format!("{dn}changetype: modify\n{how}: {attribute}\n{value}\n")
}

/// A new first part of a DN.
pub(super) fn rename(dn: &str, rdn: &str) -> String {
    let [dn, rdn] = [line("dn", dn.as_bytes()), line("newrdn", rdn.as_bytes())];
    format!("{dn}changetype: modrdn\n{rdn}deleteoldrdn: 1\n\n")
}

fn line(attribute: &str, value: &[u8]) -> String {
    format!("{attribute}:: {}\n", BASE64.encode(value))
}

/// Text as the directory keeps passwords: UTF-16, little-endian.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A value inside of a DN (RFC 4514, 2.4).
pub(super) fn escaped(value: &str) -> String {
    let mut out = String::new();
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let at_the_edge = c == ' ' && (at == 0 || at == last) || c == '#' && at == 0;
        if at_the_edge || matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
