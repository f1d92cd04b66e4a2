use proptest::prelude::*;

use super::*;

/// What a name of a database can hold, and each syntax minds in its own way.
const VALUES: &[&str] = &[
    "app",
    "alice@CORP.EXAMPLE.COM",
    "o'brien@A.B",
    "a b",
    " both ends ",
    r"back\slash\",
    "\"quoted\"",
    "it's \"both\"",
    "a;b=c&d?e#f%20g+h",
    "{braces}",
    "jörg",
    "名前",
    "\u{1f600}",
    "line\nbreak",
    "tab\t",
    "=",
    "",
];

#[test]
fn a_connection_string_is_read_as_it_was_meant() {
    for value in VALUES {
        let text = format!("dbname={} user={}", conninfo(value), conninfo("last"));
        let config: tokio_postgres::Config = text.parse().unwrap();
        assert_eq!(config.get_dbname(), Some(*value), "{text}");
        assert_eq!(config.get_user(), Some("last"), "{text}");
    }
}

#[test]
fn a_url_is_read_as_it_was_meant() {
    for value in VALUES.iter().filter(|value| !value.is_empty()) {
        let text = format!("postgresql://{0}@h/{0}?application_name={0}", percent(value));
        let config: tokio_postgres::Config = text.parse().unwrap();
        assert_eq!(config.get_user(), Some(*value), "{text}");
        assert_eq!(config.get_dbname(), Some(*value), "{text}");
        assert_eq!(config.get_application_name(), Some(*value), "{text}");
    }
}

#[test]
fn json_is_read_as_it_was_meant() {
    for value in VALUES {
        let read: String = serde_json::from_str(&json(value)).unwrap();
        assert_eq!(read, *value);
    }
}

#[test]
fn what_has_no_quotes_refuses_what_would_be_lost() {
    for lost in ["line\nbreak", "cr\r", "tab\t", "end "] {
        let error = service_line("dbname", lost).unwrap_err().to_string();
        assert!(error.contains("dbname") && error.contains("\nHINT:  "), "{error}");
    }
    assert_eq!(service_line("dbname", " a=b'\"").unwrap(), "dbname= a=b'\"");
    for lost in ["line\nbreak", " a", "a ", "a;b", "{a", "a}", "[a]", "a=b", ""] {
        assert!(odbc("dbname", lost).is_err(), "{lost:?}");
    }
    assert_eq!(odbc("user", "o'brien@A.B").unwrap(), "o'brien@A.B");
}

#[test]
fn what_cannot_be_seen_is_written_by_its_number() {
    let value = "a\u{1}\u{202e}\u{1f600}\n";
    assert_eq!(python(value), "\"a\\x01\\u202e\u{1f600}\\x0a\"");
    assert_eq!(go(value), "\"a\\u0001\\u202e\u{1f600}\\u000a\"");
    assert_eq!(rust(value), "\"a\\u{1}\\u{202e}\u{1f600}\\u{a}\"");
}

#[test]
fn a_string_of_net_doubles_its_quotes() {
    assert_eq!(ado("alice@CORP.EXAMPLE.COM"), "alice@CORP.EXAMPLE.COM");
    assert_eq!(ado("a;b \"c\""), "\"a;b \"\"c\"\"\"");
    assert_eq!(ado(""), "\"\"");
}

/// A value as .NET reads it: in double quotes, of which one inside is doubled.
fn read_by_net(text: &str) -> String {
    match text.strip_prefix('"') {
        None => text.into(),
        Some(rest) => rest.strip_suffix('"').unwrap().replace("\"\"", "\""),
    }
}

proptest! {
    /// Whatever a name holds, the readers of tokio-postgres give it back, and nothing of it gets
    /// into another keyword.
    #[test]
    fn any_value_comes_back(value in "[^\0]{0,20}") {
        let text = format!("dbname={} application_name=last", conninfo(&value));
        let config: tokio_postgres::Config = text.parse().unwrap();
        prop_assert_eq!(config.get_dbname(), Some(value.as_str()));
        prop_assert_eq!(config.get_application_name(), Some("last"));

        let url = format!("postgresql://h/?application_name={}&user=last", percent(&value));
        let config: tokio_postgres::Config = url.parse().unwrap();
        prop_assert_eq!(config.get_application_name(), Some(value.as_str()));
        prop_assert_eq!(config.get_user(), Some("last"));

        prop_assert_eq!(serde_json::from_str::<String>(&json(&value)).unwrap(), value.clone());
        prop_assert_eq!(read_by_net(&ado(&value)), value.clone());
        if let Ok(line) = service_line("dbname", &value) {
            prop_assert_eq!(line.lines().count(), 1);
            prop_assert_eq!(line.trim_end().split_once('=').unwrap().1, value.as_str());
        }
    }

    /// A literal ends where it should, on one line, with nothing in it that cannot be seen.
    #[test]
    fn any_literal_is_one(value in "[^\0]{0,20}") {
        for text in [python(&value), go(&value), rust(&value)] {
            prop_assert!(!text.chars().any(char::is_control));
            let inside = text.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            let bare = inside.replace(r"\\", "").replace("\\\"", "");
            prop_assert!(!bare.contains('"') && !bare.ends_with('\\'), "{}", text);
        }
    }
}
