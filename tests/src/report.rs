//! What was seen at logins: a report with a row for each, and whether it is what was expected.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kdc::Ticket;
use crate::postgres_server::Server;
use crate::psql::{Login, log_in_by};
use crate::sandbox::{Result, lock};
use crate::version::ALL;

/// A part of a report, and what it shows.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What its rows are about.
    pub about: &'static str,
}

/// A report of logins.
#[derive(Debug)]
pub struct Report {
    rows: Mutex<Vec<Row>>,
}

/// A login that was tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    section: usize,
    /// The place in the test, so that rows come in the order of the story that they tell.
    number: usize,
    who: String,
    ticket: String,
    role: String,
    version: u32,
    ignores_case: bool,
    made_by: String,
    expected: String,
    seen: String,
}

/// What somebody has to show.
#[derive(Debug, Clone, Copy)]
pub enum Key<'k> {
    /// A ticket, and the principal that it is for.
    Ticket(&'k Ticket, &'k str),
    /// A password and no ticket.
    Password(&'k str),
}

/// What a login should come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The session is the role's, and the server knows the ticket's principal.
    LogsIn,
    /// The role is there, and the ticket's principal is somebody else.
    NamesDiffer,
    /// The role that was asked for is not there, so that pg_hba.conf sends it to the line for
    /// everybody else.
    NoSuchRole,
    /// NOLOGIN.
    NotPermitted,
    /// pg_hba.conf sends members of `rds_iam` to a method of their own first.
    SentToIam,
    /// The role is not in `rds_ad`, so that a password is asked for, and has none.
    NoPassword,
    /// The role is in `rds_ad`, so that a ticket is asked for, and there is none.
    TicketWanted,
}

impl Key<'_> {
    fn principal(&self) -> &str {
        match self {
            Self::Ticket(_, principal) => principal,
            Self::Password(_) => "",
        }
    }
}

impl Expected {
    /// In a word or two.
    fn label(self) -> &'static str {
        match self {
            Self::LogsIn => "logs in",
            Self::NamesDiffer => "refused: names differ",
            Self::NoSuchRole => "refused: no such role",
            Self::NotPermitted => "refused: NOLOGIN",
            Self::SentToIam => "refused: sent to rds_iam's method",
            Self::NoPassword => "refused: a password is wanted",
            Self::TicketWanted => "refused: a ticket is wanted",
        }
    }

    /// In the words of the server's log, where it refuses.
    fn words(self, role: &str, ticket: &str) -> String {
        // The server cuts the name that is asked for, not the principal.
        let role: String =
            if role.len() > 63 { role.get(..63).unwrap_or(role).into() } else { role.into() };
        match self {
            Self::LogsIn => "logs in".into(),
            Self::NamesDiffer => {
                format!(
                    "provided user name ({role}) and authenticated user name ({ticket}) do not \
                     match"
                )
            }
            Self::NoSuchRole => format!("Role \"{role}\" does not exist."),
            Self::NotPermitted => format!("role \"{role}\" is not permitted to log in"),
            Self::SentToIam => IAM_LINE.into(),
            Self::NoPassword => format!("User \"{role}\" has no password assigned."),
            Self::TicketWanted => "No Kerberos credentials available".into(),
        }
    }
}

/// The line of pg_hba.conf that a refused login met, as the log quotes it.
const IAM_LINE: &str = "\"host all +rds_iam 127.0.0.1/32 password\"";

/// Why logins fail, in the words of the server's log (src/backend/libpq/auth.c, crypt.c and hba.c,
/// utils/init/miscinit.c). The more particular come first.
const REASONS: [&str; 5] = [
    "provided user name (",
    "role \"*\" is not permitted to log in",
    IAM_LINE,
    "Role \"*\" does not exist.",
    "User \"*\" has no password assigned.",
];

/// The rows of `kerb_check_principal` that keep somebody out, or may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Those that are not ok.
    pub not_ok: Vec<String>,
    /// Those of which it is not known.
    pub unknown: Vec<String>,
}

impl Said {
    fn in_words(&self) -> String {
        let list = |word: &str, rows: &[String]| {
            (!rows.is_empty()).then(|| format!("{word}: {}", rows.join(", ")))
        };
        let lists = [list("not ok", &self.not_ok), list("unknown", &self.unknown)];
        let lists: Vec<_> = lists.into_iter().flatten().collect();
        if lists.is_empty() { "every row ok".into() } else { lists.join("; ") }
    }
}

/// Logins on one server, in the order in which a test tries them.
#[derive(Debug)]
pub struct Evidence<'s> {
    report: &'static Report,
    section: usize,
    server: &'s Server,
    ignores_case: bool,
    made_by: String,
    number: AtomicUsize,
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}

impl Report {
    /// One without rows.
    pub const fn new() -> Self {
        Self { rows: Mutex::new(Vec::new()) }
    }

