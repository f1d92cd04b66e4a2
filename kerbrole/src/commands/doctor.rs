//! `kerbrole doctor`: what AWS's guide has one verify by hand before anybody can log in.
//!
//! Each step is bounded by a timeout, and none depends on another: what cannot be looked at is left
//! out, and told.

mod config;
mod database;
mod directory;
mod finding;
#[cfg(test)]
mod fuzz;
mod host_realm;
mod kdc;
mod network;
mod profile;
mod questions;
mod server;
mod service_ticket;
mod ticket;

use serde_json::Value;

pub(super) use self::finding::Finding;
use self::questions::Questions;
use crate::arguments::{DoctorArguments, Options};
use crate::connect::conninfo::Connection;
use crate::exit::{Ending, Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Form, Shown, Table, Tone};

/// Looks at everything. The table has a row for each thing.
///
/// # Errors
/// For options that cannot be meant; what does not work is a row.
pub(crate) async fn run(
    arguments: &DoctorArguments,
    options: &Options,
    connection: Connection,
) -> Outcome {
    let findings = look(arguments, options, connection).await?;
    let is_wrong = findings.iter().any(|finding| finding.ok == Some(false));
    let table = table(findings);
    let shown = Shown::Rows(table, Form::of(&options.general));
    Ok(Report::looked(shown, Ending::findings_if(is_wrong)))
}

/// Looks at everything, for whoever has rows of other things too.
///
/// # Errors
/// For options that cannot be meant.
pub(super) async fn look(
    arguments: &DoctorArguments,
    options: &Options,
    connection: Connection,
) -> Result<Vec<Finding>, Failure> {
    let questions = &Questions::of(arguments, &options.rules)?;
    let principal = questions.principal.as_deref();
    let endpoints = database::endpoints(&connection);
    let targets = service_ticket::targets(&connection);
    let mut findings = directory::look(questions).await;
    // Before the ticket is looked at, which may be got by this with a keytab of the client's.
    let service = &connection.gss.service;
    let of_services = service_ticket::look(service, questions, &targets, &findings).await;
    for endpoint in &endpoints {
        findings.push(endpoint.look(questions.timeout).await);
    }
    let names: Vec<_> = endpoints.into_iter().map(|endpoint| endpoint.host).collect();
    findings.extend(config::look(&questions.realm, &names, principal));
    // The server is asked first whether it ignores case, since the ticket may differ by it.
    let server = server::look(options, questions, connection).await?;
    findings.push(ticket::look(principal, server.caseins_users));
    findings.extend(of_services);
    findings.extend(server.findings);
    Ok(findings)
}

fn table(findings: Vec<Finding>) -> Table {
    const COLUMNS: &[Column] = &[
        Column::new("what"),
        Column::new("ok").or_unknown(),
        Column::new("result"),
        Column::new("fix").below(),
    ];
    let mut table = Table::new(COLUMNS);
    for finding in findings {
        let ok = finding.ok.map_or(Value::Null, Value::Bool);
        let fix = if finding.fix.is_empty() { Value::Null } else { finding.fix.into() };
        let tone = match finding.ok {
            Some(true) => Tone::Plain,
            Some(false) => Tone::Bad,
            None => Tone::Faint,
        };
        table.row_in(tone, [finding.what.into(), ok, finding.result.into(), fix]);
    }
    table
}
