use kerbrole_client::is_invisible;
use unicode_width::UnicodeWidthStr;

use super::*;

const FORM: Form =
    Form { format: Format::Table, has_header: true, has_pager: false, color: ColorChoice::Never };

const NAMES: &[Column] = &[Column::new("role_name")];

const COLUMNS: &[Column] = &[Column::new("role_name"), Column::new("n")];

fn in_form(format: Format, table: Table, to_terminal: bool) -> String {
    let mut out = Vec::new();
    Shown::Rows(table, Form { format, ..FORM }).print_to(&mut out, to_terminal).unwrap();
    String::from_utf8(out).unwrap()
}

fn printed(format: Format, name: &str, to_terminal: bool) -> String {
    let mut table = Table::new(COLUMNS);
    table.row([name.into(), 1.into()]);
    table.row(["short".into(), 2.into()]);
    in_form(format, table, to_terminal)
}

#[test]
fn nothing_steers_a_terminal() {
    let name = "a\u{1b}]0;x\u{7}\u{9b}2J";
    let last = |text: String| text.lines().last().map(String::from);
    for format in [Format::Table, Format::Wide] {
        let mut table = Table::new(NAMES);
        table.row([name.into()]);
        assert_eq!(last(in_form(format, table, true)).unwrap(), r"a\u{1b}]0;x\u{7}\u{9b}2J");
    }
    let mut names = Vec::new();
    let mut table = Table::new(NAMES);
    table.row([name.into()]);
    table.print_names(&mut names, true).unwrap();
    assert_eq!(names, b"a\\u{1b}]0;x\\u{7}\\u{9b}2J\n");
    assert_eq!(visible("one\ntwo\u{1b}[31m", "\n"), "one\ntwo\\u{1b}[31m");
}

/// U+202E turns the rest of a line around, U+200B and U+E0061 are not seen at all.
const TURNED: &str = "a\u{202e}b\u{200b}c\u{9b}d\u{e0061}e";

#[test]
fn what_cannot_be_seen_is_shown_on_a_terminal_and_data_stay_data() {
    let shown = r"a\u{202e}b\u{200b}c\u{9b}d\u{e0061}e";
    for to_terminal in [false, true] {
        assert!(printed(Format::Table, TURNED, to_terminal).contains(shown));
        let json = printed(Format::Json, TURNED, to_terminal);
        assert!(json.chars().all(|c| c == '\n' || !is_invisible(c)), "{json}");
        let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(rows[0]["role_name"], TURNED);
    }
    assert!(printed(Format::Csv, TURNED, true).contains(shown));
    assert!(printed(Format::Csv, TURNED, false).contains(TURNED));
}

#[test]
fn columns_stand_below_each_other_whatever_the_script() {
    for name in ["日本語の名前@A.B", "e\u{301}mile@A.B", "émile@A.B"] {
        let table = printed(Format::Table, name, true);
        let numbers: Vec<_> = table
            .lines()
            .skip(2)
            .map(|line| line[..line.rfind(char::is_numeric).unwrap()].width())
            .collect();
        assert_eq!(numbers[0], numbers[1], "{table}");
    }
}

/// A spreadsheet takes what begins so for a formula.
#[test]
fn no_cell_is_a_formula() {
    for name in ["=1+1@A.B", "+x@A.B", "-x@A.B", "@x", "\tx", "\rx"] {
        let csv = printed(Format::Csv, name, false);
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let first = rows.records().next().unwrap().unwrap();
        assert_eq!(&first[0], format!("'{name}"));
        let rows: Vec<Value> = serde_json::from_str(&printed(Format::Json, name, false)).unwrap();
        assert_eq!(rows[0]["role_name"], name);
    }
    assert!(printed(Format::Csv, "x=1@A.B", false).contains("\nx=1@A.B,"));
}

#[test]
fn lists_are_lists_to_programs_and_words_to_people() {
    const LISTS: &[Column] = &[
        Column::new("role_name"),
        Column::new("groups").set(),
        Column::new("ad_path").after_role(),
        Column::new("problem").if_any(),
        Column::new("fix").below(),
        Column::new("username").data(),
    ];
    let table = |problem: Value| {
        let mut table = Table::new(LISTS);
        let [groups, path] = [json!(["b", "c"]), json!(["a@B", "b", "rds_ad"])];
        table.row(["a@B".into(), groups, path, problem, "REVOKE x;".into(), "a".into()]);
        table
    };
    let lines = |format, problem: Value| -> Vec<String> {
        in_form(format, table(problem), false).lines().map(String::from).collect()
    };
    let cells = |line: &str| {
        let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        cells.map(String::from).collect::<Vec<_>>()
    };
    let shown = lines(Format::Table, Value::Null);
    assert_eq!(cells(&shown[0]), ["role_name", "groups", "ad_path"]);
    assert_eq!(cells(&shown[2]), ["a@B", "b, c", "b > rds_ad"]);
    assert_eq!(shown[3], "  fix: REVOKE x;");
    assert!(lines(Format::Table, "x".into())[0].ends_with("problem"));
    let wide = lines(Format::Wide, Value::Null);
    assert!(wide[0].contains("problem  fix") && wide[2].contains("a@B > b > rds_ad"), "{wide:?}");
    let csv = lines(Format::Csv, Value::Null);
    assert_eq!(
        csv,
        ["role_name,groups,ad_path,problem,fix,username", "a@B,b;c,a@B > b > rds_ad,,REVOKE x;,a"]
    );
    let rows: Vec<Value> =
        serde_json::from_str(&in_form(Format::Json, table(Value::Null), false)).unwrap();
    assert_eq!(rows[0]["groups"], json!(["b", "c"]));
    assert_eq!(in_form(Format::Name, table(Value::Null), false), "a@B\n");
}
