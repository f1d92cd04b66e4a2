//! The database's hosts: whether their ports can be reached.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::finding::{Finding, fine, wrong};
use super::network::{open, resolve};
use crate::connect::conninfo::{Connection, Place, Server};

/// A server that is reached over a network.
pub(super) struct Endpoint {
    pub(super) host: String,
    /// `hostaddr`, where the name is not to be looked up.
    address: Option<IpAddr>,
    port: u16,
}

/// The hosts of a connection, but for those that are reached by a socket of this machine.
pub(super) fn endpoints(connection: &Connection) -> Vec<Endpoint> {
    let endpoint = |server: &Server| {
        let address = match &server.place {
            Place::Socket(_) => return None,
            Place::Named(_) => None,
            Place::At(address, _) => Some(*address),
        };
        Some(Endpoint { host: server.label(), address, port: server.port })
    };
    connection.servers.iter().filter_map(endpoint).collect()
}

impl Endpoint {
    /// Whether anybody listens there.
    pub(super) async fn look(&self, limit: Duration) -> Finding {
        const DNS: &str = "check the name of the endpoint, and this machine's DNS servers";
        const FIREWALL: &str =
            "open the port from here to the database (security groups, firewall, routing)";
        let what = format!("database {}:{}", self.host, self.port);
        let address = match self.address {
            Some(address) => SocketAddr::new(address, self.port),
            None => match resolve(&self.host, self.port, limit).await {
                Ok(found) => match found.first() {
                    Some(address) => *address,
                    None => return wrong(what, "no address", DNS),
                },
                Err(why) => return wrong(what, why, DNS),
            },
        };
        match open(address, limit).await {
            Ok(_) => fine(what, format!("open ({})", address.ip())),
            Err(why) => wrong(what, why, FIREWALL),
        }
    }
}
