//! The lines of pg_hba.conf and pg_ident.conf as they are written: what the views of them do not
//! show is which words were quoted, and before PostgreSQL 15 there is no view of pg_ident.conf.

use crate::diagnose::hba::line::IdentLine;
use crate::diagnose::hba::words::Word;

/// A line that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigLine {
    /// The number of its first line in the file, from 1, as the views show it.
    pub number: u32,
    /// Its fields; each is a list of words.
    pub fields: Vec<Vec<Word>>,
}

/// The lines of a file.
///
/// Fields stand apart by white space, words in them by commas; one in double quotes may hold
/// anything, a quote doubled; `#` outside of them begins a comment, and a backslash at the end of a
/// line goes on with it on the next one (`next_token` and `tokenize_auth_file` in
/// src/backend/libpq/hba.c).
pub fn config_lines(text: &[u8]) -> Vec<ConfigLine> {
    let mut lines = Vec::new();
    let mut whole: Vec<u8> = Vec::new();
    let mut first = 1;
    for (number, physical) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        if whole.is_empty() {
            first = number;
        }
        let line = physical.strip_suffix(b"\r").unwrap_or(physical);
        if let Some(begun) = line.strip_suffix(b"\\") {
            whole.extend(begun);
            // A line of nothing but a backslash has begun as well.
            if whole.is_empty() {
                whole.push(b' ');
            }
            continue;
        }
        whole.extend(line);
        lines.extend(config_line(first, &whole));
        whole.clear();
    }
    lines.extend(config_line(first, &whole));
    lines
}

fn config_line(number: u32, line: &[u8]) -> Option<ConfigLine> {
    let mut rest = line;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let field = field(&mut rest);
        if !field.is_empty() {
            fields.push(field);
        }
    }
    (!fields.is_empty()).then_some(ConfigLine { number, fields })
}

fn field(rest: &mut &[u8]) -> Vec<Word> {
    let mut words = Vec::new();
    while let Some((word, goes_on)) = word(rest) {
        words.push(word);
        if !goes_on {
            break;
        }
    }
    words
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// The next word, and whether a comma comes after it; nothing at the end.
fn word(rest: &mut &[u8]) -> Option<(Word, bool)> {
    while let [first, after @ ..] = *rest
        && (is_blank(*first) || *first == b',')
    {
        *rest = after;
    }
    let mut text = Vec::new();
    let (mut inside, mut was_quote, mut saw_quote, mut quoted, mut comma) =
        (false, false, false, false, false);
    while let [byte, after @ ..] = *rest {
        let byte = *byte;
        if is_blank(byte) && !inside {
            break;
        }
        if byte == b'#' && !inside {
            *rest = &[];
            break;
        }
        if byte == b',' && !inside {
            comma = true;
            break;
        }
        *rest = after;
        if byte != b'"' || was_quote {
            text.push(byte);
        }
        // The second of two inside quotes stands for one.
        was_quote = inside && byte == b'"' && !was_quote;
        if byte == b'"' {
            inside = !inside;
            saw_quote = true;
            quoted |= text.is_empty();
        }
    }
    (saw_quote || !text.is_empty()).then_some((Word { text, quoted: Some(quoted) }, comma))
}

/// The lines of a pg_ident.conf in order; nothing where the server would refuse one of them, and so
/// the whole file, or where one leads to another file.
pub fn ident_lines(text: &[u8]) -> Option<Vec<IdentLine>> {
    config_lines(text)
        .into_iter()
        .map(|line| {
            let words: Option<Vec<_>> = line
                .fields
                .into_iter()
                .map(|field| {
                    <[Word; 1]>::try_from(field)
                        .ok()
                        .map(|[word]| word)
                        .filter(|word| word.file().is_none())
                })
                .collect();
            let [map, system_user, role] = <[Word; 3]>::try_from(words?).ok()?;
            Some(IdentLine { map: map.text, system_user: system_user.text, role })
        })
        .collect()
}

/// The words of a field as a view shows them, with what is known of their quotes.
///
/// `written` is the field in the file, other files that it leads to included.
pub fn with_quotes(shown: Vec<Vec<u8>>, written: Option<Vec<Word>>) -> Vec<Word> {
    match written {
        Some(words) if words.iter().map(|word| &word.text).eq(&shown) => words,
        _ => shown.into_iter().map(|text| Word { text, quoted: None }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(u32, Vec<String>)> {
        let word = |word: &Word| {
            let text = String::from_utf8_lossy(&word.text).into_owned();
            if word.quoted == Some(true) { format!("<{text}>") } else { text }
        };
        let field = |field: &Vec<Word>| field.iter().map(word).collect::<Vec<_>>().join("|");
        config_lines(text.as_bytes())
            .iter()
            .map(|l| (l.number, l.fields.iter().map(field).collect()))
            .collect()
    }

    #[test]
    fn words_are_what_the_server_takes_them_for() {
        for (text, fields) in [
            ("people\tann@A.B  \"ann@A.B\" # hers\r", &["people", "ann@A.B", "<ann@A.B>"][..]),
            ("people \"a \"\"b\"\" c\" x#y", &["people", "<a \"b\" c>", "x"]),
            ("people /^(.*)@A\\.B$ \\1", &["people", "/^(.*)@A\\.B$", "\\1"]),
            ("host a,b, \"all\" ,+c", &["host", "a|b|<all>", "+c"]),
            ("m a \"\"", &["m", "a", "<>"]),
            // A quote that does not come first, and one that does not end.
            ("m a\"l l\" \"x y", &["m", "al l", "<x y>"]),
            ("# m a b", &[]),
            ("", &[]),
        ] {
            let found = shown(text).pop().unwrap_or_default().1;
            assert_eq!(found, fields, "{text}");
        }
    }

    #[test]
    fn lines_have_the_numbers_of_the_views() {
        let lines = shown("#\n\none \\\ntwo\n\\\nthree\nfour\\");
        let lines: Vec<_> =
            lines.iter().map(|(number, fields)| (*number, fields.join(" "))).collect();
        assert_eq!(lines, [(3, "one two".into()), (5, "three".into()), (7, "four".into())]);
    }

    #[test]
    fn a_map_is_whole_or_none() {
        let found = |text: &str| ident_lines(text.as_bytes()).map(|lines| lines.len());
        assert_eq!(found("# nobody\n"), Some(0));
        assert_eq!(found("m a b\nm \"@c\" \"+d\"\n"), Some(2));
        for text in ["m a", "m a b c", "m a,b c", "m @others c"] {
            assert_eq!(found(&format!("m a b\n{text}\n")), None, "{text}");
        }
    }

    #[test]
    fn quotes_are_known_where_file_and_view_agree() {
        let quoted = |shown: &[&str], field: &str| -> Vec<Option<bool>> {
            let written =
                config_lines(field.as_bytes()).pop().map(|mut line| line.fields.remove(0));
            let shown = shown.iter().map(|word| word.as_bytes().to_vec()).collect();
            with_quotes(shown, written).iter().map(|word| word.quoted).collect()
        };
        assert_eq!(quoted(&["all", "b"], "\"all\",b"), [Some(true), Some(false)]);
        assert_eq!(quoted(&["all", "b"], "all"), [None, None]);
        assert_eq!(quoted(&["all"], ""), [None]);
    }
}
