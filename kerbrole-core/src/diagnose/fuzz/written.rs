//! Lines written anew from what was read, in another way than they were.

use crate::diagnose::config_lines::ConfigLine;
use crate::diagnose::hba::words::Word;

/// A word with quotes where it had them. Elsewhere only its first byte stands outside of some: so
/// that they take nothing away from what it means.
fn word(word: &Word) -> Vec<u8> {
    let within = |text: &[u8]| {
        let text =
            text.iter().flat_map(|&byte| if byte == b'"' { vec![b'"'; 2] } else { vec![byte] });
        [&b"\""[..], &text.collect::<Vec<_>>(), b"\""].concat()
    };
    match word.text.split_first() {
        Some((first, rest)) if word.quoted == Some(false) => {
            [&[*first], &within(rest)[..]].concat()
        }
        _ => within(&word.text),
    }
}

/// One line for each, which is neither commented nor goes on.
pub(super) fn lines(lines: &[ConfigLine]) -> Vec<u8> {
    let field = |field: &Vec<Word>| field.iter().map(word).collect::<Vec<_>>().join(&b","[..]);
    let line = |line: &ConfigLine| {
        let fields: Vec<_> = line.fields.iter().map(field).collect();
        [&fields.join(&b" "[..])[..], b" \n"].concat()
    };
    lines.iter().flat_map(line).collect()
}
