//! The lines of pg_ident.conf, for servers that have no view of them: before PostgreSQL 15.

use crate::hba::IdentLine;

/// The lines of a pg_ident.conf that map somebody, in order. Whatever the server would not take, or that leads to another file, is passed over.
///
/// Fields stand apart by white space; one in double quotes may hold anything, a quote doubled; `#` outside of them begins a comment, and a backslash
/// at the end of a line goes on with it on the next one (`next_token` and `tokenize_file` in src/backend/libpq/hba.c).
pub fn ident_lines(text: &str) -> Vec<IdentLine> {
    let joined = text.replace("\r\n", "\n").replace("\\\n", "");
    joined.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<IdentLine> {
    let mut fields = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        while characters.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        match characters.peek() {
            None | Some('#') => break,
            Some(_) => fields.push(field(&mut characters)?),
        }
    }
    let [map, system_user, role] = <[String; 3]>::try_from(fields).ok()?;
    Some(IdentLine { map, system_user, role })
}

/// One field; nothing where it is a list or the name of a file, or ends within quotes.
fn field(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut field = String::new();
    let (mut quoted, mut was_quote) = (false, false);
    if characters.peek() == Some(&'@') {
        return None;
    }
    while let Some(&c) = characters.peek() {
        if !quoted && (c.is_ascii_whitespace() || c == '#') {
            break;
        }
        if !quoted && c == ',' {
            return None;
        }
        characters.next();
        if c != '"' {
            field.push(c);
            was_quote = false;
            continue;
        }
        // The second of two inside quotes closes and opens again, and stands for one.
        if !quoted && was_quote {
            field.push('"');
        }
        quoted = !quoted;
        was_quote = !quoted;
    }
    (!quoted).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<[String; 3]> {
        ident_lines(text).into_iter().map(|line| [line.map, line.system_user, line.role]).collect()
    }

    #[test]
    fn fields_are_what_the_server_takes_them_for() {
        assert_eq!(
            found(
                "# MAPNAME SYSTEM-USERNAME PG-USERNAME\n\n  people\tann@A.B  \"ann@A.B\" # hers\r\n\
                 people \"a \"\"b\"\" c\" x#y\npeople /^(.*)@A\\.B$ \\1\n\
                 split \\\nover two\n"
            ),
            [
                ["people", "ann@A.B", "ann@A.B"],
                ["people", "a \"b\" c", "x"],
                ["people", "/^(.*)@A\\.B$", "\\1"],
                ["split", "over", "two"],
            ]
        );
    }

    #[test]
    fn what_is_no_line_is_passed_over() {
        for text in ["m a", "m a b c", "m a,b c", "m @others c", "m \"a c", "#m a b", "", "m a #b"] {
            assert_eq!(found(text), [[""; 3]; 0], "{text}");
        }
    }
}