    /// Begins the rows of a test. `section` is the place among the sections that [`Self::text`] is
    /// given, `made_by` says what made the roles.
    pub fn evidence<'s>(
        &'static self,
        section: usize,
        server: &'s Server,
        ignores_case: bool,
        made_by: &str,
    ) -> Evidence<'s> {
        Evidence {
            report: self,
            section,
            server,
            ignores_case,
            made_by: made_by.into(),
            number: AtomicUsize::new(0),
        }
    }

    /// Who has a row: the heading's place, and the words of its first column.
    pub fn subjects(&self) -> HashSet<(usize, String)> {
        lock(&self.rows).iter().map(|row| (row.section, row.who.clone())).collect()
    }

    /// All of it as Markdown, after an introduction.
    pub fn text(&self, introduction: &str, sections: &[Section]) -> String {
        let mut rows = lock(&self.rows).clone();
        rows.sort();
        let mut out = introduction.to_string();
        for (place, section) in sections.iter().enumerate() {
            if !rows.iter().any(|row| row.section == place) {
                continue;
            }
            let _written = write!(
                out,
                "\n## {}\n\n{}\n\n| PostgreSQL | `krb_caseins_users` | roles made by | who | \
                 ticket | role asked for | expected | seen |\n\
                 | --- | --- | --- | --- | --- | --- | --- | --- |\n",
                section.title, section.about
            );
            for line in lines(rows.iter().filter(|row| row.section == place)) {
                out.push_str(&line);
                out.push('\n');
            }
        }
        out
    }

    /// Compares the report with the one that is kept, or writes it there when
    /// `KERBROLE_WRITE_REPORT` is set. Of a run on some versions only, their rows are compared.
    ///
    /// # Errors
    /// With what differs.
    pub fn keep(&self, path: &Path, text: &str, versions: &[u32]) -> Result<()> {
        let all = ALL.iter().all(|version| versions.contains(version));
        if std::env::var_os("KERBROLE_WRITE_REPORT").is_some() {
            if !all {
                return Err("a report is of every version: make logins".into());
            }
            return fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()));
        }
        let kept = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let of_these = |text: &str| -> Vec<String> {
            let this = |line: &&str| {
                all || versions.iter().any(|version| line.starts_with(&format!("| {version} |")))
            };
            text.lines().filter(this).map(Into::into).collect()
        };
        let (kept, seen) = (of_these(&kept), of_these(text));
        if kept == seen {
            return Ok(());
        }
        let shown = |sign: char, of: &[String], others: &[String]| -> String {
            of.iter()
                .filter(|line| !others.contains(line))
                .take(10)
                .map(|line| format!("{sign} {line}\n"))
                .collect()
        };
        Err(format!(
            "{} is not what was seen (make logins writes it anew):\n{}{}",
            path.display(),
            shown('-', &kept, &seen),
            shown('+', &seen, &kept)
        ))
    }
}

/// One line for each row; rows that differ only by what made the roles are one.
fn lines<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
    let mut merged: Vec<Row> = Vec::new();
    for row in rows {
        match merged.last_mut() {
            Some(last) if Row { made_by: last.made_by.clone(), ..row.clone() } == *last => {
                let more = format!(" and {}", row.made_by);
                last.made_by.push_str(&more);
            }
            _ => merged.push(row.clone()),
        }
    }
    merged.iter().map(line).collect()
}

fn line(row: &Row) -> String {
    let setting = if row.ignores_case { "on" } else { "off" };
    format!(
        "| {} | {setting} | {} | {} | {} | `{}` | {} | {} |",
        row.version, row.made_by, row.who, row.ticket, row.role, row.expected, row.seen
    )
}

