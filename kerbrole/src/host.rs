//! Hosts, as they are named on the command line: with a port or without.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::failure::Failure;

/// A host's name or address, and a port if one was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// An IPv6 address stands here without brackets.
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
}

impl Host {
    /// Reads `host`, `host:port`, `10.0.0.5`, `10.0.0.5:88`, `fd00::5`, `[fd00::5]` or
    /// `[fd00::5]:88`. A name can hold nothing that would end a line or a block of krb5.conf.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let bad = |why: &str| {
            Err(Failure::usage(format!(
                "\"{text}\" is no host: {why}\n\
                 HINT:  Write a name or an address, and a port after a colon if need be; an IPv6 \
                 address before a port stands in brackets."
            )))
        };
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self { name: address.to_string(), port: None });
        }
        let (name, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
            Some(Some((address, rest))) => {
                match (address.parse::<Ipv6Addr>(), rest.strip_prefix(':')) {
                    (Err(_), _) => return bad("what is in the brackets is no IPv6 address"),
                    (Ok(address), Some(port)) => (address.to_string(), Some(port)),
                    (Ok(address), None) if rest.is_empty() => (address.to_string(), None),
                    (Ok(_), None) => return bad("there is something after the brackets"),
                }
            }
            Some(None) => return bad("a bracket is not closed"),
            None => match text.split_once(':') {
                Some((name, port)) => (name.to_string(), Some(port)),
                None => (text.to_string(), None),
            },
        };
        let port = match port.map(str::parse::<u16>) {
            None => None,
            Some(Ok(port)) if port > 0 => Some(port),
            Some(_) => return bad("the port is no number from 1 to 65535"),
        };
        let host = Self { name, port };
        if host.address().is_none() && !is_name(&host.name) {
            return bad("its name has to be letters, digits, \"-\" and \"_\" between dots");
        }
        Ok(host)
    }

    /// The address, where it is one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.name.parse().ok()
    }

    /// The same host, whatever the port.
    pub(crate) fn without_port(&self) -> Self {
        Self { name: self.name.clone(), port: None }
    }
}

fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
        && !name.is_empty()
        && name.len() <= 254
}

impl fmt::Display for Host {
    /// Writes it as krb5.conf has it, an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Some(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            _ => f.write_str(&self.name)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_ports() {
        for (text, name, port, written) in [
            ("dc1.corp.example.com", "dc1.corp.example.com", None, "dc1.corp.example.com"),
            ("dc1:88", "dc1", Some(88), "dc1:88"),
            ("10.0.0.5:88", "10.0.0.5", Some(88), "10.0.0.5:88"),
            ("fd00::5", "fd00::5", None, "[fd00::5]"),
            ("[fd00::5]", "fd00::5", None, "[fd00::5]"),
            ("[fd00::5]:88", "fd00::5", Some(88), "[fd00::5]:88"),
        ] {
            let host = Host::parse(text).unwrap();
            assert_eq!((host.name.as_str(), host.port), (name, port), "{text}");
            assert_eq!(host.to_string(), written);
        }
        for text in [
            "",
            "a b",
            "h:",
            "h:x",
            "h:0",
            "h:65536",
            "a:b:c",
            "[fd00::5",
            "[x]",
            "[fd00::5]x",
            "h\n[x]",
            "a..b",
            "h}",
            "fd00::5:x",
        ] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }
}
