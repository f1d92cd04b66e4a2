//! Where a server is, by its URL.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `ldaps://`: TLS from the first byte, port 636.
    Ldaps,
    /// `ldap://`, port 389: StartTLS where a password is sent, sealed by GSSAPI where a ticket is.
    Ldap,
}

/// A server of a directory: `ldaps://dc1.corp.example.com` or `ldap://dc1.corp.example.com:389`.
///
/// The host's name is the one that its certificate, or its service `ldap/host`, has to be for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Server {
    /// How a connection is protected.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The name or the address, without the brackets of IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Server {
    type Err = Error;

    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) for what is no URL of a server. What a
    /// URL may hold besides (RFC 4516) is refused, a user and a password among it.
    fn from_str(url: &str) -> Result<Self, Error> {
        // The URL is not repeated where it may hold a password.
        let bad = |problem: &str| {
            let shown = if url.contains('@') { "the server's URL" } else { url };
            let shown = crate::error::words(shown);
            Err(Error::configuration(format!("{shown}: {problem}"))
                .with_hint("Write ldaps://dc1.corp.example.com, with :port where it is not 636."))
        };
        let (scheme, rest) = match url.split_once("://") {
            Some((word, rest)) if word.eq_ignore_ascii_case("ldaps") => (Scheme::Ldaps, rest),
            Some((word, rest)) if word.eq_ignore_ascii_case("ldap") => (Scheme::Ldap, rest),
            _ => return bad("it begins with neither ldaps:// nor ldap://"),
        };
        if rest.contains('@') {
            return bad("a user does not belong into it");
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(address) => match address.split_once(']') {
                Some((address, after)) if address.parse::<std::net::Ipv6Addr>().is_ok() => {
                    (address, after)
                }
                _ => return bad("what is in brackets is no IPv6 address"),
            },
            None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if host.is_empty() || !(host.contains(':') || host.chars().all(is_name)) {
            return bad("it names no host, or more than one");
        }
        let usual = if scheme == Scheme::Ldaps { 636 } else { 389 };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => usual,
            Some(port) => match port.parse() {
                Ok(port) if port != 0 => port,
                _ => return bad("its port is none"),
            },
            None => return bad("only a port may follow the host"),
        };
        if matches!(port, 3268 | 3269) {
            // Members of global groups are not in it (Microsoft, "How the Global Catalog Works").
            return bad("it is the port of a global catalogue, which lacks members");
        }
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme == Scheme::Ldaps { "ldaps" } else { "ldap" };
        let usual = if self.scheme == Scheme::Ldaps { 636 } else { 389 };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]", self.host)?,
            false => write!(f, "{scheme}://{}", self.host)?,
        }
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_scheme_host_and_port() {
        for (url, scheme, host, port) in [
            ("ldaps://dc1.corp.example.com", Scheme::Ldaps, "dc1.corp.example.com", 636),
            ("LDAP://DC1.corp.example.com/", Scheme::Ldap, "dc1.corp.example.com", 389),
            ("ldaps://10.0.0.1:1636", Scheme::Ldaps, "10.0.0.1", 1636),
            ("ldap://[fd00::1]:3890", Scheme::Ldap, "fd00::1", 3890),
        ] {
            let server: Server = url.parse().unwrap();
            assert_eq!((server.scheme(), server.host(), server.port()), (scheme, host, port));
            assert_eq!(server.to_string().parse::<Server>().unwrap(), server);
        }
    }

    #[test]
    fn whatever_else_is_refused() {
        for url in [
            "",
            "dc1.corp.example.com",
            "https://dc1",
            "ldaps://",
            "ldaps://:636",
            "ldaps://dc1:0",
            "ldaps://dc1:65536",
            "ldaps://dc1:",
            "ldaps://dc1 ldaps://dc2",
            "ldaps://dc1,dc2",
            "ldaps://dc1/DC=corp",
            "ldaps://dc1?x",
            "ldaps://[fd00::1",
            "ldaps://[dc1]",
            "ldaps://[fd00::1]x",
            "ldaps://fd00::1",
            "ldaps://dc1:3269",
            "ldap://dc1:3268",
        ] {
            assert!(url.parse::<Server>().is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        for url in ["ldaps://u:s3cret@dc1", "ldap:/u:s3cret@dc1"] {
            let error = url.parse::<Server>().unwrap_err();
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }
}
