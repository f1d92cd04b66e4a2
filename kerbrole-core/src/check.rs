//! Why somebody cannot log in: every question that a login asks, with its answer.

mod database;
mod role;
mod server;
mod startup;

use crate::audit::FixWith;
use crate::case::HighBytes;
use crate::conflict::{Both, ConflictRule};
use crate::error::Error;
use crate::graph::{MembershipGraph, RoleOid};
use crate::hba::{HbaLine, IdentLine, Match};
use crate::names::RoleName;
use crate::quote::{quote_identifier, quote_literal};
use crate::role::{Role, RoleSet};
use crate::target::Meant;
pub use startup::{
    Library, LoginTrigger, Room, SettingOf, SlotFacts, StartupFacts, StartupSetting, login_settings_query, preloaded,
};

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The question, in a word.
    pub name: &'static str,
    /// Whether a login gets past it; `None` where that cannot be known beforehand, or not by whoever asks.
    pub ok: Option<bool>,
    /// The answer.
    pub detail: String,
    /// What mends it, or shows what is not known: SQL, or a command or line of configuration after `--`.
    pub fix: Option<String>,
}

/// A limit on connections, and how far it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimit {
    /// At most so many; -1 for any number.
    pub limit: i32,
    /// How many there are.
    pub sessions: u32,
}

/// The database that somebody wants to log in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// Its name: bytes, which need not be text.
    pub name: Vec<u8>,
    /// Whether a statement that is shown here can spell it: it is text, and the database's encoding has it.
    pub is_spelled: bool,
    /// ALLOW_CONNECTIONS
    pub allows_connections: bool,
    /// CONNECTION LIMIT
    pub limit: ConnectionLimit,
    /// Whether the role has CONNECT on it.
    pub may_connect: bool,
}

/// Where the server finds the keys of its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeytabFacts {
    /// `krb_server_keyfile`, or where libkrb5 looks without it.
    pub path: String,
    /// Whether it is set, and not libkrb5's default.
    pub is_set: bool,
    /// The principals that it has keys of; the reason where it cannot be read; `Ok(None)` for what is no file.
    pub principals: Result<Option<Vec<String>>, String>,
}

/// The server's own side, which only superusers see.
pub struct ServerFacts<'f> {
    /// Its version: 15, 16, 17, …
    pub major: u32,
    /// `listen_addresses`
    pub listen_addresses: String,
    /// The keytab.
    pub keytab: KeytabFacts,
    /// The lines of pg_hba.conf.
    pub hba: Vec<HbaLine>,
    /// The lines of pg_ident.conf; nothing where the server would refuse the file.
    pub ident: Option<Vec<IdentLine>>,
    /// Whether the server can speak TLS.
    pub ssl: bool,
    /// The role of exactly this name.
    pub role_named: &'f dyn Fn(&[u8]) -> Option<RoleOid>,
    /// See [`Login::regex`](crate::hba::Login::regex).
    pub regex: &'f dyn Fn(&[u8], &[u8]) -> Match,
}

/// Everything that a login depends on.
pub struct LoginFacts<'f> {
    /// `krb_caseins_users`
    pub caseins_users: bool,
    /// What the server does to other bytes than A-Z then.
    pub high_bytes: HighBytes,
    /// Every role whose name equals, case aside, that of the principal.
    pub roles: &'f RoleSet,
    /// The role, if it exists, all that it is a member of, and the roles of the rule.
    pub graph: &'f MembershipGraph,
    /// CONNECTION LIMIT of the role.
    pub role_limit: ConnectionLimit,
    /// The database.
    pub database: DatabaseFacts,
    /// What happens between authentication and the first statement.
    pub startup: StartupFacts,
    /// The server's side.
    pub server: Option<ServerFacts<'f>>,
    /// How fixes are written.
    pub fix_with: FixWith,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: Some(true), detail: detail.into(), fix: None }
    }

    fn wrong(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, ok: Some(false), detail: detail.into(), fix: Some(fix.into()) }
    }

    fn unknown(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, ok: None, detail: detail.into(), fix: Some(fix.into()) }
    }
}

