//! The hosts of a connection, each with its address, its port and its password.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Parameters;
use crate::connect::passfile::{Passfile, Wanted};
use crate::failure::Failure;

const PORT: u16 = 5432;

/// One of the hosts that are tried.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) place: Place,
    pub(crate) port: u16,
    pub(crate) password: Option<Vec<u8>>,
}

/// Where a server is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// The folder of a Unix socket, over which there is no TLS.
    Socket(PathBuf),
    Named(String),
    /// `hostaddr`, and the name where there is one: it is not looked up, but certificates have it.
    At(IpAddr, Option<String>),
}

impl Server {
    /// Its name in messages.
    pub(crate) fn label(&self) -> String {
        match &self.place {
            Place::Socket(folder) => folder.display().to_string(),
            Place::Named(name) | Place::At(_, Some(name)) => name.clone(),
            Place::At(address, None) => address.to_string(),
        }
    }

    /// The name that its certificate should have.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.place {
            Place::Named(name) | Place::At(_, Some(name)) => Some(name),
            Place::Socket(_) | Place::At(_, None) => None,
        }
    }
}

/// Reads `host`, `hostaddr` and `port`: lists of the same length, or one port for all
/// (`connectOptions2` in fe-connect.c).
pub(super) fn servers(parameters: &mut Parameters) -> Result<Vec<Server>, Failure> {
    let mut list = |keyword: &str| -> Vec<String> {
        let text = parameters.remove(keyword).filter(|text| !text.is_empty());
        text.map_or(Vec::new(), |text| text.split(',').map(String::from).collect())
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(Failure::usage("host and hostaddr name different numbers of servers".into()));
    }
    let count = hosts.len().max(addresses.len()).max(1);
    if ports.len() > 1 && ports.len() != count {
        return Err(Failure::usage(
            "port names another number of ports than there are hosts: one for each, or one for all"
                .into(),
        ));
    }
    let at =
        |list: &[String], number: usize| list.get(number).filter(|text| !text.is_empty()).cloned();
    (0..count)
        .map(|number| {
            let port = if ports.len() == 1 { at(&ports, 0) } else { at(&ports, number) };
            let port = match port {
                None => PORT,
                Some(text) => {
                    text.trim().parse().ok().filter(|&port| port != 0).ok_or_else(|| {
                        Failure::usage("a port is no number from 1 to 65535".into())
                    })?
                }
            };
            let place = match (at(&addresses, number), at(&hosts, number)) {
                (Some(address), name) => {
                    let address = address.parse();
                    Place::At(
                        address
                            .map_err(|_| Failure::usage("a hostaddr is no IP address".into()))?,
                        name,
                    )
                }
                (None, Some(name)) if is_socket(&name) => Place::Socket(name.into()),
                (None, Some(name)) => Place::Named(name),
                (None, None) => default_place(port),
            };
            Ok(Server { place, port, password: None })
        })
        .collect()
}

/// Reads `tcp_user_timeout`, in milliseconds. Nothing, and what is below one, is the system's own.
pub(super) fn patience(parameters: &mut Parameters) -> Result<Option<Duration>, Failure> {
    let Some(text) = parameters.remove("tcp_user_timeout").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let milliseconds: i32 = text
        .trim()
        .parse()
        .map_err(|_| Failure::usage("the tcp_user_timeout is no number of milliseconds".into()))?;
    Ok(u64::try_from(milliseconds).ok().filter(|&some| some > 0).map(Duration::from_millis))
}

/// Whether a host is the folder of a socket, or on Linux a name in the kernel's own namespace.
fn is_socket(host: &str) -> bool {
    host.starts_with(['/', '@'])
}

/// Where nothing says where the server is: the folder in which libpq looks for a socket on Debian
/// or elsewhere and there is one, else this machine.
fn default_place(port: u16) -> Place {
    let sockets = ["/var/run/postgresql", "/tmp"];
    let is_there = |folder: &&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    sockets
        .into_iter()
        .find(is_there)
        .map_or_else(|| Place::Named("localhost".into()), |folder| Place::Socket(folder.into()))
}

/// Gives each the password that the file has for it. A server is looked for by its name, else by
/// its address, as libpq does.
pub(super) fn look_up(servers: &mut [Server], passfile: &Passfile, dbname: &str, user: &str) {
    for server in servers {
        let wanted = Wanted { host: &server.label(), port: &server.port.to_string(), dbname, user };
        server.password =
            passfile.find(&wanted).filter(|password| !password.is_empty()).map(<[u8]>::to_vec);
    }
}
