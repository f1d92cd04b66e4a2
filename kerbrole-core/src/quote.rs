//! The one place where names and values are made fit for SQL.

use postgres_protocol::escape;

/// `name` as a quoted identifier, `"` doubled: `o"brien` → `"o""brien"`.
///
/// Always quoted, even where SQL would not need it, so that what is shown is what is meant. `name` must not
/// hold a NUL; [`RoleName`](crate::RoleName) never does.
pub fn quote_identifier(name: &str) -> String {
    escape::escape_identifier(name)
}

/// `value` as a string literal, safe whatever `standard_conforming_strings` says.
///
/// A value with a backslash comes back in the `E'…'` form with a leading space, as libpq writes it.
pub fn quote_literal(value: &str) -> String {
    escape::escape_literal(value)
}

/// Elements as PostgreSQL prints a `text[]`: `{alice@CORP.EXAMPLE.COM,"night shift",rds_iam}`.
///
/// The rule is that of `array_out` (src/backend/utils/adt/arrayfuncs.c): an element is quoted when it is empty,
/// spells NULL, or holds a brace, comma, quote, backslash or white space.
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
        let special = |c: char| matches!(c, '{' | '}' | ',' | '"' | '\\' | ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
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

#[cfg(test)]
mod tests {
    use super::*;

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
    }

    #[test]
    fn arrays_print_as_the_server_prints_them() {
        assert_eq!(array_literal(["a@R", "b c", "rds_iam"]), r#"{a@R,"b c",rds_iam}"#);
        assert_eq!(array_literal([r#"q"\"#, "", "null", "{}"]), r#"{"q\"\\","","null","{}"}"#);
        assert_eq!(array_literal::<_, &str>([]), "{}");
    }
}
