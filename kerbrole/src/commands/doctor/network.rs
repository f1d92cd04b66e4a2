//! Names, connections and datagrams, each within a time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::timeout;

/// The addresses of a name.
pub(super) async fn resolve(
    host: &str,
    port: u16,
    limit: Duration,
) -> Result<Vec<SocketAddr>, String> {
    match timeout(limit, lookup_host((host, port))).await {
        Err(_) => Err("no answer".into()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(found)) => Ok(found.collect()),
    }
}

/// A connection over TCP.
pub(super) async fn open(address: SocketAddr, limit: Duration) -> Result<TcpStream, String> {
    match timeout(limit, TcpStream::connect(address)).await {
        Err(_) => Err(no_answer_within(limit)),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(stream)) => Ok(stream),
    }
}

/// Why a datagram was not answered.
pub(super) struct NoAnswer {
    /// Whether the host said that nobody listens there.
    pub(super) is_refused: bool,
    pub(super) text: String,
}

/// Sends a datagram, and waits for the one that answers it.
pub(super) async fn exchange(
    address: SocketAddr,
    question: &[u8],
    limit: Duration,
) -> Result<Vec<u8>, NoAnswer> {
    let failed = |error: io::Error| NoAnswer {
        is_refused: error.kind() == io::ErrorKind::ConnectionRefused,
        text: error.to_string(),
    };
    let from: SocketAddr =
        if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(from).await.map_err(failed)?;
    socket.connect(address).await.map_err(failed)?;
    socket.send(question).await.map_err(failed)?;
    let mut answer = vec![0; 65_535];
    match timeout(limit, socket.recv(&mut answer)).await {
        Err(_) => Err(NoAnswer { is_refused: false, text: no_answer_within(limit) }),
        Ok(Err(error)) => Err(failed(error)),
        Ok(Ok(length)) => {
            answer.truncate(length);
            Ok(answer)
        }
    }
}

/// What is said of whoever keeps silent.
pub(super) fn no_answer_within(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs())
}
