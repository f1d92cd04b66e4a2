//! What a login comes to, and what it should come to.

use crate::kdc::Ticket;
use crate::postgres_server::Server;
use crate::psql::{Login, log_in_by};

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
    pub(super) fn principal(&self) -> &str {
        match self {
            Self::Ticket(_, principal) => principal,
            Self::Password(_) => "",
        }
    }
}

impl Expected {
    /// In a word or two.
    pub(super) fn label(self) -> &'static str {
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
    pub(super) fn words(self, role: &str, ticket: &str) -> String {
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

/// Tries a login and says what it came to: `logs in`, or why not in the words of the server's log.
///
/// # Panics
/// When psql cannot be run.
pub fn try_login(server: &Server, key: Key<'_>, role: &str) -> String {
    try_login_to(server, key, role, "postgres")
}

#[allow(clippy::panic, reason = "a test that cannot go on has failed")]
pub(super) fn try_login_to(server: &Server, key: Key<'_>, role: &str, database: &str) -> String {
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
