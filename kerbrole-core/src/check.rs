//! Why somebody cannot log in: every question that a login asks, with its answer.

use crate::audit::FixWith;
use crate::conflict::{Both, ConflictRule};
use crate::error::{Error, counted};
use crate::graph::{MembershipGraph, PathStep, RoleOid};
use crate::hba::{HbaLine, HbaVerdict, IdentLine, Login};
use crate::names::RoleName;
use crate::quote::{array_literal, quote_identifier, quote_literal};
use crate::role::{Role, RoleSet};
use crate::target::{Meant, changeable};

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The question, in a word.
    pub name: &'static str,
    /// Whether a login gets past it.
    pub ok: bool,
    /// The answer.
    pub detail: String,
    /// What mends it: SQL, or a command or line of configuration after `--`.
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
    /// Its name.
    pub name: String,
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
    /// The server's version.
    pub major: u32,
    /// `listen_addresses`
    pub listen_addresses: String,
    /// The keytab.
    pub keytab: KeytabFacts,
    /// The lines of pg_hba.conf.
    pub hba: Vec<HbaLine>,
    /// The lines of pg_ident.conf.
    pub ident: Vec<IdentLine>,
    /// Whether the server can speak TLS.
    pub ssl: bool,
    /// See [`Login::regex`].
    pub regex: &'f dyn Fn(&str, &str) -> Option<Vec<String>>,
}

/// Everything that a login depends on.
pub struct LoginFacts<'f> {
    /// `krb_caseins_users`
    pub caseins_users: bool,
    /// Every role whose name equals, case aside, that of the principal.
    pub roles: &'f RoleSet,
    /// The role, if it exists, all that it is a member of, and the roles of the rule.
    pub graph: &'f MembershipGraph,
    /// CONNECTION LIMIT of the role.
    pub role_limit: ConnectionLimit,
    /// The database.
    pub database: DatabaseFacts,
    /// The server's side.
    pub server: Option<ServerFacts<'f>>,
    /// How fixes are written.
    pub fix_with: FixWith,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: true, detail: detail.into(), fix: None }
    }

    fn wrong(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, ok: false, detail: detail.into(), fix: Some(fix.into()) }
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

