//! What the things are called that a message names: each edge has words of its own for them.
//!
//! Messages are written in the words of the SQL functions, which the extension shows as they are,
//! also to whoever calls it from afar. A program and the command say the same in theirs.

mod entries;

use std::borrow::Cow;

use once_cell::sync::Lazy;

use self::entries::{ENTRIES, Entry, SETTINGS};

/// In whose words something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Of the SQL functions.
    Sql,
    /// Of the functions in PL/pgSQL, which are in a schema that nobody has in the search path.
    InPlpgsql,
    /// Of a program that uses the crate kerbrole-client.
    Rust {
        /// Whether the extension's settings (`kerbrole.*`) are there.
        has_settings: bool,
    },
    /// Of the command kerbrole.
    Command {
        /// Whether the extension's settings (`kerbrole.*`) are there.
        has_settings: bool,
    },
}

impl Language {
    /// Says a text that is in the words of the SQL functions in these words. Names in quotes stay
    /// as they are, but for the arguments of a call, which are quoted as here.
    pub fn say(self, text: &str) -> Cow<'_, str> {
        let has_settings = match self {
            Self::Sql => return Cow::Borrowed(text),
            Self::InPlpgsql => false,
            Self::Rust { has_settings } | Self::Command { has_settings } => has_settings,
        };
        let settings: &[Form] = if has_settings { &[] } else { &SETTING_FORMS };
        let mut said = String::with_capacity(text.len());
        let mut rest = text;
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            // A word begins where none is under way.
            let begins = !before.is_alphanumeric() && before != '_';
            let found = begins.then(|| FORMS.iter().chain(settings).find_map(|f| f.at(rest)));
            let taken = if let Some((form, argument, taken)) = found.flatten() {
                said.push_str(&self.of(form.entry, argument));
                taken
            } else {
                // An apostrophe within a word quotes nothing.
                let is_quote = c == '"' || c == '\'' && begins;
                let taken = if is_quote { quoted(rest, c) } else { c.len_utf8() };
                said.push_str(&rest[..taken]);
                taken
            };
            before = rest[..taken].chars().next_back().unwrap_or(before);
            rest = &rest[taken..];
        }
        if said == text { Cow::Borrowed(text) } else { Cow::Owned(said) }
    }

    fn of(self, entry: &Entry, literal: Option<&str>) -> String {
        let (words, argument) = match self {
            Self::Sql => (entry.sql.into(), literal.map(Into::into)),
            Self::InPlpgsql => (entry.words_in_plpgsql(), literal.map(Into::into)),
            Self::Rust { .. } => {
                (entry.rust.into(), literal.map(|literal| format!("{:?}", unquoted(literal))))
            }
            Self::Command { .. } => {
                (entry.command.into(), literal.map(|literal| in_shell(&unquoted(literal))))
            }
        };
        words.replace("{}", argument.as_deref().unwrap_or_default())
    }
}

/// Every word of the extension that may stand in a message, with what a program and the command
/// call it: what has to exist where it is shown.
pub fn vocabulary() -> impl Iterator<Item = [&'static str; 3]> {
    ENTRIES.iter().chain(SETTINGS).map(|entry| [entry.sql, entry.rust, entry.command])
}

/// An entry as it may stand in a message: in the extension's words, or with the schema of the
/// functions in PL/pgSQL.
struct Form {
    text: Cow<'static, str>,
    entry: &'static Entry,
}

static FORMS: Lazy<Vec<Form>> = Lazy::new(|| forms(ENTRIES));
static SETTING_FORMS: Lazy<Vec<Form>> = Lazy::new(|| forms(SETTINGS));

fn forms(entries: &'static [Entry]) -> Vec<Form> {
    let of = |entry: &'static Entry| {
        let other = entry.words_in_plpgsql();
        let other = (other != entry.sql).then_some(Form { text: other, entry });
        std::iter::once(Form { text: entry.sql.into(), entry }).chain(other)
    };
    entries.iter().flat_map(of).collect()
}

impl Entry {
    fn words_in_plpgsql(&self) -> Cow<'static, str> {
        match self.in_plpgsql {
            Some(words) => words.into(),
            None if self.sql.contains("kerb_") => {
                self.sql.replace("kerb_", "kerbrole.kerb_").into()
            }
            None => self.sql.into(),
        }
    }
}

