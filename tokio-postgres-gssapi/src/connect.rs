//! Connecting, with the second connection that libpq makes.

use std::sync::Arc;

use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Connection, Socket};

use crate::attempt::Attempt;
use crate::connector::MakeGssConnect;
use crate::error::{Error, ErrorKind};
use crate::hosts;
use crate::mode::GssEncMode;
use crate::stream::GssStream;

/// Connects as libpq does.
///
/// Under [`GssEncMode::Prefer`] a host that refuses encryption by GSSAPI, or does not go on with
/// it before it has asked for anything, is connected to once more without it. Each host is asked by
/// its own name. `connect_timeout` is for each connection, and from its TCP connection on for all
/// that is said until the server is ready.
///
/// To cancel a query of the client, [`bind`](MakeGssConnect::bind) the connector to the same
/// configuration.
///
/// # Errors
/// As those of `tokio_postgres::Config::connect`; [`Error::find`](crate::Error::find) has what this
/// crate knows of it.
pub async fn connect<T>(
    config: &Config,
    connector: &MakeGssConnect<T>,
) -> Result<(Client, Connection<Socket, GssStream<Socket, T::Stream>>), tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket> + Clone,
    T::TlsConnect: Send + 'static,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let mut each = hosts::each(config).into_iter();
    let mut last = match each.next() {
        Some(first) => connect_one(&first, connector).await,
        None => connect_one(config, connector).await,
    };
    for next in each {
        if last.is_ok() {
            break;
        }
        last = connect_one(&next, connector).await;
    }
    last
}

async fn connect_one<T>(
    config: &Config,
    connector: &MakeGssConnect<T>,
) -> Result<(Client, Connection<Socket, GssStream<Socket, T::Stream>>), tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket> + Clone,
    T::TlsConnect: Send + 'static,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let attempt = Arc::new(Attempt::default());
    let (bound, first) = connector.clone().bound_to(config, Some(attempt.clone()));
    let error = match bound.connect(first).await {
        Ok(connected) => return Ok(connected),
        Err(error) => error,
    };
    let prefers = connector.settings.gss_enc_mode == GssEncMode::Prefer;
    // The time is for the host, and not for each kind of connection to it.
    let is_late = Error::find(&error).is_some_and(|e| e.kind() == ErrorKind::TimedOut);
    if !prefers || is_late || !attempt.should_go_without() {
        return Err(error);
    }
    let without = connector.clone().gss_enc_mode(GssEncMode::Disable);
    let (bound, second) = without.bound_to(config, Some(attempt));
    bound.connect(second).await
}
