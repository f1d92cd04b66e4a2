//! Logging in with a ticket, as a person does: with psql, over TCP.

use std::process::{Command, Output};

use crate::kdc::Ticket;
use crate::postgres_server::Server;
use crate::sandbox::{Result, lossy, output};

/// What came of a login.
#[derive(Debug)]
pub struct Login {
    /// Whether the server let somebody in.
    pub ok: bool,
    /// What psql printed: the query's result, or the error.
    pub said: String,
}

/// psql that has a ticket and no password, over TCP.
pub fn psql_with_ticket(server: &Server, ticket: &Ticket, role: &str, database: &str) -> Command {
    let mut psql = server.command("psql");
    psql.args(["-X", "-w", "-d"]).arg(format!(
        "host=localhost hostaddr=127.0.0.1 port={} dbname={} user={} connect_timeout=10 \
         sslmode=disable",
        server.port,
        conninfo_value(database),
        conninfo_value(role),
    ));
    psql.env("KRB5_CONFIG", &ticket.config).env("KRB5CCNAME", &ticket.cache);
    psql.env("PGCLIENTENCODING", "UTF8").env_remove("PGPASSWORD").env_remove("PGOPTIONS");
    psql
}

/// Logs in over TCP with whatever the server asks for: this ticket, or this password. Asks who the
/// server thinks this is, and how it knows.
///
/// # Errors
/// When psql cannot be run at all.
pub fn log_in_by(
    server: &Server,
    ticket: Option<&Ticket>,
    password: &str,
    role: &str,
    database: &str,
) -> Result<Login> {
    let none = Ticket { cache: "FILE:/nonexistent".into(), config: server.krb5_config().into() };
    let mut psql = psql_with_ticket(server, ticket.unwrap_or(&none), role, database);
    psql.env("PGPASSWORD", password);
    psql.args([
        "-At",
        "-c",
        "SELECT session_user, principal FROM pg_stat_gssapi WHERE pid = pg_backend_pid()",
    ]);
    Ok(Login::of(&output(&mut psql)?))
}

/// Logs in as `role` and asks who the server thinks this is.
///
/// # Errors
/// When psql cannot be run at all.
pub fn log_in(server: &Server, ticket: &Ticket, role: &str) -> Result<Login> {
    log_in_to(server, ticket, role, "postgres")
}

/// The same in a database of this name.
///
/// # Errors
/// When psql cannot be run at all.
pub fn log_in_to(server: &Server, ticket: &Ticket, role: &str, database: &str) -> Result<Login> {
    let mut psql = psql_with_ticket(server, ticket, role, database);
    psql.args([
        "-At",
        "-c",
        "SELECT session_user, principal FROM pg_stat_gssapi WHERE pid = pg_backend_pid()",
    ]);
    Ok(Login::of(&output(&mut psql)?))
}

impl Login {
    fn of(output: &Output) -> Self {
        let ok = output.status.success();
        let said = if ok { &output.stdout } else { &output.stderr };
        Self { ok, said: lossy(said).trim().into() }
    }
}

/// A value of a connection string: in single quotes, with `'` and `\` escaped.
fn conninfo_value(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}
