//! From a configured directory to a server that is logged in at.

use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::directory::{Bind, Directory};
use crate::error::{Error, ErrorKind};
use crate::ldap::bind;
use crate::ldap::connection::Connection;
use crate::server::{Scheme, Server};
use crate::session::Session;
use crate::wire::seal::Mechanism;
use crate::wire::{Stream, Wire, tls};

/// Opens a directory at the first of its servers that can be read from.
///
/// Another one is tried where a server cannot be reached or verified, is too slow or too busy. One
/// that refuses the password is the last that gets it.
pub(crate) async fn open(directory: &Directory) -> Result<Session, Error> {
    let clock = Clock::new(directory.limits.read, directory.limits.total);
    let mut failures: Vec<Error> = Vec::new();
    for server in &directory.servers {
        match open_at(directory, server, clock).await {
            Ok(session) => return Ok(session),
            Err(error) if error.kind().is_of_the_server() => {
                failures.push(error.at(server));
            }
            Err(error) => return Err(error.at(server)),
        }
    }
    let each: Vec<_> = failures.iter().map(ToString::to_string).collect();
    match failures.into_iter().next() {
        Some(only) if each.len() == 1 => Err(only),
        Some(first) => {
            let kind = first.kind();
            Err(Error::caused(
                kind,
                format!("no server can be read from: {}", each.join("; ")),
                first,
            ))
        }
        None => Err(Error::configuration(format!("{} has no servers", directory.realm))),
    }
}

async fn open_at(directory: &Directory, server: &Server, clock: Clock) -> Result<Session, Error> {
    let connecting = clock.with_each(directory.limits.connect);
    let doing = "the server is connected to";
    let tcp = connecting.within(doing, dial(server)).await?;
    let mut connection = match &directory.bind {
        Bind::Simple { user, password } => {
            let stream = connecting.within(doing, protect(directory, server, tcp, clock)).await?;
            let mut connection = Connection::new(Wire::new(stream, clock));
            bind::simple(&mut connection, user, password).await?;
            connection
        }
        Bind::Kerberos => Connection::new(Wire::new(tcp, clock)),
    };
    if directory.bind == Bind::Kerberos {
        bind::sealed(&mut connection, kerberos(server)?, clock).await?;
    }
    Session::begin(connection, &directory.realm, server.to_string()).await
}

#[cfg(feature = "gssapi")]
fn kerberos(server: &Server) -> Result<Box<dyn Mechanism>, Error> {
    Ok(Box::new(crate::kerberos::Kerberos::new(server.host())))
}

#[cfg(not(feature = "gssapi"))]
fn kerberos(_: &Server) -> Result<Box<dyn Mechanism>, Error> {
    Err(Error::configuration("this program was built without logins by a ticket"))
}

async fn dial(server: &Server) -> Result<Box<dyn Stream>, Error> {
    let stream = TcpStream::connect((server.host(), server.port())).await.map_err(|error| {
        Error::caused(ErrorKind::Unreachable, format!("it cannot be connected to: {error}"), error)
    })?;
    // Each message waits for the answer to the one before.
    let _as_fast_as_may_be = stream.set_nodelay(true);
    Ok(Box::new(stream))
}

/// TLS, from the first byte or after StartTLS.
async fn protect(
    directory: &Directory,
    server: &Server,
    tcp: Box<dyn Stream>,
    clock: Clock,
) -> Result<Box<dyn Stream>, Error> {
    let connector = tls::connector(directory.ca_file.as_deref())?;
    let bare = match server.scheme() {
        Scheme::Ldaps => tcp,
        Scheme::Ldap => Connection::new(Wire::new(tcp, clock)).start_tls().await?,
    };
    tls::begin(&connector, server.host(), bare).await
}
