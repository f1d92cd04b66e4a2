//! Connections whose user may have a ticket: encrypted by GSSAPI, or logged in with it over TLS or
//! without.

use std::path::Path;

use tokio::net::UnixStream;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, NoTls, Socket};
use tokio_postgres_gssapi::{
    Credentials, Error, ErrorKind, GssEncMode, MakeGssConnect, RequireAuth,
};

use crate::connect::conninfo::{Connection, Gss, Place, Server, chain};
use crate::connect::refusal::{Refusal, Then};
use crate::connect::tls::Connector;
use crate::connect::{Way, notices};

/// What is known of the tickets for a server.
#[derive(Default)]
pub(super) struct Tickets {
    /// Why none can be used. A KDC that is silent is not asked twice.
    failure: Option<Error>,
}

impl Gss {
    /// The ways in which an address is tried, `rest` being those without GSSAPI.
    pub(super) fn ways(&self, rest: &[Way]) -> Vec<Way> {
        match self.mode {
            GssEncMode::Require => vec![Way::Gss],
            GssEncMode::Prefer => [&[Way::Gss], rest].concat(),
            _ => rest.to_vec(),
        }
    }
}

impl Connection {
    pub(super) async fn try_way(
        &self,
        server: &Server,
        config: &Config,
        way: Way,
        tickets: &mut Tickets,
    ) -> Result<Client, Refusal> {
        if let Place::Socket(folder) = &server.place {
            return self.over_a_socket(server, folder, config).await;
        }
        let mut config = config.clone();
        config.ssl_mode(SslMode::Disable).ssl_negotiation(SslNegotiation::Postgres);
        let outcome = match way {
            Way::Gss => {
                // Nobody is connected to for it where there is no ticket (`pg_GSS_have_cred_cache`,
                // src/interfaces/libpq/fe-gssapi-common.c). What else is wrong with one shows then.
                if let Err(error) = Credentials::new().ticket().await
                    && matches!(error.kind(), ErrorKind::NoCredentials | ErrorKind::KdcUnreachable)
                {
                    return Err(unusable(&error, way, tickets));
                }
                let connector = self.connector(MakeGssConnect::new(), tickets);
                self.connect(&config, connector.gss_enc_mode(GssEncMode::Require)).await
            }
            Way::Plain => {
                let connector = self.connector(MakeGssConnect::new(), tickets);
                self.connect(&config, connector.gss_enc_mode(GssEncMode::Disable)).await
            }
            Way::Tls => {
                config.ssl_mode(SslMode::Require);
                config.ssl_negotiation(self.config.get_ssl_negotiation());
                let tls = Connector::new(&self.tls, server.name())?;
                let connector = self.connector(MakeGssConnect::with_tls(tls.make()), tickets);
                let connector = connector.gss_enc_mode(GssEncMode::Disable);
                let outcome = self.connect(&config, connector).await;
                if let (Err(error), Some(mismatch)) = (&outcome, tls.mismatch())
                    && Error::find(error).is_some_and(|e| e.kind() == ErrorKind::Tls)
                {
                    return Err(Refusal::new(mismatch, Then::OtherWay));
                }
                outcome
            }
        };
        match outcome {
            Ok(client) => Ok(client),
            Err(error) => Err(self.refusal(&error, way, tickets).await),
        }
    }

    fn connector<T>(&self, connector: MakeGssConnect<T>, tickets: &Tickets) -> MakeGssConnect<T> {
        let connector = connector
            .krb_srv_name(&self.gss.service)
            .gss_delegation(self.gss.delegates)
            .require_auth(self.gss.require_auth);
        match &tickets.failure {
            None => connector,
            Some(failure) => connector.without_ticket(failure.clone()),
        }
    }

