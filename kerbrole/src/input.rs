//! Principals from arguments, files and standard input.

#[cfg(test)]
mod fuzz;
mod long_list;

use std::fs::File;
use std::io::{self, Read};

use kerbrole_client::{Error, NameRules, Wanted};
use tokio_postgres::error::SqlState;

use crate::arguments::Principals;
use crate::failure::Failure;

pub(crate) use self::long_list::LongList;

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
pub(crate) fn principals_with_groups(given: &Principals) -> Result<LongList, Failure> {
    all(given, &["principal", "groups"])
}

fn all<L: Default + Extend<Wanted>>(given: &Principals, columns: &[&str]) -> Result<L, Failure> {
    let mut wanted = L::default();
    for name in &given.names {
        // `kerbrole check` has something to say about a name that is too long; whoever else looks
        // for one refuses it.
        beside_realm(name, given.realm.as_deref())
            .or_else(|error| if is_too_long(&error) { Ok(()) } else { Err(error) })?;
        let principal = with_realm(name, given.realm.as_deref());
        wanted.extend([Wanted { principal, groups: Vec::new() }]);
    }
    let list = List { realm: given.realm.as_deref(), columns };
    for file in &given.files {
        if file == "-" {
            list.read(io::stdin().lock(), "standard input", &mut wanted)?;
        } else {
            let opened = File::open(file);
            let opened = opened.map_err(|error| Failure::usage(format!("{file}: {error}")))?;
            list.read(opened, file, &mut wanted)?;
        }
    }
    if given.names.is_empty() && given.files.is_empty() {
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

/// How many mistakes of a list are told at once.
const TOLD: usize = 20;

/// What is common to the files of one call.
struct List<'l> {
    /// The realm of those that come without one.
    realm: Option<&'l str>,
    /// The columns that a file may have.
    columns: &'l [&'l str],
}

/// The mistakes of a file, in order.
struct Mistakes<'m> {
    name: &'m str,
    told: Vec<String>,
    number: usize,
}

impl Mistakes<'_> {
    fn add(&mut self, line: u64, what: &str) {
        self.number += 1;
        if self.told.len() < TOLD {
            self.told.push(format!("{}, line {line}: {what}", self.name));
        }
    }

    fn end(mut self) -> Result<(), Failure> {
        let more = self.number - self.told.len();
        if more > 0 {
            self.told.push(format!("and {more} more; nothing was done"));
        }
        if self.told.is_empty() { Ok(()) } else { Err(Failure::usage(self.told.join("\n"))) }
    }
}

impl List<'_> {
    fn read(
        &self,
        mut from: impl Read,
        name: &str,
        wanted: &mut impl Extend<Wanted>,
    ) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let read = from.read_to_end(&mut bytes);
        read.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        let text = as_utf8(&bytes).map_err(|what| Failure::usage(format!("{name}{what}")))?;
        let text = text.trim_start_matches('\u{feff}');
        let mut mistakes = Mistakes { name, told: Vec::new(), number: 0 };
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        match Columns::of(first, self.columns) {
            Err(what) => mistakes.add(1, &what),
            Ok(Some(columns)) => self.read_csv(rest, &columns, &mut mistakes, wanted),
            Ok(None) => self.read_lines(text, &mut mistakes, wanted),
        }
        mistakes.end()
    }

    fn read_lines(
        &self,
        text: &str,
        mistakes: &mut Mistakes<'_>,
        wanted: &mut impl Extend<Wanted>,
    ) {
        for (line, number) in text.lines().zip(1..) {
            let text = without_comment(line.trim()).trim();
            if text.is_empty() {
                continue;
            }
            match check(text, self.realm) {
                Err(error) => mistakes.add(number, &in_a_line(&error)),
                Ok(()) => {
                    let principal = with_realm(text, self.realm);
                    wanted.extend([Wanted { principal, groups: Vec::new() }]);
                }
            }
        }
    }

    fn read_csv(
        &self,
        text: &str,
        columns: &Columns,
        mistakes: &mut Mistakes<'_>,
        wanted: &mut impl Extend<Wanted>,
    ) {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut lines = Lines { text: text.as_bytes(), counted: 0, line: 2 };
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    mistakes.add(lines.of(error.position()), &error.to_string());
                    continue;
                }
            };
            let line = lines.of(record.position());
            if record.len() != columns.number {
                let (fields, header) = (record.len(), columns.number);
                mistakes.add(line, &format!("{fields} fields, and the header has {header}"));
                continue;
            }
            let principal = record.get(columns.principal).unwrap_or_default();
            if let Err(error) = check(principal, self.realm) {
                mistakes.add(line, &in_a_line(&error));
                continue;
            }
            let groups = columns.groups.and_then(|at| record.get(at)).unwrap_or_default();
            let groups = groups.split(';').map(str::trim).filter(|group| !group.is_empty());
            wanted.extend([Wanted {
                principal: with_realm(principal, self.realm),
                groups: groups.map(String::from).collect(),
            }]);
        }
    }
}

