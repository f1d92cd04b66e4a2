//! Asks for the ticket by GSSAPI, with which libpq does it.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres_gssapi::{Credentials, Error, ServiceName};

use super::super::finding::{Finding, fine, unknown, wrong};
use super::super::host_realm::cleaned;
use super::super::network::no_answer_within;
use super::super::questions::Questions;
use super::first_message::Sealed;
use super::refusal::Refusal;
use super::{keytab, other_names, refusal, what};

/// What is asked of a KDC about one host.
pub(super) struct Request<'r> {
    pub(super) service: &'r str,
    /// As it was typed.
    pub(super) host: &'r str,
    /// What Kerberos made of it, without a realm: `postgres/db.corp.example.com`.
    pub(super) name: String,
    /// The realm that a rule has for the host.
    pub(super) rule: Option<String>,
    /// The realm of whoever asks.
    pub(super) own_realm: String,
    pub(super) questions: &'r Questions,
}

impl Request<'_> {
    /// The realm whose KDC has to know the server: without a rule it is the own one.
    pub(super) fn realm(&self) -> &str {
        self.rule.as_deref().unwrap_or(&self.own_realm)
    }

    pub(super) fn principal(&self) -> String {
        format!("{}@{}", self.name, self.realm())
    }

    /// What would be asked for if Kerberos took the host as it was typed.
    pub(super) fn as_typed(&self) -> String {
        format!("{}/{}", self.service, cleaned(self.host))
    }
}

/// Asks for a ticket for each host, with the ticket that is there.
pub(super) async fn of_hosts(
    service: &str,
    questions: &Questions,
    hosts: &[&str],
    kdcs: &[Finding],
) -> Vec<Finding> {
    let ticket = within(questions.timeout, Credentials::default().ticket()).await;
    let own_realm = match &ticket {
        Ok(ticket) => ticket.principal().rsplit_once('@').map_or("", |(_, realm)| realm),
        Err(why) => {
            // That there is none is said by a row of its own.
            let why = format!("nothing to ask with: {}", why.text(questions.timeout));
            return hosts.iter().map(|host| unknown(what(host), why.clone())).collect();
        }
    };
    let mut findings = Vec::new();
    for host in hosts {
        findings.extend(of_host(service, questions, host, own_realm, kdcs).await);
    }
    findings
}

async fn of_host(
    service: &str,
    questions: &Questions,
    host: &str,
    own_realm: &str,
    kdcs: &[Finding],
) -> Vec<Finding> {
    let limit = questions.timeout;
    let target = ServiceName::at_host(service, host);
    let canonical = match within(limit, target.canonical()).await {
        Ok(canonical) => canonical,
        Err(why) => {
            let fix = "check the name, and whether this machine's DNS servers answer";
            return vec![wrong(what(host), why.text(limit), fix)];
        }
    };
    let (name, rule) = canonical.rsplit_once('@').unwrap_or((&canonical, ""));
    let request = Request {
        service,
        host,
        name: name.into(),
        rule: Some(rule).filter(|rule| !rule.is_empty()).map(String::from),
        own_realm: own_realm.into(),
        questions,
    };
    let ticket = match within(limit, Credentials::default().service_ticket(&target)).await {
        Ok(ticket) => ticket,
        Err(why) => {
            let refusal = match &why {
                Failed::Error(error) => refusal::of(error, &request, kdcs),
                Failed::TimedOut => refusal::silent(no_answer_within(limit), &request, kdcs),
            };
            let refusal = match refusal {
                Refusal::Unknown(said) => other_names::of(&request, said).await,
                Refusal::Named { result, fix } => wrong(what(host), result, fix),
            };
            return vec![refusal];
        }
    };
    let Some(sealed) = Sealed::of(ticket.message()) else {
        return vec![unknown(what(host), "there is one, in a form that is not looked into")];
    };
    let mut findings = vec![got(&request, &sealed)];
    if let Some(path) = &questions.keytab {
        findings.push(keytab::look(path, host, &ticket, &sealed, limit).await);
    }
    findings
}

/// There is a ticket. Clients on other systems may ask for another name than Kerberos made of it.
fn got(request: &Request<'_>, sealed: &Sealed) -> Finding {
    let said = format!("{} ({})", sealed.principal(), sealed.key());
    if sealed.name == request.as_typed() {
        return fine(what(request.host), said);
    }
    let typed = request.as_typed();
    // Java completes a short name by DNS.
    let others = if request.host.contains('.') { "Windows and Java ask" } else { "Windows asks" };
    fine(
        what(request.host),
        format!("{said}: what krb5.conf and DNS make of the name; {others} for {typed}"),
    )
}

/// Why there is nothing.
pub(super) enum Failed {
    Error(Error),
    TimedOut,
}

impl Failed {
    pub(super) fn text(&self, limit: Duration) -> String {
        match self {
            Self::Error(error) => refusal::words(error),
            Self::TimedOut => no_answer_within(limit),
        }
    }
}

pub(super) async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failed> {
    timeout(limit, call).await.map_err(|_| Failed::TimedOut)?.map_err(Failed::Error)
}