    async fn connect<T>(
        &self,
        config: &Config,
        connector: MakeGssConnect<T>,
    ) -> Result<Client, tokio_postgres::Error>
    where
        T: MakeTlsConnect<Socket> + 'static,
        T::TlsConnect: Send + 'static,
        T::Stream: Send + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let (config, connector) = connector.bind(config);
        let (client, connection) = config.connect(connector).await?;
        notices::serve(connection, self.aloud);
        Ok(client)
    }

    /// Over a Unix socket nobody has a ticket (PostgreSQL, "GSSAPI Authentication").
    async fn over_a_socket(
        &self,
        server: &Server,
        folder: &Path,
        config: &Config,
    ) -> Result<Client, Refusal> {
        if self.gss.mode == GssEncMode::Require {
            let text =
                "gssencmode=require, and there is no encryption by GSSAPI over a Unix socket";
            return Err(Refusal::new(text, Then::Stop));
        }
        if self.gss.require_auth == RequireAuth::default() {
            let mut config = config.clone();
            config.ssl_mode(SslMode::Disable).ssl_negotiation(SslNegotiation::Postgres);
            let outcome = config.connect(NoTls).await;
            let (client, connection) = outcome.map_err(|error| Refusal::of(&error, None))?;
            notices::serve(connection, self.aloud);
            return Ok(client);
        }
        // tokio-postgres passes connectors by where it opens a socket itself, and with this one
        // what the server asks for.
        let path = folder.join(format!(".s.PGSQL.{}", server.port));
        let stream = UnixStream::connect(&path).await.map_err(|error| {
            let text = format!("error connecting to server: {error}");
            Refusal::new(text, Then::NextAddress)
        })?;
        let mut config = self.config.clone();
        if let Some(password) = &server.password {
            config.password(password);
        }
        config.ssl_mode(SslMode::Disable).ssl_negotiation(SslNegotiation::Postgres);
        let connector = self.connector(MakeGssConnect::new(), &Tickets::default());
        let (config, mut connector) = connector.gss_enc_mode(GssEncMode::Disable).bind(&config);
        let connector = MakeTlsConnect::<UnixStream>::make_tls_connect(&mut connector, "")
            .map_err(|error| Refusal::new(chain(&error), Then::Stop))?;
        match config.connect_raw(stream, connector).await {
            Ok((client, connection)) => {
                notices::serve(connection, self.aloud);
                Ok(client)
            }
            Err(error) => Err(self.refusal(&error, Way::Plain, &mut Tickets::default()).await),
        }
    }

    async fn refusal(
        &self,
        error: &tokio_postgres::Error,
        way: Way,
        tickets: &mut Tickets,
    ) -> Refusal {
        if let Some(refused) = error.as_db_error() {
            let mut refusal = Refusal::of(error, None);
            refusal.hint = self.advice(refused, tickets).await;
            return refusal;
        }
        match Error::find(error) {
            Some(error) => unusable(error, way, tickets),
            None => Refusal::of(error, None),
        }
    }

    /// What to do where a server lets a principal's role not in.
    async fn advice(&self, refused: &DbError, tickets: &Tickets) -> Option<String> {
        let is_principal = self.config.get_user().is_some_and(|user| user.contains('@'));
        if !is_principal || *refused.code() != SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
            return None;
        }
        let ticket = match &tickets.failure {
            Some(failure) => Err(failure.clone()),
            None => Credentials::new().ticket().await,
        };
        Some(match ticket {
            Ok(ticket) => format!(
                "The ticket at hand is of {}, and opens the role of that name: kerbrole check \
                 says what that lacks.",
                ticket.principal()
            ),
            Err(error) => {
                let todo = hint(&error).unwrap_or_default();
                format!("No ticket was used: {error}. {todo}").trim_end().into()
            }
        })
    }
}

/// What keeps a way from being gone.
fn unusable(error: &Error, way: Way, tickets: &mut Tickets) -> Refusal {
    if error.kind().is_local() {
        tickets.failure = Some(error.clone());
    }
    let then = match (error.kind(), way) {
        (ErrorKind::EncryptionRefused | ErrorKind::TlsRefused, _)
        | (ErrorKind::NoCredentials, Way::Gss) => Then::Lacking,
        (ErrorKind::MethodNotAllowed | ErrorKind::Configuration, _) => Then::Stop,
        (_, Way::Gss) | (ErrorKind::Tls, _) => Then::OtherWay,
        _ => Then::Stop,
    };
    Refusal { text: chain(error), hint: hint(error), then }
}

/// What to do about an error, in the words of the command.
fn hint(error: &Error) -> Option<String> {
    let hint = match error.kind() {
        ErrorKind::NoCredentials => {
            "Get a ticket with kinit; KRB5CCNAME says in which cache it is."
        }
        ErrorKind::EncryptionRefused => {
            "gssencmode=prefer goes without it where a server has none; sslmode=verify-full \
             encrypts too."
        }
        ErrorKind::MethodNotAllowed => {
            "require_auth (PGREQUIREAUTH) says what the server may ask for."
        }
        _ => return error.hint().map(Into::into),
    };
    Some(hint.into())
}
