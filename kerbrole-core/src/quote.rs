//! The one place where names and values are made fit for SQL.

use postgres_protocol::escape;

use crate::oid::RoleOid;

/// `name` as a quoted identifier, `"` doubled: `o"brien` → `"o""brien"`.
///
/// Always quoted, even where SQL would not need it, so that what is shown is what is meant. `name`
/// must not hold a NUL; [`RoleName`](crate::RoleName) never does.
pub fn quote_identifier(name: &str) -> String {
    escape::escape_identifier(name)
}

/// `value` as a string literal, safe whatever `standard_conforming_strings` says.
///
/// A value with a backslash comes back in the `E'…'` form with a leading space, as libpq writes it.
pub fn quote_literal(value: &str) -> String {
    escape::escape_literal(value)
}

/// `value` as a string literal within a statement, where a leading space would stand out.
///
/// It is that of [`quote_literal`] without the space that libpq puts before `E'…'`, so something
/// that ends a word has to stand before it.
pub fn literal(value: &str) -> String {
    quote_literal(value).trim_start().into()
}

/// `text` as a comment in SQL. Comments nest: what would begin or end one in the text is written
/// apart.
pub fn comment(text: &str) -> String {
    let mut apart = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!((apart.chars().next_back(), c), (Some('*'), '/') | (Some('/'), '*')) {
            apart.push(' ');
        }
        apart.push(c);
    }
    format!("/* {apart} */")
}

/// Where a role stands in a statement whose name cannot be written: [`by_oid`] looks it up.
pub(crate) fn role_by_oid(role: RoleOid) -> String {
    format!("\0{role}\0")
}

/// A statement in which a role stands by its OID, made fit to run: a block that looks its name up.
/// Others stay as they are.
///
/// Everything in it is the server's own (`format` and the comparison of OIDs, which `pg_catalog`
/// has); the names come from the catalogue and are quoted there.
pub(crate) fn by_oid(statement: String) -> String {
    if !statement.contains('\0') {
        return statement;
    }
    let (mut template, mut roles) = (String::new(), String::new());
    for (at, part) in statement.split('\0').enumerate() {
        if at % 2 == 0 {
            template.push_str(&part.replace('%', "%%"));
        } else {
            template.push_str("%I");
            roles.push_str(&format!(
                ", (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = {part})"
            ));
        }
    }
    let template = literal(&template);
    format!("DO {}", literal(&format!("BEGIN EXECUTE pg_catalog.format({template}{roles}); END")))
}

/// Elements as PostgreSQL prints a `text[]`: `{alice@CORP.EXAMPLE.COM,"night shift",rds_iam}`.
///
/// The rule is that of `array_out` (src/backend/utils/adt/arrayfuncs.c): an element is quoted when
/// it is empty, spells NULL, or holds a brace, comma, quote, backslash or white space.
pub fn array_literal<I, S>(elements: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let mut out = String::from("{");
    for (i, element) in elements.into_iter().enumerate() {
        let element = element.as_ref();
        if i > 0 {
            out.push(',');
        }
        let special = |c: char| {
            matches!(c, '{' | '}' | ',' | '"' | '\\' | ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
        };
        if element.is_empty() || element.eq_ignore_ascii_case("null") || element.contains(special) {
            out.push('"');
            for c in element.chars() {
                if matches!(c, '"' | '\\') {
                    out.push('\\');
                }
                out.push(c);
            }
            out.push('"');
        } else {
            out.push_str(element);
        }
    }
    out.push('}');
    out
}

/// The elements of a `text[]` as PostgreSQL prints it, and the text after it: the other way round
/// of [`array_literal`].
///
/// `None` when `text` does not begin with one.
pub fn array_elements(text: &str) -> Option<(Vec<String>, &str)> {
    let mut rest = text.strip_prefix('{')?;
    let mut elements = Vec::new();
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((elements, rest));
    }
    loop {
        let mut element = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut chars = quoted.char_indices();
            rest = loop {
                match chars.next()? {
                    (at, '"') => break &quoted[at + 1..],
                    (_, '\\') => element.push(chars.next()?.1),
                    (_, c) => element.push(c),
                }
            };
        } else {
            let end = rest.find([',', '}'])?;
            element.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        elements.push(element);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((elements, after));
        }
        rest = rest.strip_prefix(',')?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn identifiers_are_always_quoted_and_quotes_doubled() {
        assert_eq!(quote_identifier("alice@CORP.EXAMPLE.COM"), r#""alice@CORP.EXAMPLE.COM""#);
        assert_eq!(quote_identifier(r#"a"; DROP ROLE b; --"#), r#""a""; DROP ROLE b; --""#);
        assert_eq!(quote_identifier("O'Brien"), r#""O'Brien""#);
    }

    #[test]
    fn literals_survive_quotes_and_backslashes() {
        assert_eq!(quote_literal("O'Brien"), "'O''Brien'");
        assert_eq!(quote_literal(r"CORP\alice"), r" E'CORP\\alice'");
        assert_eq!(literal(r"CORP\alice"), r"E'CORP\\alice'");
    }

    proptest! {
        #[test]
        fn a_comment_ends_where_it_ends_and_loses_nothing(text in "[*/ a]{0,12}") {
            let comment = comment(&text);
            let inside = comment.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/"));
            let inside = inside.unwrap();
            prop_assert!(!inside.contains("*/") && !inside.contains("/*"), "{}", comment);
            let without = |text: &str| text.replace(' ', "");
            prop_assert_eq!(without(inside), without(&text));
        }

        #[test]
        fn arrays_can_be_read_back(
            elements in proptest::collection::vec("\\PC{0,6}|[{},\"\\\\ ]{1,3}|null", 0..5),
            after in "[.} ]{0,3}",
        ) {
            let text = array_literal(&elements) + &after;
            prop_assert_eq!(array_elements(&text), Some((elements, after.as_str())));
        }

        #[test]
        fn nothing_that_is_read_makes_it_panic(text in "\\{[{},\"\\\\a]{0,9}") {
            let _read = array_elements(&text);
        }
    }

    #[test]
    fn arrays_print_as_the_server_prints_them() {
        assert_eq!(array_literal(["a@R", "b c", "rds_iam"]), r#"{a@R,"b c",rds_iam}"#);
        assert_eq!(array_literal([r#"q"\"#, "", "null", "{}"]), r#"{"q\"\\","","null","{}"}"#);
        assert_eq!(array_literal::<_, &str>([]), "{}");
    }
}