impl Evidence<'_> {
    /// Tries a login, and fails the test where it does not come to what was expected.
    ///
    /// # Panics
    /// When it does not, or psql cannot be run.
    pub fn login(&self, who: &str, key: Key<'_>, role: &str, expected: Expected) {
        let shown = match key {
            Key::Ticket(_, principal) => format!("`{principal}`"),
            Key::Password(_) => "none, a password".into(),
        };
        self.login_by(who, key, &shown, role, expected);
    }

    /// The same, with more to say about the ticket.
    ///
    /// # Panics
    /// As [`Self::login`].
    pub fn login_by(&self, who: &str, key: Key<'_>, ticket: &str, role: &str, expected: Expected) {
        let seen = try_login(self.server, key, role);
        self.record(who, ticket, role, expected.label(), &seen);
        assert_eq!(
            seen,
            expected.words(role, key.principal()),
            "{who}: ticket {ticket}, role {role}"
        );
    }

    /// Records something else that was seen, and fails the test where it is not what was expected.
    ///
    /// # Panics
    /// When it is not.
    pub fn note(&self, who: &str, ticket: &str, role: &str, expected: &str, seen: &str) {
        self.record(who, ticket, role, expected, seen);
        assert_eq!(seen, expected, "{who}: ticket {ticket}, role {role}");
    }

    /// Tries a login of which `kerb_check_principal` was asked before, and fails the test where its
    /// rows that were not ok, or not known, are not the expected ones, where the login does not
    /// come to what was expected, or where it disagrees with rows that are all known. Whether
    /// somebody got in.
    ///
    /// # Panics
    /// When one of that is so, or psql cannot be run.
    pub fn checked(
        &self,
        who: &str,
        key: Key<'_>,
        role: &str,
        database: &str,
        (said, should): (&Said, &Said),
        gets_in: bool,
    ) -> bool {
        let outcome = try_login_to(self.server, key, role, database);
        let got_in = outcome == "logs in";
        let result = if gets_in { "logs in" } else { "refused" };
        self.record(
            who,
            &format!("`{}`", key.principal()),
            role,
            &format!("{result}; {}", should.in_words()),
            &format!("{outcome}; {}", said.in_words()),
        );
        assert_eq!(said.in_words(), should.in_words(), "{who}");
        assert_eq!(got_in, gets_in, "{who}: {outcome}");
        match said {
            Said { not_ok, unknown } if not_ok.is_empty() && unknown.is_empty() => {
                assert!(got_in, "{who}: {outcome}")
            }
            Said { not_ok, .. } => {
                assert!(not_ok.is_empty() || !got_in, "{who}: {}", said.in_words())
            }
        }
        got_in
    }

    /// Tries a login, and fails the test where it does not come to what was expected, or where what
    /// was said of it, and should have been, are not the same.
    ///
    /// # Panics
    /// When one of that is so, or psql cannot be run.
    pub fn told(
        &self,
        who: &str,
        key: Key<'_>,
        role: &str,
        [said, should]: [&str; 2],
        expected: Expected,
    ) {
        let seen = try_login(self.server, key, role);
        let (wanted, got) = (format!("{}; {should}", expected.label()), format!("{seen}; {said}"));
        self.record(who, &format!("`{}`", key.principal()), role, &wanted, &got);
        assert_eq!(
            (seen.as_str(), said),
            (expected.words(role, key.principal()).as_str(), should),
            "{who}: {role}"
        );
    }

    fn record(&self, who: &str, ticket: &str, role: &str, expected: &str, seen: &str) {
        let row = Row {
            section: self.section,
            number: self.number.fetch_add(1, Ordering::SeqCst),
            who: who.into(),
            ticket: ticket.into(),
            role: role.into(),
            version: self.server.major(),
            ignores_case: self.ignores_case,
            made_by: self.made_by.clone(),
            expected: expected.into(),
            seen: seen.into(),
        };
        lock(&self.report.rows).push(row);
    }
}

/// Tries a login and says what it came to: `logs in`, or why not in the words of the server's log.
///
/// # Panics
/// When psql cannot be run.
pub fn try_login(server: &Server, key: Key<'_>, role: &str) -> String {
    try_login_to(server, key, role, "postgres")
}

#[allow(clippy::panic, reason = "a test that cannot go on has failed")]
fn try_login_to(server: &Server, key: Key<'_>, role: &str, database: &str) -> String {
    let before = server.log_text().len();
    let (ticket, password) = match key {
        Key::Ticket(ticket, _) => (Some(ticket), "the password of the directory"),
        Key::Password(password) => (None, password),
    };
    let login =
        log_in_by(server, ticket, password, role, database).unwrap_or_else(|e| panic!("{e}"));
    let log = server.log_text();
    seen(&login, log.get(before..).unwrap_or_default(), role, key.principal())
}

/// What a login came to: who is in, or the server's reason, or else what psql said.
fn seen(login: &Login, log: &str, role: &str, principal: &str) -> String {
    if login.ok {
        let whole = login.said == format!("{role}|{principal}");
        return if whole { "logs in".into() } else { format!("logs in as {}", login.said) };
    }
    if login.said.contains("No Kerberos credentials available") {
        return "No Kerberos credentials available".into();
    }
    let reason = REASONS.iter().find_map(|reason| {
        let (start, end) = reason.split_once('*').unwrap_or((reason, ""));
        log.lines().find_map(|line| {
            let found = &line[line.find(start)?..];
            if end.is_empty() {
                return Some(found);
            }
            // A name may hold anything but the end of the message.
            let to = found.find(end)? + end.len();
            found.get(..to)
        })
    });
    match reason {
        // How the connection was encrypted is not the reason.
        Some(reason) => reason.split(", database ").next().unwrap_or(reason).into(),
        // The port is another one at each run.
        None => {
            let line =
                login.said.lines().rfind(|line| line.contains("failed: ")).unwrap_or(&login.said);
            line.rsplit_once("failed: ").map_or(line, |(_, reason)| reason).into()
        }
    }
}
