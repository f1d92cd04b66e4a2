//! Principals from arguments, files and standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use kerbrole_client::{Error, NameRules, Wanted};
use tokio_postgres::error::SqlState;

use crate::arguments::Principals;
use crate::exit::Failure;

/// All principals that were named, in order.
///
/// A file has one a line, and `#` at its beginning or after white space begins a comment; or it is
/// CSV with the header `principal`, in which `#` means nothing. `-` is standard input. Nothing is
/// done before all of it was read.
///
/// # Errors
/// Where nobody is named, a file cannot be read or has a column that is not used, or a name can be
/// no principal.
pub(crate) fn principals(given: &Principals) -> Result<Vec<Wanted>, Failure> {
    all(given, &["principal"])
}

/// All principals that were named, each with the groups that a file names in a column `groups`
/// (names between `;`).
///
/// # Errors
/// Those of [`principals`].
pub(crate) fn principals_with_groups(given: &Principals) -> Result<Vec<Wanted>, Failure> {
    all(given, &["principal", "groups"])
}

fn all(given: &Principals, columns: &[&str]) -> Result<Vec<Wanted>, Failure> {
    let mut wanted = Vec::new();
    for name in &given.names {
        // `kerbrole check` has something to say about a name that is too long; whoever else looks
        // for one refuses it.
        beside_realm(name, given.realm.as_deref())
            .or_else(|error| if is_too_long(&error) { Ok(()) } else { Err(error) })?;
        let principal = with_realm(name, given.realm.as_deref());
        wanted.push(Wanted { principal, groups: Vec::new() });
    }
    let list = List { realm: given.realm.as_deref(), columns };
    for file in &given.files {
        if file == "-" {
            list.read(io::stdin().lock(), "standard input", &mut wanted)?;
        } else {
            let opened = File::open(file);
            let opened = opened.map_err(|error| Failure::usage(format!("{file}: {error}")))?;
            list.read(BufReader::new(opened), file, &mut wanted)?;
        }
    }
    if wanted.is_empty() && given.files.is_empty() {
        return Err(Failure::usage(
            "no principal is named: give one, or a file with --file".into(),
        ));
    }
    Ok(wanted)
}

fn with_realm(name: &str, realm: Option<&str>) -> String {
    match realm {
        Some(realm) if !name.contains(['@', '\\']) => format!("{name}@{realm}"),
        _ => name.into(),
    }
}

/// What is common to the files of one call.
struct List<'l> {
    /// The realm of those that come without one.
    realm: Option<&'l str>,
    /// The columns that a file may have.
    columns: &'l [&'l str],
}

impl List<'_> {
    fn read(
        &self,
        mut from: impl BufRead,
        name: &str,
        wanted: &mut Vec<Wanted>,
    ) -> Result<(), Failure> {
        let mut first = String::new();
        let at = |line: u64, what: String| Failure::usage(format!("{name}, line {line}: {what}"));
        from.read_line(&mut first).map_err(|error| at(1, error.to_string()))?;
        if let Some(columns) = Columns::of(&first, self.columns).map_err(|what| at(1, what))? {
            return self.read_csv(from, name, &columns, wanted);
        }
        for (line, number) in std::iter::once(Ok(first)).chain(from.lines()).zip(1..) {
            let line = line.map_err(|error| at(number, error.to_string()))?;
            let text = line.trim().trim_start_matches('\u{feff}');
            let text = without_comment(text).trim();
            if !text.is_empty() {
                check(text, self.realm).map_err(|error| at(number, in_a_line(&error)))?;
                wanted.push(Wanted { principal: with_realm(text, self.realm), groups: Vec::new() });
            }
        }
        Ok(())
    }

    fn read_csv(
        &self,
        from: impl BufRead,
        name: &str,
        columns: &Columns,
        wanted: &mut Vec<Wanted>,
    ) -> Result<(), Failure> {
        let at = |line: u64, what: String| Failure::usage(format!("{name}, line {line}: {what}"));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(from);
        for record in reader.records() {
            // The reader counts from after the header, which was line 1.
            let record = record.map_err(|error| {
                let line = error.position().map_or(0, csv::Position::line) + 1;
                at(line, error.to_string())
            })?;
            let line = record.position().map_or(0, csv::Position::line) + 1;
            if record.len() != columns.number {
                let (fields, header) = (record.len(), columns.number);
                return Err(at(line, format!("{fields} fields, and the header has {header}")));
            }
            let principal = record.get(columns.principal).unwrap_or_default();
            check(principal, self.realm).map_err(|error| at(line, in_a_line(&error)))?;
            let groups = columns.groups.and_then(|at| record.get(at)).unwrap_or_default();
            let groups = groups.split(';').map(str::trim).filter(|group| !group.is_empty());
            wanted.push(Wanted {
                principal: with_realm(principal, self.realm),
                groups: groups.map(String::from).collect(),
            });
        }
        Ok(())
    }
}

/// A comment begins the line or comes after white space: inside of a name `#` is part of it, as a
/// directory has it, and cutting there would name somebody else.
fn without_comment(text: &str) -> &str {
    let begins =
        |&(at, _): &(usize, char)| text[..at].chars().next_back().is_none_or(char::is_whitespace);
    text.char_indices().filter(|(_, c)| *c == '#').find(begins).map_or(text, |(at, _)| &text[..at])
}

