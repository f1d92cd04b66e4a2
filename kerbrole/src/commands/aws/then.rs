//! What comes after the control plane: what the server itself says about a principal, and the
//! client's side, as `kerbrole doctor` looks at both.

use super::check::{Row, Step};
use super::world::World;
use crate::arguments::{AwsCheckArguments, DoctorArguments, Options};
use crate::commands::doctor::{self, Finding};
use crate::connect::conninfo::Connection;
use crate::failure::Failure;

/// Where the database listens, by what AWS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Endpoint {
    /// The cluster's, or the instance's.
    pub(super) fn of(world: &World) -> Option<Self> {
        if let Some(cluster) = world.cluster.got() {
            return Some(Self { host: cluster.endpoint.clone()?, port: cluster.port? });
        }
        let endpoint = world.instances.got()?.first()?.endpoint.as_ref()?;
        Some(Self { host: endpoint.address.clone()?, port: endpoint.port? })
    }
}

/// Rows about the server, then such about the client.
///
/// # Errors
/// For options that cannot be meant, and where the realm is not known.
pub(super) async fn rows(
    world: &World,
    principal: &str,
    arguments: &AwsCheckArguments,
    options: &Options,
    connection: Connection,
) -> Result<Vec<Row>, Failure> {
    let arguments = DoctorArguments {
        realm: realm(world, principal)?,
        kdc: arguments.kdc.clone(),
        principal: Some(principal.into()),
        keytab: None,
        dns_port: 53,
        password_port: 464,
        timeout: 3,
    };
    let findings = doctor::look(&arguments, options, connection).await?;
    let mut rows: Vec<_> = findings.into_iter().map(row).collect();
    rows.sort_by_key(|row| row.step);
    Ok(rows)
}

/// The directory's, else the principal's own.
fn realm(world: &World, principal: &str) -> Result<String, Failure> {
    let name = world.directory.got().map(|directory| directory.name.as_str());
    let name = name.filter(|name| !name.is_empty());
    let own = principal.rsplit_once('@').map(|(_, realm)| realm);
    name.or(own).map(String::from).ok_or_else(|| {
        Failure::usage(
            "the directory, which names the realm, could not be looked at: write --then \
                        user@REALM"
                .into(),
        )
    })
}

fn row(finding: Finding) -> Row {
    let Finding { what, ok, result, fix } = finding;
    let (step, what) = match what.strip_prefix("server: ") {
        Some(check) => (Step::Logins, check.to_string()),
        None if what == "server" => (Step::Logins, what),
        None => (Step::Client, what),
    };
    let row = match ok {
        Some(true) => Row::ok(step, what, result),
        Some(false) => Row::wrong(step, what, result),
        None => Row::unseen(step, what, result),
    };
    if fix.is_empty() { row } else { row.fix(fix) }
}