impl Form {
    /// This form, its argument and how long it is, where the text begins with it.
    fn at<'t>(&self, text: &'t str) -> Option<(&Self, Option<&'t str>, usize)> {
        let Some((head, tail)) = self.text.split_once("{}") else {
            let rest = text.strip_prefix(&*self.text)?;
            let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            return (!goes_on).then_some((self, None, self.text.len()));
        };
        let rest = text.strip_prefix(head)?;
        let escaped = usize::from(rest.starts_with('E'));
        if !rest[escaped..].starts_with('\'') {
            return None;
        }
        let argument = &rest[..escaped + quoted(&rest[escaped..], '\'')];
        rest[argument.len()..].starts_with(tail).then_some((
            self,
            Some(argument),
            head.len() + argument.len() + tail.len(),
        ))
    }
}

/// How long what stands in quotes at the beginning is, quotes included; all of it where they are
/// not closed.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip_while(|(at, _)| *at == 0).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    text.len()
}

/// The value of a literal, as [`literal`](crate::literal) writes it.
fn unquoted(literal: &str) -> String {
    let (text, has_escapes) = match literal.strip_prefix('E') {
        Some(text) => (text, true),
        None => (literal, false),
    };
    let text = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    let text = text.replace("''", "'");
    if has_escapes { text.replace("\\\\", "\\") } else { text }
}

/// An argument of a shell.
fn in_shell(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._-+/:".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.into();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quote::literal;

    const COMMAND: Language = Language::Command { has_settings: false };

    #[test]
    fn a_call_becomes_a_subcommand() {
        for (name, shell) in [
            ("alice@CORP.EXAMPLE.COM", "alice@CORP.EXAMPLE.COM"),
            ("o'brien@A.B", r"'o'\''brien@A.B'"),
            (r"CORP\alice", r"'CORP\alice'"),
            ("a b$(x)@A.B", "'a b$(x)@A.B'"),
        ] {
            let text = format!(
                "End them first: SELECT kerb_disable_principal({}, terminate => \
                                true);",
                literal(name)
            );
            assert_eq!(
                COMMAND.say(&text),
                format!("End them first: kerbrole disable {shell} --terminate")
            );
        }
    }

    #[test]
    fn names_in_quotes_stay() {
        for text in [
            "REVOKE \"if_not_exists\" FROM \"kerb_list_principals()\";",
            "Did you mean 'kerbrole.ad_role'?",
            "the directory's \"kerbrole.default_realm\" and 'if_not_exists' are names",
        ] {
            for language in [COMMAND, Language::Rust { has_settings: false }, Language::Sql] {
                assert_eq!(language.say(text), text);
            }
        }
        // An apostrophe begins no name.
        assert_eq!(COMMAND.say("the list's if_not_exists"), "the list's --if-not-exists");
    }

    #[test]
    fn settings_are_named_where_they_are() {
        let text = "A superuser can set kerbrole.default_realm.";
        assert_eq!(Language::Command { has_settings: true }.say(text), text);
        assert!(!COMMAND.say(text).contains("kerbrole.default"), "{}", COMMAND.say(text));
    }

    #[test]
    fn the_functions_in_plpgsql_are_called_by_their_schema() {
        let text = "Call it: SELECT kerb_add_principal('o''brien@A.B', if_not_exists => true); \
            then kerb_list_principals(), and \"kerb_list_principals()\" is a name";
        let said = Language::InPlpgsql.say(text);
        assert_eq!(
            said,
            "Call it: SELECT kerbrole.kerb_add_principal('o''brien@A.B', if_not_exists => true); \
             then kerbrole.kerb_list_principals(), and \"kerb_list_principals()\" is a name"
        );
        // What they say the others say in their own words.
        assert_eq!(COMMAND.say(&said), COMMAND.say(text));
        let setting =
            Language::InPlpgsql.say("Or not. A superuser can set kerbrole.default_realm.");
        assert!(
            setting.ends_with("can set kerbrole.default_realm with kerbrole.set()."),
            "{setting}"
        );
        assert_eq!(COMMAND.say(&setting), "Or not. Or give --default-realm.");
    }

    #[test]
    fn no_word_is_part_of_a_longer_one_that_comes_after() {
        let entries: Vec<_> = ENTRIES.iter().chain(SETTINGS).map(|entry| entry.sql).collect();
        for (at, one) in entries.iter().enumerate() {
            for later in &entries[at + 1..] {
                assert!(!later.starts_with(one), "{later:?} is hidden by {one:?}");
            }
        }
    }
}
