//! The ticket for the server itself: asked for as libpq would, so that whatever is wrong with it is
//! wrong here.

#[cfg(feature = "gssapi")]
mod asking;
#[cfg(feature = "gssapi")]
mod first_message;
#[cfg(feature = "gssapi")]
mod keytab;
#[cfg(feature = "gssapi")]
mod other_names;
#[cfg(feature = "gssapi")]
mod refusal;

use super::config;
use super::finding::{Finding, unknown, wrong};
use super::questions::Questions;
use crate::connect::conninfo::{Connection, Place, Server};

/// What a ticket would be for.
pub(super) enum Target {
    /// A host by the name that was typed.
    Host(String),
    /// `hostaddr` alone.
    Address(String),
    Socket(String),
}

/// The servers of a connection, each once, whatever its ports are.
pub(super) fn targets(connection: &Connection) -> Vec<Target> {
    let mut labels = Vec::new();
    let mut targets = Vec::new();
    for server in &connection.servers {
        let label = server.label();
        if !labels.contains(&label) {
            labels.push(label);
            targets.push(Target::of(server));
        }
    }
    targets
}

impl Target {
    fn of(server: &Server) -> Self {
        match &server.place {
            Place::Named(name) | Place::At(_, Some(name)) => Self::Host(name.clone()),
            Place::At(address, None) => Self::Address(address.to_string()),
            Place::Socket(folder) => Self::Socket(folder.display().to_string()),
        }
    }
}

/// Asks for a ticket for each server. `kdcs` is what was found out about the KDCs.
pub(super) async fn look(
    service: &str,
    questions: &Questions,
    targets: &[Target],
    kdcs: &[Finding],
) -> Vec<Finding> {
    let named = targets.iter().filter_map(|target| match target {
        Target::Host(host) => Some(host.as_str()),
        Target::Address(_) | Target::Socket(_) => None,
    });
    let named: Vec<_> = named.collect();
    let mut findings = match config::is_none() {
        true => named.iter().map(|host| unknown(what(host), "not asked: see krb5.conf")).collect(),
        false => of_hosts(service, questions, &named, kdcs).await,
    };
    findings.extend(targets.iter().filter_map(without_a_name));
    findings
}

/// What libpq asks for no ticket for.
fn without_a_name(target: &Target) -> Option<Finding> {
    match target {
        Target::Host(_) => None,
        Target::Address(address) => Some(wrong(
            what(address),
            "hostaddr alone: a ticket is for a name, and libpq asks for none",
            format!("host=NAME hostaddr={address}, with the name that the directory has"),
        )),
        Target::Socket(folder) => Some(unknown(
            what(folder),
            "a socket of this machine, over which nobody logs in with a ticket",
        )),
    }
}

fn what(host: &str) -> String {
    format!("service ticket: {host}")
}

#[cfg(feature = "gssapi")]
use asking::of_hosts;

/// A build without GSSAPI says what does the same.
#[cfg(not(feature = "gssapi"))]
async fn of_hosts(
    service: &str,
    questions: &Questions,
    hosts: &[&str],
    _: &[Finding],
) -> Vec<Finding> {
    let keytab = questions.keytab.as_deref().map(|path| format!("-k {path} ")).unwrap_or_default();
    let not_asked = |host: &&str| {
        let said = format!("this build cannot ask for it; kvno {keytab}-S {service} {host} does");
        unknown(what(host), said)
    };
    hosts.iter().map(not_asked).collect()
}