/// Asks everything that a login asks, in the same order. A ticket of the principal, spelled as the role, opens the role if and only if every answer is
/// ok, as far as the caller may see: without [`LoginFacts::server`] the server's own side is left out.
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
    let mut questions = Questions { facts, both: &both, rule, role, name, name_grantors, taken: false };
    let hba = facts.server.as_ref().map(|server| questions.hba(server));
    questions.taken = hba.as_ref().is_some_and(|check| check.ok);
    let mut checks = vec![
        Check::ok("name_length", format!("{} bytes of at most {}", questions.name.as_str().len(), RoleName::MAX_BYTES)),
        questions.exists(),
        questions.realm_case(),
        questions.in_ad(),
        questions.not_in_iam(),
    ];
    if let Some(server) = &facts.server {
        checks.push(listening(server));
        checks.extend(hba);
        checks.push(keytab(server, &questions.name));
    }
    checks.extend([
        questions.case_rule(),
        questions.may_log_in(),
        questions.role_limit(),
        questions.database(),
        questions.connect(),
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
    /// Whether a line of pg_hba.conf takes the ticket: then nobody asks what the role is a member of.
    taken: bool,
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

    fn grant_ad(&self) -> String {
        format!("GRANT {} TO {};", self.rule.ad_role().quoted(), self.name.quoted())
    }

    fn is_superuser(&self) -> bool {
        self.role.is_some_and(|role| role.elevated.superuser)
    }

    /// An answer about the role, or that there is none.
    fn of_role(&self, name: &'static str, answer: impl FnOnce(&Role) -> Check) -> Check {
        match self.role {
            Some(role) => answer(role),
            None => Check { name, ok: false, detail: NO_ROLE.into(), fix: None },
        }
    }

    fn other(&self) -> Option<&Role> {
        self.facts.roles.other_spelling(self.name.as_str())
    }

    fn exists(&self) -> Check {
        match (self.role, self.other()) {
            (Some(role), _) => Check::ok(
                "role_exists",
                format!("role \"{}\"; a client has to ask for it in exactly this spelling", role.name),
            ),
            (None, Some(other)) => {
                let is_a_tickets = other.name.principal().is_some();
                let which = if is_a_tickets { "; if the ticket is spelled so, ask for that one" } else { "" };
                let user = self.name.as_str().rsplit_once('@').map_or("", |(user, _)| user);
                let fix = match changeable(other, self.rule) {
                    Ok(()) if is_a_tickets && self.by_function() => format!(
                        "SELECT kerb_rename_principal({}, NULL, {});",
                        quote_literal(other.name.as_str()).trim_start(),
                        quote_literal(user).trim_start()
                    ),
                    _ => format!("ALTER ROLE {} RENAME TO {};", other.name.quoted(), self.name.quoted()),
                };
                let detail = format!(
                    "no role \"{}\", but role \"{}\", which differs by case only{which}",
                    self.name, other.name
                );
                Check::wrong("role_exists", detail, fix)
            }
            (None, None) => Check::wrong(
                "role_exists",
                format!("no role \"{}\", in whatever case", self.name),
                if self.by_function() {
                    format!("SELECT kerb_add_principal({});", self.literal())
                } else {
                    format!("CREATE USER {} WITH LOGIN; {}", self.name.quoted(), self.grant_ad())
                },
            ),
        }
    }

    fn realm_case(&self) -> Check {
        let realm_of = |name: &RoleName| name.as_str().rsplit_once('@').map(|(_, realm)| realm.to_string());
        match (self.role, self.other()) {
            (None, Some(other)) if realm_of(&other.name) != realm_of(&self.name) => Check::wrong(
                "realm_case",
                format!("the realm of role \"{}\" is not in upper case, as tickets have it", other.name),
                format!("ALTER ROLE {} RENAME TO {};", other.name.quoted(), self.name.quoted()),
            ),
            _ => Check::ok("realm_case", "the realm is in upper case, as tickets have it"),
        }
    }

    fn in_ad(&self) -> Check {
        let ad = self.rule.ad_role();
        self.of_role("rds_ad", |_| match self.place().and_then(|place| self.both.ad_path(place)) {
            Some(path) => Check::ok("rds_ad", format!("member of {ad} by {}", path_in_words(path))),
            None if self.taken => {
                Check::ok("rds_ad", format!("not a member of {ad}, which pg_hba.conf does not ask for"))
            }
            None => Check::wrong(
                "rds_ad",
                format!("not a member of {ad}"),
                if self.by_function() {
                    format!("SELECT kerb_add_principal({}, if_not_exists => true);", self.literal())
                } else {
                    self.grant_ad()
                },
            ),
        })
    }

    fn not_in_iam(&self) -> Check {
        let iam = self.rule.iam_role();
        self.of_role("not_rds_iam", |_| match self.place().and_then(|place| self.both.iam_path(place)) {
            None => Check::ok("not_rds_iam", format!("not a member of {iam}")),
            Some(path) => {
                let path: Vec<_> = path.collect();
                if self.taken {
                    let path = path_in_words(path.iter().copied());
                    let detail = format!("member of {iam} as well, by {path}, which pg_hba.conf does not ask for");
                    return Check::ok("not_rds_iam", detail);
                }
                let fix = self
                    .place()
                    .and_then(|place| self.both.conflict_of(place, self.name_grantors))
                    .map(|conflict| conflict.fix.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
                let detail = format!(
                    "member of {iam} as well, by {}, and sent to that method first",
                    path_in_words(path.iter().copied())
                );
                let last = format!("REVOKE {} FROM {};", quoted(&path, 1), quoted(&path, 0));
                Check::wrong("not_rds_iam", detail, fix.unwrap_or(last))
            }
        })
    }

    fn hba(&self, server: &ServerFacts<'_>) -> Check {
        let place = self.place();
        let is_member = |group: &str| {
            let group = RoleName::new(group).ok().and_then(|name| self.facts.graph.find(&name));
            matches!((place, group), (Some(place), Some(group)) if self.facts.graph.reach(group).contains(place))
        };
        let login = Login {
            database: &self.facts.database.name,
            role: self.name.as_str(),
            caseins_users: self.facts.caseins_users,
            ssl: server.ssl,
            major: server.major,
            ident: &server.ident,
            is_member: &is_member,
            regex: server.regex,
        };
        let ad = quote_identifier(self.rule.ad_role().as_str());
        let wanted =
            format!("-- pg_hba.conf, before any line that matches as well: host all +{ad} all gss include_realm=1");
        let broken: Vec<_> =
            server.hba.iter().filter(|line| line.error.is_some()).map(|line| line.number.to_string()).collect();
        let mut check = match login.verdict(&server.hba) {
            HbaVerdict::Passes { line, narrowed_by } => {
                let mut detail = format!("{} takes the ticket", line.in_words());
                if !narrowed_by.is_empty() {
                    let lines: Vec<_> = narrowed_by.iter().map(HbaLine::in_words).collect();
                    detail.push_str(&format!("; for some addresses {} comes first", lines.join(", ")));
                }
                Check::ok("pg_hba", detail)
            }
            HbaVerdict::Stopped { line, why } => {
                Check::wrong("pg_hba", format!("{} matches first, and {why}", line.in_words()), wanted)
            }
            HbaVerdict::NoLine => Check::wrong("pg_hba", "no line for TCP matches", wanted),
        };
        if !broken.is_empty() {
            check.detail.push_str(&format!("; not usable and left out: line {}", broken.join(", ")));
        }
        check
    }

    fn case_rule(&self) -> Check {
        let others: Vec<_> =
            self.facts.roles.other_spellings(self.name.as_str()).filter(|other| other.can_login).collect();
        let mut detail = if self.facts.caseins_users {
            format!("krb_caseins_users is on: a ticket of {} in whatever case of A-Z opens it", self.name)
        } else {
            format!("krb_caseins_users is off: only a ticket spelled exactly {} opens it", self.name)
        };
        if let Some(other) = others.first().filter(|_| self.role.is_some()) {
            detail.push_str(&format!("; role \"{}\" differs by case only (the case audit says more)", other.name));
        }
        Check::ok("case_rule", detail)
    }

    fn may_log_in(&self) -> Check {
        self.of_role("login", |role| {
            if role.can_login {
                Check::ok("login", "LOGIN")
            } else {
                let fix = if role.elevated.any() || role.name.principal().is_none() || !self.by_function() {
                    format!("ALTER ROLE {} LOGIN;", role.name.quoted())
                } else {
                    format!("SELECT kerb_enable_principal({});", self.literal())
                };
                Check::wrong("login", "NOLOGIN: the principal is disabled", fix)
            }
        })
    }

    fn role_limit(&self) -> Check {
        self.of_role("connection_limit", |role| {
            let fix = format!("ALTER ROLE {} CONNECTION LIMIT -1;", role.name.quoted());
            self.limit("connection_limit", self.facts.role_limit, "the role", fix)
        })
    }

    fn database(&self) -> Check {
        let database = &self.facts.database;
        let quoted = quote_identifier(&database.name);
        if !database.allows_connections {
            return Check::wrong(
                "database",
                format!("database \"{}\" takes no connections", database.name),
                format!("ALTER DATABASE {quoted} ALLOW_CONNECTIONS true;"),
            );
        }
        let fix = format!("ALTER DATABASE {quoted} CONNECTION LIMIT -1;");
        self.limit("database", database.limit, &format!("database \"{}\"", database.name), fix)
    }

    fn limit(&self, name: &'static str, limit: ConnectionLimit, what: &str, fix: String) -> Check {
        let there_are = counted(limit.sessions as usize, "session");
        match u32::try_from(limit.limit) {
            Err(_) => Check::ok(name, format!("{what} takes any number of connections")),
            Ok(at_most) if self.is_superuser() => {
                Check::ok(name, format!("{what} takes {at_most} connections, which does not hold for superusers"))
            }
            Ok(at_most) if limit.sessions < at_most => {
                Check::ok(name, format!("{what} takes {at_most} connections; there is room: {there_are}"))
            }
            Ok(at_most) => Check::wrong(
                name,
                format!("{what} takes {at_most} connections; there are no more left: {there_are}"),
                fix,
            ),
        }
    }

    fn connect(&self) -> Check {
        let database = &self.facts.database;
        self.of_role("connect", |role| {
            if database.may_connect {
                Check::ok("connect", format!("CONNECT on database \"{}\"", database.name))
            } else {
                Check::wrong(
                    "connect",
                    format!("no CONNECT on database \"{}\"", database.name),
                    format!(
                        "GRANT CONNECT ON DATABASE {} TO {};",
                        quote_identifier(&database.name),
                        role.name.quoted()
                    ),
                )
            }
        })
    }
}

/// The last elements of a path are always roles.
fn quoted(path: &[PathStep<&str>], from_the_end: usize) -> String {
    let step = path.len().checked_sub(1 + from_the_end).and_then(|at| path[at].role());
    step.map_or_else(String::new, |name| quote_identifier(name))
}

fn path_in_words<'p>(path: impl Iterator<Item = PathStep<&'p str>>) -> String {
    array_literal(path.map(|step| step.to_string()))
}

fn listening(server: &ServerFacts<'_>) -> Check {
    match server.listen_addresses.as_str() {
        "" => Check::wrong(
            "listening",
            "listen_addresses is empty: nobody can connect over TCP, and tickets are not taken elsewhere",
            "ALTER SYSTEM SET listen_addresses = '*'; -- and a restart",
        ),
        addresses => Check::ok("listening", format!("listen_addresses = '{addresses}'")),
    }
}

fn keytab(server: &ServerFacts<'_>, role: &RoleName) -> Check {
    const NAME: &str = "keytab";
    let keytab = &server.keytab;
    let path = &keytab.path;
    let which = if keytab.is_set { "krb_server_keyfile" } else { "krb_server_keyfile is not set; libkrb5's own" };
    match &keytab.principals {
        Err(why) => Check::wrong(
            NAME,
            format!("{which}, {path}: {why}"),
            format!("-- put the keytab of postgres/host@REALM there, owned by the server's user, mode 600: {path}"),
        ),
        Ok(None) => Check::ok(NAME, format!("{which}, {path}, is no file that can be looked into")),
        Ok(Some(principals)) => {
            let is_ours = |principal: &&String| {
                principal.split_once('/').is_some_and(|(service, _)| service.eq_ignore_ascii_case("postgres"))
            };
            let ours: Vec<_> = principals.iter().filter(is_ours).map(String::as_str).collect();
            if ours.is_empty() {
                let there = if principals.is_empty() { "nobody".into() } else { principals.join(", ") };
                Check::wrong(
                    NAME,
                    format!(
                        "{which}, {path}, has no key of postgres/..., which clients ask a ticket for, only of {there}"
                    ),
                    "-- create the service principal postgres/host@REALM in the directory and export its key into the keytab",
                )
            } else {
                let mut detail = format!("{which}, {path}, has keys of {}", ours.join(", "));
                let realm = |name: &str| name.rsplit_once('@').map_or_else(String::new, |(_, realm)| realm.into());
                let users = realm(role.as_str());
                if !ours.iter().any(|service| realm(service) == users) {
                    // A user principal name's suffix taken for the realm looks like this, and so does a forest.
                    detail.push_str(&format!(
                        "; none in {users}, whose tickets count only where the two trust each other"
                    ));
                }
                Check::ok(NAME, detail)
            }
        }
    }
}
