//! Connecting, in libpq's order (`PQconnectPoll` in src/interfaces/libpq/fe-connect.c): host after
//! host, address after address, and on each encrypted by GSSAPI, with TLS or without, as
//! `gssencmode` and `sslmode` say. Only where nobody answers is the next address tried: what a
//! server refuses is refused.

pub(crate) mod conninfo;
mod notices;
mod passfile;
mod refusal;
mod session;
#[cfg(feature = "gssapi")]
mod ticket;
#[cfg(not(feature = "gssapi"))]
#[path = "connect/no_ticket.rs"]
mod ticket;
mod tls;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;

use tokio::time::{Instant, timeout_at};
use tokio_postgres::{Client, Config};

use crate::connect::conninfo::{Connection, Place, Server, SslMode, chain};
use crate::connect::refusal::{Refusal, Then};
use crate::connect::session::Target;
use crate::connect::ticket::Tickets;
use crate::failure::Failure;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// Encrypted by GSSAPI.
    #[cfg(feature = "gssapi")]
    Gss,
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
        let failure = |refusal: Refusal| Failure::Connection(refusal.in_lines());
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
        let mut hint = None;
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
                hint = refusal.hint.or(hint);
                if !matches!(refusal.then, Then::NextAddress | Then::NextHost) {
                    return Err(Refusal { text: texts.join("; "), hint, then: refusal.then });
                }
            }
        }
        Err(Refusal { text: texts.join("; "), hint, then: Then::Stop })
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
        // are compared with the one that was given, and a ticket is asked for that one too.
        config.host(server.label());
        let ways = self.ways();
        let mut last = Refusal::new("its name has no address", Then::NextAddress);
        for address in addresses {
            let mut config = config.clone();
            config.hostaddr(address);
            last = match self.try_ways(server, &config, &ways, target).await {
                Err(refusal) if refusal.then == Then::NextAddress => refusal,
                outcome => return outcome,
            };
        }
        Err(last)
    }

    /// The ways in which an address is tried.
    fn ways(&self) -> Vec<Way> {
        let rest: &[Way] = match self.tls.mode {
            SslMode::Disable => &[Way::Plain],
            SslMode::Allow => &[Way::Plain, Way::Tls],
            SslMode::Prefer => &[Way::Tls, Way::Plain],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Way::Tls],
        };
        self.gss.ways(rest)
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
            Err(error) => Err(Refusal::new(error.to_string(), Then::NextAddress)),
        }
    }

    /// Tries an address in each of these ways. The time is for all of them.
    async fn try_ways(
        &self,
        server: &Server,
        config: &Config,
        ways: &[Way],
        target: Target,
    ) -> Result<Client, Refusal> {
        let deadline = self.timeout.and_then(|limit| Instant::now().checked_add(limit));
        let mut tickets = Tickets::default();
        let mut texts: Vec<String> = Vec::new();
        let mut hint = None;
        for (number, &way) in ways.iter().enumerate() {
            let trying = async {
                let client = self.try_way(server, config, way, &mut tickets).await?;
                fitting(client, target).await
            };
            let outcome = match deadline {
                None => trying.await,
                Some(deadline) => timeout_at(deadline, trying).await.unwrap_or_else(|_| {
                    let limit = self.timeout.unwrap_or_default().as_secs();
                    Err(Refusal::new(format!("no answer in {limit} s"), Then::NextAddress))
                }),
            };
            let refusal = match outcome {
                Ok(client) => return Ok(client),
                Err(refusal) => refusal,
            };
            let has_other = matches!(refusal.then, Then::OtherWay | Then::Lacking);
            let goes_on = has_other && number + 1 < ways.len();
            // What is not there is no error where it may be done without.
            if !(texts.contains(&refusal.text) || goes_on && refusal.then == Then::Lacking) {
                texts.push(refusal.text);
                hint = refusal.hint.or(hint);
            }
            if !goes_on {
                let then = if has_other { Then::Stop } else { refusal.then };
                return Err(Refusal { text: texts.join("; "), hint, then });
            }
        }
        Err(Refusal { text: texts.join("; "), hint, then: Then::Stop })
    }
}

/// A session with a server of the kind that is looked for.
async fn fitting(client: Client, target: Target) -> Result<Client, Refusal> {
    match target.objection(&client).await {
        Ok(None) => Ok(client),
        Ok(Some(objection)) => Err(Refusal::new(objection, Then::NextHost)),
        Err(error) => Err(Refusal::new(chain(&error), Then::NextHost)),
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
