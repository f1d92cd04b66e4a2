//! What a login asks of the server: whether it listens, pg_hba.conf, the keytab.

use crate::diagnose::check::answer::Check;
use crate::diagnose::check::facts::ServerFacts;
use crate::diagnose::check::questions::Questions;
use crate::diagnose::hba::line::HbaLine;
use crate::diagnose::hba::login::LoginAttempt;
use crate::diagnose::hba::verdict::HbaVerdict;
use crate::names::role_name::RoleName;
use crate::quote::quote_identifier;

impl Questions<'_> {
    /// What pg_hba.conf does with the ticket.
    pub(super) fn verdict(&self, server: &ServerFacts<'_>) -> HbaVerdict {
        // The server keeps what it has when it cannot use one line of a file.
        if let Some(line) = server.hba.iter().find(|line| line.is_refused()) {
            let error = line.error.as_deref().unwrap_or_default();
            return HbaVerdict::Unknown {
                line: line.clone(),
                why: format!(
                    "it cannot be used ({error}): the server goes on with the pg_hba.conf that it \
                     read before"
                ),
            };
        }
        let (graph, node) = (&self.cluster.graph, self.node());
        let is_member = |group: &[u8]| match ((server.role_named)(group), node) {
            (Some(group), Some(node)) => {
                graph.node(group).is_some_and(|group| graph.reach(group).contains(node))
            }
            _ => false,
        };
        let login = LoginAttempt {
            major: server.major,
            database: &self.facts.database.name,
            role: self.name.as_str(),
            caseins_users: self.facts.caseins_users,
            folds_high_bytes: self.facts.high_bytes.are_folded(),
            ssl: server.ssl,
            ident: server.ident.as_deref(),
            is_member: &is_member,
            regex: server.regex,
        };
        login.verdict(&server.hba)
    }

    pub(super) fn hba(&self, verdict: &HbaVerdict) -> Check {
        const NAME: &str = "pg_hba";
        let ad = quote_identifier(self.cluster.rule.ad_role().as_str());
        let wanted = format!(
            "-- pg_hba.conf, before any line that matches as well: host all +{ad} all gss \
             include_realm=1"
        );
        match verdict {
            HbaVerdict::Passes { line, narrowed_by } => {
                let mut detail = format!("{} takes the ticket", line.in_words());
                if !narrowed_by.is_empty() {
                    let lines: Vec<_> = narrowed_by.iter().map(HbaLine::in_words).collect();
                    detail.push_str(&format!(
                        "; for some addresses {} comes first",
                        lines.join(", ")
                    ));
                }
                Check::ok(NAME, detail)
            }
            HbaVerdict::Stopped { line, why } => {
                Check::wrong(NAME, format!("{} matches first, and {why}", line.in_words()), wanted)
            }
            HbaVerdict::NoLine => Check::wrong(NAME, "no line for TCP matches", wanted),
            HbaVerdict::Unknown { line, why } => Check::unknown(
                NAME,
                format!("{}: {why}", line.in_words()),
                "-- mend that line, or try the login and look into the server's log",
            ),
        }
    }
}

/// What others than superusers are told instead.
pub(super) fn not_shown() -> Check {
    Check::unknown(
        "server",
        "whether the server listens, its pg_hba.conf and its keytab only a superuser is shown",
        "-- ask as a superuser, or try the login",
    )
}

pub(super) fn listening(server: &ServerFacts<'_>) -> Check {
    match server.listen_addresses.as_str() {
        "" => Check::wrong(
            "listening",
            "listen_addresses is empty: nobody can connect over TCP, and tickets are not taken \
             elsewhere",
            "ALTER SYSTEM SET listen_addresses = '*'; -- and a restart",
        ),
        addresses => Check::ok("listening", format!("listen_addresses = '{addresses}'")),
    }
}

pub(super) fn keytab(server: &ServerFacts<'_>, role: &RoleName) -> Check {
    const NAME: &str = "keytab";
    let keytab = &server.keytab;
    let path = &keytab.path;
    let which = if keytab.is_set {
        "krb_server_keyfile"
    } else {
        "krb_server_keyfile is not set; libkrb5's own"
    };
    match &keytab.principals {
        Err(why) => Check::wrong(
            NAME,
            format!("{which}, {path}: {why}"),
            format!(
                "-- put the keytab of postgres/host@REALM there, owned by the server's user, mode \
                 600: {path}"
            ),
        ),
        Ok(None) => Check::ok(NAME, format!("{which}, {path}, is no file that can be looked into")),
        Ok(Some(principals)) => {
            let is_ours = |principal: &&String| {
                principal
                    .split_once('/')
                    .is_some_and(|(service, _)| service.eq_ignore_ascii_case("postgres"))
            };
            let ours: Vec<_> = principals.iter().filter(is_ours).map(String::as_str).collect();
            if ours.is_empty() {
                let there =
                    if principals.is_empty() { "nobody".into() } else { principals.join(", ") };
                Check::wrong(
                    NAME,
                    format!(
                        "{which}, {path}, has no key of postgres/..., which clients ask a ticket \
                         for, only of {there}"
                    ),
                    "-- create the service principal postgres/host@REALM in the directory and \
                     export its key into the keytab",
                )
            } else {
                let mut detail = format!("{which}, {path}, has keys of {}", ours.join(", "));
                let realm = |name: &str| {
                    name.rsplit_once('@').map_or_else(String::new, |(_, realm)| realm.into())
                };
                let users = realm(role.as_str());
                if !ours.iter().any(|service| realm(service) == users) {
                    // A user principal name's suffix taken for the realm looks like this, and so
                    // does a forest.
                    detail.push_str(&format!(
                        "; none in {users}, whose tickets count only where the two trust each other"
                    ));
                }
                Check::ok(NAME, detail)
            }
        }
    }
}
