//! Connecting, in libpq's order (`PQconnectPoll` in src/interfaces/libpq/fe-connect.c): host after
//! host, address after address, and on each with TLS or without as `sslmode` says. Only where
//! nobody answers is the next address tried: what a server refuses is refused.

pub(crate) mod conninfo;
mod notices;
mod passfile;
mod session;
mod tls;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::connect::conninfo::{Connection, Place, Server, SslMode, chain};
use crate::connect::session::Target;
use crate::connect::tls::Connector;
use crate::failure::Failure;

/// Why there is no connection.
struct Refusal {
    text: String,
    then: Then,
}

/// What libpq does after it.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// Nobody answered, or nobody is let in yet: the next address may do.
    NextAddress,
    /// The server is not of the kind that is looked for: the next host may be.
    NextHost,
    /// The server or the handshake said no: with TLS instead of without, or the other way round, it
    /// may say yes.
    OtherWay,
    /// The server has no TLS: without TLS it may say yes.
    NoTls,
    /// The server asked for a password, and there was none.
    Password,
    Stop,
}

/// Whether an attempt is made with TLS.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Plain,
    Tls,
}

impl Connection {
    /// Connects, and asks for a password if the server wants one and `ask` gives it.
    pub(crate) async fn open(
        mut self,
        ask: impl Fn(&str) -> Option<String>,
        ask_first: bool,
    ) -> Result<Client, Failure> {
        let user = self.config.get_user().unwrap_or_default().to_string();
        if ask_first && let Some(password) = ask(&user) {
            self.set_password(&password);
        }
        let failure = |refusal: Refusal| Failure::Connection(refusal.text);
        match self.try_servers().await {
            Err(refusal) if refusal.then == Then::Password => match ask(&user) {
                Some(password) => {
                    self.set_password(&password);
                    self.try_servers().await.map_err(failure)
                }
                None => Err(failure(refusal)),
            },
            outcome => outcome.map_err(failure),
        }
    }

    fn set_password(&mut self, password: &str) {
        for server in &mut self.servers {
            server.password = Some(password.as_bytes().to_vec());
        }
    }

    async fn try_servers(&self) -> Result<Client, Refusal> {
        let mut servers: Vec<_> = self.servers.iter().collect();
        if self.at_random {
            shuffle(&mut servers);
        }
        let mut texts = Vec::new();
        for &target in self.target.rounds() {
            for server in &servers {
                let refusal = match self.try_server(server, target).await {
                    Ok(client) => return Ok(client),
                    Err(refusal) => refusal,
                };
                let label = server.label();
                let text =
                    format!("cannot connect to {label} port {}: {}", server.port, refusal.text);
                if !texts.contains(&text) {
                    texts.push(text);
                }
                if !matches!(refusal.then, Then::NextAddress | Then::NextHost) {
                    return Err(Refusal { text: texts.join("; "), then: refusal.then });
                }
            }
        }
        Err(Refusal { text: texts.join("; "), then: Then::Stop })
    }

