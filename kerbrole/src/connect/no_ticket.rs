//! What a build without the feature `gssapi` does instead of [`ticket`](super).

use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::{Client, Config, NoTls};

use crate::connect::conninfo::{Connection, Gss, Server};
use crate::connect::refusal::{Refusal, Then};
use crate::connect::tls::Connector;
use crate::connect::{Way, notices};

const BY_TICKET: &str = "the server asks for a Kerberos ticket, and this kerbrole is built without \
                         GSSAPI: name a role that has a password, or build it with Cargo's \
                         feature gssapi";

/// There are none.
#[derive(Default)]
pub(super) struct Tickets {}

impl Gss {
    pub(super) fn ways(&self, rest: &[Way]) -> Vec<Way> {
        rest.to_vec()
    }
}

impl Connection {
    pub(super) async fn try_way(
        &self,
        server: &Server,
        config: &Config,
        way: Way,
        _tickets: &mut Tickets,
    ) -> Result<Client, Refusal> {
        let mut config = config.clone();
        if way == Way::Plain {
            config.ssl_mode(SslMode::Disable).ssl_negotiation(SslNegotiation::Postgres);
            let (client, connection) =
                config.connect(NoTls).await.map_err(|error| refusal(&error, None))?;
            notices::serve(connection, self.aloud);
            return Ok(client);
        }
        config.ssl_mode(SslMode::Require);
        let connector = Connector::new(&self.tls, server.name())?;
        let outcome = config.connect(connector.make()).await;
        let (client, connection) =
            outcome.map_err(|error| refusal(&error, connector.mismatch()))?;
        notices::serve(connection, self.aloud);
        Ok(client)
    }
}

fn refusal(error: &tokio_postgres::Error, mismatch: Option<String>) -> Refusal {
    let refusal = Refusal::of(error, mismatch);
    if refusal.text.contains("unsupported authentication method") {
        return Refusal::new(BY_TICKET, Then::Stop);
    }
    refusal
}
