//! `kerbrole client-config`: what a client needs to log in with a ticket, as settings that can be
//! pasted. No server is asked.

mod go;
mod jdbc;
mod notes;
mod npgsql;
mod odbc;
mod pgadmin;
mod psql;
mod python;
mod quoting;
mod rust;
mod target;

use self::target::Target;
use crate::arguments::{ClientChoice, ClientConfigArguments, Options};
use crate::failure::Failure;
use crate::output::Shown;

/// A question by which a client sees that it has logged in with a ticket.
const ASKS: &str = "SELECT principal, encrypted FROM pg_stat_gssapi WHERE pid = pg_backend_pid()";

/// Writes the settings.
///
/// # Errors
/// For what is not said, what no ticket is for, and what the client's syntax cannot say.
pub(super) fn run(arguments: &ClientConfigArguments, options: &Options) -> Result<Shown, Failure> {
    let target = &Target::find(arguments, options)?;
    let text = match arguments.client {
        ClientChoice::Psql => psql::text(target)?,
        ClientChoice::Jdbc => jdbc::text(target)?,
        ClientChoice::Npgsql => npgsql::text(target)?,
        ClientChoice::Odbc => odbc::text(target)?,
        ClientChoice::Pgadmin => pgadmin::text(target)?,
        ClientChoice::Python => python::text(target),
        ClientChoice::Go => go::text(target)?,
        ClientChoice::Rust => rust::text(target),
    };
    Ok(Shown::Text(text))
}
