//! LDIF (RFC 2849), with every value in base64, as what is not ASCII has to be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// An entry to be added; `dn` comes first.
pub(super) fn entry(values: &[(&str, &[u8])]) -> String {
    let lines =
        values.iter().map(|(attribute, value)| format!("{attribute}:: {}\n", BASE64.encode(value)));
    lines.chain(["\n".into()]).collect()
}

/// Text as the directory keeps passwords: UTF-16, little-endian.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