/// The answers for a principal whose name is too long for a role: the first question is the last.
pub fn check_too_long(role: &str, bytes: usize) -> Vec<Check> {
    let kept = RoleName::MAX_BYTES;
    vec![Check::wrong(
        "name_length",
        format!(
            "\"{role}\" has {bytes} bytes. The server cuts the role that is asked for at {kept}, but not the principal: they never match."
        ),
        "-- give the account a shorter sAMAccountName in the directory",
    )]
}

/// Asks everything that a login asks, in the same order. Where every answer is ok, a ticket of the principal, spelled as the
/// role, opens the role; where one is not, none does; an answer that is not known is none of both. Without
/// [`LoginFacts::server`] the server's own side is one thing that is not known, and pg_hba.conf is taken to be as RDS has it:
/// members of `rds_iam` sent elsewhere, then those of `rds_ad` to GSSAPI.
///
/// # Errors
/// 42704 when a role of the rule is missing.
pub fn check_principal(
    meant: &Meant,
    facts: &LoginFacts<'_>,
    rule: &ConflictRule,
    name_grantors: bool,
) -> Result<Vec<Check>, Error> {
    let both = Both::find(facts.graph, rule)?;
    let role = meant.find(facts.roles).ok();
    let name = role.map_or_else(|| meant.role_name(), |role| role.name.clone());
    let questions = Questions { facts, both: &both, rule, role, name, name_grantors };
    let verdict = facts.server.as_ref().map(|server| questions.verdict(server));
    let mut checks = vec![
        Check::ok("name_length", format!("{} bytes of at most {}", questions.name.as_str().len(), RoleName::MAX_BYTES)),
        questions.exists(),
        questions.realm_case(),
        questions.in_ad(verdict.as_ref()),
        questions.not_in_iam(verdict.as_ref()),
    ];
    match facts.server.as_ref().zip(verdict.as_ref()) {
        Some((server, verdict)) => {
            checks.extend([server::listening(server), questions.hba(verdict), server::keytab(server, &questions.name)])
        }
        None => checks.push(server::not_shown()),
    }
    checks.extend([
        questions.case_rule(),
        questions.may_log_in(),
        questions.role_limit(),
        questions.slots(),
        questions.database(),
        questions.connect(),
        questions.libraries(),
        questions.client_encoding(),
        questions.login_triggers(),
    ]);
    Ok(checks)
}

struct Questions<'q> {
    facts: &'q LoginFacts<'q>,
    both: &'q Both<'q>,
    rule: &'q ConflictRule,
    role: Option<&'q Role>,
    name: RoleName,
    name_grantors: bool,
}

const NO_ROLE: &str = "there is no role to look at";

impl Questions<'_> {
    fn place(&self) -> Option<u32> {
        self.facts.graph.place(self.oid()?)
    }

    fn oid(&self) -> Option<RoleOid> {
        self.role.map(|role| role.oid)
    }

    fn literal(&self) -> String {
        quote_literal(self.name.as_str()).trim_start().into()
    }

    fn by_function(&self) -> bool {
        self.facts.fix_with == FixWith::Functions
    }

    fn is_superuser(&self) -> bool {
        self.role.is_some_and(|role| role.elevated.superuser)
    }

    /// An answer about the role, or that there is none.
    fn of_role(&self, name: &'static str, answer: impl FnOnce(&Role) -> Check) -> Check {
        match self.role {
            Some(role) => answer(role),
            None => Check { name, ok: Some(false), detail: NO_ROLE.into(), fix: None },
        }
    }

    /// The database's name, as it can be shown.
    fn database_name(&self) -> String {
        String::from_utf8_lossy(&self.facts.database.name).into_owned()
    }

    /// A statement with the database's name in it. Where that cannot be spelled here, the statement takes it from where it is
    /// run.
    fn of_database(&self, before: &str, after: &str) -> String {
        if self.facts.database.is_spelled {
            return format!("{before}{}{after};", quote_identifier(&self.database_name()));
        }
        let literal = |text: &str| quote_literal(text).trim_start().to_string();
        let body = format!(
            "BEGIN EXECUTE pg_catalog.format('%s%I%s', {}, pg_catalog.current_database(), {}); END",
            literal(before),
            literal(after)
        );
        format!("DO {};", literal(&body))
    }
}
