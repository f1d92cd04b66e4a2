//! A port on which somebody answers, whatever is said.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::thread;

use crate::sandbox::Result;

/// The number of a port, TCP and UDP, where connections are taken and datagrams sent back until the
/// process ends.
///
/// # Errors
/// When there is none to be had.
pub fn somebody(address: Ipv4Addr) -> Result<u16> {
    loop {
        let listener = TcpListener::bind((address, 0)).map_err(|e| format!("no free port: {e}"))?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        // The other half may be somebody else's.
        let Ok(socket) = UdpSocket::bind((address, port)) else { continue };
        thread::spawn(move || listener.incoming().for_each(drop));
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let _answered = socket.send_to(&buffer[..length], from);
            }
        });
        return Ok(port);
    }
}
