//! Ports that nobody else takes.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::Mutex;

use super::{Result, lock};

/// A TCP port on loopback that nobody listens on, and that no other process of these tests is given
/// as long as this one runs.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    free_port_at(Ipv4Addr::LOCALHOST)
}

/// The same on an address of this machine.
///
/// # Errors
/// When there is none.
pub fn free_port_at(address: Ipv4Addr) -> Result<u16> {
    /// Below those that the kernel gives to whoever asks for any (ip_local_port_range), so that no
    /// connection takes one between this look and the server's start.
    const PORTS: std::ops::Range<u16> = 15_000..32_000;
    /// Which are ours: a name in the kernel's own namespace (unix(7)), which goes with the process.
    static RESERVED: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let mut reserved = lock(&RESERVED);
    // Where to begin depends on the process, so that two runs seldom meet.
    let start = PORTS.start
        + u16::try_from(std::process::id() % u32::from(PORTS.end - PORTS.start))
            .unwrap_or_default();
    for port in (start..PORTS.end).chain(PORTS.start..start) {
        let name = SocketAddr::from_abstract_name(format!("kerbrole-tests-{port}"))
            .map_err(|e| e.to_string())?;
        let Ok(ours) = UnixListener::bind_addr(&name) else { continue };
        if TcpListener::bind((address, port)).is_ok() && UdpSocket::bind((address, port)).is_ok() {
            reserved.push(ours);
            return Ok(port);
        }
    }
    Err("no free port".into())
}