/// Where in a row the principal is, and the groups.
struct Columns {
    number: usize,
    principal: usize,
    groups: Option<usize>,
}

impl Columns {
    /// The columns that a first line names, of those that there `can_be`; none where the file is a
    /// plain list. As with other rows the names may stand in quotes, which is how PowerShell writes
    /// them.
    fn of(header: &str, can_be: &[&str]) -> Result<Option<Self>, String> {
        let header = header.trim().trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(header.as_bytes());
        let Some(Ok(record)) = reader.records().next() else { return Ok(None) };
        let columns: Vec<_> = record.iter().map(str::to_ascii_lowercase).collect();
        let place = |name: &str| columns.iter().position(|column| column == name);
        let Some(principal) = place("principal") else { return Ok(None) };
        let unknown = columns.iter().find(|column| !can_be.contains(&column.as_str()));
        if let Some(unknown) = unknown {
            let mut said =
                format!("unknown column \"{unknown}\": there can be {}", can_be.join(" and "));
            if unknown == "groups" {
                said.push_str(" here. Groups are given by kerbrole add, which takes this list");
            }
            return Err(said);
        }
        if let Some(twice) =
            columns.iter().enumerate().find(|(at, column)| place(column) != Some(*at))
        {
            return Err(format!("there is more than one column \"{}\"", twice.1));
        }
        Ok(Some(Self { number: columns.len(), principal, groups: place("groups") }))
    }
}

/// Refuses a name, typed beside `--realm`, as [`check`] does and where it carries a realm of its
/// own.
fn beside_realm(name: &str, realm: Option<&str>) -> Result<(), Error> {
    let own = name.rsplit_once('@').map(|(_, own)| own);
    match realm {
        // Of several names some may have it and some not.
        Some(realm) if own.is_some_and(|own| own.eq_ignore_ascii_case(realm)) => check(name, None),
        Some(realm) if !name.is_empty() => {
            Ok(NameRules::default().meant(name, Some(realm)).map(drop)?)
        }
        realm => check(name, realm),
    }
}

/// Refuses what can be no principal whatever the server's settings are, before anything is sent.
fn check(text: &str, realm: Option<&str>) -> Result<(), Error> {
    let text = with_realm(text, realm);
    // A name without a realm may be a principal where the server has a default.
    if !text.contains('@') && !text.is_empty() {
        return Ok(());
    }
    Ok(NameRules::default().meant(&text, None).map(drop)?)
}

fn is_too_long(error: &Error) -> bool {
    error.code() == Some(SqlState::NAME_TOO_LONG)
}

fn in_a_line(error: &Error) -> String {
    format!("{error}{}", error.hint().map(|hint| format!(". {hint}")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
        let mut wanted = Vec::new();
        let list = List { realm: Some("A.B"), columns: &["principal", "groups"] };
        match list.read(text.as_bytes(), "file", &mut wanted) {
            Ok(()) => Ok(wanted.into_iter().map(|w| (w.principal, w.groups)).collect()),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn lines_with_comments() {
        let names: Vec<_> = all("# who\nalice\n\n  bob@c.d  # left in May\r\n")
            .unwrap()
            .into_iter()
            .map(|w| w.0)
            .collect();
        assert_eq!(names, ["alice@A.B", "bob@c.d"]);
        assert!(all("alice\nb b@@\n").unwrap_err().starts_with("file, line 2: "));
        assert_eq!(all("").unwrap(), []);
    }

    #[test]
    fn a_number_sign_in_a_name_is_part_of_it() {
        let names: Vec<_> =
            all("alice#1@C.D\nbob#2\t# left\n#carol\n").unwrap().into_iter().map(|w| w.0).collect();
        assert_eq!(names, ["alice#1@C.D", "bob#2@A.B"]);
        let rows = all("principal\nalice#1@C.D\n").unwrap();
        assert_eq!(rows, [("alice#1@C.D".into(), vec![])]);
    }

    #[test]
    fn csv_with_groups() {
        let rows = all("\u{feff}principal,groups\nalice,analysts; team\n\"bob\",\n").unwrap();
        assert_eq!(
            rows,
            [
                ("alice@A.B".into(), vec!["analysts".into(), "team".to_string()]),
                ("bob@A.B".into(), vec![])
            ]
        );
        assert!(
            all("principal,team\nx,y\n")
                .unwrap_err()
                .starts_with("file, line 1: unknown column \"team\"")
        );
        assert!(
            all("principal,groups\nalice,x\nno one@x y,\n")
                .unwrap_err()
                .starts_with("file, line 3: ")
        );
        assert!(
            all("groups,principal,groups\n")
                .unwrap_err()
                .contains("more than one column \"groups\"")
        );
    }

    #[test]
    fn a_header_in_quotes_or_another_order_is_a_header() {
        for text in
            ["\"Principal\",\"Groups\"\r\n\"alice\",\"team\"\r\n", "groups,principal\nteam,alice\n"]
        {
            assert_eq!(
                all(text).unwrap(),
                [("alice@A.B".into(), vec!["team".to_string()])],
                "{text}"
            );
        }
    }
}