    async fn try_server(&self, server: &Server, target: Target) -> Result<Client, Refusal> {
        let mut config = self.config.clone();
        config.port(server.port);
        if let Some(password) = &server.password {
            config.password(password);
        }
        let addresses = match &server.place {
            Place::Socket(folder) => {
                config.host_path(folder);
                return self.try_ways(server, &config, &[Way::Plain], target).await;
            }
            Place::At(address, _) => vec![*address],
            Place::Named(name) => self.look_up(name, server.port).await?,
        };
        // tokio-postgres starts no TLS without a name. It gets the one that is shown; certificates
        // are compared with the one that was given.
        config.host(server.label());
        let ways: &[Way] = match self.tls.mode {
            SslMode::Disable => &[Way::Plain],
            SslMode::Allow => &[Way::Plain, Way::Tls],
            SslMode::Prefer => &[Way::Tls, Way::Plain],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Way::Tls],
        };
        let mut last = Refusal { text: "its name has no address".into(), then: Then::NextAddress };
        for address in addresses {
            let mut config = config.clone();
            config.hostaddr(address);
            last = match self.try_ways(server, &config, ways, target).await {
                Err(refusal) if refusal.then == Then::NextAddress => refusal,
                outcome => return outcome,
            };
        }
        Err(last)
    }

    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<IpAddr>, Refusal> {
        match tokio::net::lookup_host((name, port)).await {
            Ok(found) => {
                let mut addresses: Vec<_> = found.map(|address| address.ip()).collect();
                if self.at_random {
                    shuffle(&mut addresses);
                }
                Ok(addresses)
            }
            Err(error) => Err(Refusal { text: error.to_string(), then: Then::NextAddress }),
        }
    }

    /// Tries an address in each of these ways. Each may take as long as an address may.
    async fn try_ways(
        &self,
        server: &Server,
        config: &Config,
        ways: &[Way],
        target: Target,
    ) -> Result<Client, Refusal> {
        let mut texts: Vec<String> = Vec::new();
        for (number, &way) in ways.iter().enumerate() {
            let trying = async { fitting(self.try_way(server, config, way).await?, target).await };
            let outcome = match self.timeout {
                None => trying.await,
                Some(limit) => tokio::time::timeout(limit, trying).await.unwrap_or_else(|_| {
                    Err(Refusal {
                        text: format!("no answer in {} s", limit.as_secs()),
                        then: Then::NextAddress,
                    })
                }),
            };
            let refusal = match outcome {
                Ok(client) => return Ok(client),
                Err(refusal) => refusal,
            };
            let goes_on =
                matches!(refusal.then, Then::OtherWay | Then::NoTls) && number + 1 < ways.len();
            // That there is no TLS is no error where it may be done without.
            if !(texts.contains(&refusal.text) || goes_on && refusal.then == Then::NoTls) {
                texts.push(refusal.text);
            }
            if !goes_on {
                let then = if matches!(refusal.then, Then::OtherWay | Then::NoTls) {
                    Then::Stop
                } else {
                    refusal.then
                };
                return Err(Refusal { text: texts.join("; "), then });
            }
        }
        Err(Refusal { text: texts.join("; "), then: Then::Stop })
    }

    async fn try_way(&self, server: &Server, config: &Config, way: Way) -> Result<Client, Refusal> {
        let mut config = config.clone();
        if way == Way::Plain {
            config.ssl_mode(tokio_postgres::config::SslMode::Disable);
            config.ssl_negotiation(tokio_postgres::config::SslNegotiation::Postgres);
            let (client, connection) =
                config.connect(NoTls).await.map_err(|error| Refusal::of(&error, None))?;
            notices::serve(connection, self.aloud);
            return Ok(client);
        }
        config.ssl_mode(tokio_postgres::config::SslMode::Require);
        let connector = Connector::new(&self.tls, server.name())?;
        let outcome = config.connect(connector.make()).await;
        let (client, connection) =
            outcome.map_err(|error| Refusal::of(&error, connector.mismatch()))?;
        notices::serve(connection, self.aloud);
        Ok(client)
    }
}

/// A session with a server of the kind that is looked for.
async fn fitting(client: Client, target: Target) -> Result<Client, Refusal> {
    match target.objection(&client).await {
        Ok(None) => Ok(client),
        Ok(Some(objection)) => Err(Refusal { text: objection.into(), then: Then::NextHost }),
        Err(error) => Err(Refusal { text: chain(&error), then: Then::NextHost }),
    }
}

/// What keeps TLS from being tried at all: there is nothing to verify the server by.
impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self { text, then: Then::Stop }
    }
}

const NO_PASSWORD: &str =
    "the server asks for a password, and there is none: PGPASSWORD, ~/.pgpass or -W has one";

const BY_TICKET: &str = "the server asks for a Kerberos ticket, and kerbrole logs in with a \
                         password: name a role that has one";

impl Refusal {
    /// Why there is no connection, without the password. tokio-postgres tells kinds of errors apart
    /// by their words only.
    fn of(error: &tokio_postgres::Error, mismatch: Option<String>) -> Self {
        if let Some(refused) = error.as_db_error() {
            let starts_or_stops = *refused.code() == SqlState::CANNOT_CONNECT_NOW;
            let then = if starts_or_stops { Then::NextAddress } else { Then::OtherWay };
            return Self { text: refused.message().into(), then };
        }
        let text = chain(error);
        let (then, clearer) = match error.to_string() {
            kind if kind.starts_with("error connecting to server") => (Then::NextAddress, None),
            kind if kind.contains("server does not support TLS") => (Then::NoTls, None),
            kind if kind.starts_with("error performing TLS handshake") => {
                (Then::OtherWay, mismatch)
            }
            _ if text.contains("password missing") => (Then::Password, Some(NO_PASSWORD.into())),
            _ if text.contains("unsupported authentication method") => {
                (Then::Stop, Some(BY_TICKET.into()))
            }
            _ => (Then::Stop, None),
        };
        Self { text: clearer.unwrap_or(text), then }
    }
}

/// Puts a list into any order. Each has to be as likely as the others to come first, and nobody
/// has to be kept from foreseeing which one it is.
fn shuffle<T>(list: &mut [T]) {
    for last in (1..list.len()).rev() {
        let bound = u64::try_from(last + 1).unwrap_or(1);
        let other = RandomState::new().hash_one(last) % bound;
        list.swap(last, usize::try_from(other).unwrap_or_default());
    }
}
