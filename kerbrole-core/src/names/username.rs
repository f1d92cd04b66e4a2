//! The user part of a principal: a directory's sAMAccountName.

use std::fmt;

use crate::names::error::NameError;
use crate::text::first_invisible;

/// A directory's logon name as Kerberos shows it: the sAMAccountName.
///
/// - 1 to [`Username::MAX_CHARACTERS`] characters, not counting the `$` that computer and service
///   accounts end in;
/// - none of `" / \ [ ] : ; | = , + * ? < > @`, nothing invisible, no white space at either end, no
///   dot at the end (Microsoft, "User Naming Attributes" and "Naming conventions in Active
///   Directory").
///
/// Apostrophes, spaces inside, `$`, `-`, `_`, `.` and letters of any script are allowed; case is
/// kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Username(String);

impl Username {
    /// How many characters a directory allows a user's sAMAccountName to have.
    pub const MAX_CHARACTERS: usize = 20;

    /// Checks `username` as it was typed.
    ///
    /// # Errors
    /// 22023 (`invalid_parameter_value`), saying which character or which end is the matter.
    pub fn parse(username: &str) -> Result<Self, NameError> {
        Self::check(username).map(|()| Self(username.into()))
    }

    pub(crate) fn check(username: &str) -> Result<(), NameError> {
        if username.is_empty() {
            return Err(NameError::UsernameEmpty);
        }
        // Most names: nothing to look for.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if username.bytes().all(plain) && !username.ends_with('.') {
            return Ok(());
        }
        let bad = |problem: String, hint: &'static str| {
            Err(NameError::Username { username: username.into(), problem, hint })
        };
        if let Some((at, c)) = first_invisible(username) {
            return bad(
                format!("character {at} (U+{:04X}) cannot be seen", c as u32),
                "Type the name anew instead of pasting it: invisible characters come along with \
                 copied text.",
            );
        }
        if username.starts_with(char::is_whitespace) || username.ends_with(char::is_whitespace) {
            return bad(
                "there is white space at its beginning or end".into(),
                "Take the white space away.",
            );
        }
        for (i, c) in username.chars().enumerate() {
            let hint = match c {
                '@' => {
                    "Write the sAMAccountName, not the user principal name (UPN): it has no \"@\". \
                     The realm is the directory's domain, and goes into an argument of its own."
                }
                '\\' => {
                    "A NetBIOS domain before a backslash is understood only where \
                     kerbrole.netbios_domains maps it to a realm and no realm is given beside it. \
                     Otherwise write the sAMAccountName alone and the realm."
                }
                '/' => {
                    "Write the sAMAccountName: service principals such as postgres/host and the \
                     spelling DOMAIN/user are not names of directory users."
                }
                '"' => "Write the name without quotes: quoting is taken care of.",
                '[' | ']' | ':' | ';' | '|' | '=' | ',' | '+' | '*' | '?' | '<' | '>' => {
                    "Look the sAMAccountName up in the directory (the \"pre-Windows 2000\" logon \
                     name)."
                }
                _ => continue,
            };
            return bad(
                format!("character {} is {c:?}, which no sAMAccountName may hold", i + 1),
                hint,
            );
        }
        if username.ends_with('.') {
            return bad(
                "it ends in a dot".into(),
                "No sAMAccountName ends in a dot: take it away.",
            );
        }
        Ok(())
    }

    /// Refuses what is longer than any directory allows. Apart from [`Username::parse`] so that a
    /// name which is too long for PostgreSQL as well gets the error that says so.
    pub(crate) fn check_length(username: &str) -> Result<(), NameError> {
        if username.len() <= Self::MAX_CHARACTERS {
            return Ok(());
        }
        let characters = username.strip_suffix('$').unwrap_or(username).chars().count();
        if characters > Self::MAX_CHARACTERS {
            return Err(NameError::Username {
                username: username.into(),
                problem: format!(
                    "it has {characters} characters, and a sAMAccountName at most {}",
                    Self::MAX_CHARACTERS
                ),
                hint: "Look the sAMAccountName up in the directory (the \"pre-Windows 2000\" logon \
                       name): it is often shorter than the first part of the e-mail address or \
                       user principal name.",
            });
        }
        Ok(())
    }

    /// The name, as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name with A–Z in lower case.
    #[must_use]
    pub fn to_lower_case(&self) -> Self {
        Self(crate::names::case::fold_case(&self.0))
    }

    /// Whether case matters for this name: it holds a letter of A–Z in upper case.
    pub fn has_upper_case(&self) -> bool {
        self.0.bytes().any(|b| b.is_ascii_uppercase())
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_directories_allow() {
        for name in [
            "alice",
            "O'Brien",
            "svc$",
            "WS-0042$",
            "a",
            "mary ann",
            "j.doe",
            "a_b-c",
            "élise",
            "Ω",
            "山田太郎",
            "1234",
            "{x}",
            "a#b",
        ] {
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_what_directories_refuse() {
        for name in [
            "a@b",
            "a\\b",
            "a/b",
            "a\"b",
            "a[b",
            "a]b",
            "a:b",
            "a;b",
            "a|b",
            "a=b",
            "a,b",
            "a+b",
            "a*b",
            "a?b",
            "a<b",
            "a>b",
            " a",
            "a ",
            "\u{a0}a",
            "a\u{3000}",
            "a.",
            "...",
            "a\tb",
            "a\nb",
            "a\0b",
            "a\u{7f}b",
            "a\u{85}b",
            "a\u{200b}b",
            "a\u{202e}b",
            "a\u{feff}",
            "a\u{ad}b",
            "a\u{2028}b",
            "a\u{2029}b",
            "a\u{3164}b",
            "a\u{fe0f}b",
            "\u{e0041}a",
        ] {
            let error = Username::parse(name).unwrap_err();
            assert_eq!(error.sqlstate().code(), "22023", "{name:?}");
            assert!(error.hint().is_some(), "{name:?}");
        }
        assert!(matches!(Username::parse(""), Err(NameError::UsernameEmpty)));
    }

    #[test]
    fn counts_characters_not_bytes_and_not_the_trailing_dollar() {
        let check =
            |name: String| Username::check(&name).and_then(|()| Username::check_length(&name));
        assert!(check("é".repeat(20)).is_ok());
        assert!(check("a".repeat(20) + "$").is_ok());
        assert_eq!(check("a".repeat(21)).unwrap_err().sqlstate().code(), "22023");
    }

    #[test]
    fn the_place_of_an_invisible_character_is_counted_in_characters() {
        let Err(NameError::Username { problem, .. }) = Username::parse("éé\u{200b}") else {
            panic!("accepted")
        };
        assert_eq!(problem, "character 3 (U+200B) cannot be seen");
    }
}
