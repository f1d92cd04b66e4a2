//! What a domain's member asks of its directory.

use super::types::{Ports, Protocol};

/// A port of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) protocol: Protocol,
    pub(crate) ports: Ports,
    pub(crate) needed: Needed,
    /// What answers there.
    pub(crate) service: &'static str,
}

/// What becomes of a login without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needed {
    /// It fails, or joining the domain does.
    Always,
    /// Tools of the domain miss it.
    ForSome,
}

impl Wanted {
    /// Those that answers go to: what Linux gives out, and clients of AWS's own (Amazon VPC User
    /// Guide, "Ephemeral ports").
    pub(crate) const REPLIES: Ports = Ports { first: 32_768, last: 61_000 };
}

const fn wanted(protocol: Protocol, ports: Ports, needed: Needed, service: &'static str) -> Wanted {
    Wanted { protocol, ports, needed, service }
}

use Needed::{Always, ForSome};
use Protocol::{Tcp, Udp};

/// All of them, in the order of their ports.
pub(crate) const WANTED: &[Wanted] = &[
    wanted(Tcp, Ports::one(53), Always, "DNS"),
    wanted(Udp, Ports::one(53), Always, "DNS"),
    wanted(Tcp, Ports::one(88), Always, "Kerberos"),
    wanted(Udp, Ports::one(88), Always, "Kerberos"),
    wanted(Tcp, Ports::one(135), ForSome, "RPC"),
    wanted(Tcp, Ports::one(389), Always, "LDAP"),
    wanted(Udp, Ports::one(389), Always, "LDAP"),
    wanted(Tcp, Ports::one(445), ForSome, "SMB"),
    wanted(Tcp, Ports::one(464), Always, "Kerberos passwords"),
    wanted(Udp, Ports::one(464), Always, "Kerberos passwords"),
    wanted(Tcp, Ports::one(636), ForSome, "LDAP over TLS"),
    wanted(Tcp, Ports { first: 49_152, last: 65_535 }, ForSome, "RPC"),
];