/// Counts the lines of a text that comes after a header, which was line 1.
///
/// The reader's own numbers are of the place where it ended the row before: in front of the other
/// half of a CRLF, and of empty lines.
struct Lines<'t> {
    text: &'t [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which a row begins that was looked for from here on; each comes after the last.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let from = position.and_then(|position| usize::try_from(position.byte()).ok());
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let rest = self.text.get(from.unwrap_or(0)..).unwrap_or_default();
        let begin = self.text.len() - rest.len() + rest.iter().take_while(|b| is_end(b)).count();
        let more = self.text.get(self.counted..begin).unwrap_or_default();
        self.line += more.iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
        self.counted = begin.max(self.counted);
        self.line
    }
}

/// The text of a file; what is wrong with it, after its name, where it is none.
fn as_utf8(bytes: &[u8]) -> Result<&str, String> {
    // With a mark or without one: a directory's names are ASCII for the most part.
    let is_utf16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(bytes, [0, second, ..] if *second != 0)
        || matches!(bytes, [first, 0, ..] if *first != 0);
    if is_utf16 {
        return Err(": looks like UTF-16, which PowerShell writes: save it as UTF-8 \
                    (Export-Csv -Encoding utf8)"
            .into());
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!(", line {line}: is not UTF-8: save it as UTF-8")
    })
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
        let header = header.trim();
        let fields = |separator: u8| -> Vec<String> {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .delimiter(separator)
                .trim(csv::Trim::All)
                .from_reader(header.as_bytes());
            let record = reader.records().next().and_then(Result::ok);
            record.iter().flatten().map(str::to_ascii_lowercase).collect()
        };
        let columns = fields(b',');
        let place = |name: &str| columns.iter().position(|column| column == name);
        let Some(principal) = place("principal") else {
            return match looks_like_another(header, fields) {
                Some(what) => Err(what),
                None => Ok(None),
            };
        };
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

/// What a first line looks like that is neither a header as it has to be nor a principal.
///
/// No name of an account has a comma, a semicolon or a tab (Microsoft, "SAM-Account-Name
/// attribute").
fn looks_like_another(header: &str, fields: impl Fn(u8) -> Vec<String>) -> Option<String> {
    const ATTRIBUTES: [&str; 6] =
        ["samaccountname", "userprincipalname", "distinguishedname", "mail", "email", "upn"];
    for (separator, called) in [(b';', "\";\""), (b'\t', "tabs")] {
        if fields(separator).iter().any(|field| field == "principal") {
            return Some(format!(
                "looks like CSV with {called} between the columns: write \",\" there (\";\" is \
                 between the groups of one principal)"
            ));
        }
    }
    let columns = [b',', b';', b'\t'].map(fields).into_iter().max_by_key(Vec::len)?;
    let are_names = columns.iter().any(|column| column.contains(['@', '\\']));
    let is_header = columns.len() > 1 && !are_names
        || columns.first().is_some_and(|column| ATTRIBUTES.contains(&column.as_str()));
    is_header.then(|| {
        format!(
            "\"{header}\" looks like the header of a CSV file without a column principal: call \
             the column so that has user@REALM, or user with --realm"
        )
    })
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
        let mut wanted: Vec<Wanted> = Vec::new();
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
    fn all_mistakes_are_told_at_once_each_with_its_line() {
        let said = all("a@@\nfine\nb@@\n").unwrap_err();
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), 2, "{said}");
        assert!(lines[0].starts_with("file, line 1: ") && lines[1].starts_with("file, line 3: "));
        let said = all(&format!("principal\n{}", "x@@\n".repeat(50))).unwrap_err();
        assert_eq!(said.lines().count(), TOLD + 1);
        assert!(said.contains("file, line 2: ") && said.contains("file, line 21: "), "{said}");
        assert!(said.ends_with("and 30 more; nothing was done"), "{said}");
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        for (text, line) in [
            ("principal\r\nalice\r\nb@@\r\n", 3),
            ("principal\r\n\r\n\r\nb@@\r\n", 4),
            ("principal\nalice\n\nb@@", 4),
            ("principal,groups\r\nalice,\"a\r\nb\"\r\nb@@,\r\n", 4),
        ] {
            let said = all(text).unwrap_err();
            assert!(said.starts_with(&format!("file, line {line}: ")), "{text:?}: {said}");
        }
    }

    #[test]
    fn what_it_looks_like_is_said() {
        for (text, said) in [
            (&b"\xff\xfea\0"[..], "UTF-16"),
            (b"\xfe\xff\0a", "UTF-16"),
            (b"a\0l\0i\0", "UTF-16"),
            (b"\0a\0l", "UTF-16"),
            (b"alice\n\xfcmit\n", "line 2: is not UTF-8"),
            (b"principal;groups\nalice;x\n", "\";\" between the columns"),
            (b"principal\tgroups\nalice\tx\n", "tabs between the columns"),
            (b"sAMAccountName,mail\nalice,a@b.c\n", "without a column principal"),
            (b"\"sAMAccountName\";\"mail\"\n", "without a column principal"),
            (b"userPrincipalName\nalice@a.b\n", "without a column principal"),
        ] {
            let list = List { realm: Some("A.B"), columns: &["principal", "groups"] };
            let mut wanted = Vec::new();
            let error = list.read(text, "file", &mut wanted).unwrap_err().to_string();
            assert!(error.contains(said) && wanted.is_empty(), "{text:?}: {error}");
        }
        // A name is no header, whatever it is called.
        assert_eq!(all("name\nuser\n").unwrap().len(), 2);
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
