//! How the work is done on a server: by functions that are installed there, or by plain
//! statements.

use kerbrole_client::{Backend, Kerbrole};
use tokio_postgres::Client;

use crate::arguments::{BackendChoice, Options};
use crate::failure::Failure;

/// The server, by the backend and the rules that were asked for.
///
/// # Errors
/// Where the server refuses to say what it is, has no such backend, or a rule does not hold for it.
pub(super) async fn open<'c>(
    options: &Options,
    client: &'c Client,
) -> Result<Kerbrole<'c, Client>, Failure> {
    let mut builder = options.rules.builder();
    match options.server.backend {
        BackendChoice::Auto => {}
        BackendChoice::Extension => builder = builder.backend(Backend::Extension),
        BackendChoice::Functions => builder = builder.backend(Backend::SqlFunctions),
        BackendChoice::Sql => builder = builder.backend(Backend::PlainSql),
    }
    let kerbrole = builder.build(client).await?;
    options.rules.hold_for(kerbrole.backend())?;
    Ok(kerbrole)
}

/// What a backend is called.
pub(super) fn name(backend: Backend) -> &'static str {
    match backend {
        Backend::Extension => "the extension",
        Backend::SqlFunctions => "the functions in PL/pgSQL",
        _ => "plain statements",
    }
}
