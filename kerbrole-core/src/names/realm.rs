//! The realm of a principal: the directory's DNS name in upper case.

use std::fmt;

use once_cell::sync::Lazy;
use regex::Regex;

use crate::names::error::NameError;
use crate::text::{first_invisible, regex};

/// Labels of letters, digits, `-` and `_`, which neither begin nor end with `-` (RFC 1123, section
/// 2.1; Active Directory allows `_` as well), joined by single dots.
static DNS_NAME: Lazy<Regex> = Lazy::new(|| {
    let label = "[A-Z0-9_](?:[A-Z0-9_-]{0,61}[A-Z0-9_])?";
    regex(&format!(r"(?-u)\A{label}(?:\.{label})*\z"))
});

/// A Kerberos realm as Active Directory writes it: a DNS name in ASCII upper case, at most 255
/// bytes.
///
/// Typed in any case, it is always kept in upper case: a directory's KDC returns it so, whatever
/// was asked for (RFC 4120, section 6.1, on realms in domain style), and the server compares it
/// byte for byte while `krb_caseins_users` is off.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Realm(String);

impl Realm {
    /// Checks `realm` as it was typed, and puts it into upper case.
    ///
    /// # Errors
    /// 22023 (`invalid_parameter_value`).
    pub fn parse(realm: &str) -> Result<Self, NameError> {
        let bad = |problem: String, hint: &'static str| {
            Err(NameError::Realm { realm: realm.into(), problem, hint })
        };
        const DNS_HINT: &str = "Write the directory's DNS name, for example CORP.EXAMPLE.COM.";
        if realm.is_empty() {
            return bad("it is empty".into(), DNS_HINT);
        }
        if let Some((at, c)) = first_invisible(realm) {
            return bad(
                format!("character {at} (U+{:04X}) cannot be seen", c as u32),
                "Type the realm anew instead of pasting it: invisible characters come along with \
                 copied text.",
            );
        }
        if let Some((i, c)) = realm
            .chars()
            .enumerate()
            .find(|&(_, c)| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_'))
        {
            let shown = as_character(c);
            return bad(
                format!("character {} is '{shown}', which no DNS name holds", i + 1),
                DNS_HINT,
            );
        }
        if realm.ends_with('.') {
            return bad("it ends in a dot".into(), "A realm has no dot at its end: take it away.");
        }
        let upper = realm.to_ascii_uppercase();
        if upper.len() > 255 || !DNS_NAME.is_match(&upper) {
            return bad(
                "a part of it between two dots is empty, longer than 63 letters, or begins or ends \
                 with a hyphen"
                    .into(),
                DNS_HINT,
            );
        }
        if upper.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return bad("it is a number or an IP address".into(), DNS_HINT);
        }
        Ok(Self(upper))
    }

    /// The realm, in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has one label only, as NetBIOS domain names do.
    pub fn is_single_label(&self) -> bool {
        !self.0.contains('.')
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A character between apostrophes. Debug goes by tables of Unicode that differ from one release
/// of Rust to the next, and that no other language has.
fn as_character(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        ' ' => " ".into(),
        c if c.is_whitespace() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_kept_in_upper_case() {
        for realm in ["corp.example.com", "CORP.EXAMPLE.COM", "Corp.Example.Com"] {
            assert_eq!(Realm::parse(realm).unwrap().as_str(), "CORP.EXAMPLE.COM");
        }
        for realm in ["A.B", "X-1.Y", "_MSDCS.X", "3COM.COM", "CORP"] {
            assert_eq!(Realm::parse(realm).unwrap().as_str(), realm);
        }
    }

    #[test]
    fn a_name_has_at_most_255_letters() {
        let labels = |count| ["A"; 128][..count].join(".");
        assert_eq!(labels(128).len(), 255);
        assert!(Realm::parse(&labels(128)).is_ok());
        assert!(Realm::parse(&format!("A{}", labels(128))).is_err());
    }

    #[test]
    fn a_character_that_is_refused_can_be_told_from_others() {
        let problem = |realm: &str| match Realm::parse(realm).unwrap_err() {
            NameError::Realm { problem, .. } => problem,
            other => panic!("{other:?}"),
        };
        assert!(problem("aé.b").starts_with("character 2 is 'é'"));
        assert!(problem("a b.c").starts_with("character 2 is ' '"));
        assert!(problem("a'.b").starts_with("character 2 is '\\''"));
        // White space that looks like a blank and is none.
        assert!(problem("a\u{3000}b").starts_with("character 2 is '\\u{3000}'"));
    }

    #[test]
    fn refuses_what_is_no_dns_name() {
        let long_label = format!("{}.COM", "A".repeat(64));
        let long_name = ["A"; 129].join(".");
        for realm in [
            "",
            ".",
            "a..b",
            ".a",
            "a.",
            "-a.b",
            "a-.b",
            "a b.c",
            "a@b",
            "corp\\x",
            "10.0.0.1",
            "42",
            "é.com",
            "a\u{200b}.com",
            " a.com",
            "a.com ",
            "a/b.com",
            "a'.com",
            &long_label,
            &long_name,
        ] {
            let error = Realm::parse(realm).unwrap_err();
            assert_eq!(error.sqlstate().code(), "22023", "{realm:?}");
            assert!(error.hint().is_some(), "{realm:?}");
        }
    }
}
